"""The test month and answer times over HTTP."""

from __future__ import annotations

from datetime import timedelta

from alerts.domain.presses import Mode
from alerts.engine.practice import close_proved_tests, prove_tests
from alerts.incidents.receipts import claim_stage_receipts, start_stage_receipts
from alerts.readiness.windows import announce_window
from alerts.reports.answer_times import count_answer_times
from tests.alerts.story import WANG
from tests.dashboard.board import OPERATOR_TOKEN, READER_TOKEN, Dashboard
from tests.dashboard.test_registry import read
from tests.dashboard.test_rights import slug_of


async def announce(dashboard: Dashboard) -> None:
    now = dashboard.story.now
    await announce_window(
        dashboard.story.database, Mode.TEST, now - timedelta(minutes=1), now + timedelta(hours=1), "wang"
    )
    await start_stage_receipts(dashboard.story.database)


async def turn(dashboard: Dashboard, seconds: float) -> None:
    """What the engine and the gateway do meanwhile."""
    database = dashboard.story.database
    await dashboard.story.forward(seconds)
    async with claim_stage_receipts(database):
        pass
    while await prove_tests(database):
        pass
    while await close_proved_tests(database):
        pass


async def test_a_month_is_proved_button_by_button(dashboard: Dashboard) -> None:
    await announce(dashboard)
    story = dashboard.story
    incident = (await story.press("S1-G1", id="t1", mode="test")).incident
    await story.press("S3-G1", id="t1", mode="test")
    await turn(dashboard, 30)
    waiting = {one["device"]: one for one in (await read(dashboard, "/test-month/devices?proved=false"))["items"]}
    assert {code: one["missing"] for code, one in waiting.items()} == {
        "S1-C1": "pressed",
        "S1-G1": "police",
        "S2-G1": "pressed",
        "S3-G1": "police",
    }
    assert (waiting["S1-G1"]["school_name"], waiting["S1-G1"]["district_name"]) == ("第一小学", "市南区")
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        said = {"devices": ["S1-G1", "S1-C1"], "how": "phone", "reference": "110-5"}
        recorded = await desk.post("/api/v1/test-month/police-receipts", json=said, headers={"Idempotency-Key": "r1"})
        assert recorded.json() == {"recorded": ["S1-G1"], "not_waiting": ["S1-C1"]}
        again = await desk.post("/api/v1/test-month/police-receipts", json=said, headers={"Idempotency-Key": "r1"})
        assert again.json() == recorded.json()
        unknown = await desk.post("/api/v1/test-month/police-receipts", json=said | {"devices": ["S9-G9"]})
        assert slug_of(unknown) == "invalid-request"
        assert "S9-G9" in unknown.json()["errors"][0]["message"]
    await turn(dashboard, 1)
    await turn(dashboard, 1)
    assert (await story.incident(incident)).state == "closed"
    await turn(dashboard, 1)
    month = await read(dashboard, "/test-month")
    assert {name: month["city"][name] for name in ("devices", "pressed", "police", "proved", "closed")} == {
        "devices": 4,
        "pressed": 2,
        "police": 1,
        "proved": 1,
        "closed": 1,
    }
    assert [(one["district_name"], one["proved"]) for one in month["districts"]] == [("市南区", 1), ("市北区", 0)]
    proved = (await read(dashboard, "/test-month/devices?proved=true&district=370202"))["items"]
    assert [(one["device"], one["missing"], one["police_reference"]) for one in proved] == [("S1-G1", None, "110-5")]
    past = await read(dashboard, "/test-month?month=2020-01")
    assert (past["city"]["devices"], past["city"]["pressed"]) == (4, 0)


async def test_the_list_of_buttons_comes_in_pages(dashboard: Dashboard) -> None:
    seen, cursor = [], ""
    while cursor is not None:
        page = await read(dashboard, f"/test-month/devices?limit=3{cursor}")
        seen += [one["device"] for one in page["items"]]
        cursor = page["next"] and f"&cursor={page['next']}"
    assert seen == ["S1-C1", "S1-G1", "S2-G1", "S3-G1"]


async def test_only_a_test_can_be_objected_to_and_only_by_who_may_act(dashboard: Dashboard) -> None:
    await announce(dashboard)
    live = (await dashboard.story.press("S1-G1", id="live")).incident
    test = (await dashboard.story.press("S2-G1", id="t1", mode="test")).incident
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        refused = await desk.post(f"/api/v1/incidents/{live}/objection", json={"text": "不对"})
        assert (refused.status_code, slug_of(refused)) == (409, "not-a-test")
        assert slug_of(await desk.post("/api/v1/incidents/999/objection", json={"text": "?"})) == "no-such-incident"
        taken = await desk.post(f"/api/v1/incidents/{test}/objection", json={"text": "灯没有亮"})
        assert taken.json() == {"incident": test}
        timeline = (await desk.get(f"/api/v1/incidents/{test}")).json()["timeline"]
        assert timeline[-1]["detail"]["text"] == "灯没有亮"
    async with dashboard.client(READER_TOKEN) as wall:
        assert slug_of(await wall.post(f"/api/v1/incidents/{test}/objection", json={"text": "?"})) == "not-allowed"


async def test_answer_times_by_school_with_all_of_them_beside(dashboard: Dashboard) -> None:
    story = dashboard.story
    for device in ("S1-G1", "S2-G1"):
        incident = (await story.press(device)).incident
        await story.forward(10)
        if device == "S1-G1":
            await story.answers.acknowledge(incident, WANG)
    await story.forward(120)
    while await count_answer_times(story.database):
        pass
    dashboard.service.database.shift = story.database.shift
    found = await read(dashboard, "/answer-times?by=school&limit=1")
    assert (found["overall"]["incidents"], found["overall"]["share_within_30"]) == (2, 0.5)
    assert found["overall"]["p985_seconds"] is None
    first = found["items"][0]
    assert (first["key"], first["name"], first["taken"], first["share_within_60"]) == ("S1", "第一小学", 1, 1.0)
    rest = await read(dashboard, f"/answer-times?by=school&limit=1&cursor={found['next']}")
    assert [(one["key"], one["taken"], one["p50_seconds"]) for one in rest["items"]] == [("S2", 0, None)]
    assert rest["next"] is None
    async with dashboard.client(READER_TOKEN) as wall:
        for query in ("from=2026-02-02&to=2026-02-01", "from=2020-01-01&to=2026-02-01", "by=moon", "from=x"):
            assert slug_of(await wall.get(f"/api/v1/answer-times?{query}")) == "invalid-request", query
