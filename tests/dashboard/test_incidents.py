"""What people see of an incident, and what they do to it over HTTP."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from alerts.domain.incidents import State
from tests.dashboard.board import OPERATOR_TOKEN, READER_TOKEN, Dashboard
from tests.dashboard.test_registry import read
from tests.dashboard.test_rights import slug_of


async def do(client: AsyncClient, incident: int, what: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(f"/api/v1/incidents/{incident}/{what}", json=body)
    assert answer.status_code == 200, answer.text
    moved: dict[str, Any] = answer.json()["incident"]
    return moved


async def test_an_incident_is_taken_answered_noted_and_closed(dashboard: Dashboard) -> None:
    incident = (await dashboard.story.press(id="p1")).incident
    async with dashboard.browser("wang") as browser:
        taken = await do(browser, incident, "acknowledge")
        assert (taken["state"], taken["acknowledged_by"]) == ("acknowledged", "王值班")
        assert (await do(browser, incident, "note", text="两名保安在场"))["state"] == "acknowledged"
        assert (await do(browser, incident, "respond", text="出发"))["state"] == "responding"
        closed = await do(browser, incident, "close", cause="real", text="已处置")
        assert (closed["state"], closed["cause"], closed["closed_by"]) == ("closed", "real", "王值班")
    assert (await dashboard.story.incident(incident)).state is State.CLOSED


async def test_moves_that_the_state_does_not_allow_are_refused_by_name(dashboard: Dashboard) -> None:
    incident = (await dashboard.story.press(id="p1")).incident
    async with dashboard.browser("wang") as wang, dashboard.client(OPERATOR_TOKEN) as desk:
        early = await desk.post(f"/api/v1/incidents/{incident}/close", json={"cause": "real"})
        assert (early.status_code, slug_of(early)) == (409, "not-taken")
        await do(wang, incident, "acknowledge")
        second = await desk.post(f"/api/v1/incidents/{incident}/acknowledge")
        assert (second.status_code, slug_of(second)) == (409, "already-taken")
        assert "王值班" in second.json()["detail"]
        await do(wang, incident, "close", cause="accidental")
        late = await wang.post(f"/api/v1/incidents/{incident}/respond")
        assert (late.status_code, slug_of(late)) == (409, "already-closed")


async def test_two_people_who_take_it_at_the_same_instant_do_not_both_have_it(dashboard: Dashboard) -> None:
    incident = (await dashboard.story.press(id="p1")).incident
    async with dashboard.browser("wang") as wang, dashboard.client(OPERATOR_TOKEN) as desk:
        path = f"/api/v1/incidents/{incident}/acknowledge"
        answers = await asyncio.gather(wang.post(path), desk.post(path))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_an_incident_tells_what_happened_who_was_told_and_what_comes_next(dashboard: Dashboard) -> None:
    story = dashboard.story
    incident = (await story.press(id="p1", kind="violence")).incident
    await story.deliver()
    await story.forward(31)
    async with dashboard.browser("wang") as browser:
        await do(browser, incident, "note", text="电话打不通")
    detail = await read(dashboard, f"/incidents/{incident}")
    assert detail["incident"]["id"] == incident
    assert detail["school"]["name"] == "第一小学"
    assert [(press["name"], press["device"], press["kind"]) for press in detail["presses"]] == [
        ("p1", "S1-G1", "violence")
    ]
    kinds = [entry["kind"] for entry in detail["timeline"]]
    assert kinds[0] == "incident.opened"
    assert {"press.received", "incident.escalated", "incident.noted"} <= set(kinds)
    noted = next(entry for entry in detail["timeline"] if entry["kind"] == "incident.noted")
    assert (noted["actor_name"], noted["detail"]["text"]) == ("王值班", "电话打不通")
    assert all("incident" not in entry["detail"] for entry in detail["timeline"])
    assert {(one["person_name"], one["state"]) for one in detail["deliveries"] if one["step"] == 0} == {
        ("赵保安", "delivered"),
        ("钱值班", "delivered"),
    }
    following = detail["next"]
    assert (following["what"], following["step"]) == ("step", 2)
    assert [target["person_name"] for target in following["targets"]] == ["吴市台", "郑一一零"]


async def test_what_comes_next_follows_the_incident(dashboard: Dashboard) -> None:
    story = dashboard.story
    incident = (await story.press(id="p1")).incident
    async with dashboard.browser("wang") as browser:
        await do(browser, incident, "acknowledge")
        following = (await read(dashboard, f"/incidents/{incident}"))["next"]
        assert (following["what"], following["step"]) == ("acknowledgement_ends", 0)
        assert [target["person"] for target in following["targets"]] == ["guard", "duty"]
        await do(browser, incident, "respond")
        nothing = {"at": None, "what": None, "step": None, "targets": []}
        assert (await read(dashboard, f"/incidents/{incident}"))["next"] == nothing


async def test_after_the_last_step_the_next_round_is_announced(dashboard: Dashboard) -> None:
    incident = (await dashboard.story.press(id="p1")).incident
    await dashboard.story.forward(181)
    following = (await read(dashboard, f"/incidents/{incident}"))["next"]
    assert (following["what"], following["step"]) == ("repeat", 0)


async def test_incidents_are_found_by_state_place_mode_and_time(dashboard: Dashboard) -> None:
    story = dashboard.story
    first = (await story.press("S1-G1", id="p1")).incident
    second = (await story.press("S3-G1", id="p2")).incident
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        await do(desk, first, "acknowledge")

    async def found(query: str) -> list[int]:
        return [item["id"] for item in (await read(dashboard, f"/incidents{query}"))["items"]]

    assert await found("") == [second, first]
    assert await found("?state=open") == [second]
    assert await found("?state=open,acknowledged") == [second, first]
    assert await found("?state=acknowledged&state=closed") == [first]
    assert await found("?school=S1") == [first]
    assert await found("?district=370203") == [second]
    assert await found("?mode=drill") == []
    assert await found(f"?since={(story.now - timedelta(hours=1)):%Y-%m-%dT%H:%M:%SZ}") == [second, first]
    assert await found(f"?since={(story.now + timedelta(hours=1)):%Y-%m-%dT%H:%M:%SZ}") == []
    page = await read(dashboard, "/incidents?limit=1")
    assert await found(f"?limit=1&cursor={page['next']}") == [first]


async def test_the_same_key_and_body_change_something_once_and_are_answered_alike(dashboard: Dashboard) -> None:
    incident = (await dashboard.story.press(id="p1")).incident
    async with dashboard.client(OPERATOR_TOKEN, headers={"Idempotency-Key": "k1"}) as desk:
        path, body = f"/api/v1/incidents/{incident}/note", {"text": "once"}
        answers = await asyncio.gather(*(desk.post(path, json=body) for _ in range(5)))
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.content for answer in answers}) == 1
        assert (await dashboard.story.log_kinds()).count("incident.noted") == 1
        other = await desk.post(path, json={"text": "twice"})
        assert (other.status_code, slug_of(other)) == (422, "idempotency-key-reused")
        elsewhere = await desk.post(f"/api/v1/incidents/{incident}/acknowledge", json=body)
        assert (elsewhere.status_code, slug_of(elsewhere)) == (422, "idempotency-key-reused")


async def test_a_refusal_is_kept_for_its_key_as_well(dashboard: Dashboard) -> None:
    incident = (await dashboard.story.press(id="p1")).incident
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        path = f"/api/v1/incidents/{incident}/close"
        for _ in range(2):
            answer = await desk.post(path, json={"cause": "real"}, headers={"Idempotency-Key": "k1"})
            assert (answer.status_code, slug_of(answer)) == (409, "not-taken")
            await do(desk, incident, "acknowledge")


async def test_keys_of_two_accounts_are_two_keys_and_end_after_a_day(dashboard: Dashboard) -> None:
    incident = (await dashboard.story.press(id="p1")).incident
    path, key = f"/api/v1/incidents/{incident}/note", {"Idempotency-Key": "k1"}
    async with dashboard.client(OPERATOR_TOKEN) as desk, dashboard.browser("wang") as wang:
        await desk.post(path, json={"text": "desk"}, headers=key)
        assert (await wang.post(path, json={"text": "wang"}, headers=key)).status_code == 200
        dashboard.service.database.shift = timedelta(hours=25)
        assert (await desk.post(path, json={"text": "next day"}, headers=key)).status_code == 200


@pytest.mark.parametrize("key", ["", "with space", "x" * 201, "é"])
async def test_a_key_that_is_none_is_refused(dashboard: Dashboard, key: str) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        answer = await desk.post("/api/v1/incidents/1/acknowledge", headers={"Idempotency-Key": key.encode("latin-1")})
        assert (answer.status_code, slug_of(answer)) == (422, "invalid-request")


async def test_a_reader_can_read_an_incident_and_not_touch_it(dashboard: Dashboard) -> None:
    incident = (await dashboard.story.press(id="p1")).incident
    async with dashboard.client(READER_TOKEN) as reader:
        assert (await reader.get(f"/api/v1/incidents/{incident}")).status_code == 200
        assert (await reader.post(f"/api/v1/incidents/{incident}/acknowledge")).status_code == 403
    assert (await dashboard.story.incident(incident)).state is State.OPEN
