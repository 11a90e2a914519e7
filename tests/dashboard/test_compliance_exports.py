"""An auditor takes reports away: asked for over HTTP, made by an engine, fetched, and checked long after."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import date, timedelta
from typing import Any

import pytest

from alerts.audit import read_seal, verify_copy
from alerts.compliance.reporting import exporting
from alerts.domain.compliance.exports import ExportForm
from alerts.domain.retention import Kept
from alerts.engine.exports import LEASE, make_export_due
from alerts.engine.judge import Judge
from alerts.storage.exports import ClaimedExport, claim_export, delete_expired_exports, keep_file
from tests.alerts.compliance.standing import close_day, today
from tests.alerts.compliance.test_reporting import ALL_MET, OPEN_GATE
from tests.alerts.reports.test_after_action import require_fonts
from tests.dashboard.board import OPERATOR_TOKEN, READER_TOKEN, Dashboard
from tests.dashboard.test_registry import read
from tests.dashboard.test_reports import close_one
from tests.dashboard.test_rights import slug_of

EXPORTS = "/api/v1/compliance/exports"


async def close_yesterday(dashboard: Dashboard) -> date:
    day = today(dashboard.story.database, 1)
    await close_day(dashboard.story.database, day, {"S1": ALL_MET | {"C1": OPEN_GATE}, "S2": ALL_MET, "S3": {}})
    return day


async def ask(dashboard: Dashboard, token: str = READER_TOKEN, **said: Any) -> dict[str, Any]:
    body = {"period": "month", "on": str(today(dashboard.story.database, 1)), "form": "json"} | said
    async with dashboard.client(token) as client:
        answer = await client.post(EXPORTS, json=body)
    assert answer.status_code == 202, answer.text
    row: dict[str, Any] = answer.json()
    return row


async def see(dashboard: Dashboard, export: int) -> dict[str, Any]:
    row: dict[str, Any] = await read(dashboard, f"/compliance/exports/{export}")
    return row


async def fetch(dashboard: Dashboard, export: int) -> bytes:
    async with dashboard.client(READER_TOKEN) as client:
        answer = await client.get(f"{EXPORTS}/{export}/file")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Digest"] == f"sha-256={hashlib.sha256(answer.content).hexdigest()}"
    return answer.content


async def claim(dashboard: Dashboard) -> ClaimedExport | None:
    """An engine takes an export, and is killed."""
    database = dashboard.story.database
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        return await claim_export(connection, now, now + LEASE)


async def test_an_auditor_exports_last_month_and_one_altered_byte_is_found_in_every_form(
    dashboard: Dashboard,
) -> None:
    require_fonts()
    day = await close_yesterday(dashboard)
    database = dashboard.story.database
    asked = {form: await ask(dashboard, form=form) for form in ExportForm}
    assert {row["state"] for row in asked.values()} == {"waiting"}
    while await make_export_due(database):
        pass
    for form, row in asked.items():
        made = await see(dashboard, row["id"])
        assert (made["state"], made["done"], made["problem"]) == ("made", made["total"], ""), made
        content = await fetch(dashboard, row["id"])
        digest = hashlib.sha256(content).hexdigest()
        assert (made["sha256"], made["bytes"]) == (digest, len(content))
        assert made["file_name"] == f"compliance-city-month-{day:%Y-%m}-zh.{form}"
        genuine = await verify_copy(database, digest, lambda done, total: None)
        assert genuine.log.misfit is None
        assert [(one.actor, one.subject) for one in genuine.made] == [("person:wall", "report:city")]
        for place in (0, len(content) // 2, len(content) - 1):
            altered = bytearray(content)
            altered[place] ^= 1
            found = await verify_copy(database, hashlib.sha256(altered).hexdigest(), lambda done, total: None)
            assert found.made == (), f"byte {place} of the {form}"


async def test_each_time_that_a_report_is_fetched_is_in_the_log_and_told_of_a_copy(dashboard: Dashboard) -> None:
    await close_yesterday(dashboard)
    row = await ask(dashboard, school="S1", language="en")
    async with dashboard.client(READER_TOKEN) as wall, dashboard.client(OPERATOR_TOKEN) as stranger:
        assert slug_of(await wall.get(f"{EXPORTS}/{row['id']}/file")) == "no-such-export", "it is not made yet"
        await make_export_due(dashboard.story.database)
        assert slug_of(await stranger.get(f"{EXPORTS}/{row['id']}/file")) == "no-such-export"
    assert (await read(dashboard, "/audit?kind=export.fetched"))["items"] == [], "nobody had it"
    content = [await fetch(dashboard, row["id"]) for _ in range(2)][-1]
    await see(dashboard, row["id"])
    digest = hashlib.sha256(content).hexdigest()
    told = (await read(dashboard, "/audit?kind=export.fetched"))["items"]
    said = {"export": row["id"], "form": "json", "file": row["file_name"], "sha256": digest}
    assert [(one["actor"], one["subject"], one["body"]) for one in told] == [
        ("person:wall", "report:school:S1", said),
        ("person:wall", "report:school:S1", said),
    ]
    found = await verify_copy(dashboard.story.database, digest, lambda done, total: None)
    assert [one.position for one in found.fetched] == [one["position"] for one in told]


async def test_a_copy_proves_nothing_when_the_log_was_rewritten(dashboard: Dashboard) -> None:
    await close_yesterday(dashboard)
    database = dashboard.story.database
    row = await ask(dashboard)
    await make_export_due(database)
    digest = (await see(dashboard, row["id"]))["sha256"]
    await dashboard.story.database_execute("alter table log disable trigger all")
    await dashboard.story.database_execute(
        "update log set body = replace(body::text, '\"json\"', '\"csv\"')::json where kind = 'export.made'"
    )
    found = await verify_copy(database, digest, lambda done, total: None)
    assert found.log.misfit is not None
    assert read_seal(found.made[0]).form == "csv"


async def test_an_after_action_report_can_be_checked_as_well(dashboard: Dashboard) -> None:
    incident = await close_one(dashboard)
    async with dashboard.client(READER_TOKEN) as wall:
        fetched = await wall.get(f"/api/v1/incidents/{incident}/report.xlsx")
    digest = hashlib.sha256(fetched.content).hexdigest()
    found = await verify_copy(dashboard.story.database, digest, lambda done, total: None)
    assert [one.subject for one in found.made] == [f"incident:{incident}"]
    assert found.log.misfit is None


async def test_what_a_killed_engine_had_begun_another_one_makes_and_the_dead_one_cannot_finish(
    dashboard: Dashboard,
) -> None:
    await close_yesterday(dashboard)
    database = dashboard.story.database
    row = await ask(dashboard)
    dead = await claim(dashboard)
    assert dead is not None
    assert not await make_export_due(database), "it is still the first one's"
    assert (await see(dashboard, row["id"]))["state"] == "making"
    database.shift += LEASE + timedelta(seconds=1)
    assert await make_export_due(database)
    made = await see(dashboard, row["id"])
    assert made["state"] == "made"
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        assert not await keep_file(connection, dead, b"late", b"late", now)
    assert hashlib.sha256(await fetch(dashboard, row["id"])).hexdigest() == made["sha256"]
    assert len((await read(dashboard, "/audit?kind=export.made"))["items"]) == 1


async def test_a_judge_that_turns_makes_what_is_asked_for(dashboard: Dashboard) -> None:
    await close_yesterday(dashboard)
    judge = asyncio.create_task(Judge(dashboard.story.database, "judge-1", Kept()).run())
    try:
        row = await ask(dashboard, period="day", school="S1", form="csv", language="en")
        async with asyncio.timeout(60):
            while (await see(dashboard, row["id"]))["state"] != "made":
                assert not judge.done(), judge
                await asyncio.sleep(0.1)
        assert "Gate S1-GATE" not in (await fetch(dashboard, row["id"])).decode("utf-8-sig").partition("\n")[0]
    finally:
        judge.cancel()
        await asyncio.gather(judge, return_exceptions=True)


async def test_without_fonts_the_pdf_fails_with_what_to_install(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    await close_yesterday(dashboard)
    row = await ask(dashboard, form="pdf")
    monkeypatch.setenv("PATH", "/nowhere")
    await make_export_due(dashboard.story.database)
    failed = await see(dashboard, row["id"])
    assert failed["state"] == "failed"
    assert "fonts-noto-cjk" in failed["problem"]


async def test_an_export_is_its_owners_alone(dashboard: Dashboard) -> None:
    await close_yesterday(dashboard)
    row = await ask(dashboard)
    await make_export_due(dashboard.story.database)
    async with dashboard.client(OPERATOR_TOKEN) as other, dashboard.client() as nobody:
        address = f"{EXPORTS}/{row['id']}"
        for answer in (
            await other.get(address), await other.get(f"{address}/file"), await other.delete(address),
        ):  # fmt: skip
            assert slug_of(answer) == "no-such-export"
        assert (await other.get(EXPORTS)).json()["items"] == []
        assert slug_of(await nobody.get(f"{address}/file")) == "not-signed-in"
    async with dashboard.client(READER_TOKEN) as owner:
        assert [one["id"] for one in (await owner.get(EXPORTS)).json()["items"]] == [row["id"]]
        assert (await owner.delete(address)).status_code == 204
        assert slug_of(await owner.get(address)) == "no-such-export"
    assert len((await read(dashboard, "/audit?kind=export.made"))["items"]) == 1, "the log keeps what was made"


async def test_what_cannot_be_told_is_refused_when_it_is_asked_for(dashboard: Dashboard) -> None:
    day = await close_yesterday(dashboard)
    async with dashboard.client(READER_TOKEN) as client:
        for body, slug in (
            ({"period": "day", "on": str(day - timedelta(days=9))}, "no-such-closed-day"),
            ({"period": "term", "on": str(day)}, "no-such-closed-day"),
            ({"period": "day", "on": str(day), "school": "S9"}, "no-such-closed-day"),
            ({"period": "week", "on": str(day)}, "invalid-request"),
            ({"period": "day", "on": str(day), "school": "S1", "district": "370202"}, "invalid-request"),
        ):
            assert slug_of(await client.post(EXPORTS, json=body)) == slug, body


async def test_exports_are_limited_kept_for_a_week_and_forgotten(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    await close_yesterday(dashboard)
    monkeypatch.setattr(exporting, "MOST_KEPT", 2)
    rows = [await ask(dashboard), await ask(dashboard)]
    async with dashboard.client(READER_TOKEN) as client:
        body = {"period": "month", "on": str(today(dashboard.story.database, 1))}
        assert slug_of(await client.post(EXPORTS, json=body)) == "too-many-exports"
        await client.delete(f"{EXPORTS}/{rows[0]['id']}")
        assert (await client.post(EXPORTS, json=body)).status_code == 202
    database = dashboard.story.database
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        await delete_expired_exports(connection, now + timedelta(days=6))
        assert await connection.fetchval("select count(*) from report_export") == 2
        await delete_expired_exports(connection, now + timedelta(days=8))
        assert await connection.fetchval("select count(*) from report_export") == 0


async def test_the_same_wish_sent_twice_is_one_export(dashboard: Dashboard) -> None:
    await close_yesterday(dashboard)
    body = {"period": "month", "on": str(today(dashboard.story.database, 1))}
    async with dashboard.client(READER_TOKEN) as client:
        answers = [await client.post(EXPORTS, json=body, headers={"Idempotency-Key": "k1"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert await dashboard.story.value("select count(*) from report_export") == 1
