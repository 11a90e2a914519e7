"""Notices: who would be told, who is, and by which way when the first one fails."""

from __future__ import annotations

import pytest

from alerts.channels.channel import ChannelRefused
from alerts.channels.receipts import Receipt
from alerts.domain.people import DeliveryState
from alerts.domain.registry import PostKind
from alerts.messages.notices import NoticeInvalid, preview_notice, put_notice
from alerts.messages.providers import take_receipts
from alerts.storage.notices import Audience, NoticeProgress, list_notice_progress
from tests.alerts.reachable import Reachable
from tests.alerts.story import Story, commit


async def progress(story: Story, notice: int) -> NoticeProgress:
    async with story.database.connection() as connection:
        return (await list_notice_progress(connection, id_=notice))[0]


async def send(story: Story, audience: Audience) -> int:
    return await commit(story.database, put_notice, "周五停电", "周五 12 点停电一小时。", audience, "wang")


async def test_a_dry_run_tells_how_many_by_which_channel_and_who_cannot_be_reached(story: Story) -> None:
    await Reachable(story).open()
    covered = await preview_notice(story.database, Audience(city=True))
    assert (covered.people, covered.channels) == (7, {"mail": 1, "sms": 3})
    assert [one.person for one in covered.unreachable] == ["head", "police", "supervisor"]
    assert await story.rows("select from delivery") == []


@pytest.mark.parametrize(
    ("audience", "people"),
    [
        (Audience(districts=("370202",)), ["desk", "duty", "guard", "supervisor"]),
        (Audience(schools=("S2",)), ["duty"]),
        (Audience(city=True, posts=(PostKind.CITY_DESK, PostKind.DISTRICT_DESK)), ["city", "desk"]),
        (Audience(people=("head", "guard")), ["guard", "head"]),
        (Audience(schools=("S2",), people=("head",)), ["duty", "head"]),
    ],
)
async def test_an_audience_is_a_place_kinds_of_posts_or_people(
    story: Story, audience: Audience, people: list[str]
) -> None:
    covered = await preview_notice(story.database, audience)
    assert covered.people == len(people)


async def test_each_is_told_once_and_the_notice_says_what_became_of_it(story: Story) -> None:
    people = await Reachable(story).open()
    notice = await send(story, Audience(city=True))
    shown = await progress(story, notice)
    assert (shown.people, shown.unreachable, shown.queued) == (7, 3, 4)
    await people.deliver()
    assert (people.sent("sms"), people.sent("mail")) == (["desk", "duty", "guard"], ["city"])
    await take_receipts(
        story.database, "sms", [Receipt(DeliveryState.DELIVERED, await people.provider_id("guard", "sms"))]
    )
    shown = await progress(story, notice)
    assert (shown.queued, shown.handed_over, shown.delivered, shown.failed) == (0, 2, 2, 0)
    assert [kind for kind in await story.log_kinds() if kind.startswith("notice.")] == ["notice.sent"]


async def test_a_notice_that_failed_goes_by_the_persons_next_method(story: Story) -> None:
    people = await Reachable(story).open()
    notice = await send(story, Audience(schools=("S1",)))
    await people.deliver()
    failed = Receipt(DeliveryState.FAILED, await people.provider_id("guard", "sms"), error="no such number")
    await take_receipts(story.database, "sms", [failed])
    await people.deliver()
    assert people.sent("voice") == ["guard"]
    shown = await progress(story, notice)
    assert (shown.handed_over, shown.failed) == (2, 0), "who may still be reached has not failed"


async def test_a_notice_that_a_provider_refuses_for_good_goes_by_the_next_method_too(story: Story) -> None:
    people = await Reachable(story).open()
    people.channels["sms"].refusals = [ChannelRefused("no such number", final=True, address_fault=True)]
    notice = await send(story, Audience(people=("duty",)))
    await people.deliver()
    await people.deliver()
    assert people.sent("mail") == ["duty"]
    assert (await progress(story, notice)).delivered == 1
    assert await story.value("select failures from contact_method where person = 'duty' and channel = 'sms'") == 1


async def test_who_has_tried_every_method_in_vain_has_failed(story: Story) -> None:
    people = await Reachable(story).open()
    notice = await send(story, Audience(people=("desk",)))
    people.channels["sms"].refusals = [ChannelRefused("no such number", final=True)]
    await people.deliver()
    assert (await progress(story, notice)).failed == 1


async def test_a_notice_to_nobody_says_what_to_mend(story: Story) -> None:
    await Reachable(story).open()
    for audience, said in (
        (Audience(), "say whom it is for"),
        (Audience(schools=("S99",), people=("nobody",)), "no school S99, no person nobody"),
        (Audience(schools=("S3",)), "nobody holds such a post"),
        (Audience(people=("head",)), "nobody whom it is meant for can be reached"),
    ):
        with pytest.raises(NoticeInvalid, match=said):
            await send(story, audience)
    assert await story.rows("select from notice") == []
