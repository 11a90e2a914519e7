"""Channels, notices and providers' callbacks over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from tests.alerts.reachable import Reachable
from tests.dashboard.board import OPERATOR_TOKEN, READER_TOKEN, Dashboard
from tests.dashboard.test_registry import read
from tests.dashboard.test_rights import slug_of

TOKEN = "a-token-of-a-provider"
QUIET = {"from": "22:00", "to": "07:00", "zone": "Asia/Shanghai"}
NOTICE = {"title": "周五停电", "text": "周五 12 点停电一小时。", "audience": {"city": True}}


@pytest.fixture
async def people(dashboard: Dashboard) -> Reachable:
    """People with telephones, and Aliyun's callbacks let in."""
    settings = dashboard.service.settings
    settings.provider_token, settings.sms_provider, settings.voice_provider = SecretStr(TOKEN), "aliyun", "aliyun"
    return await Reachable(dashboard.story).open()


async def test_channels_are_shown_with_their_queues_and_an_operator_sets_their_throttle(
    dashboard: Dashboard, people: Reachable
) -> None:
    await dashboard.story.press()
    shown = {one["code"]: one for one in (await read(dashboard, "/channels"))["items"]}
    assert (shown["sms"]["queued"], shown["sms"]["queued_live"], shown["sms"]["methods"]) == (2, 2, 3)
    assert shown["sms"]["oldest_waiting_at"]
    assert not shown["log"]["enabled"]
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        await dashboard.confirm(await desk.put("/api/v1/channels/sms", json={"rate_per_second": 20, "quiet": QUIET}))
        changed = {one["code"]: one for one in (await read(dashboard, "/channels"))["items"]}["sms"]
        assert (changed["rate_per_second"], changed["quiet_from"]) == (20, "22:00:00")
        await dashboard.confirm(await desk.put("/api/v1/channels/sms", json={"rate_per_second": None, "quiet": None}))
        cleared = {one["code"]: one for one in (await read(dashboard, "/channels"))["items"]}["sms"]
        assert (cleared["rate_per_second"], cleared["quiet_from"]) == (None, None)
        assert slug_of(await desk.put("/api/v1/channels/pigeon", json={"rate_per_second": 1, "quiet": None})) == (
            "no-such-channel"
        )


async def test_the_citys_quiet_hours_are_set_shown_and_ended(dashboard: Dashboard, people: Reachable) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        await dashboard.confirm(await desk.put("/api/v1/quiet-hours", json={"quiet": QUIET}))
        assert (await read(dashboard, "/channels"))["city_quiet_hours"] == {
            "quiet_from": "22:00:00",
            "quiet_to": "07:00:00",
            "quiet_zone": "Asia/Shanghai",
        }
        for wrong in (QUIET | {"to": "22:00"}, QUIET | {"zone": "Asia/Tsingtao"}, QUIET | {"from": "25:00"}):
            answer = await desk.put("/api/v1/quiet-hours", json={"quiet": wrong})
            assert (answer.status_code, slug_of(answer)) == (422, "invalid-request"), wrong
        await dashboard.confirm(await desk.put("/api/v1/quiet-hours", json={"quiet": None}))
    assert (await read(dashboard, "/channels"))["city_quiet_hours"] is None


async def test_a_notice_is_tried_dry_then_sent_once_and_its_progress_is_shown(
    dashboard: Dashboard, people: Reachable
) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        tried = await desk.post("/api/v1/notices/preview", json={"audience": {"city": True}})
        assert (tried.json()["people"], tried.json()["channels"]) == (7, {"mail": 1, "sms": 3})
        key = {"Idempotency-Key": "n1"}
        sent = [await desk.post("/api/v1/notices", json=NOTICE, headers=key) for _ in range(2)]
        assert [one.status_code for one in sent] == [202, 202], "it is for the whole city: a second person is needed"
        assert sent[1].json() == sent[0].json()
        number = (await dashboard.confirm(sent[0], "wang"))["made"]
        unreachable = (await read(dashboard, f"/notices/{number}"))["unreachable"]
        assert [one["person_name"] for one in unreachable] == ["冯局长", "郑一一零", "周督导"]
        await people.deliver()
        shown = (await read(dashboard, f"/notices/{number}"))["notice"]
        assert (shown["people"], shown["handed_over"], shown["delivered"], shown["queued"]) == (7, 3, 1, 0)
        assert [one["id"] for one in (await read(dashboard, "/notices"))["items"]] == [number]
        messages = (await read(dashboard, f"/notices/{number}/messages?state=handed_over"))["items"]
        assert sorted(one["person"] for one in messages) == ["desk", "duty", "guard"]
        assert "13800000001" not in str(messages)
        wrong = await desk.post("/api/v1/notices", json=NOTICE | {"audience": {"schools": ["S99"]}})
        assert "no school S99" in wrong.json()["errors"][0]["message"]
        assert slug_of(await desk.get("/api/v1/notices/99999")) == "no-such-notice"


async def test_who_may_only_look_may_not_send_and_not_throttle(dashboard: Dashboard) -> None:
    async with dashboard.client(READER_TOKEN) as wall:
        for answer in (
            await wall.post("/api/v1/notices", json=NOTICE),
            await wall.put("/api/v1/channels/sms", json={"rate_per_second": 1, "quiet": None}),
            await wall.put("/api/v1/quiet-hours", json={"quiet": None}),
        ):
            assert slug_of(answer) == "not-allowed"


async def post(dashboard: Dashboard, channel: str, body: Any, token: str = TOKEN) -> Any:
    async with dashboard.client() as provider:
        return await provider.post(f"/api/v1/providers/{channel}/receipts", params={"token": token}, json=body)


async def test_a_providers_receipt_delivers_a_message(dashboard: Dashboard, people: Reachable) -> None:
    number = (await dashboard.story.press()).incident
    await people.deliver()
    row = {"phone_number": "13800000001", "success": True, "biz_id": await people.provider_id("guard", "sms")}
    answer = await post(dashboard, "sms", [row, row | {"biz_id": "of nobody"}])
    assert (answer.status_code, answer.json()["code"]) == (200, 0)
    assert await people.state("guard", "sms") == "delivered"
    assert (await dashboard.story.incident(number)).reached == 1
    assert [one["provider_id"] for one in (await read(dashboard, "/receipts/strays"))["items"]] == ["of nobody"]


async def test_a_key_pressed_in_a_call_takes_the_incident(dashboard: Dashboard, people: Reachable) -> None:
    story = dashboard.story
    number = (await story.press()).incident
    await people.deliver()
    failed = {"phone_number": "x", "success": False, "biz_id": await people.provider_id("guard", "sms")}
    await post(dashboard, "sms", [failed])
    await people.follow_up()
    call = {"call_id": await people.provider_id("guard", "voice"), "status_code": "300000", "dtmf": "1"}
    await post(dashboard, "voice", [call | {"status_time": "2026-03-10 08:00:00"}])
    assert (await story.incident(number)).state == "acknowledged"


async def test_a_reply_by_sms_with_its_code_takes_the_incident(dashboard: Dashboard, people: Reachable) -> None:
    story = dashboard.story
    number = (await story.press()).incident
    await people.deliver()
    code = await story.value("select code from delivery where person = 'guard' and channel = 'sms'")
    await post(dashboard, "sms", [{"phone_number": "13800000001", "content": f"1 {code}"}])
    assert (await story.incident(number)).state == "acknowledged"


async def test_nobody_calls_back_without_the_token_and_nobody_at_all_while_there_is_none(
    dashboard: Dashboard, people: Reachable
) -> None:
    assert slug_of(await post(dashboard, "sms", [], token="another")) == "not-signed-in"
    assert slug_of(await post(dashboard, "sms", [], token="")) == "not-signed-in"
    assert slug_of(await post(dashboard, "mail", [])) == "no-such-channel"
    assert slug_of(await post(dashboard, "sms", {"not": "a report"})) == "bad-request"
    dashboard.service.settings.provider_token = None
    assert slug_of(await post(dashboard, "sms", [], token="")) == "not-signed-in"
