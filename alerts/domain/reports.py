"""What devices report beside presses: their state, gates, visitors, check-ins and outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec

from alerts.domain.arrivals import Channel
from alerts.domain.payloads import NotReadable, read_instant, read_object, said_text


@dataclass(frozen=True, slots=True)
class StateReport:
    """What a device is like; None where it did not say, or said what cannot be (`problems` names it)."""

    online: bool
    boot: str | None
    firmware: str | None
    battery: int | None
    mains: bool | None
    tamper: bool | None
    rssi: int | None
    interval_seconds: int | None
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BeatReport:
    """What a beat says beside being one."""

    battery: int | None
    mains: bool | None
    rssi: int | None


class Evidence(msgspec.Struct, frozen=True, gc=False):
    """An event that later proves or disproves a rule; `identity` is None where every arrival counts."""

    identity: str | None
    occurred_at: datetime | None
    problems: tuple[str, ...]

    def on_date(self, received_at: datetime) -> date:
        """The day under which it is filed: its own where it has one, so that a repeat meets its first copy."""
        return (self.occurred_at or received_at).date()


_VISIT_STEPS = frozenset({"register", "confirm", "enter", "leave"})
_POST_ACTIONS = frozenset({"on", "off", "point"})
_Check = Callable[[Any], bool]
_SAID = (str, bool)  # what is required is one of these


def _is_text(said: Any) -> bool:
    return isinstance(said, str) and 1 <= len(said) <= 200


def _is_flag(said: Any) -> bool:
    return isinstance(said, bool)


_REQUIRED: Mapping[Channel, Mapping[str, _Check]] = {
    Channel.GATE: {"open": _is_flag},
    Channel.VISIT: {"visit": _is_text, "step": _VISIT_STEPS.__contains__},
    Channel.POST: {"person": _is_text, "post": _is_text, "action": _POST_ACTIONS.__contains__},
    Channel.OUTPUT: {"command": _is_text, "on": _is_flag},
}


def read_state(payload: bytes) -> StateReport:
    """Reads a `state` payload. Raises NotReadable when it cannot be read or does not say `online`."""
    fields, too_large = read_object(payload)
    if too_large:
        raise NotReadable("too_large")
    if not _is_flag(fields.get("online")):
        raise NotReadable("bad_online")
    problems: list[str] = []
    return StateReport(
        online=fields["online"],
        boot=_text(fields, "boot", problems),
        firmware=_text(fields, "firmware", problems),
        battery=_number(fields, "battery", 0, 100, problems),
        mains=_flag(fields, "mains", problems),
        tamper=_flag(fields, "tamper", problems),
        rssi=_number(fields, "rssi", -200, 200, problems),
        interval_seconds=_number(fields, "interval", 5, 86_400, problems),
        problems=tuple(problems),
    )


def read_beat(payload: bytes) -> BeatReport:
    """Reads a `beat` payload; a field that cannot be is left out. Raises NotReadable when it is no object."""
    fields, _ = read_object(payload)
    unheeded: list[str] = []
    return BeatReport(
        battery=_number(fields, "battery", 0, 100, unheeded),
        mains=_flag(fields, "mains", unheeded),
        rssi=_number(fields, "rssi", -200, 200, unheeded),
    )


def read_evidence(channel: Channel, payload: bytes) -> Evidence:
    """Reads a `gate`, `visit`, `post` or `output` payload. Raises NotReadable with `bad_FIELD` for what it must say."""
    fields, too_large = read_object(payload)
    if too_large:
        raise NotReadable("too_large")
    for name, fits in _REQUIRED[channel].items():
        said = fields.get(name)
        if not isinstance(said, _SAID) or not fits(said):
            raise NotReadable(f"bad_{name}")
    problems: list[str] = []
    id_ = fields.get("id")
    if id_ is not None and not (isinstance(id_, str) and 1 <= len(id_) <= 64):
        problems.append("bad_id")
    at = fields.get("at")
    occurred_at = None if at is None else read_instant(at)
    if at is not None and occurred_at is None:
        problems.append("bad_at")
    return Evidence(None if id_ is None else said_text(id_)[:200], occurred_at, tuple(problems))


def _text(fields: Mapping[str, Any], name: str, problems: list[str]) -> str | None:
    said = fields.get(name)
    if said is None:
        return None
    if not isinstance(said, str | int):
        problems.append(f"bad_{name}")
        return None
    return said_text(said)


def _flag(fields: Mapping[str, Any], name: str, problems: list[str]) -> bool | None:
    said = fields.get(name)
    if said is None or isinstance(said, bool):
        return said
    problems.append(f"bad_{name}")
    return None


def _number(fields: Mapping[str, Any], name: str, lowest: int, highest: int, problems: list[str]) -> int | None:
    said = fields.get(name)
    if said is None:
        return None
    if isinstance(said, bool) or not isinstance(said, int | float) or not lowest <= said <= highest:
        problems.append(f"bad_{name}")
        return None
    return round(said)
