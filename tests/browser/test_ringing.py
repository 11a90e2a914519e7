"""A person's telephone rings: switched on in the page, and what its worker does with what is pushed to it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from playwright.async_api import expect

from alerts.channels.push import PushChannel
from alerts.channels.webpush import Sender, make_private_key
from alerts.engine.delivery import Courier
from alerts.storage.deliveries import switch_channel
from tests.alerts.channels.push_service import Subscribed, open_push_service
from tests.browser.real_board import RealDesk

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# A browser of a test has no push service of its own: it is given an address at the test's, and its keys. One without
# windows says that it may not notify, whatever it was granted.
SUBSCRIBE = """
Object.defineProperty(Notification, 'permission', { get: () => 'granted' })
let kept = null
const read = (key) => atob(key.replaceAll('-', '+').replaceAll('_', '/'))
const make = (told, key) => ({
  options: { applicationServerKey: Uint8Array.from(read(key), (one) => one.charCodeAt(0)).buffer },
  toJSON: () => ({ endpoint: told.endpoint, keys: { p256dh: told.p256dh, auth: told.auth } }),
  unsubscribe: async () => ((kept = null), true),
})
PushManager.prototype.getSubscription = async () => kept
PushManager.prototype.subscribe = async ({ applicationServerKey }) => (kept = make(%s, applicationServerKey))
"""
# What the worker shows is really shown where the browser has a screen for it; its options are looked at everywhere.
NOTE = """() => {
  self.shown = []
  const show = registration.showNotification.bind(registration)
  registration.showNotification = async (title, options) => {
    self.shown.push({ title, ...options })
    await show(title, options).catch((error) => { if (!error.message.includes('permission')) throw error })
  }
}"""
TAP = """() => {
  const notification = { data: self.shown[0].data, close: () => undefined }
  // No finger touched it, so that the browser lets no window come to the front.
  const waitUntil = (work) => work.catch((error) => { if (error.name !== 'InvalidAccessError') throw error })
  dispatchEvent(Object.assign(new Event('notificationclick'), { notification, waitUntil }))
}"""


# The push service gave the browser another address, without asking anybody.
RENEW = """([before, told]) => {
  PushManager.prototype.subscribe = async (options) => ({
    toJSON: () => ({ endpoint: told.endpoint, keys: { p256dh: told.p256dh, auth: told.auth } }),
  })
  const oldSubscription = { endpoint: before, options: { userVisibleOnly: true } }
  return new Promise((resolve, reject) => {
    const waitUntil = (work) => work.then(resolve, reject)
    const event = new Event('pushsubscriptionchange')
    dispatchEvent(Object.assign(event, { oldSubscription, newSubscription: null, waitUntil }))
  })
}"""


async def push(desk: RealDesk, said: dict[str, object]) -> None:
    """Hands the page's worker what its push service was sent."""
    devtools = await desk.page.context.new_cdp_session(desk.page)
    told: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
    devtools.on("ServiceWorker.workerRegistrationUpdated", lambda event: told.done() or told.set_result(event))
    await devtools.send("ServiceWorker.enable")
    number = (await told)["registrations"][-1]["registrationId"]
    what = {"origin": desk.url.rstrip("/"), "registrationId": number, "data": json.dumps(said)}
    await devtools.send("ServiceWorker.deliverPushMessage", what)
    await devtools.detach()


async def test_a_guards_telephone_rings_says_that_it_showed_the_alarm_and_a_tap_leads_to_the_incident(
    monkeypatch: pytest.MonkeyPatch, real_desk: RealDesk
) -> None:
    desk, page, story = real_desk, real_desk.page, real_desk.story
    monkeypatch.setattr(desk.service, "push", Sender.of(make_private_key(), "mailto:alarm@example.cn"))
    await story.database_execute("update account set person = 'guard' where name = 'wang'")
    async with story.database.transaction() as connection:
        await switch_channel(connection, "push", on=True, confirms=True)
    async with open_push_service() as pushes:
        monkeypatch.setattr(desk.settings, "push_services", pushes.origin)
        subscribed: Subscribed = pushes.subscribe()
        await page.add_init_script(SUBSCRIBE % json.dumps(subscribed.told))
        await page.context.grant_permissions(["notifications"], origin=desk.url)
        await desk.enter("#/sign-in")
        switch = page.locator("[data-part=ringing]").get_by_role("switch")
        await expect(switch).not_to_be_checked()
        await switch.click()
        await expect(switch).to_be_checked()
        await page.get_by_role("button", name="发送测试").click()
        await expect(page.locator("[data-part=ringing]")).to_contain_text("测试已发出")
        await desk.save_picture("ringing")

        worker = page.context.service_workers[0]
        before, subscribed = subscribed.endpoint, pushes.subscribe()
        await worker.evaluate(RENEW, [before, subscribed.told])

        await story.press()
        assert desk.service.push is not None
        async with PushChannel(story.database, desk.service.push, (pushes.origin,)) as channel:
            courier = Courier(story.database, channel, story.composer)
            await courier.carry_once()
            await courier.finish()
        said = next(one for one in subscribed.shown if one["incident"])
        await worker.evaluate(NOTE)
        async with page.context.expect_event("requestfinished", lambda request: request.url.endswith("/push/shown")):
            await push(desk, said)
        [shown] = await worker.evaluate("self.shown")
        assert (shown["title"], shown["tag"]) == ("紧急报警 · 第一小学 门卫室", "incident-1")
        assert shown["requireInteraction"]
        assert await state_of(desk) == "delivered"
        async with page.context.expect_event("requestfinished", lambda request: request.url.endswith("/push/shown")):
            await worker.evaluate(TAP)
        await page.wait_for_url("**/#/incidents/1")
        assert await state_of(desk) == "seen"

        monkeypatch.setattr(desk.service, "push", Sender.of(make_private_key(), "mailto:alarm@example.cn"))
        await desk.go("#/sign-in")
        await expect(switch).not_to_be_checked()  # nobody calls what was subscribed under another key
        # The windows of other tests stand on the same ground.
        await page.evaluate("navigator.serviceWorker.getRegistration().then((one) => one.unregister())")
        await page.context.clear_permissions()


async def state_of(desk: RealDesk) -> str:
    return str(await desk.story.value("select state::text from delivery where channel = 'push' and incident = 1"))
