"""What people put in for closed management, over HTTP."""

from __future__ import annotations

import base64
import re
from datetime import date, timedelta
from typing import Any

from alerts.compliance.places import read_day
from alerts.domain.compliance.photos import LARGEST_BYTES
from tests.dashboard.board import OPERATOR_TOKEN, READER_TOKEN, Dashboard
from tests.dashboard.test_registry import read
from tests.dashboard.test_rights import slug_of

JPEG = b"\xff\xd8\xff\xe0 a gate"


def survey(dashboard: Dashboard, **said: Any) -> dict[str, Any]:
    """A survey of the walls that was made a minute ago."""
    at = (dashboard.story.now - timedelta(minutes=1)).isoformat()
    return {"kind": "wall_survey", "at": at, "said": {"height_centimetres": 210, "gaps": 0}} | said


def written(content: bytes) -> str:
    return base64.b64encode(content).decode()


async def test_a_fact_is_declared_with_photos_corrected_and_withdrawn_and_tells_its_history(
    dashboard: Dashboard,
) -> None:
    async with dashboard.browser("wang") as browser:
        body = survey(dashboard, photos=[written(JPEG)])
        declared = await browser.post("/api/v1/schools/S1/facts", json=body, headers={"Idempotency-Key": "one"})
        again = await browser.post("/api/v1/schools/S1/facts", json=body, headers={"Idempotency-Key": "one"})
        assert (declared.status_code, again.json()) == (201, declared.json()), declared.text
        fact = declared.json()["id"]
        assert (declared.json()["grade"], declared.json()["by"]) == ("C", "wang")
        better = survey(dashboard, said={"height_centimetres": 180, "gaps": 2}, reason="重新测量")
        corrected = await browser.post(f"/api/v1/facts/{fact}/corrections", json=better)
        assert corrected.status_code == 201, corrected.text
        late = await browser.post(f"/api/v1/facts/{fact}/corrections", json=better)
        assert (late.status_code, slug_of(late)) == (409, "already-corrected")
        listed = await read(dashboard, "/facts?school=S1&kind=wall_survey")
        assert [one["id"] for one in listed["items"]] == [corrected.json()["id"]]
        gone = await browser.post(f"/api/v1/facts/{corrected.json()['id']}/withdrawal", json={"reason": "量错学校"})
        assert (gone.status_code, gone.json()["withdrawn"]) == (201, True)
    assert (await read(dashboard, "/facts?school=S1"))["items"] == []
    history = (await read(dashboard, f"/facts/{fact}"))["items"]
    assert [one["reason"] for one in history] == ["", "重新测量", "量错学校"]
    pages = await read(dashboard, "/facts?standing=false&limit=2")
    rest = await read(dashboard, f"/facts?standing=false&limit=2&cursor={pages['next']}")
    assert [one["id"] for one in (*pages["items"], *rest["items"])] == [one["id"] for one in reversed(history)]


async def test_a_photo_is_shown_as_what_it_is_and_never_as_a_page(dashboard: Dashboard) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as desk, dashboard.client(READER_TOKEN) as reader:
        body = survey(dashboard, photos=[written(JPEG)])
        fact = (await desk.post("/api/v1/schools/S1/facts", json=body)).json()["id"]
        shown = await reader.get(f"/api/v1/facts/{fact}/photos/1")
        assert (shown.status_code, shown.content) == (200, JPEG)
        assert shown.headers["Content-Type"] == "image/jpeg"
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in shown.headers["Content-Security-Policy"]
        assert slug_of(await reader.get(f"/api/v1/facts/{fact}/photos/2")) == "no-such-fact"


async def test_three_photos_of_five_megabytes_fit_and_what_is_larger_does_not(dashboard: Dashboard) -> None:
    whole = JPEG + b"x" * (LARGEST_BYTES - len(JPEG))
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        for photos, status in (([whole] * 3, 201), ([whole + b"x"], 422), ([JPEG] * 4, 422)):
            body = survey(dashboard, photos=[written(one) for one in photos])
            sent = await desk.post("/api/v1/schools/S1/facts", json=body)
            assert sent.status_code == status, sent.text[:500]
        elsewhere = await desk.post("/api/v1/windows", json={"photos": [written(JPEG + b"x" * 60_000)]})
        assert elsewhere.status_code == 413, "nowhere else"


async def test_a_fact_that_cannot_be_says_at_which_field(dashboard: Dashboard) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        for body, field in (
            (survey(dashboard, said={"height_centimetres": 210}), "body.said"),
            (survey(dashboard, said={"height_centimetres": 210, "gaps": -1}), "body.said.gaps"),
            (survey(dashboard, about="guard"), "body.about"),
            (survey(dashboard, photos=[written(b"<html>")]), "body"),
            (survey(dashboard, kind="rumour"), "body.kind"),
            (survey(dashboard, at="yesterday"), "body.at"),
        ):
            refused = await desk.post("/api/v1/schools/S1/facts", json=body)
            assert (refused.status_code, slug_of(refused)) == (422, "invalid-request"), body
            assert refused.json()["errors"][0]["field"] == field
        unknown = await desk.post("/api/v1/schools/S9/facts", json=survey(dashboard))
        assert (unknown.status_code, slug_of(unknown)) == (404, "no-such-school")


async def add_gate(dashboard: Dashboard) -> dict[str, Any]:
    """A check point at the gate of S1, with its screen."""
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        body = {"code": "S1-GATE", "name": "东门", "post": "S1:duty"}
        added = await desk.post("/api/v1/schools/S1/check-points", json=body)
        assert added.status_code == 201, added.text
        screen: dict[str, Any] = added.json()
        return screen


async def test_a_guard_scans_the_screen_at_the_post_with_their_own_telephone(dashboard: Dashboard) -> None:
    screen = await add_gate(dashboard)
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        link = (await desk.post("/api/v1/people/guard/check-in-link")).json()["path"]
    async with dashboard.client() as tablet, dashboard.client() as phone:
        shown = await tablet.get(screen["path"])
        assert "<svg viewBox" in shown.text, "it grows and shrinks with the screen"
        assert 'http-equiv="refresh"' in shown.text
        assert "script" not in shown.text
        found = re.search(r"<p>(S1-GATE\.[^<]+)</p>", shown.text)
        assert found
        code = found[1]
        assert (await phone.get(f"/check-in?code={code}")).status_code == 401, "this telephone is nobody's yet"
        assert "赵保安" in (await phone.get(link)).text
        page = await phone.get(f"/check-in?code={code}")
        assert page.text.count("<form") == 3
        done = await phone.post("/check-in", data={"code": code, "action": "on"})
        assert (done.status_code, "已记录" in done.text) == (200, True), done.text
        other = await phone.post("/check-in", data={"code": code, "action": "off"})
        assert (other.status_code, "您已用过" in other.text) == (409, True)
        for data in ({"code": "1", "action": "on"}, {"code": code, "action": "dance"}, {}):
            assert (await phone.post("/check-in", data=data)).status_code == 422
    assert await dashboard.story.value("select count(*) from evidence where place = 'S1' and channel = 'post'") == 2


async def test_programs_check_people_in_and_a_refused_code_is_told_why(dashboard: Dashboard) -> None:
    key = (await add_gate(dashboard))["path"].rpartition("/")[2]
    async with dashboard.client(OPERATOR_TOKEN) as desk, dashboard.client() as nobody:
        shown = (await nobody.get(f"/api/v1/check-points/S1-GATE/codes/{key}")).json()
        body = {"person": "guard", "code": shown["code"], "action": "on"}
        done = await desk.post("/api/v1/check-ins", json=body)
        assert (done.status_code, done.json()["counts"]) == (201, True), done.text
        token = (await desk.post("/api/v1/people/duty/check-in-link")).json()["path"].rpartition("/")[2]
        said = {"code": shown["code"], "action": "on"}
        linked = await nobody.post(f"/api/v1/check-ins/{token}", json=said)
        assert (linked.status_code, linked.json()["person"]) == (201, "duty")
        dashboard.service.database.shift = timedelta(minutes=3)
        late = await nobody.post(f"/api/v1/check-ins/{token}", json=said)
        assert (late.status_code, slug_of(late)) == (409, "code-refused")
        assert "run out" in late.json()["detail"]
        assert (await desk.delete("/api/v1/people/duty/check-in-link")).status_code == 204
        assert slug_of(await nobody.post(f"/api/v1/check-ins/{token}", json=said)) == "no-such-link"
        wrong = await nobody.get(f"/api/v1/check-points/S1-GATE/codes/{'A' * 32}")
        assert slug_of(wrong) == "no-such-check-point"


async def test_check_points_are_listed_changed_renewed_and_taken_out_of_use(dashboard: Dashboard) -> None:
    screen = await add_gate(dashboard)
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        changed = await desk.put("/api/v1/check-points/S1-GATE", json={"name": "西门", "key_point": True})
        assert (changed.status_code, changed.json()["name"]) == (200, "西门")
        assert (await desk.get("/api/v1/check-points/S1-GATE/screen")).json()["path"] == screen["path"]
        renewed = await desk.post("/api/v1/check-points/S1-GATE/secret")
        assert renewed.json()["path"] != screen["path"]
        listed = (await read(dashboard, "/check-points?school=S1"))["items"]
        assert [(one["code"], one["key_point"]) for one in listed] == [("S1-GATE", True)]
        assert "secret" not in listed[0]
        assert (await desk.delete("/api/v1/check-points/S1-GATE")).status_code == 204
        assert (await read(dashboard, "/check-points"))["items"] == []
        assert (await desk.get(screen["path"])).status_code == 404


async def test_timetables_terms_and_exceptions_are_entered_listed_and_ended(dashboard: Dashboard) -> None:
    today = read_day(dashboard.story.now)
    ahead = (today + timedelta(days=20)).isoformat()
    table = {
        "weekdays": [1, 2, 3, 4, 5],
        "arrivals": [{"starts": "07:20", "ends": "08:00"}],
        "dismissals": [{"starts": "16:30", "ends": "17:10"}],
        "closes": "18:00",
    }
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        said = {"school_kind": "primary", "valid_from": today.isoformat(), "timetables": [table]}
        saved = await desk.post("/api/v1/timetables", json=said)
        assert saved.status_code == 201, saved.text
        listed = await read(dashboard, f"/timetables?school_kind=primary&on={today}")
        assert listed["items"] == saved.json()["items"]
        assert listed["items"][0]["definition"]["arrivals"] == [{"starts": "07:20:00", "ends": "08:00:00"}]
        wrong = await desk.post("/api/v1/timetables", json=said | {"timetables": [table | {"closes": "12:00"}]})
        assert wrong.json()["errors"][0]["field"] == "body.closes"
        term = await desk.post(
            "/api/v1/terms", json={"name": "2026秋", "first_on": today.isoformat(), "last_on": ahead}
        )
        assert term.status_code == 201, term.text
        moved = await desk.put(
            f"/api/v1/terms/{term.json()['id']}", json=term.json() | {"first_on": ahead, "last_on": ahead}
        )
        assert moved.json()["first_on"] == ahead
        early = {
            "kind": "early_closing", "first_on": ahead, "last_on": ahead, "closes": "15:00", "reason": "大风",
            "school": "S1",
        }  # fmt: skip
        excepted = await desk.post("/api/v1/day-exceptions", json=early)
        assert excepted.status_code == 201, excepted.text
        assert (await read(dashboard, f"/day-exceptions?school=S1&since={ahead}"))["items"] == [excepted.json()]
        for path, one in (
            ("timetables", listed["items"][0]),
            ("terms", term.json()),
            ("day-exceptions", excepted.json()),
        ):
            assert (await desk.delete(f"/api/v1/{path}/{one['id']}")).status_code == 204
            assert slug_of(await desk.delete(f"/api/v1/{path}/{one['id']}")) == "no-such-schedule"
            assert (await read(dashboard, f"/{path}"))["items"] == []


async def test_a_number_of_a_rule_is_set_listed_and_ended(dashboard: Dashboard) -> None:
    today = read_day(dashboard.story.now).isoformat()
    said = {
        "rule": "C1", "name": "open_minutes", "level": "school", "school": "S1", "value": 5,
        "source": "市教育局 8 号文", "valid_from": today,
    }  # fmt: skip
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        saved = await desk.post("/api/v1/rule-parameters", json=said)
        assert (saved.status_code, saved.json()["saved_by"]) == (201, "desk"), saved.text
        assert (await read(dashboard, f"/rule-parameters?rule=C1&on={today}"))["items"] == [saved.json()]
        wrong = await desk.post("/api/v1/rule-parameters", json=said | {"value": -3})
        assert wrong.json()["errors"][0]["field"] == "body.value"
        address = f"/api/v1/rule-parameters/{saved.json()['id']}"
        assert (await desk.delete(address)).status_code == 204
        assert slug_of(await desk.delete(address)) == "no-such-parameter"
        assert (await read(dashboard, f"/rule-parameters?on={today}"))["items"] == []


async def test_a_report_is_taken_in_given_to_somebody_and_closed_with_a_photo(dashboard: Dashboard) -> None:
    async with dashboard.browser("wang") as browser:
        said = {"source": "parent", "title": "栏杆断裂", "place": "东操场"}
        opened = await browser.post("/api/v1/schools/S1/hazards", json=said, headers={"Idempotency-Key": "h"})
        again = await browser.post("/api/v1/schools/S1/hazards", json=said, headers={"Idempotency-Key": "h"})
        assert (opened.status_code, again.json()) == (201, opened.json()), opened.text
        repeated = await browser.post("/api/v1/schools/S1/hazards", json=said)
        hazard = opened.json()["id"]
        assert repeated.json()["repeats"] == hazard
        given = await browser.put(f"/api/v1/hazards/{hazard}/owner", json={"owner": "guard"})
        assert given.json()["owner"] == "guard", given.text
        assert (await read(dashboard, "/hazards?school=S1&overdue=true"))["items"] == []
        at = dashboard.story.now.isoformat()
        fact = {"kind": "hazard", "at": at, "about": str(hazard), "said": {"mended": True}, "photos": [written(JPEG)]}
        seen = await browser.post("/api/v1/schools/S1/facts", json=fact)
        assert seen.status_code == 201, seen.text
        wrong = await browser.post(f"/api/v1/hazards/{hazard}/closure", json={"text": "修好了", "fact": 999})
        assert wrong.json()["errors"][0]["field"] == "body.fact"
        done = {"text": "修好了", "fact": seen.json()["id"]}
        closed = await browser.post(f"/api/v1/hazards/{hazard}/closure", json=done)
        assert (closed.status_code, closed.json()["closed_by"]) == (201, "wang"), closed.text
        late = await browser.post(f"/api/v1/hazards/{hazard}/closure", json=done)
        assert (late.status_code, slug_of(late)) == (409, "already-closed")
    assert (await read(dashboard, "/hazards"))["items"] == []
    listed = (await read(dashboard, "/hazards?open=false&district=370202&source=parent"))["items"]
    assert [one["id"] for one in listed] == [repeated.json()["id"], hazard]
    detail = await read(dashboard, f"/hazards/{hazard}")
    assert [one["id"] for one in detail["reports"]] == [hazard, repeated.json()["id"]]
    assert detail["facts"][0]["photos"][0]["media_type"] == "image/jpeg"
    async with dashboard.client(READER_TOKEN) as reader:
        assert slug_of(await reader.get("/api/v1/hazards/999")) == "no-such-hazard"


async def test_evidence_is_held_listed_and_let_go(dashboard: Dashboard) -> None:
    async with dashboard.browser("chen") as browser:
        body = {"school": "S1", "since": "2026-11-01", "until": "2026-11-30", "reason": "案件 117"}
        placed = await browser.post("/api/v1/evidence-holds", json=body)
        assert (placed.status_code, placed.json()["placed_by"]) == (201, "chen"), placed.text
        backwards = await browser.post("/api/v1/evidence-holds", json=body | {"until": "2026-10-01"})
        assert backwards.status_code == 422
        assert backwards.json()["errors"][0]["field"] == "body.until"
        assert (await browser.post("/api/v1/evidence-holds", json=body | {"school": "S9"})).status_code == 404
        assert len((await read(dashboard, "/evidence-holds?school=S1"))["items"]) == 1
        assert (await read(dashboard, "/evidence-holds?school=S2"))["items"] == []
        number = placed.json()["id"]
        unsaid = await browser.post(f"/api/v1/evidence-holds/{number}/lift", json={"reason": " "})
        assert unsaid.json()["errors"][0]["field"] == "body.reason"
        why = {"reason": "结案"}
        lifted = await browser.post(f"/api/v1/evidence-holds/{number}/lift", json=why)
        assert (lifted.status_code, lifted.json()["lifted_by"]) == (200, "chen")
        again = await browser.post(f"/api/v1/evidence-holds/{number}/lift", json=why)
        assert (again.status_code, slug_of(again)) == (404, "no-such-hold")
    assert (await read(dashboard, "/evidence-holds"))["items"] == []
    (lifted,) = (await read(dashboard, "/evidence-holds?standing=false"))["items"]
    assert (lifted["school_name"], lifted["lift_reason"], lifted["gone_days"]) == ("第一小学", "结案", 0)
    outlook = await read(dashboard, "/evidence-holds/outlook?since=2026-11-01&until=2026-11-30&district=370202")
    assert outlook == {"days": 30, "gone_days": 0, "gone_first": None, "gone_last": None}
    kept = await read(dashboard, "/retention")
    assert (kept["evidence_days"], kept["quarantine_days"]) == (180, 90)
    on = date.fromisoformat(kept["today"])
    assert kept["evidence_since"] == str(on - timedelta(days=179))
    async with dashboard.client(READER_TOKEN) as reader:
        assert slug_of(await reader.post("/api/v1/evidence-holds", json=body)) == "not-allowed"
        assert slug_of(await reader.post(f"/api/v1/evidence-holds/{number}/lift", json=why)) == "not-allowed"
        backwards = await reader.get("/api/v1/evidence-holds/outlook?since=2026-11-30&until=2026-11-01")
        assert slug_of(backwards) == "invalid-request"
