"""What the rules make of days whose truth is known: never `met` where it was not."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from functools import cache

import pytest

from alerts.domain.calendars import Day, DayKind, DayOrigin
from alerts.domain.compliance.catalogue import judge_day
from alerts.domain.compliance.verdicts import Verdict
from simulators.chance import make_random
from simulators.city.generator import generate_city
from simulators.compliance.campus import Campus, lay_out
from simulators.compliance.cheats import Cheat
from simulators.compliance.day import play_day, schedule_day
from simulators.compliance.diary import PlayedDay
from simulators.compliance.truth import tell_truth
from tests.simulators.evidence import load_day, see_until

MONDAY = date(2026, 11, 23)
RULES = ("C1", "C2", "C3", "C4", "C5", "C6", "C9", "G3", "H1", "H2", "P1", "P3")
"""The rules whose truth is played and judged."""
LIVE_RULES = ("C1", "C2", "C5", "C6", "C9")
"""Those that are broken at a moment; of the others some are asked for at the end of the day."""

# Which cheats leave nothing that proves them, so that doubt is all that can be asked of a rule. The others are seen.
UNPROVABLE = {
    "C1": {Cheat.SENSOR_UNPLUGGED},
    "C2": {Cheat.TAILGATING, Cheat.QR_PHOTO, Cheat.SENSOR_UNPLUGGED, Cheat.EVENING_BOOK},
    "C3": {Cheat.EVENING_BOOK, Cheat.VISITOR_LEFT_INSIDE},
    "C4": {Cheat.VISITOR_LEFT_INSIDE},
    "C5": {Cheat.TAILGATING, Cheat.QR_PHOTO, Cheat.SENSOR_UNPLUGGED, Cheat.EVENING_BOOK},
    "C6": {Cheat.EVENING_BOOK},
    "C9": {Cheat.SENSOR_UNPLUGGED, Cheat.GATE_PROPPED},
    "G3": {Cheat.GUARD_LEAVES_EARLY},  # who goes without a word
    "H1": set(),
    "H2": set(),
    "P1": set(),
    "P3": set(),
}


@cache
def found_campuses() -> tuple[Campus, ...]:
    return tuple(
        lay_out(one, (f"{one.code}-guard1", f"{one.code}-guard2"), [f"{one.code}-t{n}" for n in range(3)], seed=1)
        for one in generate_city(40).schools
    )


def play(seed: int, shares: dict[Cheat, float] | None = None) -> list[PlayedDay]:
    """A day of forty schools of every kind; on every fifth seed it is a day off."""
    on = MONDAY + timedelta(days=seed % 5)
    day = Day(on, DayKind.HOLIDAY if seed % 5 == 4 else DayKind.WORKDAY, "", DayOrigin.NATIONAL)
    more = {} if shares is None else {"shares": shares}
    return [play_day(one, schedule_day(one, day), on, seed, **more) for one in found_campuses()]


@pytest.mark.parametrize("seed", range(20))
def test_no_rule_is_met_that_was_not_and_every_miss_is_explained(seed: int) -> None:
    for played in play(seed):
        truth, judged = tell_truth(played), judge_day(load_day(played), {})
        for rule in RULES:
            said, real = judged[rule].verdict, truth[rule]
            told = (seed, played.campus.school.code, rule, set(real.causes), judged[rule].reasons)
            assert not (said is Verdict.MET and not real.met), told
            assert not (said is Verdict.NOT_MET and real.met), told
            if not real.met and said is not Verdict.NOT_MET:
                assert real.causes <= UNPROVABLE[rule] or played.mishaps, told


@pytest.mark.parametrize("seed", range(6))
def test_while_a_day_runs_no_rule_of_gates_and_visitors_is_met_any_more_five_minutes_after_it_was_broken(
    seed: int,
) -> None:
    chance = make_random(seed, "moments")
    for played in play(seed, dict.fromkeys(Cheat, 0.15)):
        for _ in range(3):
            now = played.starts_at + timedelta(hours=chance.uniform(0.2, 23.9))
            truth = tell_truth(see_until(played, now - timedelta(minutes=5)), LIVE_RULES)
            judged = judge_day(load_day(played, now), {})
            for rule in LIVE_RULES:
                told = (seed, played.campus.school.code, now, rule, set(truth[rule].causes), judged[rule].reasons)
                assert not (judged[rule].verdict is Verdict.MET and not truth[rule].met), told


@pytest.mark.parametrize("cheat", Cheat)
def test_each_cheat_is_played_by_whoever_is_asked_to(cheat: Cheat) -> None:
    days = play(3, {cheat: 1.0})
    assert all(day.cheats == {cheat} for day in days)
    broken = {rule for day in days for rule, truth in tell_truth(day).items() if not truth.met}
    assert broken, "a cheat that breaks no rule is none"
    causes = {cause for day in days for truth in tell_truth(day).values() for cause in truth.causes}
    assert causes == {cheat}


def test_where_nobody_cheats_most_rules_are_met_and_nothing_is_not() -> None:
    verdicts: Counter[tuple[str, Verdict]] = Counter()
    for played in play(0, {}):
        assert all(truth.met for truth in tell_truth(played).values())
        judged = judge_day(load_day(played), {})
        verdicts.update((rule, judged[rule].verdict) for rule in RULES)
    assert not any(said is Verdict.NOT_MET for _, said in verdicts)
    for rule in ("C1", "C2", "C3", "C4", "C5", "C6", "G3", "H1", "H2", "P1", "P3"):
        assert verdicts[rule, Verdict.MET] >= 30, rule  # of 40; the others have mishaps, which are no evidence


def test_the_same_seed_plays_the_same_day() -> None:
    assert play(7)[:5] == play(7)[:5]
    assert [day.reports for day in play(7)[:5]] != [day.reports for day in play(8)[:5]]
