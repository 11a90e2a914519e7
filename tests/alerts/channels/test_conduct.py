"""Throttles and quiet hours: what is not live waits, what is live never does."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from alerts.domain.presses import Mode
from alerts.domain.quiet_hours import QuietHours, QuietHoursInvalid, check_quiet_hours
from alerts.messages.conduct import ChannelConduct, NoSuchChannel, put_city_quiet_hours, put_conduct
from alerts.messages.notices import put_notice
from alerts.readiness.windows import announce_window
from alerts.storage.channels import list_channels
from alerts.storage.notices import Audience
from tests.alerts.reachable import Reachable
from tests.alerts.story import Story, commit

NIGHT = QuietHours(time(22), time(7), "Asia/Shanghai")


def at(hour: int, minute: int = 0) -> datetime:
    """An instant of a day in Qingdao."""
    return datetime(2026, 3, 10, hour, minute, tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        (at(21, 59), None),
        (at(22), at(7) + timedelta(days=1)),
        (at(3), at(7)),
        (at(6, 59), at(7)),
        (at(7), None),
    ],
)
def test_quiet_hours_over_midnight_end_in_the_morning(now: datetime, end: datetime | None) -> None:
    assert NIGHT.read_end(now) == end


def test_quiet_hours_within_a_day_end_the_same_day() -> None:
    noon = QuietHours(time(12), time(13, 30), "Asia/Shanghai")
    assert noon.read_end(at(12, 15)) == at(13, 30)
    assert noon.read_end(at(23)) is None


def test_quiet_hours_that_cannot_be_are_refused() -> None:
    for quiet in (QuietHours(time(7), time(7), "Asia/Shanghai"), QuietHours(time(22), time(7), "Asia/Tsingtao")):
        with pytest.raises(QuietHoursInvalid):
            check_quiet_hours(quiet)


async def put_clock_to(story: Story, hour: int) -> None:
    """Moves the service's clock to the next such hour in Qingdao."""
    here = story.now + timedelta(hours=8)
    story.database.shift += timedelta(hours=(hour - here.hour) % 24) - timedelta(minutes=here.minute)


async def notify_all(story: Story) -> int:
    return await commit(story.database, put_notice, "周五停电", "周五 12 点停电一小时。", Audience(city=True), "wang")


async def test_at_night_a_notice_waits_until_morning_and_an_alarm_does_not(story: Story) -> None:
    people = await Reachable(story).open()
    await put_clock_to(story, 23)
    await commit(story.database, put_city_quiet_hours, NIGHT, "wang")
    await notify_all(story)
    await people.deliver()
    assert people.sent("sms") == []
    await story.press()
    await people.deliver()
    assert people.sent("sms") == ["duty", "guard"]
    async with story.database.connection() as connection:
        sms = next(one for one in await list_channels(connection, story.now) if one.code == "sms")
    assert (sms.queued, sms.held) == (3, 3)
    story.database.shift += timedelta(hours=8, minutes=1)
    await people.deliver()
    assert people.sent("sms") == ["desk", "duty", "duty", "guard", "guard"]


async def test_a_test_that_is_held_at_night_does_not_count_as_late(story: Story) -> None:
    people = await Reachable(story).open()
    await put_clock_to(story, 23)
    await commit(story.database, put_city_quiet_hours, NIGHT, "wang")
    now = story.now
    await announce_window(story.database, Mode.TEST, now - timedelta(minutes=1), now + timedelta(hours=20), "wang")
    await story.press(mode="test")
    await people.deliver()
    story.database.shift += timedelta(minutes=5)
    await people.follow_up()
    assert (people.sent("sms"), people.sent("voice")) == ([], [])
    assert "incident.unreached" not in await story.log_kinds()


async def test_quiet_hours_that_are_ended_let_go_at_once_what_they_held(story: Story) -> None:
    people = await Reachable(story).open()
    await put_clock_to(story, 23)
    await commit(story.database, put_city_quiet_hours, NIGHT, "wang")
    await notify_all(story)
    await people.deliver()
    await commit(story.database, put_city_quiet_hours, None, "wang")
    await people.deliver()
    assert people.sent("sms") == ["desk", "duty", "guard"]


async def test_a_channels_own_quiet_hours_count_before_the_citys(story: Story) -> None:
    people = await Reachable(story).open()
    await put_clock_to(story, 23)
    await commit(story.database, put_city_quiet_hours, NIGHT, "wang")
    await commit(story.database, put_conduct, "mail", ChannelConduct(None, QuietHours(time(2), time(3), "UTC")), "wang")
    await notify_all(story)
    await people.deliver()
    assert (people.sent("sms"), people.sent("mail")) == ([], ["city"])


async def test_a_throttle_lets_so_many_through_a_second_and_live_messages_past(story: Story) -> None:
    people = await Reachable(story).open()
    await commit(story.database, put_conduct, "sms", ChannelConduct(1, None), "wang")
    await notify_all(story)
    await people.deliver()
    assert people.sent("sms") == [], "it begins with an empty allowance"
    await story.press()
    await people.deliver()
    assert people.sent("sms") == ["duty", "guard"], "an alarm does not wait behind notices"
    for sent in (3, 4, 5, 5):
        story.database.shift += timedelta(seconds=1)
        await people.deliver()
        assert len(people.sent("sms")) == sent


async def test_a_throttle_saves_up_no_more_than_a_second(story: Story) -> None:
    people = await Reachable(story).open()
    await commit(story.database, put_conduct, "sms", ChannelConduct(1, None), "wang")
    story.database.shift += timedelta(hours=1)
    await notify_all(story)
    await people.deliver()
    assert len(people.sent("sms")) == 1


async def test_what_waits_behind_a_throttle_is_not_late(story: Story) -> None:
    people = await Reachable(story).open()
    await commit(story.database, put_conduct, "sms", ChannelConduct(1, None), "wang")
    now = story.now
    await announce_window(story.database, Mode.TEST, now - timedelta(minutes=1), now + timedelta(hours=20), "wang")
    for kind in ("panic", "fire", "medical"):
        await story.press(kind=kind, mode="test")
    for _ in range(6):
        await people.deliver()
        await people.follow_up()
        story.database.shift += timedelta(seconds=3)
    late = await story.value(
        "select count(*) from delivery where channel = 'voice' and queued_at < now() + $1 - interval '30 s'",
        story.database.shift,
    )
    assert late == 0
    assert len(people.sent("sms")) >= 5


async def test_who_sets_a_channel_that_is_none_is_told(story: Story) -> None:
    with pytest.raises(NoSuchChannel):
        await commit(story.database, put_conduct, "pigeon", ChannelConduct(1, None), "wang")
    await commit(story.database, put_conduct, "sms", ChannelConduct(3, NIGHT), "wang")
    assert (await story.log_kinds())[-1] == "channel.changed"


async def test_what_somebody_asked_for_just_now_is_not_held_at_night(story: Story) -> None:
    people = await Reachable(story).open()
    await put_clock_to(story, 23)
    await commit(story.database, put_city_quiet_hours, NIGHT, "wang")
    number = await notify_all(story)
    await story.database_execute(f"update notice set kind = 'verification' where id = {number}")
    await people.deliver()
    assert people.sent("sms") == ["desk", "duty", "guard"]
