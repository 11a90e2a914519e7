"""The page behind the link that is printed while nobody administers: it makes the first administrator's account."""

from __future__ import annotations

import asyncio
import html
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated
from urllib.parse import parse_qs

import structlog
from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from alerts.accounts import AccountRefused
from alerts.domain.passwords import LONGEST, SHORTEST, Weakness
from alerts.first_administrator import (
    LASTS,
    LinkUsed,
    become_first_administrator,
    holds_link,
    invite_first_administrator,
)
from alerts.incidents.answer_words import Words
from alerts.passwords import PasswordRefused
from alerts.settings import Settings
from alerts.storage.errors import StorageUnavailable
from dashboard.bare_page import answer_bare, say_both, write_document
from dashboard.rights import ANYONE, GuardedRoute
from dashboard.service import Service, ServiceOf

router = APIRouter(tags=["accounts"], route_class=GuardedRoute, include_in_schema=False)
log = structlog.get_logger()

Token = Annotated[str, Path(max_length=100)]
_RETRY_SECONDS = 2.0
_LONGEST = 64  # characters of a name

_TITLE = Words("第一个管理员", "The first administrator")
_USED = Words(
    "这个链接已失效。还没有管理员时，重新启动看板服务会打印一个新链接。",
    "This link no longer opens anything. While nobody administers, starting the dashboard anew prints another one.",
)
_NAME = Words("登录名", "Name to sign in with")
_DISPLAY_NAME = Words("显示的姓名", "Name that others see")
_PASSWORD = Words(
    f"密码（至少 {SHORTEST} 个字符，建议用几个不相关的词）",
    f"Password (at least {SHORTEST} characters; best some words that do not belong together)",
)
_AGAIN = Words("再输入一次密码", "The password again")
_MAKE = Words("创建管理员账号", "Make the account")
_DIFFERENT = Words("两次输入的密码不一样。", "The two passwords are not the same.")
_NO_NAME = Words("请填写登录名，不含空格。", "A name to sign in with is needed, without blanks.")
_TAKEN = Words("这个登录名已被一个程序使用。", "A program has this name already.")
_WEAK: Mapping[Weakness, Words] = MappingProxyType(
    {
        Weakness.SHORT: Words(f"密码至少 {SHORTEST} 个字符。", f"A password needs at least {SHORTEST} characters."),
        Weakness.LONG: Words(f"密码最多 {LONGEST} 个字符。", f"A password has at most {LONGEST} characters."),
        Weakness.OWN: Words(
            "这个密码容易被猜到：含有您的姓名或本平台常用的词。",
            "This password is guessed easily: it is made of your name, or of words of this place.",
        ),
        Weakness.COMMON: Words(
            "这个密码容易被猜到：是常见密码，或只有几个常用词。请多用几个词。",
            "This password is guessed easily: it is a known one, or made of few common words. Take more words.",
        ),
        Weakness.KEYS: Words(
            "这个密码容易被猜到：是键盘上连着的键。", "This password is guessed easily: it is a row of keys."
        ),
        Weakness.REPEATED: Words(
            "这个密码容易被猜到：是重复或连续的字符。", "This password is guessed easily: it repeats or counts on."
        ),
        Weakness.DATED: Words(
            "这个密码容易被猜到：由日期或年份组成。", "This password is guessed easily: it is made of dates or years."
        ),
        Weakness.SAME: Words("请换一个新密码。", "This is the password that you have: choose another one."),
    }
)


async def print_first_link(service: Service) -> None:
    """While nobody administers, prints the link where the program was started; once the database answers."""
    while True:
        try:
            token = await invite_first_administrator(service.database)
            break
        except StorageUnavailable as error:
            log.warning("dashboard.database.away", error=str(error))
            await asyncio.sleep(_RETRY_SECONDS)
    if token is not None:
        address = f"{_base_of(service.settings)}/first/{token}"
        hours = LASTS.total_seconds() / 3600
        print(
            f"\nNobody administers yet. Open this once, within {hours:.0f} hours, to become the first administrator:\n"
            f"还没有管理员。请在 {hours:.0f} 小时内打开此链接一次，创建第一个管理员：\n  {address}\n",
            file=sys.stderr,
            flush=True,
        )


@router.get("/first/{token}", openapi_extra=ANYONE, response_class=HTMLResponse)
async def show_first_page(service: ServiceOf, token: Token) -> Response:
    """A form for the first administrator's account. Changes nothing."""
    if not await holds_link(service.database, token):
        return _answer_used()
    return answer_bare(_write_form({}, None))


@router.post("/first/{token}", openapi_extra=ANYONE, response_class=HTMLResponse)
async def take_first_administrator(request: Request, service: ServiceOf, token: Token) -> Response:
    """Makes the account, and leads to the sign-in. The token is the whole permission."""
    fields = parse_qs((await request.body()).decode("utf-8", "replace"))
    said = {name: _clean(name, values[0]) for name, values in fields.items()}
    if (wrong := _find_wrong(said)) is not None:
        return answer_bare(_write_form(said, wrong), 422)
    name = said["name"]
    try:
        await become_first_administrator(
            service.database, token, name, said.get("display_name") or name, said["password"]
        )
    except PasswordRefused as error:
        return answer_bare(_write_form(said, _WEAK[error.weakness]), 422)
    except AccountRefused:
        return answer_bare(_write_form(said, _TAKEN), 422)
    except LinkUsed:
        return _answer_used()
    log.info("dashboard.account.saved", account=name, saved=name, role="administrator")
    return RedirectResponse("/", 303)


def _clean(name: str, value: str) -> str:
    """What was typed, without blanks around it; a password stays as it is."""
    plain = value.replace("\0", "")
    return plain if name in {"password", "again"} else plain.strip()


def _find_wrong(said: Mapping[str, str]) -> Words | None:
    name = said.get("name", "")
    if not name or len(name) > _LONGEST or any(one.isspace() or one in "/?#" for one in name):
        return _NO_NAME
    return None if said.get("password", "") == said.get("again", "") else _DIFFERENT


def _base_of(settings: Settings) -> str:
    scheme = "http" if settings.http_cert is None else "https"
    return (settings.public_url or f"{scheme}://localhost:{settings.http_port}").rstrip("/")


def _answer_used() -> Response:
    notice = f'<main><p class="said late" role="status">{say_both(_USED)}</p></main>'
    return answer_bare(write_document(_TITLE.zh, notice), 410)


def _write_form(said: Mapping[str, str], wrong: Words | None) -> str:
    parts = [
        f"<main><h1>{say_both(_TITLE)}</h1>",
        "" if wrong is None else f'<p class="said late" role="alert">{say_both(wrong)}</p>',
        '<form method="post">',
        _write_input("name", _NAME, "text", "username", said.get("name", "")),
        _write_input("display_name", _DISPLAY_NAME, "text", "name", said.get("display_name", "")),
        _write_input("password", _PASSWORD, "password", "new-password"),
        _write_input("again", _AGAIN, "password", "new-password"),
        f'<button class="coming">{say_both(_MAKE)}</button></form></main>',
    ]
    return write_document(_TITLE.zh, "\n".join(parts))


def _write_input(name: str, label: Words, kind: str, completes: str, value: str = "") -> str:
    return (
        f'<label>{say_both(label)}<input name="{name}" type="{kind}" autocomplete="{completes}" '
        f'value="{html.escape(value)}"{"" if name == "display_name" else " required"}></label>'
    )
