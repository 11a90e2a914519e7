"""Plans, the living figure and task cards over HTTP."""

from __future__ import annotations

from typing import Any

from tests.alerts.readiness.planning import attend, reach, save, train
from tests.dashboard.board import OPERATOR_TOKEN, READER_TOKEN, Dashboard
from tests.dashboard.test_registry import read
from tests.dashboard.test_rights import slug_of

LINE = {"number": 1, "phase": "self_help", "text": "关闭校门", "text_en": "Shut the gate", "post": "school_duty"}
PLAN = {"name": "防侵入预案", "kinds": ["panic"], "valid_from": "2026-01-01", "responsibilities": [LINE]}


async def test_a_plan_is_saved_in_versions_and_read_back_with_what_it_asks(dashboard: Dashboard) -> None:
    async with dashboard.browser("chen") as browser:
        for said, version, changed in ((PLAN, 1, True), (PLAN, 1, False), (PLAN | {"name": "新名"}, 2, True)):
            saved = await browser.put("/api/v1/plans/P1", json=said)
            assert saved.status_code == 200, saved.text
            assert saved.json() == {"code": "P1", "version": version, "changed": changed}
        stale = await browser.put("/api/v1/plans/P1", json=PLAN | {"name": "x", "replaces": 1})
        assert slug_of(stale) == "changed-meanwhile"
    (head,) = (await read(dashboard, "/plans"))["items"]
    assert (head["name"], head["version"], head["in_force"], head["responsibilities"]) == ("新名", 2, 2, 1)
    assert (head["saved_by"], head["sample"]) == ("chen", False)
    shown = await read(dashboard, "/plans/P1")
    assert [one["version"] for one in shown["versions"]] == [2, 1]
    assert shown["responsibilities"] == [LINE | {"person": None, "deputy": None, "training": True, "certificate": None}]
    assert (await read(dashboard, "/plans/P1?version=1"))["version"]["name"] == "防侵入预案"


async def test_a_plan_that_cannot_be_says_what_to_mend(dashboard: Dashboard) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        for said in (
            PLAN | {"responsibilities": []},
            PLAN | {"responsibilities": [LINE, LINE]},
            PLAN | {"responsibilities": [LINE | {"person": "nobody"}]},
            PLAN | {"responsibilities": [LINE | {"phase": "later"}]},
            PLAN | {"valid_until": "2025-01-01"},
            PLAN | {"school": "S99"},
            {"name": "x"},
        ):
            answer = await desk.put("/api/v1/plans/P1", json=said)
            assert (answer.status_code, slug_of(answer)) == (422, "invalid-request"), said
            assert answer.json()["errors"][0]["message"]
        assert slug_of(await desk.get("/api/v1/plans/P1")) == "no-such-plan"


async def test_a_plan_that_is_refused_says_at_which_field(dashboard: Dashboard) -> None:
    second = LINE | {"number": 2}
    refused = {
        "body.name": PLAN | {"name": " "},
        "body.valid_until": PLAN | {"valid_until": "2025-01-01"},
        "body.school": PLAN | {"school": "S99"},
        "body.responsibilities": PLAN | {"responsibilities": []},
        "body.responsibilities.1.number": PLAN | {"responsibilities": [LINE, LINE]},
        "body.responsibilities.0.number": PLAN | {"responsibilities": [LINE | {"number": 0}]},
        "body.responsibilities.1.text": PLAN | {"responsibilities": [LINE, second | {"text": " "}]},
        "body.responsibilities.1.person": PLAN | {"responsibilities": [LINE, second | {"person": "nobody"}]},
        "body.responsibilities.1.deputy": PLAN | {"responsibilities": [LINE, second | {"deputy": "nobody"}]},
        "body.responsibilities.0.deputy": PLAN | {"responsibilities": [LINE | {"person": "duty", "deputy": "duty"}]},
    }
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        for field, said in refused.items():
            answer = await desk.put("/api/v1/plans/P1", json=said)
            assert [one["field"] for one in answer.json()["errors"]] == [field], said
        await desk.put("/api/v1/plans/P1", json=PLAN)
        day = {"people": ["duty"], "trained_on": "2999-01-01"}
        refusal = (await desk.post("/api/v1/plans/P1/trainings", json=day)).json()
        assert refusal["errors"][0]["field"] == "body.trained_on"


async def test_a_plan_tells_the_names_of_the_people_whom_it_names(dashboard: Dashboard) -> None:
    named = [LINE | {"person": "guard", "deputy": "duty"}, LINE | {"number": 2, "person": "guard"}]
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        await desk.put("/api/v1/plans/P1", json=PLAN | {"responsibilities": named})
    assert (await read(dashboard, "/plans/P1"))["names"] == {"guard": "赵保安", "duty": "钱值班"}


async def test_who_may_only_look_changes_no_plan_and_no_card(dashboard: Dashboard) -> None:
    async with dashboard.client(READER_TOKEN) as wall:
        assert slug_of(await wall.put("/api/v1/plans/P1", json=PLAN)) == "not-allowed"
        for what in ("done", "skip", "assign"):
            assert slug_of(await wall.post(f"/api/v1/incidents/1/tasks/1/{what}", json={})) == "not-allowed"


async def test_the_figure_of_the_city_and_of_a_school_says_what_is_in_the_way(dashboard: Dashboard) -> None:
    story = dashboard.story
    await save(story)
    await reach(story, "guard", "duty")
    async with dashboard.browser("wang") as browser:
        noted = await browser.post(
            "/api/v1/plans/intruder/trainings", json={"people": ["guard"], "trained_on": "2026-11-01"}
        )
        assert noted.status_code == 204, noted.text
    await train(story, "guard")
    assert [one["person"] for one in (await read(dashboard, "/plans/intruder/trainings"))["items"]] == ["guard"]
    figure = await read(dashboard, "/responsibilities")
    assert (figure["responsibilities"], figure["everywhere"], figure["sample"]) == (6, 0, False)
    assert {one["code"]: one["coverage"]["asked"] for one in figure["districts"]} == {"370202": 9, "370203": 5}
    second = next(one for one in figure["items"] if one["number"] == 2)
    assert (second["text_en"], second["post"], second["site"]) == ("Shut the gate", "school_duty", "school")
    assert second["coverage"] == {
        "asked": 3, "covered": 0, "on_leave": 0, "unreachable": 0, "untrained": 1, "nobody": 1, "not_exercised": 3,
        "uncertified": 0,
    }  # fmt: skip
    school = await read(dashboard, "/schools/S1/responsibilities")
    shown = next(one for one in school["items"] if one["number"] == 2)
    assert (shown["person_name"], shown["gaps"], shown["site"]) == ("赵保安", ["not_exercised"], "school:S1")
    first = await read(dashboard, "/responsibilities/schools?limit=2")
    rest = await read(dashboard, f"/responsibilities/schools?limit=2&cursor={first['next']}")
    assert [one["code"] for one in first["items"] + rest["items"]] == ["S1", "S2", "S3"]
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        assert slug_of(await desk.get("/api/v1/schools/S99/responsibilities")) == "no-such-school"


async def test_cards_stand_on_the_incident_and_are_ticked_off_while_a_board_looks_on(dashboard: Dashboard) -> None:
    story = dashboard.story
    await save(story)
    number = (await story.press()).incident
    async with dashboard.board() as board:
        await board.hear_until(lambda it: number in it.incidents)
        heard = len(board.messages)
        await attend(story)
        await board.hear_until(lambda it: any(_is_change(one, number) for one in it.messages[heard:]))
        detail = await read(dashboard, f"/incidents/{number}")
        cards = {card["number"]: card for card in detail["tasks"]}
        assert [cards[n]["person_name"] for n in (2, 3, 4)] == ["赵保安", "钱值班", "孙区台"]
        assert (cards[2]["state"], cards[2]["late"], cards[6]["due_at"]) == ("open", False, None)
        async with dashboard.browser("wang") as browser:
            tasks = f"/api/v1/incidents/{number}/tasks"
            headers = {"Idempotency-Key": "once"}
            first = await browser.post(f"{tasks}/{cards[2]['id']}/done", headers=headers)
            again = await browser.post(f"{tasks}/{cards[2]['id']}/done", headers=headers)
            assert (first.status_code, again.json()) == (200, first.json())
            assert (first.json()["task"]["state"], first.json()["task"]["settled_by"]) == ("done", "王值班")
            skipped = await browser.post(f"{tasks}/{cards[3]['id']}/skip", json={"reason": "人手不足"})
            assert skipped.json()["task"]["note"] == "人手不足"
            given = await browser.post(f"{tasks}/{cards[4]['id']}/assign", json={"person": "supervisor"})
            assert given.json()["task"]["person_name"] == "周督导"
            assert slug_of(await browser.post(f"{tasks}/{cards[3]['id']}/done")) == "task-settled"
            assert (
                slug_of(await browser.post(f"{tasks}/{cards[3]['id']}/skip", json={"reason": " "})) == "invalid-request"
            )
            assert (
                slug_of(await browser.post(f"{tasks}/{cards[4]['id']}/assign", json={"person": "X"}))
                == "invalid-request"
            )
            assert slug_of(await browser.post(f"{tasks}/999999/done")) == "no-such-task"
            assert slug_of(await browser.post("/api/v1/incidents/999999/tasks/1/done")) == "no-such-incident"
    after = await read(dashboard, f"/incidents/{number}")
    assert after["one_three_five"][0]["outcome"] == "met"
    assert [row["kind"] for row in after["timeline"]][-3:] == ["task.done", "task.skipped", "task.reassigned"]


def _is_change(message: dict[str, Any], incident: int) -> bool:
    return message.get("kind") == "incident" and message["item"]["id"] == incident
