"""What providers say later: delivered, failed, twice, too early, of nobody's message."""

from __future__ import annotations

import pytest

from alerts.channels.receipts import Receipt
from alerts.domain.people import DeliveryState
from alerts.messages.providers import settle_strays, take_receipts
from alerts.storage import channels
from alerts.storage.channels import list_strays
from tests.alerts.reachable import Reachable
from tests.alerts.story import Story

DELIVERED, FAILED = DeliveryState.DELIVERED, DeliveryState.FAILED


async def test_a_message_is_handed_over_until_its_receipt_says_that_it_arrived(story: Story) -> None:
    people = await Reachable(story).open()
    number = (await story.press()).incident
    await people.deliver()
    assert await people.state("guard", "sms") == "handed_over"
    assert (await story.incident(number)).reached == 0
    heard = await take_receipts(story.database, "sms", [Receipt(DELIVERED, await people.provider_id("guard", "sms"))])
    assert (heard.news, heard.strays) == (1, 0)
    assert await people.state("guard", "sms") == "delivered"
    assert (await story.incident(number)).reached == 1
    assert (await story.log_kinds())[-1] == "delivery.delivered"


async def test_a_receipt_that_comes_twice_is_no_news_the_second_time(story: Story) -> None:
    people = await Reachable(story).open()
    await story.press()
    await people.deliver()
    receipt = Receipt(DELIVERED, await people.provider_id("guard", "sms"))
    await take_receipts(story.database, "sms", [receipt, receipt])
    rows = len(await story.log_kinds())
    assert (await take_receipts(story.database, "sms", [receipt])).news == 0
    assert len(await story.log_kinds()) == rows


async def test_a_failure_makes_the_next_method_at_once(story: Story) -> None:
    people = await Reachable(story).open()
    await story.press()
    await people.deliver()
    failed = Receipt(FAILED, await people.provider_id("guard", "sms"), error="MK:0001: no such number")
    await take_receipts(story.database, "sms", [failed])
    await people.follow_up()
    assert people.sent("voice") == ["guard"], "without the ten seconds of a message of which nothing is heard"
    row = (await story.rows("select error from delivery where person = 'guard' and channel = 'sms'"))[0]
    assert row["error"] == "MK:0001: no such number"


async def test_good_news_after_bad_still_counts(story: Story) -> None:
    people = await Reachable(story).open()
    number = (await story.press()).incident
    await people.deliver()
    id_ = await people.provider_id("guard", "sms")
    await take_receipts(story.database, "sms", [Receipt(FAILED, id_, error="out of reach")])
    await take_receipts(story.database, "sms", [Receipt(DELIVERED, id_)])
    assert await people.state("guard", "sms") == "delivered"
    assert (await story.incident(number)).reached == 1


async def test_a_receipt_that_overtakes_the_note_of_its_id_is_kept_and_settled(story: Story) -> None:
    people = await Reachable(story).open()
    await story.press()
    heard = await take_receipts(story.database, "sms", [Receipt(DELIVERED, "sms-1"), Receipt(FAILED, "nobody's")])
    assert (heard.news, heard.strays) == (0, 2)
    await people.deliver()
    assert await settle_strays(story.database) == 1
    assert len(await story.rows("select from delivery where state = 'delivered'")) == 1
    async with story.database.connection() as connection:
        assert [one.provider_id for one in await list_strays(connection, None, 10)] == ["nobody's"]


async def test_a_message_is_found_by_our_key_when_its_engine_died_before_it_noted_the_id(story: Story) -> None:
    people = await Reachable(story).open()
    await story.press("S2-G1")
    key = await story.value("select idempotency_key from delivery where channel = 'sms'")
    await take_receipts(story.database, "sms", [Receipt(DELIVERED, "an id that nobody noted", key)])
    assert await people.state("duty", "sms") == "delivered"


async def test_receipts_of_unknown_messages_are_bounded(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "MOST_STRAYS", 5)
    for number in range(12):
        await take_receipts(story.database, "sms", [Receipt(DELIVERED, f"x{number}")])
    async with story.database.connection() as connection:
        kept = [one.provider_id for one in await list_strays(connection, None, 100)]
    assert kept == ["x11", "x10", "x9", "x8", "x7"]


async def test_a_method_that_fails_twice_in_a_row_comes_after_the_others_until_it_works_again(story: Story) -> None:
    people = await Reachable(story).open()
    failing = "select failing_since is not null from contact_method where person = 'guard' and channel = 'sms'"
    for device, kind in (("S1-G1", "panic"), ("S1-G1", "fire")):
        assert not await story.value(failing)
        await story.press(device, kind=kind)
        await people.deliver()
        id_ = await people.provider_id("guard", "sms")
        await take_receipts(story.database, "sms", [Receipt(FAILED, id_, error="gone", address_fault=True)])
    assert await story.value(failing)
    await story.press(kind="medical")
    await people.deliver()
    assert people.sent("voice") == ["guard"], "the call comes first now"
    await take_receipts(story.database, "sms", [Receipt(DELIVERED, id_)])
    assert not await story.value(failing)
    kinds = await story.log_kinds()
    assert (kinds.count("contact.failed"), kinds.count("contact.mended")) == (2, 1)


async def test_the_log_says_nothing_of_telephone_numbers(story: Story) -> None:
    people = await Reachable(story).open()
    await story.press()
    await people.deliver()
    for person in ("guard", "duty"):
        id_ = await people.provider_id(person, "sms")
        await take_receipts(story.database, "sms", [Receipt(FAILED, id_, error="gone", address_fault=True)])
    assert "1380000000" not in "".join(row["body"] for row in await story.rows("select body::text as body from log"))
