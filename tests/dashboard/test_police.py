"""The hand-over to 110 over HTTP: where it stands, telephone calls, and what 110 tells by itself."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from lxml import etree
from pydantic import SecretStr

from alerts.police.words import sign
from simulators.police.station import StationCase, StatusSender
from tests.alerts.police.police_story import PoliceStory, with_station, without_station
from tests.alerts.police.test_cap import FORM
from tests.dashboard.board import OPERATOR_TOKEN, READER_TOKEN, Dashboard
from tests.dashboard.test_registry import read
from tests.dashboard.test_rights import slug_of

SECRET = "a secret that 110 knows"


@pytest.fixture
async def police(dashboard: Dashboard) -> PoliceStory:
    """A dashboard that takes what 110 signs, and an engine without a link."""
    dashboard.service.settings.police_secret = SecretStr(SECRET)
    return await without_station(dashboard.story)


async def phone(dashboard: Dashboard, incident: int, **said: Any) -> httpx.Response:
    words = {"at": dashboard.story.now.isoformat(), "number": "110-2026-0501", "officer": "李警官"} | said
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        return await desk.post(f"/api/v1/incidents/{incident}/handover/phone", json=words)


async def test_the_board_says_that_110_must_be_telephoned_and_the_call_is_recorded(
    dashboard: Dashboard, police: PoliceStory
) -> None:
    async with dashboard.board() as board:
        number = (await dashboard.story.press()).incident
        await police.forward(0)
        await board.hear_until(lambda heard: heard.incidents.get(number, {}).get("police_telephone") is True)
        overview = await read(dashboard, "/police")
        assert (overview["links"], overview["counts"]["telephone"], overview["counts"]["unanswered"]) == ([], 1, 1)
        assert [one["incident"] for one in (await read(dashboard, "/handovers?telephone=true"))["items"]] == [number]
        recorded = await phone(dashboard, number, text="已电话报警")
        assert recorded.status_code == 200, recorded.text
        assert recorded.json()["handover"]["state"] == "accepted"
        await board.hear_until(lambda heard: heard.incidents[number]["police"] == "accepted")
        assert board.incidents[number]["police_telephone"] is False
    detail = await read(dashboard, f"/incidents/{number}")
    assert (detail["handover"]["number"], detail["handover"]["officer"]) == ("110-2026-0501", "李警官")
    entry = next(one for one in detail["timeline"] if one["kind"] == "handover.accepted")
    assert (entry["detail"]["by"], entry["detail"]["via"], entry["detail"]["text"]) == ("desk", "phone", "已电话报警")
    assert (await read(dashboard, "/handovers?state=phone_in"))["items"] == []


async def test_a_call_that_makes_no_sense_says_what_to_mend(dashboard: Dashboard, police: PoliceStory) -> None:
    number = (await dashboard.story.press()).incident
    tomorrow = (dashboard.story.now + timedelta(days=1)).isoformat()
    for said, status, slug in (
        ({"at": tomorrow}, 422, "invalid-request"),
        ({"state": "asleep"}, 422, "invalid-request"),
        ({"officer": "x" * 201}, 422, "invalid-request"),
        ({"state": "rejected"}, 422, "report-incomplete"),
        ({"state": "closed"}, 422, "report-incomplete"),
    ):
        answer = await phone(dashboard, number, **said)
        assert (answer.status_code, slug_of(answer)) == (status, slug), answer.text
    assert slug_of(await phone(dashboard, 999)) == "no-such-incident"
    await phone(dashboard, number, state="on_scene")
    assert slug_of(await phone(dashboard, number, state="dispatched")) == "handover-late"
    assert not (await phone(dashboard, number, state="on_scene")).json()["news"]
    async with dashboard.client(READER_TOKEN) as reader:
        words = {"at": dashboard.story.now.isoformat()}
        assert slug_of(await reader.post(f"/api/v1/incidents/{number}/handover/phone", json=words)) == "not-allowed"
    assert police is not None


async def test_110_tells_by_itself_how_a_case_goes_on_once_and_never_backwards(
    dashboard: Dashboard, tmp_path: Path
) -> None:
    dashboard.service.settings.police_secret = SecretStr(SECRET)
    async with with_station(dashboard.story, tmp_path) as (police, station):
        number = (await dashboard.story.press()).incident
        await police.hand_over()
        case = await station.expect()
        sender = StatusSender(dashboard.address, SECRET)
        first = await sender.tell(case, "dispatched", unit="巡逻车 3")
        assert (first.status_code, first.json()["news"]) == (200, True), first.text
        again = await sender.tell(case, "dispatched", unit="巡逻车 3")
        assert (again.status_code, again.json()["news"]) == (200, False)
        await sender.tell(case, "on_scene")
        late = await sender.tell(case, "dispatched")
        assert (late.status_code, slug_of(late)) == (409, "handover-late")
        assert slug_of(await sender.tell(case, "closed")) == "report-incomplete"
        assert (await sender.tell(case, "closed", disposition="误报")).status_code == 200
        assert slug_of(await sender.tell(case, "on_scene")) == "handover-closed"
        handover = (await read(dashboard, f"/incidents/{number}"))["handover"]
        assert (handover["unit"], handover["disposition"], handover["state"]) == ("巡逻车 3", "误报", "closed")


async def test_what_110_did_not_sign_or_signed_long_ago_is_not_taken(dashboard: Dashboard, police: PoliceStory) -> None:
    number = (await dashboard.story.press()).incident
    key = (await police.read(number)).key
    body = b'{"state": "accepted"}'
    now = int(time.time())

    async def tell(said: bytes, stamp: int | str, signature: str, address: str = str(key)) -> httpx.Response:
        headers = {"X-Campus-Timestamp": str(stamp).encode("latin-1"), "X-Campus-Signature": signature.encode()}
        async with dashboard.client() as stranger:
            return await stranger.post(f"/api/v1/police/handovers/{address}/status", content=said, headers=headers)

    right = sign(SECRET, str(now), body)
    for answer in (
        await tell(body, now, ""),
        await tell(body, "", right),
        await tell(body, "²", right),
        await tell(body + b" ", now, right),
        await tell(body, now + 1, right),
        await tell(body, now, sign("another secret of sixteen", str(now), body)),
        await tell(body, now - 600, sign(SECRET, str(now - 600), body)),
    ):
        assert (answer.status_code, slug_of(answer)) == (401, "bad-signature"), answer.text
    for said in (b"[]", b"{}", b'{"state": "asleep"}', b'{"state": "accepted", "number": "a\\u0000b"}', b"\xff"):
        answer = await tell(said, now, sign(SECRET, str(now), said))
        assert (answer.status_code, slug_of(answer)) == (422, "invalid-request"), said
    assert slug_of(await tell(body, now, right, str(uuid4()))) == "no-such-handover"
    assert (await police.read(number)).state == "waiting"
    assert (await tell(body, now, right)).status_code == 200
    dashboard.service.settings.police_secret = None
    assert slug_of(await tell(body, now, right)) == "bad-signature"


async def test_an_incident_is_a_cap_document(dashboard: Dashboard) -> None:
    number = (await dashboard.story.press(kind="fire")).incident
    async with dashboard.client(READER_TOKEN) as reader:
        answer = await reader.get(f"/api/v1/incidents/{number}/cap.xml")
        assert answer.headers["content-type"] == "application/cap+xml"
        FORM.assertValid(etree.fromstring(answer.content))
        assert slug_of(await reader.get("/api/v1/incidents/999/cap.xml")) == "no-such-incident"


async def test_a_district_can_have_limits_of_its_own(dashboard: Dashboard) -> None:
    city = (await read(dashboard, "/police/limits"))["items"]
    assert [(one["district"], one["answer_seconds"], one["on_scene_seconds"]) for one in city] == [(None, 30, 300)]
    wanted = {"district": "370203", "answer_seconds": 45, "on_scene_seconds": 600, "source": "郊区 10 分钟"}
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        assert (await desk.put("/api/v1/police/limits", json=wanted)).json() == wanted
        for wrong in (wanted | {"district": "999"}, wanted | {"answer_seconds": 1}, {"answer_seconds": 30}):
            assert slug_of(await desk.put("/api/v1/police/limits", json=wrong)) == "invalid-request"
    assert [one["district"] for one in (await read(dashboard, "/police/limits"))["items"]] == [None, "370203"]
    assert "police.limited" in await dashboard.story.log_kinds()
    number = (await dashboard.story.press("S3-G1")).incident
    handover = (await read(dashboard, f"/incidents/{number}"))["handover"]
    assert handover["on_scene_by"] > handover["answer_by"]


async def test_hand_overs_page_by_cursor_and_by_state(dashboard: Dashboard, police: PoliceStory) -> None:
    for device in ("S1-G1", "S2-G1", "S3-G1"):
        await dashboard.story.press(device)
    first = await read(dashboard, "/handovers?limit=2")
    rest = await read(dashboard, f"/handovers?limit=2&cursor={first['next']}")
    assert [one["school"] for one in first["items"] + rest["items"]] == ["S3", "S2", "S1"]
    assert rest["next"] is None
    await police.forward(0)
    assert len((await read(dashboard, "/handovers?state=phone_in&state=sent"))["items"]) == 3
    assert len((await read(dashboard, "/handovers?district=370203"))["items"]) == 1


def test_the_station_tells_what_it_keeps() -> None:
    assert StationCase("k", {}, "110-1", reason="x").tell() == {"state": "received", "number": "110-1", "reason": "x"}
