"""Inspectors' visits over HTTP: who may, what is on the list in words; a telephone that repeats changes nothing."""

from __future__ import annotations

import base64

from tests.dashboard.board import OPERATOR_TOKEN, READER_TOKEN, Dashboard
from tests.dashboard.test_rights import slug_of

JPEG = base64.b64encode(b"\xff\xd8\xff\xe0 a wall \xff\xd9").decode()


async def test_a_visit_is_begun_answered_and_read_in_words(dashboard: Dashboard) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as inspector, dashboard.client(READER_TOKEN) as reader:
        visit = (await inspector.post("/api/v1/schools/S1/inspections", json={})).json()
        wall = next(one for one in visit["checklist"] if one["rule"] == "C7")
        assert (wall["verdict"], wall["lasts"], wall["photo"], wall["group"]) == ("unknown", True, True, "closed")
        assert wall["mend"][0]["zh"]
        assert wall["mend"][0]["en"]
        path = f"/api/v1/inspections/{visit['id']}"
        body = {"rule": "C7", "outcome": "in_order", "note": "2.1 m", "photos": [JPEG]}
        answers = [
            await inspector.post(f"{path}/answers", json=body, headers={"Idempotency-Key": "walk-1"}) for _ in range(2)
        ]
        assert [one.status_code for one in answers] == [201, 201]
        assert answers[0].json() == answers[1].json()
        fact = (await reader.get(f"/api/v1/facts/{answers[0].json()['fact']}")).json()["items"][0]
        assert (fact["kind"], fact["about"], fact["grade"]) == ("inspected", "C7", "C")
        assert fact["said"] == {"as_required": True, "note": "2.1 m"}
        again = (await inspector.post("/api/v1/schools/S1/inspections", json={})).json()
        assert (again["id"], [one["rule"] for one in again["answers"]]) == (visit["id"], ["C7"])
        ended = (await inspector.post(f"{path}/end", json={})).json()
        assert ended["ended_at"]
        (head,) = (await reader.get("/api/v1/inspections?school=S1")).json()["items"]
        assert (head["answered"], head["to_check"]) == (1, len(visit["checklist"]))
        assert (await reader.get("/api/v1/inspections?open=true")).json()["items"] == []


async def test_who_may_only_look_begins_and_answers_no_visit(dashboard: Dashboard) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as inspector, dashboard.client(READER_TOKEN) as reader:
        visit = (await inspector.post("/api/v1/schools/S1/inspections", json={})).json()
        path = f"/api/v1/inspections/{visit['id']}"
        assert slug_of(await reader.post("/api/v1/schools/S1/inspections", json={})) == "not-allowed"
        assert (
            slug_of(await reader.post(f"{path}/answers", json={"rule": "C7", "outcome": "in_order"})) == "not-allowed"
        )
        assert slug_of(await reader.post(f"{path}/end", json={})) == "not-allowed"
        assert (await reader.get(path)).json()["answers"] == []


async def test_what_cannot_be_is_refused_with_what_to_mend(dashboard: Dashboard) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as inspector:
        assert slug_of(await inspector.post("/api/v1/schools/S9/inspections", json={})) == "no-such-school"
        assert slug_of(await inspector.get("/api/v1/inspections/99")) == "no-such-inspection"
        visit = (await inspector.post("/api/v1/schools/S1/inspections", json={})).json()
        path = f"/api/v1/inspections/{visit['id']}/answers"
        for body, slug in (
            ({"rule": "X9", "outcome": "in_order"}, "invalid-request"),
            ({"rule": "C7", "outcome": "fine"}, "invalid-request"),
            ({"rule": "C7", "outcome": "in_order", "photos": ["R0lGODlh"]}, "invalid-request"),
            ({"rule": "C7", "outcome": "in_order", "corrects": 7, "reason": "x"}, "already-corrected"),
        ):
            assert slug_of(await inspector.post(path, json=body)) == slug, body
