"""A desk handed over between shifts: what stood open, signed by who goes and by who comes, and kept as it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from alerts.audit import verify_log
from alerts.domain.incidents import Cause
from alerts.domain.rights import Role
from alerts.domain.shift_handovers import Note, OpenItem, OpenKind, add_notes
from alerts.storage.accounts import Account, save_account
from alerts.storage.log import read_log_of_subject
from tests.alerts.story import WANG
from tests.dashboard.board import PASSWORD, READER_TOKEN, Dashboard, hash_password

# A device that fell silent, what is overdue, a drill in the next shift and one after it, and evidence that must stay.
EVENING = """
insert into hazard (school, source, title, fingerprint, opened_at, opened_by, owner, due_at)
    values ('S1', 'school', '围墙破损', 'wall', now() - interval '9 days', 'test', 'duty', now() - interval '2 days'),
           ('S3', 'school', '灯不亮', 'lamp', now(), 'test', null, now() + interval '7 days');
insert into breach (school, rule, on_date, opened_at, judgement, due_at)
    values ('S3', 'G3', '2026-11-23', now() - interval '1 day', '{}', now() - interval '1 hour');
insert into device_status (device, link, since) values ('S3-G1', 'silent', now() - interval '40 minutes');
insert into press_window (mode, school, starts_at, ends_at, announced_by, announced_at, note)
    values ('drill', 'S1', now() + interval '2 hours', now() + interval '3 hours', 'test', now(), '疏散演练'),
           ('drill', 'S1', now() + interval '2 days', now() + interval '3 days', 'test', now(), '下周');
insert into evidence_hold (school, since, until, reason, placed_at, placed_by)
    values ('S2', '2026-11-20', '2026-11-21', '案件', now(), 'chen');
"""


async def seat(dashboard: Dashboard) -> None:
    """Beside Wang, Sun sits at the city's desk, and Zhao is a guard of S1."""
    async with dashboard.story.database.transaction() as connection:
        now = await dashboard.story.database.read_now(connection)
        for account in (
            Account("sun", "孙值班", Role.CITY_DESK),
            Account("zhao", "赵保安", Role.GUARD, school="S1"),
        ):
            await save_account(connection, account, hash_password(), now)


def told(record: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    return [(item["kind"], item["state"], item["school"]) for item in record["items"]]


def slug_of(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).rsplit("/", 1)[-1]


async def test_whoever_leaves_signs_what_is_open_and_whoever_comes_signs_that_they_saw_it(dashboard: Dashboard) -> None:
    story = dashboard.story
    await seat(dashboard)
    await story.database_execute(EVENING)
    incident = (await story.press("S1-G1", id="p1")).incident
    await story.answers.acknowledge(incident, WANG)
    await story.press("S3-G1", id="p2")
    async with dashboard.browser("wang") as wang, dashboard.browser("zhao") as zhao:
        draft = (await wang.get("/api/v1/shift-handovers/draft")).json()
        assert told(draft) == [
            ("incident", "acknowledged", "S1"),
            ("incident", "open", "S3"),
            ("breach", "overdue", "S3"),
            ("hazard", "overdue", "S1"),
            ("device", "silent", "S3"),
            ("window", "ahead", "S1"),
            ("hold", "standing", "S2"),
        ]
        assert draft["counts"]["incident"] == 2
        assert draft["items"][0]["by"] == "王值班"
        own = (await zhao.get("/api/v1/shift-handovers/draft")).json()
        assert {item["school"] for item in own["items"]} == {"S1"}, "a school hands over what is its own"

        dashboard.service.database.shift += timedelta(minutes=11)
        body = {
            "remark": "  夜里有雪  ",
            "notes": [
                {"kind": "incident", "key": str(incident), "text": "家长在路上"},
                {"kind": "device", "key": "S2-G1", "text": "已报修"},
            ],
        }
        refused = await wang.post("/api/v1/shift-handovers", json=body)
        assert (refused.status_code, slug_of(refused)) == (403, "prove-again"), "a signature is by who sits there now"
        await wang.post("/api/v1/session/proof", json={"password": PASSWORD})
        signed = await wang.post("/api/v1/shift-handovers", json=body, headers={"Idempotency-Key": "one"})
        again = await wang.post("/api/v1/shift-handovers", json=body, headers={"Idempotency-Key": "one"})
        assert (signed.status_code, again.json()) == (201, signed.json())
        record = signed.json()
        assert (record["handed_by_name"], record["remark"], record["school"]) == ("王值班", "夜里有雪", None)
        assert record["items"][0]["note"] == "家长在路上"
        assert record["items"][-1] | {"note": ""} == {**record["items"][-1], "state": "settled", "note": ""}
        assert record["items"][-1]["note"] == "已报修", "what was settled meanwhile keeps its note"

        own_receipt = await wang.post(f"/api/v1/shift-handovers/{record['id']}/receipt", json={})
        assert (own_receipt.status_code, slug_of(own_receipt)) == (409, "own-handover")
        foreign = await zhao.post(f"/api/v1/shift-handovers/{record['id']}/receipt", json={})
        assert (foreign.status_code, slug_of(foreign)) == (403, "not-your-place")

    await story.answers.close(incident, WANG, Cause.DISPUTE)
    async with dashboard.browser("sun") as sun:
        waiting = (await sun.get("/api/v1/shift-handovers/draft")).json()["waiting"]
        assert [one["id"] for one in waiting] == [record["id"]], "what nobody received stays in view"
        received = await sun.post(f"/api/v1/shift-handovers/{record['id']}/receipt", json={"remark": "清楚"})
        assert received.status_code == 201
        second = await sun.post(f"/api/v1/shift-handovers/{record['id']}/receipt", json={})
        assert (second.status_code, slug_of(second)) == (409, "already-received")
        kept = (await sun.get(f"/api/v1/shift-handovers/{record['id']}")).json()
        assert kept["items"] == record["items"], "it says what stood there then, not what stands there now"
        assert (kept["received_by_name"], kept["received_remark"]) == ("孙值班", "清楚")
        assert (await sun.get("/api/v1/shift-handovers/draft")).json()["waiting"] == []
    await check_it_stands_in_the_log(dashboard, record)


async def check_it_stands_in_the_log(dashboard: Dashboard, record: dict[str, Any]) -> None:
    async with dashboard.story.database.connection() as connection:
        rows = await read_log_of_subject(connection, f"shift:{record['id']}", 0, 10)
    assert [(row.kind, row.actor) for row in rows] == [
        ("shift.handed_over", "person:wang"),
        ("shift.received", "person:sun"),
    ]
    assert msgspec.json.decode(rows[0].body)["shift_handover"]["items"] == record["items"]
    assert (await verify_log(dashboard.story.database, lambda _done, _all: None)).misfit is None
    for change in ("update shift_handover set remark = ''", "delete from shift_handover"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await dashboard.story.database_execute(change)


async def test_each_desk_lists_its_own_and_who_stands_above_may_read_those_below(dashboard: Dashboard) -> None:
    await seat(dashboard)
    for name in ("wang", "zhao"):
        async with dashboard.browser(name) as desk:
            assert (await desk.post("/api/v1/shift-handovers", json={})).status_code == 201
    async with dashboard.browser("zhao") as zhao, dashboard.browser("sun") as sun:
        listed = {
            query: [one["handed_by"] for one in (await who.get(f"/api/v1/shift-handovers{query}")).json()["items"]]
            for who, query in (
                (sun, ""),
                (sun, "?whole=true"),
                (sun, "?school=S1"),
                (sun, "?whole=true&district=370202&waiting=true&limit=1"),
                (zhao, "?whole=true&limit=5"),
            )
        }
        assert list(listed.values()) == [["wang"], ["zhao", "wang"], ["zhao"], ["zhao"], ["zhao"]]
        assert (await sun.get("/api/v1/shift-handovers/99")).status_code == 404
    async with dashboard.client(READER_TOKEN) as program:
        assert (await program.get("/api/v1/shift-handovers")).status_code == 200
        assert (await program.get("/api/v1/shift-handovers/draft")).status_code == 403


def test_a_note_is_for_one_thing_and_an_empty_one_is_none() -> None:
    items = [OpenItem(OpenKind.DEVICE, "D1", "silent"), OpenItem(OpenKind.HOLD, "D1", "standing")]
    noted = add_notes(items, [Note(OpenKind.HOLD, "D1", " x "), Note(OpenKind.DEVICE, "D1", "  ")])
    assert [item.note for item in noted] == ["", "x"]
