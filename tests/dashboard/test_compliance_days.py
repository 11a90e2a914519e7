"""A school's day over HTTP: a timeline whose every item opens, of any day that has begun, by the school's own clock."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from alerts.domain.compliance.verdicts import Judgement, Reference, ReferenceKind, Verdict, say
from alerts.engine.compliance import ComplianceJudge
from alerts.storage.log import Entry, append_log
from dashboard.api.compliance_schools import OPENED_AT
from tests.alerts.compliance.living import EQUIPMENT, LivingCity
from tests.alerts.compliance.standing import open_breach
from tests.dashboard.board import READER_TOKEN, Dashboard
from tests.dashboard.test_registry import read
from tests.dashboard.test_rights import ROUTES, slug_of

MONDAY = date(2026, 11, 23)
GATE_OPEN = say("gate_open", device="S1-GATE", since="2026-11-23T02:00:00+00:00", until="2026-11-23T02:05:00+00:00")


@pytest.fixture
async def city(dashboard: Dashboard) -> LivingCity:
    """Monday noon: the gate was open for arrival, and once in lessons; a telephone checked in from far away."""
    await dashboard.story.database_execute(EQUIPMENT)
    city = LivingCity(dashboard.story, ComplianceJudge(dashboard.story.database))
    await city.go("06:00", on=MONDAY)
    await city.hear("S1-GATE", "S1-VIS", "S1-READ", "S1-G1")
    await city.gate("06:00", opened=False)
    await city.go("12:00")
    for hours, opened in (("07:20", True), ("08:00", False), ("10:00", True), ("10:05", False)):
        await city.gate(hours, opened=opened)
    dashboard.service.database.shift = city.database.shift
    return city


def strip(page: dict[str, Any], lane: str) -> list[dict[str, Any]]:
    return [item for one in page["strips"] if one["lane"] == lane for item in one["items"]]


async def test_a_day_is_drawn_with_its_breach_and_each_item_opens(dashboard: Dashboard, city: LivingCity) -> None:
    key = await city.story.value("select concat_ws('/', on_date, device, channel, identity) from evidence limit 1")
    judgement = Judgement(Verdict.NOT_MET, (GATE_OPEN,), (Reference(ReferenceKind.EVIDENCE, key),))
    number = await open_breach(city.database, "S1", "C1", judgement)
    async with city.database.transaction() as connection:
        told = Entry("engine", f"breach:{number}", "breach.opened", {})
        await append_log(connection, city.story.now, [told])
    page = await read(dashboard, "/compliance/schools/S1/days/2026-11-23")
    assert (page["over"], page["in_session"], page["zone"]) == (False, True, "Asia/Shanghai")
    assert page["starts_at"] == "2026-11-22T16:00:00Z"
    assert [item["mark"] for item in strip(page, "timetable")] == ["arrival", "lessons", "dismissal", "closing"]
    opened = [item for item in strip(page, "gate") if item["mark"] == "open"]
    assert [(item["since"][11:16], item["until"][11:16]) for item in opened] == [("23:20", "00:00"), ("02:00", "02:05")]
    (breach,) = strip(page, "breaches")
    assert (breach["rule"]["code"], breach["goes_on"]) == ("C1", True)
    assert breach["reasons"][0]["zh"].endswith("从 10:00:00 开到 10:05:00。")
    row = (await read(dashboard, f"/audit?subject=breach:{number}"))["items"][0]
    assert breach["position"] == row["position"]
    assert page["names"]["S1-GATE"] == "门卫室"
    async with dashboard.client(READER_TOKEN) as client:
        for href in {one["href"] for lane in page["strips"] for item in lane["items"] for one in item["references"]}:
            assert (await client.get(href)).status_code == 200, href


async def test_any_day_that_has_begun_can_be_drawn_recorded_or_not(dashboard: Dashboard, city: LivingCity) -> None:
    await city.go("06:00", on=MONDAY + timedelta(days=3))
    dashboard.service.database.shift = city.database.shift
    past = await read(dashboard, "/compliance/schools/S1/days/2026-11-23")
    assert past["over"]
    assert [item["until"] for item in strip(past, "gate")][-1] == past["ends_at"]
    long_ago = await read(dashboard, "/compliance/schools/S1/days/2025-01-01")
    assert [item["mark"] for item in strip(long_ago, "gate")] == ["unsure"]
    async with dashboard.client(READER_TOKEN) as client:
        for path, slug in (("S1/days/2026-11-27", "invalid-request"), ("S9/days/2026-11-23", "no-such-school")):
            assert slug_of(await client.get(f"/api/v1/compliance/schools/{path}")) == slug


async def test_a_school_in_another_zone_has_its_own_midnight_and_tells_breaches_by_its_clock(
    dashboard: Dashboard, city: LivingCity
) -> None:
    await city.story.database_execute("update school set zone = 'Asia/Urumqi' where code = 'S1'")
    await open_breach(city.database, "S1", "C1", Judgement(Verdict.NOT_MET, (GATE_OPEN,)))
    page = await read(dashboard, "/compliance/schools/S1/days/2026-11-23")
    assert page["starts_at"] == "2026-11-22T18:00:00Z"
    breach = (await read(dashboard, "/compliance/breaches"))["items"][0]
    assert breach["zone"] == "Asia/Urumqi"
    assert breach["reasons"][0]["zh"].endswith("从 08:00:00 开到 08:05:00。")


def test_what_a_piece_of_evidence_leads_to_is_a_route_of_the_api() -> None:
    routes = [path for method, path, _, _ in ROUTES if method == "GET"]
    for kind, path in OPENED_AT.items():
        before, after = path.split("{key}")
        there = [route for route in routes if route.startswith(before + "{") and route.endswith("}" + after)]
        assert [route for route in there if route.count("/") == path.count("/")], kind


async def test_a_post_opens_whether_it_has_a_roster_or_not(dashboard: Dashboard, city: LivingCity) -> None:
    post = await city.story.value("select code from post where school = 'S1' limit 1")
    async with dashboard.client(READER_TOKEN) as client:
        assert (await client.get(OPENED_AT[ReferenceKind.POST].format(key=post))).status_code == 200
