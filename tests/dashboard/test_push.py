"""People switch notifications on in their own browsers."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import httpx

from alerts.accounts import save_account
from alerts.channels.push import PushChannel
from alerts.channels.webpush import make_private_key
from alerts.domain.rights import Role
from alerts.engine.delivery import Courier
from alerts.owners import name_owner
from alerts.storage.accounts import Account, delete_expired
from alerts.storage.deliveries import switch_channel
from tests.alerts.channels.push_service import Subscribed, open_push_service
from tests.alerts.story import Story
from tests.dashboard.board import OPERATOR_TOKEN, PASSWORD, Dashboard, run_dashboard
from tests.dashboard.test_rights import slug_of

OWN, TRIAL, SHOWN = "/api/v1/session/browsers", "/api/v1/session/browsers/trial", "/api/v1/push/shown"
GUARD = Account("zhao", "赵保安", Role.GUARD, school="S1")


async def test_a_guard_lets_their_telephone_ring_tries_it_and_it_rings_no_more_when_somebody_ends_its_session(
    story: Story, page: Path
) -> None:
    async with open_push_service() as service:
        settings = {"push_private_key": make_private_key(), "push_contact": "mailto:alarm@example.cn"}
        async with run_dashboard(story, page, push_services=service.origin, **settings) as dashboard:
            await save_account(story.database, GUARD, PASSWORD, "test", own_password=True)
            await name_owner(story.database, "zhao", "guard", "test")
            async with dashboard.browser("zhao") as phone, dashboard.browser("zhao") as pc:
                subscribed = service.subscribe()
                before = (await phone.get(OWN)).json()
                assert (before["tied"], before["items"]) == (True, [])
                assert slug_of(await phone.post(TRIAL)) == "no-such-browser"
                elsewhere = await phone.post(OWN, json=subscribed.told | {"endpoint": "http://127.0.0.1:1/x"})
                assert (elsewhere.status_code, slug_of(elsewhere)) == (422, "invalid-request")
                kept = (await phone.post(OWN, json=subscribed.told | {"language": "en"})).json()
                assert kept.keys() == {"id", "agent", "language", "made_at", "taken_at"}
                assert (await pc.get(OWN)).json()["items"] == [kept]
                assert slug_of(await phone.post(TRIAL)) == "trial-refused", "no engine that runs sends by it"

                renewed = service.subscribe()
                moved = renewed.told | {"before": subscribed.endpoint}
                async with dashboard.browser("wang") as colleague:  # who switched nothing on
                    await name_owner(story.database, "wang", "city", "test")
                    assert slug_of(await colleague.post(OWN, json=moved)) == "no-such-browser"
                    assert (await colleague.get(OWN)).json()["items"] == []
                for _ in ("told", "told once more"):
                    assert (await phone.post(OWN, json=moved)).json() == kept
                assert (await pc.get(OWN)).json()["items"] == [kept]

                async with story.database.transaction() as connection:
                    await switch_channel(connection, "push", on=True, confirms=True)
                assert (await phone.post(TRIAL)).status_code == 204
                assert slug_of(await phone.post(TRIAL)) == "trial-refused", "not twice within seconds"
                sender = dashboard.service.push
                assert sender is not None
                assert sender.public_key == before["key"]
                async with PushChannel(story.database, sender, (service.origin,)) as channel:
                    courier = Courier(story.database, channel, story.composer)
                    await courier.carry_once()
                    await courier.finish()
                assert subscribed.shown == []
                said = renewed.shown[0]
                assert said["title"] == "通知测试 Test notification"
                assert (await phone.get(OWN)).json()["items"][0]["taken_at"]

                async with dashboard.client() as worker:  # it has no session: the key is its proof
                    assert (await worker.post(SHOWN, json={"key": said["key"]})).status_code == 204
                    assert await story.value("select state::text from delivery") == "delivered"
                    await worker.post(SHOWN, json={"key": said["key"], "tapped": True})
                    assert await story.value("select state::text from delivery") == "seen"
                    unknown = await worker.post(SHOWN, json={"key": "7f0a7f0e-52cf-4f5d-9c0b-6f1e2d3c4b5a"})
                    assert unknown.status_code == 204
                    assert await story.value("select count(*) from stray_receipt") == 0

                await phone.delete(f"{OWN}/{kept['id']}")
                assert slug_of(await phone.delete(f"{OWN}/{kept['id']}")) == "no-such-browser"
                assert await story.value("select count(*) from contact_method where channel = 'push'") == 0


async def test_a_session_that_runs_out_silences_nobody_and_one_that_is_ended_silences_its_browser(
    story: Story, page: Path
) -> None:
    settings = {"push_private_key": make_private_key(), "push_contact": "mailto:alarm@example.cn"}
    async with run_dashboard(story, page, **settings) as dashboard:
        await save_account(story.database, GUARD, PASSWORD, "test", own_password=True)
        await name_owner(story.database, "zhao", "guard", "test")
        async with (
            dashboard.browser("zhao") as phone,
            dashboard.browser("zhao") as pc,
            dashboard.browser("zhao") as lost,
        ):
            phones, pcs, losts = [await _switch_on(one) for one in (phone, pc, lost)]
            await story.database_execute(
                f"update session set expires_at = now() where id = {await _session(story, phones)}"
            )
            async with story.database.transaction() as connection:
                now = await story.database.read_now(connection)
                await delete_expired(connection, now, now)
            assert await _ringing(pc) == [losts, pcs, phones], "the telephone in a pocket is to ring"
            await pc.delete(f"/api/v1/sessions/{await _session(story, losts)}")
            assert await _ringing(pc) == [pcs, phones]
            await pc.delete("/api/v1/sessions")
            assert await _ringing(pc) == [pcs], "and not the one in somebody else's, when its owner ends all others"
            await pc.delete("/api/v1/session")
            assert await story.value("select count(*) from push_subscription") == 0


async def _switch_on(browser: httpx.AsyncClient) -> int:
    """Lets a browser ring. Nothing is sent to it."""
    told = Subscribed(f"https://web.push.apple.com/{uuid4()}").told
    return int((await browser.post(OWN, json=told)).json()["id"])


async def _session(story: Story, browser: int) -> int:
    return int(await story.value("select session from push_subscription where id = $1", browser))


async def _ringing(browser: httpx.AsyncClient) -> list[int]:
    return [one["id"] for one in (await browser.get(OWN)).json()["items"]]


async def test_where_it_is_not_set_up_and_whose_account_is_nobodys_it_says_so(dashboard: Dashboard) -> None:
    told = {"endpoint": "https://web.push.apple.com/x", "p256dh": "x", "auth": "x"}
    async with dashboard.browser("wang") as wang, dashboard.client(OPERATOR_TOKEN) as program:
        assert (await wang.get(OWN)).json() == {"key": None, "tied": False, "items": []}
        assert slug_of(await wang.post(OWN, json=told)) == "no-push"
        assert slug_of(await program.post(OWN, json=told)) == "only-people"
