"""The hand-over to 110, end to end: a press, a real station with certificates on both sides, and what becomes late."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.domain.handover import HandoverClosed, HandoverLate, Report, ReportIncomplete, Via
from alerts.domain.incidents import Cause
from alerts.domain.police import HandoverState
from alerts.domain.presses import Mode
from alerts.engine.police import LEASE, PoliceCourier
from alerts.engine.police_watch import watch_handovers_due
from alerts.incidents.answers import NoSuchIncident
from alerts.police.handovers import ReportUnbelievable
from alerts.police.http import CertificateUnusable, HttpLink, open_tls
from alerts.police.link import Case, LinkFailed
from alerts.police.terms import PoliceTerms
from alerts.storage.handovers import PoliceLimit, count_handovers, save_limit
from simulators.police.certificates import write_certificates
from simulators.police.station import Conduct
from tests.alerts.engine.test_reaching import Phones
from tests.alerts.police.police_story import PoliceStory, announce, with_station, without_station
from tests.alerts.story import WANG, Story


async def test_a_press_is_handed_over_to_110_and_boards_see_each_step(story: Story, tmp_path: Path) -> None:
    async with with_station(story, tmp_path) as (police, station):
        number = (await story.press(kind="intruder")).incident
        assert (await story.incident(number)).police is HandoverState.WAITING
        await police.hand_over()
        case = await station.expect()
        assert (case.body["incident"], case.body["status"], case.body["kind"]) == (number, "Actual", "intruder")
        assert case.body["school"]["name"] == "第一小学"
        assert "<msgType>Alert</msgType>" in case.body["cap"]
        handover = await police.read(number)
        assert (handover.state, handover.number, handover.via) == (HandoverState.ACCEPTED, case.number, Via.WIRE)
        assert (await story.incident(number)).police is HandoverState.ACCEPTED
        assert await police.log() == ["handover.sent", "handover.accepted"]
        await police.forward(60)
        assert (case.times, await police.rung()) == (1, [])


async def test_one_hand_over_an_incident_however_often_its_policy_repeats(story: Story, tmp_path: Path) -> None:
    async with with_station(story, tmp_path) as (police, station):
        for n in range(5):
            number = (await story.press(id=f"p{n}")).incident
        await story.forward(400)
        await police.hand_over()
        assert (await station.expect()).times == 1
        assert (await story.incident(number)).round > 1
        assert await story.value("select count(*) from handover") == 1


async def test_two_engines_hand_an_incident_over_once(story: Story, tmp_path: Path) -> None:
    async with with_station(story, tmp_path) as (police, station):
        for n in range(12):
            await story.intake.take_presses([story.arrival({"id": f"p{n}"}, f"ghost-{n}", school="nowhere")])
        other = PoliceCourier(story.database, police.terms)
        await asyncio.gather(*(courier.carry_once() for courier in (police.courier, other) for _ in range(3)))
        await asyncio.gather(police.courier.finish(), other.finish())
        assert [(await station.expect()).times for _ in range(12)] == [1] * 12


async def test_what_an_engine_died_over_is_handed_over_again_under_the_same_key(story: Story, tmp_path: Path) -> None:
    async with with_station(story, tmp_path) as (police, station):
        number = (await story.press()).incident
        station.behave(Conduct.HOLD)
        dying = PoliceCourier(story.database, police.terms)
        await dying.carry_once()
        case = await station.expect()
        await police.hand_over()
        assert case.times == 1, "it is leased"
        story.database.shift += LEASE + timedelta(seconds=1)
        await police.hand_over()
        assert (case.times, len(station.cases)) == (2, 1)
        assert (await police.read(number)).state is HandoverState.ACCEPTED
        station.release()
        await dying.finish()
        assert (await police.log()).count("handover.accepted") == 1


@pytest.mark.parametrize("conduct", [Conduct.REFUSE, Conduct.DROP, Conduct.TAKE_AND_DROP])
async def test_a_station_that_fails_is_tried_again_until_it_takes_it(
    story: Story, tmp_path: Path, conduct: Conduct
) -> None:
    async with with_station(story, tmp_path) as (police, station):
        number = (await story.press()).incident
        station.behave(conduct, conduct)
        await police.hand_over()
        failed = await police.read(number)
        assert (failed.state, failed.attempts) == (HandoverState.WAITING, 1)
        assert failed.error
        await police.forward(2.5)
        assert (await police.read(number)).attempts == 2
        await police.forward(4.5)
        await station.expect()
        assert (await police.read(number)).state is HandoverState.ACCEPTED
        assert (await police.read(number)).error is None


async def test_no_answer_in_half_a_minute_sends_it_again_and_rings_the_city_desk(story: Story, tmp_path: Path) -> None:
    async with with_station(story, tmp_path) as (police, station):
        number = (await story.press()).incident
        station.behave(usual=Conduct.RECEIVE)
        await police.hand_over()
        case = await station.expect()
        assert (await police.read(number)).state is HandoverState.SENT
        await police.forward(29)
        assert (case.times, await police.rung()) == (1, [])
        await police.forward(1.5)
        assert (case.times, await police.rung()) == (2, ["city"])
        incident = await story.incident(number)
        assert (incident.police, incident.police_telephone) == (HandoverState.SENT, True)
        await police.forward(31)
        await police.forward(61)
        assert (case.times, await police.rung()) == (4, ["city"] * 3)
        station.behave(usual=Conduct.ACCEPT)
        await police.forward(121)
        incident = await story.incident(number)
        assert (incident.police, incident.police_telephone) == (HandoverState.ACCEPTED, False)
        assert (await police.log()).count("handover.overdue") == 4


async def test_the_city_desk_is_rung_even_when_the_school_has_taken_the_incident(story: Story, tmp_path: Path) -> None:
    async with with_station(story, tmp_path) as (police, station):
        number = (await story.press()).incident
        await story.answers.respond(number, WANG)
        station.behave(usual=Conduct.REFUSE)
        await police.forward(31)
        await story.deliver()
        assert [message.person for message in story.channel.sent if message.reason == "police_overdue"] == ["city"]


async def test_a_rejection_rings_the_city_desk_at_once_and_until_somebody_telephones(
    story: Story, tmp_path: Path
) -> None:
    async with with_station(story, tmp_path) as (police, station):
        number = (await story.press()).incident
        station.behave(Conduct.REJECT)
        await police.hand_over()
        case = await station.expect()
        rejected = await police.read(number)
        assert (rejected.state, rejected.reason, rejected.telephone) == (HandoverState.REJECTED, case.reason, True)
        await police.forward(0.1)
        assert await police.rung() == ["city"]
        await police.forward(31)
        assert (await police.rung(), case.times) == (["city"] * 2, 1)
        report = Report(HandoverState.ACCEPTED, story.now, number="110-77", officer="李警官")
        told = await police.handovers.take_from_telephone(number, WANG, report)
        assert (told.news, told.handover.via, told.handover.telephone) == (True, Via.PHONE, False)
        await police.forward(200)
        assert await police.rung() == ["city"] * 2


async def test_without_a_link_110_must_be_telephoned_and_the_desk_is_rung_as_part_of_the_step(story: Story) -> None:
    police = await without_station(story)
    number = (await story.press()).incident
    await police.hand_over()
    await police.forward(0.1)
    incident = await story.incident(number)
    assert (incident.police, incident.police_telephone) == (HandoverState.PHONE_IN, True)
    assert await police.rung() == ["city"]
    assert await police.log() == ["handover.phone_wanted", "handover.overdue"]
    report = Report(HandoverState.ACCEPTED, story.now, number="110-1", officer="陈警官")
    await police.handovers.take_from_telephone(number, WANG, report, "已电话报警")
    await police.handovers.take_from_telephone(number, WANG, Report(HandoverState.ON_SCENE, story.now))
    ended = Report(HandoverState.CLOSED, story.now, disposition="已处置")
    closed = (await police.handovers.take_from_telephone(number, WANG, ended)).handover
    assert (closed.number, closed.officer, closed.disposition) == ("110-1", "陈警官", "已处置")
    assert (await police.log())[2:] == ["handover.accepted", "handover.on_scene", "handover.closed"]


async def test_a_link_that_is_set_up_later_takes_up_what_waits_for_a_telephone(story: Story, tmp_path: Path) -> None:
    await (await without_station(story)).hand_over()
    number = (await story.press()).incident
    await (await without_station(story)).hand_over()
    async with with_station(story, tmp_path) as (police, station):
        await police.hand_over()
        await station.expect()
        assert (await police.read(number)).state is HandoverState.ACCEPTED
        assert not (await story.incident(number)).police_telephone


async def test_somebody_may_telephone_about_an_incident_whose_policy_does_not_hand_over(story: Story) -> None:
    police = await without_station(story)
    number = (await story.press()).incident
    await story.database_execute("delete from handover")
    report = Report(HandoverState.ACCEPTED, story.now, number="110-5")
    assert (await police.handovers.take_from_telephone(number, WANG, report)).handover.number == "110-5"
    with pytest.raises(NoSuchIncident):
        await police.handovers.take_from_telephone(999, WANG, report)


async def test_what_110_tells_by_itself_moves_it_once_and_late_news_is_told_so(story: Story, tmp_path: Path) -> None:
    async with with_station(story, tmp_path) as (police, station):
        number = (await story.press()).incident
        await police.hand_over()
        await station.expect()
        key = (await police.read(number)).key
        for state in (HandoverState.DISPATCHED, HandoverState.ON_SCENE):
            assert (await police.handovers.take_from_wire(key, Report(state, story.now, unit="巡逻车 3"))).news
            assert not (await police.handovers.take_from_wire(key, Report(state, story.now))).news
        with pytest.raises(HandoverLate):
            await police.handovers.take_from_wire(key, Report(HandoverState.DISPATCHED, story.now))
        with pytest.raises(ReportIncomplete):
            await police.handovers.take_from_wire(key, Report(HandoverState.CLOSED, story.now))
        with pytest.raises(ReportUnbelievable):
            await police.handovers.take_from_wire(
                key, Report(HandoverState.CLOSED, story.now + timedelta(hours=1), disposition="x")
            )
        await police.handovers.take_from_wire(key, Report(HandoverState.CLOSED, story.now, disposition="误报"))
        with pytest.raises(HandoverClosed):
            await police.handovers.take_from_wire(key, Report(HandoverState.ON_SCENE, story.now))
        assert (await police.log())[2:] == ["handover.dispatched", "handover.on_scene", "handover.closed"]


async def test_a_station_that_only_answers_is_asked_until_it_closed_the_case(story: Story, tmp_path: Path) -> None:
    async with with_station(story, tmp_path, poll=timedelta(seconds=5)) as (police, station):
        number = (await story.press()).incident
        station.behave(Conduct.RECEIVE)
        await police.hand_over()
        case = await station.expect()
        for state in ("received", "accepted", "dispatched", "on_scene"):
            case.state = state
            await police.forward(5.1)
            expected = "sent" if state == "received" else state
            assert (await police.read(number)).state == expected
        case.state, case.disposition = "closed", "已处置"
        await police.forward(5.1)
        asked = station.asked
        await police.forward(60)
        assert ((await police.read(number)).disposition, station.asked, case.times) == ("已处置", asked, 1)


async def test_no_patrol_in_five_minutes_is_noted_and_in_a_suburb_after_ten(story: Story, tmp_path: Path) -> None:
    async with story.database.connection() as connection:
        await save_limit(connection, PoliceLimit("370203", 30, 600, "a test"))
    async with with_station(story, tmp_path) as (police, station):
        town, suburb = (await story.press("S1-G1")).incident, (await story.press("S3-G1")).incident
        await police.hand_over()
        for _ in range(2):
            await station.expect()
        await police.forward(301)
        assert [(await police.read(one)).overdue_at is not None for one in (town, suburb)] == [True, False]
        await police.forward(300)
        assert (await police.read(suburb)).overdue_at is not None
        assert await police.rung() == [], "a patrol that is late is 110's; the board says so"
        async with story.database.connection() as connection:
            assert (await count_handovers(connection)).overdue == 2


@pytest.mark.parametrize(("mode", "status"), [(Mode.TEST, "Test"), (Mode.DRILL, "Exercise")])
async def test_a_test_or_drill_is_handed_over_as_such(story: Story, tmp_path: Path, mode: Mode, status: str) -> None:
    await announce(story, mode)
    async with with_station(story, tmp_path) as (police, station):
        number = (await story.press(mode=mode)).incident
        await police.hand_over()
        case = await station.expect()
        assert (case.body["status"], case.body["mode"]) == (status, mode)
        assert f"<status>{status}</status>" in case.body["cap"]
        assert (await police.read(number)).state is HandoverState.ACCEPTED


async def test_tests_are_withheld_where_110_does_not_want_them_and_no_test_asks_for_a_telephone(
    story: Story, tmp_path: Path
) -> None:
    await announce(story, Mode.TEST)
    async with with_station(story, tmp_path, exercises=False) as (police, _station):
        number = (await story.press(mode="test")).incident
        await police.hand_over()
        withheld = await police.read(number)
        assert withheld.disposition == "withheld: tests and drills are not handed over"
        await police.forward(100)
        assert await police.log() == ["handover.withheld"]
    police = await without_station(story)
    other = (await story.press("S2-G1", mode="test")).incident
    await police.hand_over()
    await police.forward(100)
    assert (await police.read(other)).disposition == "withheld: there is no link"
    assert (await police.rung(), (await story.incident(other)).police_telephone) == ([], False)


async def test_a_live_incident_passes_a_queue_of_tests(story: Story, tmp_path: Path) -> None:
    await announce(story, Mode.TEST)
    async with with_station(story, tmp_path) as (police, station):
        for school in ("S1", "S2"):
            for kind in ("panic", "fire", "medical"):
                await story.press(f"{school}-G1", mode="test", kind=kind)
                story.database.shift += timedelta(seconds=21)  # a second press in a test would be real
        live = (await story.press("S2-G1", id="live")).incident
        station.behave(usual=Conduct.HOLD)
        courier = PoliceCourier(story.database, police.terms, hands=4)
        await courier.carry_once()
        await courier.carry_once()
        case = await station.expect(lambda one: one.body["incident"] == live)
        assert case.body["mode"] == "live"
        station.release()
        await courier.finish()
        for _ in range(len(station.cases) - 1):
            await station.expect()


async def test_a_closed_incident_is_taken_back_from_110_with_its_cause(story: Story, tmp_path: Path) -> None:
    async with with_station(story, tmp_path) as (police, station):
        number = (await story.press()).incident
        await police.hand_over()
        case = await station.expect()
        await story.answers.acknowledge(number, WANG)
        await story.answers.close(number, WANG, Cause.ACCIDENTAL)
        await police.hand_over()
        said = await station.expect_withdrawal(case.key)
        assert said["cause"] == "accidental"
        assert "<msgType>Cancel</msgType>" in said["cap"]
        handover = await police.read(number)
        assert (handover.state, handover.withdrawn_at is not None) == (HandoverState.ACCEPTED, True)
        await police.forward(1000)
        assert (await police.log())[-1] == "handover.withdrawn"


async def test_an_incident_that_is_closed_before_110_heard_of_it_is_never_sent(story: Story, tmp_path: Path) -> None:
    async with with_station(story, tmp_path) as (police, _station):
        number = (await story.press()).incident
        await story.answers.acknowledge(number, WANG)
        await story.answers.close(number, WANG, Cause.PUPIL_PLAY)
        await police.hand_over()
        handover = await police.read(number)
        assert (handover.state, handover.disposition) == (HandoverState.CLOSED, "withdrawn: pupil_play")


async def test_an_incident_closed_while_it_is_on_the_wire_is_taken_back_too(story: Story, tmp_path: Path) -> None:
    async with with_station(story, tmp_path) as (police, station):
        number = (await story.press()).incident
        station.behave(Conduct.HOLD)
        await police.courier.carry_once()
        case = await station.expect()
        await story.answers.acknowledge(number, WANG)
        await story.answers.close(number, WANG, Cause.ACCIDENTAL)
        station.release()
        await police.courier.finish()
        await police.hand_over()
        await station.expect_withdrawal(case.key)
        assert (await police.read(number)).withdrawn_at is not None


async def test_a_stranger_without_our_certificate_and_a_station_without_its_own_are_not_spoken_to(
    story: Story, tmp_path: Path
) -> None:
    async with with_station(story, tmp_path) as (_police, station):
        ours = write_certificates(tmp_path / "certificates")
        other = write_certificates(tmp_path / "another authority")
        number = (await story.press()).incident
        case = Case((await _police.read(number)).key, await story.incident(number), None, story.now)
        for tls in (
            open_tls(None, None, ours.authority),
            open_tls(other.client, other.client_key, ours.authority),
            open_tls(ours.client, ours.client_key, other.authority),
        ):
            async with HttpLink(station.url, tls) as link:
                with pytest.raises(LinkFailed):
                    await link.hand_over(case)
        assert station.cases == {}


def test_a_certificate_that_is_not_there_names_its_settings(tmp_path: Path) -> None:
    with pytest.raises(CertificateUnusable, match="CAMPUS_POLICE_CERT"):
        open_tls(tmp_path / "none.pem", None, None)
    with pytest.raises(CertificateUnusable, match="CAMPUS_POLICE_CA"):
        open_tls(None, None, tmp_path / "none.pem")


async def test_engines_that_watch_at_the_same_time_ring_once(story: Story) -> None:
    police = await without_station(story)
    for device in ("S1-G1", "S2-G1", "S3-G1"):
        await story.press(device)
    await police.hand_over()
    await asyncio.gather(*(watch_handovers_due(story.database) for _ in range(4)))
    assert await police.rung() == ["city"] * 3
    assert (await police.log()).count("handover.overdue") == 3


async def test_an_address_that_is_none_does_not_stop_the_engine(story: Story) -> None:
    async with HttpLink("https://sta\x00tion/cases", None) as link:
        police = PoliceStory(story, PoliceTerms(link))
        number = (await story.press()).incident
        await police.hand_over()
        assert "InvalidURL" in ((await police.read(number)).error or "")
        await police.forward(31)
        assert await police.rung() == ["city"]


async def test_a_station_that_does_not_know_the_case_needs_no_withdrawal(story: Story, tmp_path: Path) -> None:
    number = (await story.press()).incident
    await (await without_station(story)).hand_over()
    await story.answers.acknowledge(number, WANG)
    await story.answers.close(number, WANG, Cause.ACCIDENTAL)
    await story.database_execute("update handover set attempts = 5")
    async with with_station(story, tmp_path) as (police, station):
        await police.hand_over()
        assert (await police.read(number)).state is HandoverState.CLOSED
        assert station.cases == {}


async def test_a_clock_of_110_that_is_ahead_does_not_write_the_future_down(story: Story, tmp_path: Path) -> None:
    async with with_station(story, tmp_path, poll=timedelta(seconds=5)) as (police, station):
        number = (await story.press()).incident
        station.behave(usual=Conduct.RECEIVE)
        await police.hand_over()
        key = (await station.expect()).key
        report = Report(HandoverState.DISPATCHED, story.now + timedelta(seconds=50))
        await police.handovers.take_from_wire((await police.read(number)).key, report)
        assert str((await police.read(number)).key) == key
        handover = await police.read(number)
        assert handover.dispatched_at is not None
        assert handover.dispatched_at <= story.now


async def test_110_is_told_though_nobody_at_all_can_be_reached(story: Story, tmp_path: Path) -> None:
    async with with_station(story, tmp_path) as (police, station):
        await story.database_execute("delete from holding")
        number = (await story.press()).incident
        await police.hand_over()
        await station.expect()
        assert (await police.read(number)).state is HandoverState.ACCEPTED


async def test_the_desks_next_method_is_tried_though_the_school_has_the_incident_and_not_once_110_has_it(
    story: Story,
) -> None:
    phones = await Phones(story).open()
    await story.database_execute(
        "insert into contact_method (person, rank, channel, address, added_at, verified_at)"
        " values ('city', 2, 'voice', '13800000005', now(), now())"
    )
    police = await without_station(story)
    number = (await story.press()).incident
    await story.answers.acknowledge(number, WANG)
    await police.forward(0)
    await police.forward(0)
    await story.answers.respond(number, WANG)
    await phones.let_time_run_out()
    assert (phones.sent("sms"), phones.sent("voice")) == (["city"], ["city"])
    await police.forward(31)
    report = Report(HandoverState.ACCEPTED, story.now, number="110-1")
    await police.handovers.take_from_telephone(number, WANG, report)
    await phones.let_time_run_out()
    assert (phones.sent("sms"), phones.sent("voice")) == (["city"], ["city"]), "110 has it"


async def test_a_closed_incident_rings_nobody_about_110(story: Story) -> None:
    police = await without_station(story)
    number = (await story.press()).incident
    await police.forward(0)
    await police.forward(0)
    assert await police.rung() == ["city"]
    await story.answers.acknowledge(number, WANG)
    await story.answers.close(number, WANG, Cause.ACCIDENTAL)
    await story.deliver()
    assert story.channel.sent == []
