"""The page behind a one-tap link: no sign-in, no script, big buttons. Opening it only marks the message as seen, for
mail scanners and previews open links, too; a button answers."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import parse_qs

import structlog
from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse

from alerts.domain.answering import COUNTS, AnswerAction, Outcome
from alerts.domain.incidents import Incident, State
from alerts.domain.presses import Kind, Mode
from alerts.incidents.answer_words import Words, tell_outcome, write_instant
from alerts.incidents.answering import Answered, OpenedLink
from alerts.incidents.links import LinkExpired, LinkInvalid
from alerts.storage.errors import StorageUnavailable
from dashboard.bare_page import answer_bare, say_both, write_document
from dashboard.problems import RETRY_SECONDS
from dashboard.rights import ANYONE, GuardedRoute
from dashboard.service import Service, ServiceOf

router = APIRouter(tags=["answers"], route_class=GuardedRoute, include_in_schema=False)
log = structlog.get_logger()

Token = Annotated[str, Path(max_length=512)]

_KINDS = {
    Kind.PANIC: Words("紧急报警", "Panic alarm"),
    Kind.VIOLENCE: Words("暴力事件", "Violence"),
    Kind.INTRUDER: Words("外来人员闯入", "Intruder"),
    Kind.FIRE: Words("火情", "Fire"),
    Kind.MEDICAL: Words("医疗急救", "Medical emergency"),
    Kind.OTHER: Words("报警", "Alarm"),
}
_MODES = {Mode.LIVE: Words("真实警情", "live"), Mode.TEST: Words("测试", "TEST"), Mode.DRILL: Words("演练", "DRILL")}
_BUTTONS = {
    AnswerAction.TAKE: Words("我来处理", "I take it"),
    AnswerAction.COMING: Words("我正在赶往", "I am on my way"),
}
_AWAY = Words(
    "服务暂时不可用,没有记录您的回答。请稍后再按一次;紧急情况请直接拨打110。",
    "The service is out of reach and your answer was not recorded. Try again in a moment; in an emergency call 110.",
)
_STALE = Words(
    "这条消息已过期:此后又重新呼叫。您仍可以现在接警。",
    "This message is out of date: it has rung again since. You can still take it now.",
)


@router.get("/a/{token}", openapi_extra=ANYONE, response_class=HTMLResponse)
async def show_answer_page(service: ServiceOf, token: Token) -> Response:
    """What a message's link leads to: where, what, since when, who has it, and buttons. Changes nothing but `seen`."""
    try:
        return answer_bare(_write_page(await service.answering.open_link(token), None))
    except LinkInvalid:
        return answer_bare(_write_notice(tell_outcome(Outcome.UNKNOWN)), 404)
    except LinkExpired:
        return answer_bare(_write_notice(tell_outcome(Outcome.EXPIRED)), 410)
    except StorageUnavailable as error:
        return _answer_away(error)


@router.post("/a/{token}", openapi_extra=ANYONE, response_class=HTMLResponse)
async def take_answer(request: Request, service: ServiceOf, token: Token) -> Response:
    """Answers as the link says, for the person to whom the message went. The token is the whole permission."""
    try:
        answered = await service.answering.answer_link(token, _read_round(await request.body()))
        if answered.incident is None:
            return answer_bare(_write_notice(answered.words), 410 if answered.outcome is Outcome.EXPIRED else 404)
        return answer_bare(await _write_answered_page(service, token, answered))
    except StorageUnavailable as error:
        return _answer_away(error)


async def _write_answered_page(service: Service, token: str, answered: Answered) -> str:
    try:
        return _write_page(await service.answering.open_link(token), answered)
    except LinkExpired:  # between the answer and now
        return _write_notice(answered.words)


def _read_round(body: bytes) -> int | None:
    """The round that the page showed as ringing; None from whoever sends no form of ours."""
    said = parse_qs(body.decode("utf-8", "replace")).get("round", [""])[0]
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None


def _answer_away(error: StorageUnavailable) -> Response:
    log.warning("dashboard.answer.away", error=str(error))
    return answer_bare(_write_notice(_AWAY), 503, **{"Retry-After": RETRY_SECONDS})


def _write_notice(words: Words) -> str:
    return write_document("campus-alert", f'<main><p class="said late" role="status">{say_both(words)}</p></main>')


def _write_page(link: OpenedLink, answered: Answered | None) -> str:
    incident = link.incident
    kind, mode = _KINDS[incident.kind], _MODES[incident.mode]
    practice = incident.mode is not Mode.LIVE
    head = f"【{mode.zh} {mode.en}】" if practice else ""
    parts = [
        f'<main class="{"practice" if practice else "live"}">',
        f"<h1>{html.escape(head)}{say_both(kind)}</h1>",
        _write_answer(link, answered),
        _write_facts(link),
        *(_write_button(link, action) for action in _choose_buttons(link)),
        "</main>",
    ]
    return write_document(f"{head}{kind.zh} {incident.school_name or incident.device}", "\n".join(parts))


def _write_answer(link: OpenedLink, answered: Answered | None) -> str:
    if answered is not None:
        looks = "good" if answered.outcome in COUNTS else "late"
        return f'<p class="said {looks}" role="status">{say_both(answered.words)}</p>'
    return f'<p class="said late" role="status">{say_both(_STALE)}</p>' if link.stale else ""


def _write_facts(link: OpenedLink) -> str:
    incident = link.incident
    place = incident.school_name or f"未登记设备 unplaced device {incident.device}"
    facts = [
        (Words("地点", "Place"), html.escape(f"{place} {incident.point or ''}".strip())),
        (Words("性质", "Mode"), say_both(_MODES[incident.mode])),
        (Words("开始", "Since"), html.escape(f"{write_instant(incident.opened_at, link.zone)} ({link.zone})")),
        (Words("现状", "State now"), say_both(link.state)),
        (Words("事件", "Incident"), str(incident.id)),
        (Words("您", "You"), html.escape(link.person_name)),
    ]
    return f"<dl>{''.join(f'<dt>{say_both(name)}</dt><dd>{value}</dd>' for name, value in facts)}</dl>"


def _choose_buttons(link: OpenedLink) -> Sequence[AnswerAction]:
    """What this person can still say: the link's own action first."""
    incident = link.incident
    both = [link.action, *(action for action in AnswerAction if action is not link.action)]
    return [action for action in both if _is_open_to(incident, action, link.by)]


def _is_open_to(incident: Incident, action: AnswerAction, by: str) -> bool:
    if incident.state is State.OPEN:
        return (action is AnswerAction.COMING and incident.responding_by != by) or by not in incident.takers
    return action is AnswerAction.COMING and incident.state is State.ACKNOWLEDGED


def _write_button(link: OpenedLink, action: AnswerAction) -> str:
    looks = "practice" if link.incident.mode is not Mode.LIVE else action
    return (
        f'<form method="post" action="/a/{html.escape(link.tokens[action])}">'
        f'<input type="hidden" name="round" value="{link.round}">'
        f'<button class="{looks}">{say_both(_BUTTONS[action])}</button></form>'
    )
