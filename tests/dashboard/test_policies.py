"""Policies by place over HTTP: made, replaced, retired, and which one counts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.dashboard.board import OPERATOR_TOKEN, READER_TOKEN, Dashboard
from tests.dashboard.test_registry import read
from tests.dashboard.test_rights import slug_of

STEPS = {"steps": [{"after_seconds": 0, "targets": ["police", "district"]}], "repeat_after_seconds": 60}
NIGHT = {
    "mode": "live",
    "school": "S1",
    "name": "nights",
    "hours": {"starts": "22:00", "ends": "06:00", "weekdays": [5, 1]},
    "definition": STEPS,
}


def rules_of(page: dict[str, Any]) -> list[int]:
    return [one["rule"]["id"] for one in page["items"]]


async def test_a_rule_is_made_replaced_and_retired_and_all_of_it_stays_readable(dashboard: Dashboard) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        made = await desk.post("/api/v1/policies/rules", json=NIGHT, headers={"Idempotency-Key": "night"})
        again = await desk.post("/api/v1/policies/rules", json=NIGHT, headers={"Idempotency-Key": "night"})
        assert (made.status_code, again.json()) == (201, made.json()), made.text
        rule = made.json()["rule"]
        assert (rule["version"], rule["hours"]["weekdays"], made.json()["school_name"]) == (1, [1, 5], "第一小学")
        address = f"/api/v1/policies/rules/{rule['id']}"
        changed = {"name": "dark hours", "definition": STEPS, "version": 1}
        assert (await desk.put(address, json=changed)).json()["rule"]["version"] == 2
        assert slug_of(await desk.put(address, json=changed)) == "changed-meanwhile"
        history = (await desk.get(address)).json()
        assert [(one["version"], one["name"]) for one in history["versions"]] == [(2, "dark hours"), (1, "nights")]
        assert history["rule"]["rule"]["hours"] is None
        assert (await desk.delete(address)).status_code == 204
        for refused in (await desk.delete(address), await desk.put(address, json=changed | {"version": None})):
            assert slug_of(refused) == "no-such-policy"
        assert slug_of(await desk.get("/api/v1/policies/rules/999")) == "no-such-policy"
    assert rules_of(await read(dashboard, "/policies/rules")) == []
    assert rules_of(await read(dashboard, "/policies/rules?retired=true")) == [rule["id"]]


async def test_rules_are_listed_by_place_and_page_by_page(dashboard: Dashboard) -> None:
    said = {"mode": "live", "definition": STEPS}
    places: tuple[dict[str, str], ...] = ({"district": "370202"}, {"school": "S1"}, {"school": "S3"})
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        city = (await dashboard.confirm(await desk.post("/api/v1/policies/rules", json=said)))["made"]
        made = []
        for place in places:
            answer = await desk.post("/api/v1/policies/rules", json=said | place)
            made.append(answer.json()["rule"]["id"])
            dashboard.service.database.shift += timedelta(
                minutes=61
            )  # nearly the whole city within an hour is an order
    district, own, other = made
    assert rules_of(await read(dashboard, "/policies/rules?school=S1")) == [city, district, own]
    assert rules_of(await read(dashboard, "/policies/rules?district=370202")) == [district, own]
    first = await read(dashboard, "/policies/rules?limit=3")
    second = await read(dashboard, f"/policies/rules?limit=3&cursor={first['next']}")
    assert (rules_of(first), rules_of(second), second["next"]) == ([city, district, own], [other], None)
    in_force = {one["mode"]: one for one in (await read(dashboard, "/policies"))["items"]}
    assert (in_force["live"]["rule"], in_force["drill"]["version"]) == (city, 0)


async def test_the_effective_policy_is_told_with_why(dashboard: Dashboard) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        await desk.post("/api/v1/policies/rules", json=NIGHT)
    monday_night = await read(dashboard, "/policies/effective?school=S1&at=2026-11-24T02:30:00%2B08:00")
    assert (monday_night["rule"]["rule"]["name"], monday_night["passed_over"]) == ("nights", [])
    by_day = await read(dashboard, "/policies/effective?school=S1&kind=fire&at=2026-11-24T12:00:00%2B08:00")
    assert (by_day["rule"], by_day["passed_over"][0]["why"]) == (None, "hours")
    assert by_day["policy"]["steps"][0]["targets"][0] == "police"
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        assert slug_of(await desk.get("/api/v1/policies/effective?school=S99")) == "no-such-school"


async def test_a_rule_that_cannot_be_is_refused_with_what_to_mend(dashboard: Dashboard) -> None:
    step = {"after_seconds": 0, "targets": ["district"]}
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"school": "S99"}, "no school S99"),
        ({"school": "S1", "district": "370202"}, "not both"),
        ({"definition": STEPS | {"steps": [step]}}, "hands over to 110"),
        ({"definition": STEPS | {"steps": [step | {"targets": ["police", "person:ghost"]}]}}, "no person ghost"),
        ({"definition": STEPS | {"steps": [step | {"targets": ["police\0"]}]}}, "NUL"),
        ({"hours": {"starts": "22:00Z", "ends": "06:00Z"}}, "zone"),
        ({"hours": {"starts": "22:00", "ends": "06:00", "weekdays": [8]}}, "weekdays"),
        ({"kind": "fire", "category": "fire"}, "not both"),
    )
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        for said, complaint in wrong:
            answer = await desk.post("/api/v1/policies/rules", json={"mode": "live", "definition": STEPS} | said)
            assert (answer.status_code, slug_of(answer)) == (422, "invalid-request"), said
            assert complaint in answer.json()["errors"][0]["message"], said
        without = STEPS | {"steps": [step], "without_police": True}
        await dashboard.confirm(await desk.put("/api/v1/policies/live", json=without))
    assert (await read(dashboard, "/policies"))["items"][0]["definition"]["without_police"] is True


async def test_a_reader_sees_rules_and_changes_none(dashboard: Dashboard) -> None:
    async with dashboard.client(READER_TOKEN) as reader:
        assert (await reader.get("/api/v1/policies/rules")).status_code == 200
        assert slug_of(await reader.post("/api/v1/policies/rules", json=NIGHT)) == "not-allowed"
        assert slug_of(await reader.delete("/api/v1/policies/rules/1")) == "not-allowed"


async def test_the_citys_policies_are_shown_and_changed_version_by_version(dashboard: Dashboard) -> None:
    shown = {one["mode"]: one for one in (await read(dashboard, "/policies"))["items"]}
    assert {mode: one["version"] for mode, one in shown.items()} == {"live": 0, "test": 0, "drill": 0}
    policy = shown["live"]["definition"] | {"acknowledgement_seconds": 120}
    async with dashboard.client(OPERATOR_TOKEN) as program:
        for _ in range(2):
            await dashboard.confirm(await program.put("/api/v1/policies/live", json=policy))
    again = {one["mode"]: one for one in (await read(dashboard, "/policies"))["items"]}
    assert (again["live"]["version"], again["live"]["saved_by"], again["live"]["definition"]) == (2, "desk", policy)
