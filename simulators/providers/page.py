"""The page with the telephones, chats and mailboxes: what each got, and buttons for what its owner may do. Plain forms,
nothing to load."""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Iterable
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from simulators.providers.phones import Item
from simulators.providers.world import World

_SHOWN = 60
_LONGEST_HEAD = 40  # a mail address is longer than a number, a robot's token may be much longer
_CODE = re.compile(r"回复(\d{4})")
STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:1.5rem;background:#f4f5f7;color:#17202a}
main{display:grid;grid-template-columns:repeat(auto-fill,minmax(20rem,1fr));gap:1rem}
section{background:#fff;border-radius:1rem;padding:1rem;box-shadow:0 1px 3px #0003}
h2{font-size:1rem;margin:0 0 .5rem}article{border-top:1px solid #ddd;padding:.5rem 0}
p{margin:.2rem 0;white-space:pre-wrap;overflow-wrap:anywhere}small{color:#5d6d7e}.ringing{background:#fff3cd}
form{display:inline}button{font:inherit;padding:.3rem .8rem;margin:.2rem .2rem 0 0}
"""


def make_router(world: World) -> APIRouter:
    """The page and what its buttons do."""
    router = APIRouter()

    @router.get("/")
    async def show() -> HTMLResponse:
        newest = list(world.phones.items.values())[-_SHOWN:]
        return HTMLResponse(write_page(newest, world.unexpected))

    @router.post("/items/{item}/reply")
    async def reply(item: int, request: Request) -> Response:
        await world.reply(world.phones.items[item], await _read_field(request, "text"))
        return RedirectResponse("/", 303)

    @router.post("/items/{item}/press")
    async def press(item: int, request: Request) -> Response:
        await world.press_key(world.phones.items[item], await _read_field(request, "key"))
        return RedirectResponse("/", 303)

    @router.post("/items/{item}/hang-up")
    async def hang_up(item: int) -> Response:
        await world.end_call(world.phones.items[item], taken=False)
        return RedirectResponse("/", 303)

    return router


async def _read_field(request: Request, name: str) -> str:
    return parse_qs((await request.body()).decode())[name][0]


def write_page(items: Iterable[Item], unexpected: Iterable[str]) -> str:
    """The whole page; telephones with the newest items first."""
    phones: dict[str, list[Item]] = defaultdict(list)
    for item in reversed(list(items)):
        phones[item.address].append(item)
    sections = "".join(
        f"<section><h2>{html.escape(address[:_LONGEST_HEAD])}</h2>{''.join(map(_write_item, of_one))}</section>"
        for address, of_one in phones.items()
    )
    faults = "".join(f"<p>⚠ {html.escape(one)}</p>" for one in unexpected)
    empty = "" if sections else "<p>Nothing has arrived yet. 还没有消息。</p>"
    return (
        '<!doctype html><html lang="zh"><meta charset="utf-8"><meta http-equiv="refresh" content="3">'
        f"<title>模拟手机 fake phones</title><style>{STYLE}</style>"
        f"<h1>模拟手机 fake phones</h1>{faults}{empty}<main>{sections}</main></html>"
    )


def _write_item(item: Item) -> str:
    said = ", ".join(item.answers)
    answered = f" → {html.escape(said)}" if said else ""
    at = item.received_at.astimezone().strftime("%H:%M:%S")
    ringing = ' class="ringing"' if item.state == "ringing" else ""
    return (
        f"<article{ringing}><small>{at} {item.channel} · {item.state}{answered}</small>"
        f"<p>{html.escape(item.text)}</p>{_write_buttons(item)}</article>"
    )


def _write_buttons(item: Item) -> str:
    links = "".join(f'<a href="{html.escape(url)}">{html.escape(label)}</a> ' for label, url in item.links)
    if item.channel == "voice" and item.state == "ringing":
        keys = "".join(_write_button(item, "press", f"按 {key} press {key}", "key", key) for key in ("1", "2"))
        return keys + _write_button(item, "hang-up", "不接 let it ring out", "", "")
    code = _CODE.search(item.text)
    if item.channel == "sms" and code:
        replies = ((f"1 {code[1]}", "接警"), (f"2 {code[1]}", "赶往"))
        return links + "".join(
            _write_button(item, "reply", f"回复 reply {text} {what}", "text", text) for text, what in replies
        )
    return links


def _write_button(item: Item, what: str, label: str, name: str, value: str) -> str:
    field = f'<input type="hidden" name="{name}" value="{html.escape(value)}">' if name else ""
    return f'<form method="post" action="/items/{item.id}/{what}">{field}<button>{html.escape(label)}</button></form>'
