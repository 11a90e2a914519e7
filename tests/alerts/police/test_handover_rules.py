"""What may become of a hand-over, and what becomes late."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from alerts.domain.handover import (
    MOVES,
    REPORTABLE,
    UNANSWERED,
    Handover,
    HandoverClosed,
    HandoverLate,
    Late,
    Report,
    ReportIncomplete,
    judge_deadlines,
    note_failed,
    note_sent,
    take_report,
    want_telephone,
    withdraw,
)
from alerts.domain.police import HandoverState
from alerts.domain.presses import Mode

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
WORDS = {"reason": "辖区不符", "disposition": "已处置", "number": "110-1"}


def queued(state: HandoverState = HandoverState.WAITING, mode: Mode = Mode.LIVE) -> Handover:
    half_a_minute = NOON + timedelta(seconds=30)
    closed_at = NOON if state is HandoverState.CLOSED else None
    return Handover(
        1, 7, mode, state, uuid4(), NOON, NOON, half_a_minute, NOON + timedelta(minutes=5), closed_at=closed_at
    )


def says(state: HandoverState, **words: str) -> Report:
    return Report(state, NOON, **WORDS | words)


@pytest.mark.parametrize("state", HandoverState)
@pytest.mark.parametrize("said", sorted(REPORTABLE))
def test_each_report_moves_a_hand_over_as_the_table_says_or_is_refused_by_name(
    state: HandoverState, said: HandoverState
) -> None:
    handover = queued(state)
    if said in MOVES[state] or said is state:
        assert take_report(handover, says(said), NOON).state is said
    elif state is HandoverState.CLOSED:
        with pytest.raises(HandoverClosed):
            take_report(handover, says(said), NOON)
    else:
        with pytest.raises(HandoverLate, match=f"it is {state} already"):
            take_report(handover, says(said), NOON)


def test_from_every_state_the_end_can_be_reached_and_nothing_leads_out_of_it() -> None:
    assert MOVES.keys() == set(HandoverState)
    assert MOVES[HandoverState.CLOSED] == ()
    assert all(HandoverState.CLOSED in MOVES[state] for state in HandoverState if state is not HandoverState.CLOSED)


def test_the_same_report_again_changes_nothing_and_a_fuller_one_only_adds() -> None:
    once = take_report(queued(), Report(HandoverState.ACCEPTED, NOON), NOON)
    assert take_report(once, Report(HandoverState.ACCEPTED, NOON + timedelta(minutes=1)), NOON) == once
    fuller = take_report(once, says(HandoverState.ACCEPTED, number="110-9"), NOON)
    assert replace(fuller, number=None, reason=None, disposition=None) == once


@pytest.mark.parametrize("state", [HandoverState.REJECTED, HandoverState.CLOSED])
def test_a_rejection_needs_its_reason_and_an_end_its_disposition(state: HandoverState) -> None:
    with pytest.raises(ReportIncomplete):
        take_report(queued(), Report(state, NOON), NOON)


@pytest.mark.parametrize("state", sorted(UNANSWERED))
def test_a_live_hand_over_that_nobody_at_110_has_rings_again_and_again_and_never_gives_up(state: HandoverState) -> None:
    handover, now, pauses = queued(state), NOON, []
    for rings in range(1, 8):
        assert handover.answer_by is not None
        pauses.append((handover.answer_by - now).total_seconds())
        now = handover.answer_by
        overdue = judge_deadlines(replace(handover, on_scene_by=None), now)
        assert (overdue.late, overdue.rings) == ((Late.ANSWER,), True)
        handover = overdue.handover
        assert (handover.rings, handover.telephone) == (rings, True)
    assert pauses == [30, 30, 60, 120, 240, 300, 300]


def test_a_hand_over_that_the_station_does_not_answer_is_sent_again() -> None:
    sent = note_sent(queued(), NOON, None)
    assert (sent.state, sent.due_at) == (HandoverState.SENT, None)
    late = judge_deadlines(sent, NOON + timedelta(seconds=30)).handover
    assert (late.state, late.due_at) == (HandoverState.WAITING, NOON + timedelta(seconds=30))
    assert late.sent_at == NOON


@pytest.mark.parametrize("mode", [Mode.TEST, Mode.DRILL])
def test_a_test_that_110_does_not_take_is_noted_once_and_rings_nobody(mode: Mode) -> None:
    overdue = judge_deadlines(queued(mode=mode), NOON + timedelta(seconds=30))
    assert (overdue.late, overdue.rings, overdue.handover.telephone) == ((Late.ANSWER,), False, False)
    assert overdue.handover.answer_by is None


def test_no_patrol_in_time_is_noted_once_whoever_accepted() -> None:
    accepted = take_report(queued(), says(HandoverState.ACCEPTED), NOON)
    assert judge_deadlines(accepted, NOON + timedelta(minutes=4)).late == ()
    overdue = judge_deadlines(accepted, NOON + timedelta(minutes=5))
    assert (overdue.late, overdue.rings) == ((Late.PATROL,), False)
    assert judge_deadlines(overdue.handover, NOON + timedelta(minutes=9)).late == ()
    there = take_report(accepted, says(HandoverState.ON_SCENE), NOON)
    assert judge_deadlines(there, NOON + timedelta(hours=1)).late == ()


def test_the_wire_is_tried_again_after_growing_pauses_of_half_a_minute_at_most() -> None:
    pauses = []
    for attempts in range(1, 7):
        failed = note_failed(replace(queued(), attempts=attempts), NOON, "cut")
        assert failed.due_at is not None
        pauses.append((failed.due_at - NOON).total_seconds())
    assert pauses == [2, 4, 8, 16, 30, 30]


def test_without_a_link_the_city_desk_is_rung_at_once() -> None:
    wanted = want_telephone(queued(), NOON)
    assert (wanted.state, wanted.telephone, wanted.due_at) == (HandoverState.PHONE_IN, True, None)
    assert judge_deadlines(wanted, NOON).rings


def test_a_closed_incident_ends_what_110_never_took_and_leaves_to_110_what_it_has() -> None:
    withdrawn = withdraw(queued(), NOON, "accidental")
    assert (withdrawn.state, withdrawn.disposition) == (HandoverState.CLOSED, "withdrawn: accidental")
    taken = withdraw(take_report(queued(), says(HandoverState.DISPATCHED), NOON), NOON, "real")
    assert (taken.state, taken.withdrawn_at, taken.due_at) == (HandoverState.DISPATCHED, NOON, None)
    assert take_report(taken, says(HandoverState.CLOSED), NOON).disposition == "已处置"
