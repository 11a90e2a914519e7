"""The robots of DingTalk, WeCom and Feishu."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from simulators.providers.answers import Cut
from simulators.providers.signatures import SignatureRefused, check_dingtalk, check_feishu
from simulators.providers.world import Fate, World

Card = tuple[str, tuple[tuple[str, str], ...]]
"""A card's text and its buttons."""


_GONE: Mapping[str, dict[str, Any]] = {
    "dingtalk": {"errcode": 300005, "errmsg": "token is not exist"},
    "wecom": {"errcode": 93000, "errmsg": "invalid webhook url"},
    "feishu": {"code": 19001, "msg": "param invalid: incoming webhook access token invalid", "data": {}},
}
"""What each says of a robot that is not there any more."""


class CardWrong(Exception):
    """A message that is not in the robot's form."""


def make_router(world: World) -> APIRouter:
    """Each robot under its own address."""
    router = APIRouter()

    @router.post("/robot/send")
    async def dingtalk(request: Request) -> Response:
        query = dict(request.query_params)

        def check(_body: dict[str, Any]) -> None:
            check_dingtalk(query, world.plan.robot_secret)
            if set(query) != {"access_token", "timestamp", "sign"}:
                raise CardWrong(f"query {sorted(query)}")

        ok, refused = {"errcode": 0, "errmsg": "ok"}, {"errcode": 310000, "errmsg": "sign not match"}
        return await _take(world, "dingtalk", request, query.get("access_token", ""), check, read_dingtalk, ok, refused)

    @router.post("/cgi-bin/webhook/send")
    async def wecom(request: Request) -> Response:
        ok, refused = {"errcode": 0, "errmsg": "ok"}, {"errcode": 40058, "errmsg": "invalid Request Parameter"}
        key = request.query_params.get("key", "")
        return await _take(world, "wecom", request, key, lambda _: None, read_wecom, ok, refused)

    @router.post("/open-apis/bot/v2/hook/{token}")
    async def feishu(request: Request, token: str) -> Response:
        ok, refused = {"code": 0, "msg": "success", "data": {}}, {"code": 19021, "msg": "sign match fail"}
        return await _take(
            world,
            "feishu",
            request,
            token,
            lambda body: check_feishu(body, world.plan.robot_secret),
            read_feishu,
            ok,
            refused,
        )

    return router


async def _take(
    world: World,
    channel: str,
    request: Request,
    token: str,
    check: Callable[[dict[str, Any]], None],
    read: Callable[[dict[str, Any]], Card],
    ok: dict[str, Any],
    refused: dict[str, Any],
) -> Response:
    try:
        body: dict[str, Any] = await request.json()
        check(body)
        text, links = read(body)
    except (CardWrong, SignatureRefused, ValueError, KeyError, TypeError) as error:
        world.unexpected.append(f"{channel}: {type(error).__name__}: {error}")
        return JSONResponse(refused)
    fate = await world.decide(channel)
    if fate is Fate.TAKE:
        await world.arrive(channel, token, text, links=links)
        return JSONResponse(ok, 500 if world.stumbles(channel) else 200)
    if fate is Fate.REJECT:
        return JSONResponse(_GONE[channel])
    return Cut() if fate is Fate.DROP else JSONResponse({}, 503)


def read_dingtalk(body: dict[str, Any]) -> Card:
    """An action card, or Markdown. Raises CardWrong and KeyError."""
    if body["msgtype"] == "markdown":
        _only(body, {"msgtype", "markdown"})
        return _only(body["markdown"], {"title", "text"})["text"], ()
    _only(body, {"msgtype", "actionCard"})
    card = _only(body["actionCard"], {"title", "text", "btnOrientation", "btns"})
    return card["text"], tuple((one["title"], one["actionURL"]) for one in card["btns"])


def read_wecom(body: dict[str, Any]) -> Card:
    """A template card, or Markdown. Raises CardWrong and KeyError."""
    if body["msgtype"] == "markdown":
        _only(body, {"msgtype", "markdown"})
        return _only(body["markdown"], {"content"})["content"], ()
    _only(body, {"msgtype", "template_card"})
    card = _only(body["template_card"], {"card_type", "main_title", "sub_title_text", "jump_list", "card_action"})
    if len(card["jump_list"]) > 3 or len(card["sub_title_text"]) > 112 or card["card_action"]["type"] != 1:
        raise CardWrong("more than the card holds")
    text = f"{card['main_title']['title']}\n{card['sub_title_text']}"
    return text, tuple((one["title"], one["url"]) for one in card["jump_list"])


def read_feishu(body: dict[str, Any]) -> Card:
    """An interactive card. Raises CardWrong and KeyError."""
    _only(body, {"msg_type", "card", "timestamp", "sign"})
    card = _only(body["card"], {"header", "elements"})
    text = [card["header"]["title"]["content"]]
    links: list[tuple[str, str]] = []
    for element in card["elements"]:
        if element["tag"] == "action":
            links += [(one["text"]["content"], one["url"]) for one in element["actions"]]
        else:
            text.append(element["text"]["content"])
    return "\n".join(text), tuple(links)


def _only(body: dict[str, Any], fields: set[str]) -> dict[str, Any]:
    if set(body) != fields:
        raise CardWrong(f"wanted {sorted(fields)}, got {sorted(body)}")
    return body
