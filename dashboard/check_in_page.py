"""Pages for the post: the screen that shows the codes, and the telephone that checks in with them. No script.

A telephone is told once whose it is, by that person's link; from then on it is enough to scan the code that is shown.
"""

from __future__ import annotations

import html
from typing import Annotated
from urllib.parse import parse_qs, quote

import segno
import structlog
from fastapi import APIRouter, Cookie, Path, Query, Request, Response
from fastapi.responses import HTMLResponse

from alerts.compliance.check_ins import (
    CheckedIn,
    CheckInInvalid,
    NoSuchLink,
    Said,
    check_in,
    list_actions,
    read_link,
    read_offered,
)
from alerts.compliance.check_points import NoSuchCheckPoint, ShownCode, show_code
from alerts.domain.compliance.events import PostAction
from alerts.incidents.answer_words import Words
from alerts.storage.check_points import CheckPoint, LinkedPerson
from alerts.storage.errors import StorageUnavailable
from dashboard.bare_page import answer_bare, say_both, write_document
from dashboard.problems import RETRY_SECONDS
from dashboard.rights import ANYONE, GuardedRoute
from dashboard.service import Service, ServiceOf

router = APIRouter(tags=["check-ins"], route_class=GuardedRoute, include_in_schema=False)
log = structlog.get_logger()

COOKIE = "campus_check_in"
_COOKIE_DAYS = 180
_REFRESH_SECONDS = 10
Token = Annotated[str, Path(max_length=100)]
Code = Annotated[str, Query(max_length=120)]
Owner = Annotated[str | None, Cookie(alias=COOKIE, max_length=100)]

_BUTTONS = {
    PostAction.ON: Words("上岗", "On post"),
    PostAction.OFF: Words("下岗", "Off post"),
    PostAction.POINT: Words("巡更到点", "Patrol point"),
}
_NOBODY = Words(
    "这部手机还没有登记是谁的。请先打开学校发给您的签到链接。",
    "This telephone is nobody's yet. Open the link that your school gave you first.",
)
_READY = Words(
    "这部手机可以签到了。请扫描岗位屏幕上的二维码。", "This telephone can check in. Scan the code on the screen."
)
_NO_CODE = Words("这不是签到码。请重新扫描屏幕上的二维码。", "This is no code to check in with. Scan the screen again.")
_NO_SCREEN = Words("这个屏幕已停用。", "This screen is not in use any more.")
_AWAY = Words(
    "服务暂时不可用，没有记录。请稍后再试。", "The service is out of reach; nothing was recorded. Try again soon."
)
_OUTCOMES = {
    None: Words("已记录", "Recorded"),
    "expired": Words("此码已过期，请重新扫描。", "This code has run out: scan the screen again."),
    "forged": Words("此码不是这个点位显示的。", "This code was not shown at this point."),
    "used": Words("此码您已用过，请等下一个（最多 30 秒）。", "You used this code already: wait for the next one."),
}
_FAR = Words(
    "已记录，但手机位置不在学校，不计入。", "Recorded, but this telephone is not at the school: it does not count."
)


@router.get("/p/{point}/{key}", openapi_extra=ANYONE, response_class=HTMLResponse)
async def show_screen(request: Request, service: ServiceOf, point: Token, key: Token) -> Response:
    """What a tablet at the post shows: the code of now, asked for anew every ten seconds."""
    try:
        shown = await show_code(service.database, point, key)
    except NoSuchCheckPoint:
        return _tell(_NO_SCREEN, 404)
    except StorageUnavailable as error:
        return _tell_away(error)
    base = (service.settings.public_url or str(request.base_url)).rstrip("/")
    return answer_bare(_write_screen(shown, f"{base}/check-in?code={quote(shown.code)}"))


@router.get("/c/{token}", openapi_extra=ANYONE, response_class=HTMLResponse)
async def own_telephone(request: Request, service: ServiceOf, token: Token) -> Response:
    """A person's link, opened once on their telephone: it remembers whose it is."""
    try:
        person = await read_link(service.database, token)
    except NoSuchLink:
        return _tell(_NOBODY, 404)
    except StorageUnavailable as error:
        return _tell_away(error)
    response = answer_bare(
        write_document(person.name, f"<main><h1>{html.escape(person.name)}</h1>{_said(_READY)}</main>")
    )
    response.set_cookie(
        COOKIE,
        token,
        max_age=_COOKIE_DAYS * 86_400,
        httponly=True,
        secure=request.url.scheme == "https",
        samesite="lax",  # it is sent when a code is scanned, and never with what another site posts
    )
    return response


@router.get("/check-in", openapi_extra=ANYONE, response_class=HTMLResponse)
async def show_check_in(service: ServiceOf, code: Code = "", owner: Owner = None) -> Response:
    """What a scanned code leads to: the buttons of that point."""
    try:
        person = await _find_owner(service, owner)
        point = await read_offered(service.database, code)
    except NoSuchLink:
        return _tell(_NOBODY, 401)
    except (CheckInInvalid, NoSuchCheckPoint):
        return _tell(_NO_CODE, 404)
    except StorageUnavailable as error:
        return _tell_away(error)
    return answer_bare(_write_buttons(person, point, code))


@router.post("/check-in", openapi_extra=ANYONE, response_class=HTMLResponse)
async def take_check_in(request: Request, service: ServiceOf, owner: Owner = None) -> Response:
    """Checks the telephone's owner in."""
    form = parse_qs((await request.body()).decode("utf-8", "replace"))
    try:
        said = Said(form.get("code", [""])[0], PostAction(form.get("action", [""])[0]))
        person = await _find_owner(service, owner)
        done = await check_in(service.database, person.code, said, person.code)
    except NoSuchLink:
        return _tell(_NOBODY, 401)
    except (ValueError, NoSuchCheckPoint):  # no action of ours, or no code
        return _tell(_NO_CODE, 422)
    except StorageUnavailable as error:
        return _tell_away(error)
    log.info(
        "dashboard.person.checked_in", person=done.person, point=done.point, action=done.action, counts=done.counts
    )
    return answer_bare(_write_outcome(person, done), 200 if done.refused is None else 409)


async def _find_owner(service: Service, owner: str | None) -> LinkedPerson:
    if not owner:
        raise NoSuchLink("nobody's telephone")
    return await read_link(service.database, owner)


def _write_screen(shown: ShownCode, address: str) -> str:
    picture = segno.make(address, error="m", micro=False).svg_inline(scale=8, light="#fff", omitsize=True)
    name = html.escape(shown.point.name)
    body = f"<main><h1>{name}</h1>{picture}<p>{html.escape(shown.code)}</p></main>"
    return write_document(shown.point.name, body, refresh_seconds=_REFRESH_SECONDS)


def _write_buttons(person: LinkedPerson, point: CheckPoint, code: str) -> str:
    forms = "".join(
        '<form method="post" action="/check-in">'
        f'<input type="hidden" name="code" value="{html.escape(code)}">'
        f'<input type="hidden" name="action" value="{action}">'
        f'<button class="coming">{say_both(_BUTTONS[action])}</button></form>'
        for action in list_actions(point)
    )
    return write_document(
        point.name, f"<main><h1>{html.escape(point.name)}</h1><p>{html.escape(person.name)}</p>{forms}</main>"
    )


def _write_outcome(person: LinkedPerson, done: CheckedIn) -> str:
    words = _FAR if done.far and not done.refused else _OUTCOMES[done.refused]
    head = f"{done.point_name} · {_BUTTONS[done.action].zh} {_BUTTONS[done.action].en}"
    said = _said(words, good=done.counts)
    return write_document(head, f"<main><h1>{html.escape(head)}</h1><p>{html.escape(person.name)}</p>{said}</main>")


def _said(words: Words, *, good: bool = True) -> str:
    return f'<p class="said {"good" if good else "late"}" role="status">{say_both(words)}</p>'


def _tell(words: Words, status: int, **headers: str) -> Response:
    return answer_bare(write_document("campus-alert", f"<main>{_said(words, good=False)}</main>"), status, **headers)


def _tell_away(error: StorageUnavailable) -> Response:
    log.warning("dashboard.checkin.away", error=str(error))
    return _tell(_AWAY, 503, **{"Retry-After": RETRY_SECONDS})
