"""Rosters for some of the demo's schools, so that there is something to look at; one has a hole next Tuesday."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from alerts.domain.registry import City, PostKind

ROSTERED_SCHOOLS = 12
_ZONE = ZoneInfo("Asia/Shanghai")
_TUESDAY = 1


def set_rosters(client: httpx.Client, city: City, now: datetime) -> None:
    """Puts the guards of the first schools on day and night shifts; at the second school nobody is on duty at noon next
    Tuesday, neither guard nor duty teacher. Raises httpx.HTTPStatusError."""
    today = now.astimezone(_ZONE).date()
    schools = [school.code for school in city.schools[:ROSTERED_SCHOOLS]]
    for school in schools:
        _put(client, f"{school}:{PostKind.GUARD}", _write_shifts(_holders(city, school, PostKind.GUARD), today))
    if len(schools) > 1:
        duty = f"{schools[1]}:{PostKind.SCHOOL_DUTY}"
        _put(client, duty, _write_shifts(_holders(city, schools[1], PostKind.SCHOOL_DUTY), today))
        for post in (duty, f"{schools[1]}:{PostKind.GUARD}"):
            client.post(f"/api/v1/posts/{post}/overrides", json=_write_hole(today)).raise_for_status()


def _put(client: httpx.Client, post: str, roster: dict[str, Any]) -> None:
    client.put(f"/api/v1/posts/{post}/roster", json=roster).raise_for_status()


def _holders(city: City, school: str, kind: PostKind) -> list[str]:
    return [holding.person for holding in city.holdings if holding.post == f"{school}:{kind}"]


def _write_shifts(people: Sequence[str], today: date) -> dict[str, Any]:
    """Twelve hours each, by turns of a week."""
    since = (today - timedelta(days=today.weekday())).isoformat()
    turns = [[person] for person in people]
    day = {"name": "白班", "starts": "07:00", "ends": "19:00", "turns": turns, "since": since, "turn_days": 7}
    night = {"name": "夜班", "starts": "19:00", "ends": "07:00", "turns": turns[1:] + turns[:1]}
    return {"shifts": [day, day | night], "handover_minutes": 10, "around_the_clock": True}


def _write_hole(today: date) -> dict[str, Any]:
    days = (_TUESDAY - today.weekday()) % 7 or 1  # on a Tuesday it is tomorrow: the check looks a week ahead
    starts_at = datetime.combine(today + timedelta(days=days), time(12), _ZONE)
    return {
        "kind": "nobody",
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + timedelta(hours=2)).isoformat(),
        "note": "演示:排班漏洞 demo: a hole in the roster",
    }
