"""Policies tried before they are saved, over HTTP."""

from __future__ import annotations

from typing import Any

from tests.dashboard.board import OPERATOR_TOKEN, READER_TOKEN, Dashboard
from tests.dashboard.test_rights import slug_of

REACH = """
insert into channel (code, personal, confirms, enabled) values ('sms', true, true, true)
    on conflict (code) do update set enabled = true;
insert into contact_method (person, rank, channel, address, added_at, verified_at)
    values ('guard', 1, 'sms', '13800000001', now(), now()), ('desk', 1, 'sms', '13800000002', now(), now());
"""


def rule(*steps: dict[str, Any], **said: Any) -> dict[str, Any]:
    return {"mode": "live", "definition": {"steps": list(steps), "repeat_after_seconds": 60}} | said


FIRST = {"after_seconds": 0, "targets": ["police", "post:school_duty"]}
THEN = {"after_seconds": 45, "targets": ["district"], "channels": ["sms"]}


async def test_a_policy_says_whom_it_would_call_before_it_is_saved(dashboard: Dashboard) -> None:
    await dashboard.story.database_execute(REACH)
    async with dashboard.client(READER_TOKEN) as desk:
        answer = await desk.post("/api/v1/policies/trial", json={"rule": rule(FIRST, THEN), "school": "S1"})
        tried = answer.json()
        assert (await desk.get("/api/v1/policies/rules")).json()["items"] == []
    assert (tried["problem"], tried["misfit"], tried["zone"]) == (None, None, "Asia/Shanghai")
    assert [(one["after_seconds"], one["police"]) for one in tried["steps"]] == [(0, True), (45, False)]
    called = [[(call["person_name"], call["channels"]) for call in one["calls"]] for one in tried["steps"]]
    assert called == [[("赵保安", ["sms"]), ("钱值班", [])], [("孙区台", ["sms"])]]
    assert tried["reached_after_seconds"] == 0


async def test_a_policy_says_what_it_would_switch_on_on_site_and_for_how_long(dashboard: Dashboard) -> None:
    await dashboard.story.database_execute(
        "insert into device_output (device, output) values ('S1-G1', 'siren'), ('S1-C1', 'siren'), ('S2-G1', 'lock')"
    )
    loud = rule(FIRST | {"outputs": ["lock", "siren"], "output_seconds": 90}, THEN | {"outputs": ["siren"]})
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        tried = (await desk.post("/api/v1/policies/trial", json={"rule": loud, "school": "S1"})).json()
        first = [{"output": "siren", "devices": ["S1-C1", "S1-G1"], "seconds": 90}]
        first.append({"output": "lock", "devices": [], "seconds": 90})
        assert [one["outputs"] for one in tried["steps"]] == [first, [first[0] | {"seconds": None}]]
        saved = (await desk.post("/api/v1/policies/rules", json=loud | {"school": "S1"})).json()["rule"]
        explained = (await desk.get("/api/v1/coverage/explain?school=S1")).json()
    assert [step["outputs"] for step in saved["definition"]["steps"]] == [["lock", "siren"], ["siren"]]
    assert [step["output_seconds"] for step in saved["definition"]["steps"]] == [90, None]
    assert explained["steps"][0]["outputs"] == first


async def test_what_keeps_a_policy_from_being_saved_is_said_in_the_words_of_saving(dashboard: Dashboard) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        for wrong in (
            rule(FIRST, {"after_seconds": 0, "targets": ["district"]}),
            rule({"after_seconds": 0, "targets": ["police", "person:nobody"]}),
            rule(FIRST, school="S1", school_kind="primary"),
            rule(FIRST | {"outputs": ["hooter"]}),
            rule(FIRST | {"outputs": ["siren"], "output_seconds": 0}),
        ):
            refused = await desk.post("/api/v1/policies/rules", json=wrong)
            tried = await desk.post("/api/v1/policies/trial", json={"rule": wrong, "school": "S1"})
            assert refused.json()["errors"][0]["message"] == tried.json()["problem"]
        broken = await desk.post("/api/v1/policies/trial", json={"rule": rule(), "school": "S1"})
        assert (broken.json()["problem"], broken.json()["steps"]) == ("a policy needs at least one step", None)


async def test_a_policy_that_would_not_count_for_the_press_is_tried_all_the_same(dashboard: Dashboard) -> None:
    fires = rule(FIRST, kind="fire")
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        tried = (await desk.post("/api/v1/policies/trial", json={"rule": fires, "school": "S1"})).json()
        assert (tried["misfit"], len(tried["steps"])) == ("kind", 1)
        fitting = {"rule": fires, "school": "S1", "kind": "fire"}
        assert (await desk.post("/api/v1/policies/trial", json=fitting)).json()["misfit"] is None
        only_checked = (await desk.post("/api/v1/policies/trial", json={"rule": fires})).json()
        assert (only_checked["problem"], only_checked["steps"]) == (None, None)
        unknown = await desk.post("/api/v1/policies/trial", json={"rule": fires, "school": "S9"})
        assert slug_of(unknown) == "no-such-school"
