"""Whom the targets of a policy call at this moment, and by which methods each person can be reached."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from alerts.domain.escalation import Callees, Recipient, Running
from alerts.domain.incidents import Incident
from alerts.domain.people import Method
from alerts.domain.registry import PostKind
from alerts.domain.targets import Target, TargetKind, read_target
from alerts.storage.database import Connection
from alerts.storage.records import read_json
from alerts.storage.statements import read_statements

_SQL = read_statements("recipients")

# Who is called at a school by "on duty here" and by its neighbours, beside whoever a roster puts on duty.
_WATCH_POSTS = frozenset({PostKind.SCHOOL_DUTY, PostKind.DUTY_LEADER, PostKind.GUARD})
_DESKS = {TargetKind.DISTRICT: PostKind.DISTRICT_DESK, TargetKind.CITY: PostKind.CITY_DESK}


@dataclass(frozen=True, slots=True)
class _Callee:
    """Somebody at a post of a school, of a district (no school), or of the city (neither)."""

    recipient: Recipient
    post_kind: PostKind
    on_call: bool
    rostered: bool


@dataclass(frozen=True, slots=True)
class _Neighbours:
    """The neighbours of schools, by metres (None: by group) and school, nearest first."""

    schools: Mapping[int | None, Mapping[str, Sequence[str]]]

    def of(self, incident: Incident, metres: int | None) -> Sequence[str]:
        return self.schools[metres].get(incident.school or "", ())


class _Callees:
    """All who can be called for a batch of incidents, by place."""

    def __init__(
        self, rows: Iterable[asyncpg.Record], people: Mapping[str, Recipient], shared: tuple[str, ...]
    ) -> None:
        self._by_school: dict[str, list[_Callee]] = defaultdict(list)
        self._by_district: dict[str | None, list[_Callee]] = defaultdict(list)
        self._people = people
        for row in rows:
            kind = PostKind(row["post_kind"])
            callee = _Callee(_recipient(row, kind, shared), kind, row["on_call"], row["rostered"])
            place = self._by_school[row["school"]] if row["school"] else self._by_district[row["district"]]
            place.append(callee)

    def called_by(self, target: Target, incident: Incident, neighbours: _Neighbours) -> list[Recipient]:
        """Whom a target calls for an incident."""
        if target.kind is TargetKind.PERSON:
            found = self._people.get(target.person or "")
            return [found] if found else []
        if target.kind is TargetKind.ON_DUTY:
            return self._on_duty_at([incident.school] if incident.school else [])
        if target.kind is TargetKind.NEIGHBOURS:
            return self._on_duty_at(neighbours.of(incident, target.metres))
        post = target.post or _DESKS.get(target.kind)
        return self._of_post(incident, post, off_duty_too=target.kind is TargetKind.TEAM) if post else []

    def _of_post(self, incident: Incident, post: PostKind, *, off_duty_too: bool) -> list[Recipient]:
        places = [
            self._by_school.get(incident.school or "", []),
            self._by_district.get(incident.district, []) if incident.district else [],
            self._by_district.get(None, []),
        ]
        return [
            one.recipient
            for place in places
            for one in place
            if one.post_kind is post and (one.on_call or off_duty_too)
        ]

    def _on_duty_at(self, schools: Iterable[str]) -> list[Recipient]:
        return [
            one.recipient
            for school in schools
            for one in self._by_school.get(school, [])
            if one.on_call and (one.rostered or one.post_kind in _WATCH_POSTS)
        ]


async def list_callees(connection: Connection, running: Sequence[Running], now: datetime) -> dict[int, Callees]:
    """For each incident, whom each target of its policy calls at `now`, in the order in which they are called."""
    wanted = {one.incident.id: _targets_of(one) for one in running}
    targets = {target for of_one in wanted.values() for target in of_one.values()}
    neighbours = await _list_neighbours(connection, targets, [one.incident for one in running])
    callees = await _load_callees(connection, [one.incident for one in running], targets, neighbours, now)
    return {
        one.incident.id: {
            text: callees.called_by(target, one.incident, neighbours)
            for text, target in wanted[one.incident.id].items()
        }
        for one in running
    }


def _targets_of(running: Running) -> dict[str, Target]:
    return {text: read_target(text) for step in running.policy.steps for text in step.targets}


async def _load_callees(
    connection: Connection,
    incidents: Sequence[Incident],
    targets: Iterable[Target],
    neighbours: _Neighbours,
    now: datetime,
) -> _Callees:
    schools = {incident.school for incident in incidents if incident.school}
    schools |= {one for by_school in neighbours.schools.values() for near in by_school.values() for one in near}
    districts = {incident.district for incident in incidents if incident.district}
    rows = await connection.fetch(_SQL["list_callees"], sorted(schools), sorted(districts), now)
    shared = tuple(row["code"] for row in await connection.fetch(_SQL["list_shared_channels"]))
    named = sorted({target.person for target in targets if target.person})
    found = await connection.fetch(_SQL["list_people"], named, now) if named else []
    return _Callees(rows, {row["person"]: _recipient(row, None, shared) for row in found}, shared)


async def _list_neighbours(
    connection: Connection, targets: Iterable[Target], incidents: Iterable[Incident]
) -> _Neighbours:
    schools = sorted({incident.school for incident in incidents if incident.school})
    found: dict[int | None, dict[str, list[str]]] = {}
    for metres in {target.metres for target in targets if target.kind is TargetKind.NEIGHBOURS}:
        if metres is None:
            rows = await connection.fetch(_SQL["list_group_neighbours"], schools)
        else:
            rows = await connection.fetch(_SQL["list_neighbours"], schools, float(metres))
        found[metres] = defaultdict(list)
        for row in rows:
            found[metres][row["school"]].append(row["neighbour"])
    return _Neighbours(found)


def _recipient(row: asyncpg.Record, post_kind: PostKind | None, shared: tuple[str, ...]) -> Recipient:
    methods = tuple(read_json(row["methods"], Method))
    return Recipient(row["person"], row["person_name"], post_kind, methods, shared)
