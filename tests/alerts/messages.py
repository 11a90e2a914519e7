"""Messages as the engine would hand them to a channel."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from alerts.channels.channel import Action, Message
from alerts.channels.texts import write_text
from alerts.domain.incidents import Incident, State
from alerts.domain.presses import Category, Kind, Mode
from alerts.domain.registry import PostKind

PRESSED_AT = datetime(2026, 3, 10, 2, 15, 7, tzinfo=UTC)  # 10:15:07 in Qingdao
INCIDENT = Incident(
    id=4711,
    place="S1",
    school="S1",
    school_name="第一小学",
    district="370202",
    point="门卫室",
    device="S1-G1",
    mode=Mode.LIVE,
    category=Category.SECURITY,
    kind=Kind.PANIC,
    state=State.OPEN,
    opened_at=PRESSED_AT,
    last_press_at=PRESSED_AT,
)
LINK = "https://alarm.example.cn/a/kwGkdGFrZc5p_xyzAbCdEfGhIjKlMnOpQrStUvWxYz0123"


def make_message(address: str = "13800000001", *, incident: Incident | None = INCIDENT, **changed: Any) -> Message:
    """A message about an incident; with None a notice."""
    words = write_text(incident) if incident else None
    message = Message(
        idempotency_key=UUID("7f0a7f0e-52cf-4f5d-9c0b-6f1e2d3c4b5a"),
        person="guard",
        person_name="赵保安",
        phone="",
        address=address,
        post_kind=PostKind.SCHOOL_DUTY if incident else None,
        reason="step" if incident else "notice",
        round=1,
        step=0,
        live=incident is not None and incident.mode is Mode.LIVE,
        queued_at=PRESSED_AT,
        title=words.title if words else "周五停电",
        text=words.text if words else "周五 12 点停电一小时。",
        actions=(Action("take", "我来处理 Take it", LINK), Action("coming", "正在赶往 On my way", LINK + "c"))
        if incident
        else (),
        reply_code="4821" if incident else None,
        incident=incident,
    )
    return replace(message, **changed)


def make_incident(**changed: Any) -> Incident:
    """An incident that differs from the usual one."""
    return replace(INCIDENT, **changed)
