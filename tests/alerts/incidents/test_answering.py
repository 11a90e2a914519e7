"""Answers from where people are: a link, a reply by SMS, a key in a call; late ones change nothing and are told why."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from alerts.domain.answering import AnswerAction, Outcome, Reply, read_reply, spell_address
from alerts.domain.incidents import Cause, Incident, State
from alerts.incidents.answering import Answered, Answering
from alerts.incidents.links import LASTS, AnswerLink, LinkExpired, LinkInvalid, LinkSigner
from alerts.storage.deliveries import switch_channel
from tests.alerts.engine.test_reaching import Phones
from tests.alerts.story import LI, WANG, Story

KEY = LinkSigner(b"a key of the tests")


class Answerers:
    """People who answer the messages that reached them."""

    def __init__(self, story: Story, phones: Phones) -> None:
        self.story = story
        self.phones = phones
        self.answering = Answering(story.database, KEY)

    async def press_and_ring(self, device: str = "S1-G1", **said: str) -> int:
        number = (await self.story.press(device, **said)).incident
        await self.phones.deliver()
        return number

    def token(self, person: str, action: AnswerAction = AnswerAction.TAKE, newest: int = -1) -> str:
        """The token of the link in one of the messages that a person got."""
        messages = [one for one in self.phones.channels["sms"].sent if one.person == person]
        url = next(one.url for one in messages[newest].actions if one.code == action)
        return url.rpartition("/a/")[2]

    def code(self, person: str, newest: int = -1) -> str:
        code = [one for one in self.phones.channels["sms"].sent if one.person == person][newest].reply_code
        assert code is not None
        return code

    async def tap(self, person: str, action: AnswerAction = AnswerAction.TAKE, newest: int = -1) -> Answered:
        return await self.answering.answer_link(self.token(person, action, newest))

    async def reply(self, address: str, text: str) -> Answered:
        return await self.answering.take_reply("sms", address, text, self.story.now)

    async def states(self, person: str) -> list[str]:
        rows = await self.story.rows("select state from delivery where person = $1 order by id", person)
        return [row["state"] for row in rows]

    async def answers(self) -> list[dict[str, object]]:
        rows = await self.story.rows(
            "select body::text as body from log where kind = 'delivery.answered' order by position"
        )
        return [msgspec.json.decode(row["body"]) for row in rows]

    async def let_rounds_pass(self) -> None:
        """Until the first step of the second round has rung."""
        for _ in range(5):
            await self.story.forward(60)
            await self.phones.deliver()


@pytest.fixture
async def people(story: Story) -> Answerers:
    return Answerers(story, await Phones(story).open())


async def press_for_two(people: Answerers) -> int:
    """An incident that two people must take, and that calls the school again with the district."""
    number = await people.press_and_ring()
    policy = (
        '{"steps": [{"after_seconds": 0, "targets": ["post:school_duty"]},'
        ' {"after_seconds": 30, "targets": ["post:district_desk", "post:school_duty"]}],'
        ' "repeat_after_seconds": 60, "acknowledgement_seconds": 300, "takers_needed": 2}'
    )
    await people.story.database_execute(f"update incident set takers_needed = 2, policy = '{policy}'")
    return number


async def test_a_tapped_link_takes_the_incident_in_the_name_of_whom_the_message_went_to(
    story: Story, people: Answerers
) -> None:
    number = await people.press_and_ring()
    answered = await people.tap("guard")
    incident = await story.incident(number)
    assert (incident.state, incident.acknowledged_by) == (State.ACKNOWLEDGED, "赵保安")
    assert (answered.outcome, answered.incident) == (Outcome.TAKEN, incident)
    assert "第一小学" in answered.words.zh
    assert "You have it" in answered.words.en
    assert await people.states("guard") == ["answered"]
    assert (await story.log_kinds())[-2:] == ["incident.acknowledged", "delivery.answered"]
    actor = await story.value("select actor from log where kind = 'incident.acknowledged'")
    assert actor == "person:guard"


async def test_whoever_is_coming_is_shown_as_coming_also_after_somebody_else_took_it(
    story: Story, people: Answerers
) -> None:
    number = await people.press_and_ring()
    await story.answers.acknowledge(number, WANG)
    answered = await people.tap("guard", AnswerAction.COMING)
    incident = await story.incident(number)
    assert (answered.outcome, incident.state, incident.responding_by) == (Outcome.COMING, State.RESPONDING, "赵保安")
    assert incident.acknowledged_by == "王值班"


async def test_opening_a_link_marks_the_message_as_seen_once_and_answers_nothing(
    story: Story, people: Answerers
) -> None:
    number = await people.press_and_ring()
    first = await people.answering.open_link(people.token("guard"))
    again = await people.answering.open_link(people.token("guard"))
    assert (first.incident, first.stale, again.incident) == (await story.incident(number), False, first.incident)
    assert first.incident.state is State.OPEN
    assert first.incident.reached == 1, "who has it before their eyes was reached"
    assert await people.states("guard") == ["seen"]
    assert (await story.log_kinds()).count("delivery.seen") == 1
    assert await people.states("duty") == ["handed_over"]


async def test_the_same_answer_twice_is_the_same(story: Story, people: Answerers) -> None:
    await people.press_and_ring()
    first = await people.tap("guard")
    again = await people.tap("guard")
    replied = await people.reply("13800000001", f"1 {people.code('guard')}")
    assert again == first
    assert (replied.outcome, replied.incident) == (Outcome.TAKEN, first.incident)
    assert (await story.log_kinds()).count("incident.acknowledged") == 1
    assert (await story.log_kinds()).count("delivery.answered") == 1


async def test_of_two_people_who_tap_at_once_one_has_it_and_the_other_is_told_who_and_since_when(
    story: Story, people: Answerers
) -> None:
    number = await people.press_and_ring()
    both = await asyncio.gather(people.tap("guard"), people.tap("duty"))
    assert sorted(one.outcome for one in both) == [Outcome.LATE_TAKEN, Outcome.TAKEN]
    late = next(one for one in both if one.outcome is Outcome.LATE_TAKEN)
    holder = (await story.incident(number)).acknowledged_by
    assert holder is not None
    assert holder in late.words.zh
    assert holder in late.words.en
    assert re.search(r"\d\d:\d\d:\d\d", late.words.zh), "since when"
    assert sorted(str(one["outcome"]) for one in await people.answers()) == ["late_taken", "taken"]


async def test_an_answer_to_a_closed_incident_changes_nothing_and_is_recorded_once(
    story: Story, people: Answerers
) -> None:
    number = await people.press_and_ring()
    await story.answers.acknowledge(number, WANG)
    closed = await story.answers.close(number, WANG, Cause.ACCIDENTAL)
    for _ in range(2):
        answered = await people.tap("guard")
        assert answered.outcome is Outcome.LATE_CLOSED
        assert "王值班" in answered.words.en
    assert replace(await story.incident(number), reached=closed.reached) == closed
    assert [one["outcome"] for one in await people.answers()] == ["late_closed"]
    assert await people.states("guard") == ["seen"]


async def test_an_answer_to_an_older_round_is_told_so_and_changes_nothing(story: Story, people: Answerers) -> None:
    number = await people.press_and_ring()
    await people.let_rounds_pass()
    before = await story.incident(number)
    answered = await people.tap("guard", newest=0)
    assert answered.outcome is Outcome.LATE_ROUND
    assert "round 2" in answered.words.en
    after = await story.incident(number)
    assert replace(after, reached=before.reached) == before
    assert (after.state, after.takers) == (State.OPEN, ())
    assert (await people.tap("guard")).outcome is Outcome.TAKEN, "the newest message answers the round that rings"


async def test_whoever_was_shown_that_it_rings_anew_and_takes_it_all_the_same_has_it(
    story: Story, people: Answerers
) -> None:
    number = await people.press_and_ring()
    await people.let_rounds_pass()
    opened = await people.answering.open_link(people.token("guard", newest=0))
    assert (opened.stale, opened.round) == (True, 2)
    token = opened.tokens[AnswerAction.TAKE]
    assert (await people.answering.answer_link(token, shown_round=1)).outcome is Outcome.LATE_ROUND
    assert (await people.answering.answer_link(token, shown_round=2)).outcome is Outcome.TAKEN
    assert (await story.incident(number)).acknowledged_by == "赵保安"


async def test_an_answer_between_the_last_step_and_the_next_round_still_counts(story: Story, people: Answerers) -> None:
    number = await people.press_and_ring()
    for _ in range(4):
        await story.forward(50)
    assert (await story.incident(number)).round == 2, "the next round is counted, and has not rung yet"
    assert (await people.tap("guard")).outcome is Outcome.TAKEN


async def test_links_expire_and_cannot_be_made_up(story: Story, people: Answerers) -> None:
    number = await people.press_and_ring()
    token = people.token("guard")
    forged = LinkSigner(b"another key").write(AnswerLink(1, AnswerAction.TAKE, story.now + timedelta(hours=1)))
    for wrong in (forged, token[:-1], "", "…", "A" * 500):
        assert (await people.answering.answer_link(wrong)).outcome is Outcome.UNKNOWN
        with pytest.raises(LinkInvalid):
            await people.answering.open_link(wrong)
    story.database.shift += LASTS
    assert (await people.answering.answer_link(token)).outcome is Outcome.EXPIRED
    with pytest.raises(LinkExpired):
        await people.answering.open_link(token)
    assert (await story.incident(number)).state is State.OPEN


async def test_the_services_own_key_signs_and_reads(story: Story, people: Answerers) -> None:
    await people.press_and_ring()
    own = LinkSigner(await story.value("select value from service_secret where name = 'answers'"))
    delivery = await story.value("select id from delivery where person = 'guard'")
    token = own.write(AnswerLink(delivery, AnswerAction.TAKE, story.now + LASTS))
    assert (await Answering(story.database).answer_link(token)).outcome is Outcome.TAKEN


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 4821", Reply(AnswerAction.TAKE, "4821")),
        ("2 4821", Reply(AnswerAction.COMING, "4821")),
        ("4821", Reply(AnswerAction.TAKE, "4821")),
        ("14821", Reply(AnswerAction.TAKE, "4821")),
        ("4821 2", Reply(AnswerAction.COMING, "4821")),
        (" 2,4821。", Reply(AnswerAction.COMING, "4821")),
        ("\uff11\u30004821", Reply(AnswerAction.TAKE, "4821")),
        ("【校园报警】1", Reply(AnswerAction.TAKE, None)),
        ("2", Reply(AnswerAction.COMING, None)),
        ("", None),
        ("3 4821", None),
        ("48211234", None),
        ("4821 来不了", None),
        ("TD", None),
        ("1 2", None),
    ],
)
def test_a_reply_is_read_as_people_type_it_and_words_make_it_no_answer(text: str, said: Reply | None) -> None:
    assert read_reply(text) == said


@pytest.mark.parametrize("spelling", ["+8613800000001", "008613800000001", "8613800000001", "138-0000-0001"])
def test_a_number_with_or_without_its_country_is_one_number(spelling: str) -> None:
    assert "13800000001" in spell_address(spelling)
    assert spell_address("guard@example.cn") == ("guard@example.cn",)


async def test_a_reply_with_the_code_takes_it_and_with_a_two_is_coming(story: Story, people: Answerers) -> None:
    number = await people.press_and_ring()
    taken = await people.reply("+8613800000001", f"1 {people.code('guard')}")
    assert (taken.outcome, taken.person) == (Outcome.TAKEN, "guard")
    assert (await people.reply("13800000001", f"2 {people.code('guard')}")).outcome is Outcome.COMING
    assert (await story.incident(number)).responding_by == "赵保安"
    log = await story.rows("select body::text as body from log")
    assert not [row for row in log if "13800000001" in row["body"]], "no telephone numbers in the log"


async def test_a_code_counts_only_from_the_number_that_it_was_sent_to(story: Story, people: Answerers) -> None:
    number = await people.press_and_ring()
    answered = await people.reply("13900000000", f"1 {people.code('guard')}")
    assert (answered.outcome, answered.incident) == (Outcome.UNKNOWN, None)
    assert (await story.incident(number)).state is State.OPEN


async def test_a_bare_one_means_the_only_open_incident_and_of_several_the_code_is_asked_for(
    story: Story, people: Answerers
) -> None:
    first = await people.press_and_ring()
    fire = await people.press_and_ring("S1-C1", kind="fire")
    assert (await people.reply("13800000001", "1")).outcome is Outcome.UNCLEAR
    await story.answers.acknowledge(fire, WANG)
    await story.answers.close(fire, WANG, Cause.ACCIDENTAL)
    assert (await people.reply("13800000001", "1")).outcome is Outcome.TAKEN
    assert (await story.incident(first)).acknowledged_by == "赵保安"
    assert (await people.reply("13800000099", "1")).outcome is Outcome.UNKNOWN
    assert (await people.reply("13800000001", "好的")).outcome is Outcome.UNREADABLE


async def test_a_key_pressed_in_a_call_answers_the_message_that_the_call_carried(
    story: Story, people: Answerers
) -> None:
    await story.database_execute("update contact_method set rank = 3 - rank where person = 'guard'")
    number = await people.press_and_ring()
    assert people.phones.sent("voice") == ["guard"]
    keys = people.answering.take_keypress
    assert (await keys("voice", "voice-1", "9", story.now)).outcome is Outcome.UNREADABLE
    assert (await keys("voice", "no-such-call", "1", story.now)).outcome is Outcome.UNKNOWN
    assert (await keys("voice", "voice-1", "1", story.now)).outcome is Outcome.TAKEN
    assert (await keys("voice", "voice-1", "2", story.now)).outcome is Outcome.COMING
    assert (await story.incident(number)).responding_by == "赵保安"


async def test_one_of_two_who_took_it_is_not_enough_and_is_not_called_again_in_the_round(
    story: Story, people: Answerers
) -> None:
    number = await press_for_two(people)
    answered = await people.tap("guard")
    assert answered.outcome is Outcome.COUNTED
    assert "1 of 2" in answered.words.en
    assert await people.states("guard") == ["answered"]
    incident = await story.incident(number)
    assert (incident.state, incident.takers, incident.next_at is None) == (State.OPEN, ("赵保安",), False)
    await story.forward(31)
    await people.phones.deliver()
    assert sorted(people.phones.sent("sms")) == ["desk", "duty", "duty", "guard"], "it climbs on, past who took it"
    assert (await people.tap("guard")).outcome is Outcome.COUNTED, "the same answer again is no second taker"
    last = await people.tap("desk")
    assert last.outcome is Outcome.TAKEN
    assert (await story.incident(number)).takers == ("赵保安", "孙区台")


async def test_who_took_it_alone_is_called_again_in_the_next_round(story: Story, people: Answerers) -> None:
    await press_for_two(people)
    await people.tap("guard")
    await story.forward(31)
    await people.phones.deliver()
    await story.forward(61)
    await people.phones.deliver()
    assert people.phones.sent("sms").count("guard") == 2


async def test_the_first_of_two_who_is_coming_does_not_stop_the_ringing_and_the_second_ends_it(
    story: Story, people: Answerers
) -> None:
    number = await press_for_two(people)
    assert (await people.tap("guard", AnswerAction.COMING)).outcome is Outcome.COUNTED
    assert (await story.incident(number)).state is State.OPEN
    assert (await people.tap("duty")).outcome is Outcome.TAKEN
    incident = await story.incident(number)
    assert (incident.state, incident.responding_by, incident.next_at) == (State.RESPONDING, "赵保安", None)


async def test_two_people_of_one_name_are_two(story: Story, people: Answerers) -> None:
    await story.database_execute("update person set name = '王伟' where code in ('guard', 'duty')")
    number = await press_for_two(people)
    await people.tap("guard")
    assert (await people.tap("duty")).outcome is Outcome.TAKEN
    assert (await story.incident(number)).takers == ("王伟 (guard)", "王伟 (duty)")


async def test_who_answered_by_link_is_not_called_by_their_next_method(story: Story, people: Answerers) -> None:
    await press_for_two(people)
    await people.tap("guard")
    await people.phones.let_time_run_out()
    assert people.phones.sent("voice") == []


async def test_an_answer_to_a_message_that_is_not_marked_as_sent_yet_counts_and_sends_no_second_one(
    story: Story, people: Answerers
) -> None:
    await story.press()
    delivery = await story.value("select id from delivery where person = 'guard'")
    token = KEY.write(AnswerLink(delivery, AnswerAction.TAKE, story.now + LASTS))
    assert (await people.answering.answer_link(token)).outcome is Outcome.TAKEN
    await people.phones.deliver()
    assert people.phones.sent("sms") == []
    assert await people.states("guard") == ["answered"]


async def test_an_acknowledgement_that_ran_out_is_asked_for_again(story: Story, people: Answerers) -> None:
    number = await people.press_and_ring()
    await people.tap("guard")
    await story.forward(301)
    await people.phones.deliver()
    assert (await people.tap("guard", newest=0)).outcome is Outcome.LATE_ROUND
    assert (await people.tap("guard")).outcome is Outcome.TAKEN
    incident: Incident = await story.incident(number)
    assert (incident.state, incident.round) == (State.ACKNOWLEDGED, 2)


async def test_the_verification_of_a_method_cannot_be_answered(story: Story, people: Answerers) -> None:
    await story.database_execute(
        "with n as (insert into notice (kind, title, text, sent_by, sent_at)"
        " values ('verification', 't', 't', 'x', now()) returning id)"
        " insert into delivery (notice, person, channel, address, round, step, live, queued_at, due_at, code)"
        " select id, 'guard', 'sms', '13800000001', 1, 0, false, now(), now(), '4821' from n"
    )
    assert (await people.reply("13800000001", "4821")).outcome is Outcome.UNKNOWN


async def test_desk_and_guard_at_once_never_both_take_it(story: Story, people: Answerers) -> None:
    number = await people.press_and_ring()
    outcomes = await asyncio.gather(people.tap("guard"), story.answers.acknowledge(number, LI), return_exceptions=True)
    taken = await story.incident(number)
    assert taken.takers in (("赵保安",), ("李主任",))
    assert len([one for one in outcomes if isinstance(one, Exception)]) == (taken.acknowledged_by == "赵保安")


async def test_codes_of_a_channel_do_not_answer_for_another(story: Story, people: Answerers) -> None:
    await people.press_and_ring()
    async with story.database.transaction() as connection:
        await switch_channel(connection, "mail", on=True, confirms=False)
    answered = await people.answering.take_reply("mail", "13800000001", people.code("guard"), story.now)
    assert answered.outcome is Outcome.UNKNOWN


async def test_whoever_replied_is_told_back_what_became_of_it(story: Story, people: Answerers) -> None:
    await people.press_and_ring()
    codes = {person: people.code(person) for person in ("guard", "duty")}
    await people.reply("13800000001", f"1 {codes['guard']}")
    await people.reply("13800000002", f"1 {codes['duty']}")
    await people.phones.deliver()
    told = {one.person: one for one in people.phones.channels["sms"].sent if one.reason == "answer"}
    assert "You have it" in told["guard"].text
    assert "赵保安 has it since" in told["duty"].text
    assert (told["duty"].address, told["duty"].actions, told["duty"].reply_code) == ("13800000002", (), None)
    assert told["duty"].live, "no quiet hours hold it"


async def test_whoever_pressed_a_key_is_told_by_sms(story: Story, people: Answerers) -> None:
    await story.database_execute("update contact_method set rank = 3 - rank where person = 'guard'")
    await people.press_and_ring()
    await people.answering.take_keypress("voice", "voice-1", "1", story.now)
    await people.phones.deliver()
    assert [one.person for one in people.phones.channels["sms"].sent if one.reason == "answer"] == ["guard"]


async def test_what_nobody_can_read_is_answered_once_a_minute_and_strangers_never(
    story: Story, people: Answerers
) -> None:
    await people.press_and_ring()
    for _ in range(3):
        await people.reply("13800000001", "自动回复:我正在开会")
        await people.reply("13900000000", "你是谁")
    await people.phones.deliver()
    told = [one for one in people.phones.channels["sms"].sent if one.reason == "answer"]
    assert [(one.person, "1 4821" in one.text) for one in told] == [("guard", True)]
    story.database.shift += timedelta(seconds=61)
    await people.reply("13800000001", "自动回复:我正在开会")
    await people.phones.deliver()
    assert len([one for one in people.phones.channels["sms"].sent if one.reason == "answer"]) == 2
