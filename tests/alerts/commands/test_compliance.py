"""The figures of a past day at a terminal: as they were recorded, and as today's rules and numbers would have them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.compliance.figures import Split, read_figures
from alerts.compliance.rejudging import rejudge_figures
from alerts.domain.policies import DEFAULT_ZONE
from alerts.engine.closing import close_due
from alerts.storage.database import Database
from tests.alerts.compliance.living import LivingCity
from tests.programs import call

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
STRICTER = """
insert into rule_parameter (rule, name, level, value, source, valid_from, saved_by, saved_at)
values ('C1', 'open_minutes', 'city', 1, 'test', '2026-11-24', 'test', now())
"""


@pytest.fixture
async def city(database: Database) -> LivingCity:
    """A Monday on which a gate stood open for two minutes, which was allowed; since Tuesday it is not."""
    city = await LivingCity.open(database, "00:00:01", MONDAY)
    await city.hear("S1-GATE")
    await city.gate("00:00:00", opened=False)
    while await close_due(database):
        pass
    await city.go("10:02:01")
    await city.gate("10:00", opened=True)
    await city.gate("10:02", opened=False)
    await city.turn()
    await city.go("00:31", TUESDAY)
    while await close_due(database):
        pass
    await city.story.database_execute(STRICTER)
    return city


async def test_a_day_keeps_the_numbers_of_its_own_and_can_be_judged_by_those_of_today(city: LivingCity) -> None:
    seen: list[tuple[int, int]] = []
    async with city.database.connection() as connection:
        now = await city.database.read_now(connection)
        recorded = await read_figures(connection, now, Split.CITY, on=MONDAY)
    today = await rejudge_figures(city.database, MONDAY, Split.CITY, lambda done, total: seen.append((done, total)))
    assert (recorded.city.rules["C1"].met, recorded.city.rules["C1"].not_met) == (1, 0)
    assert (today.city.rules["C1"].met, today.city.rules["C1"].not_met) == (0, 1)
    assert seen[-1] == (3, 3)


async def test_judging_again_writes_nothing(city: LivingCity) -> None:
    days = "select count(*) from school_day"
    before = await city.story.value(days), await city.story.log_kinds()
    await rejudge_figures(city.database, MONDAY, Split.DISTRICT)
    assert (await city.story.value(days), await city.story.log_kinds()) == before


async def test_a_month_is_judged_again_but_for_the_days_whose_evidence_has_gone_and_these_are_named(
    city: LivingCity,
) -> None:
    # A terminal has its own clock.
    last = datetime.now(ZoneInfo(DEFAULT_ZONE)).date().replace(day=1) - timedelta(days=1)
    days = [str(last.replace(day=number)) for number in range(1, last.day + 1)]

    def rejudge(*words: str) -> tuple[int, str, str]:
        done = call("alerts", "compliance", "--rejudge", "--on", *words, CAMPUS_DATABASE_URL=city.database.url)
        return done.returncode, done.stdout, done.stderr

    await city.story.rows("insert into evidence_gone values ($1, $2, 7, '{}')", last.replace(day=2), city.story.now)
    code, judged, left = rejudge(str(last), "--month")
    assert code == 1, left
    kept = [day for day in days if day not in days[1:3]]  # the third begins within the second by UTC
    assert [line.split()[0] for line in judged.splitlines()[1:]] == kept
    assert f"{len(kept)} of {len(days)} days" in left
    assert [day for day in days if f"evidence of {day} went" in left] == days[1:3]
    assert rejudge(days[1])[0] == 2
    await city.story.rows("delete from evidence_gone")
    code, judged, left = rejudge(str(last), "--month")
    assert (code, len(judged.splitlines()) - 1) == (0, len(days)), left


@pytest.mark.parametrize(
    ("tried", "said"),
    [
        ("C1.open_minutes=five", "--try takes RULE.NUMBER=VALUE"),
        ("C1.open_minutes=-1", "value: -1 makes no sense here"),
        ("C1.open_minutes=5", "no day is closed yet"),
    ],
)
def test_a_number_that_cannot_be_tried_at_a_terminal_is_refused_in_one_sentence(
    database_url: str, tried: str, said: str
) -> None:
    done = call("alerts", "compliance", "--try", tried, CAMPUS_DATABASE_URL=database_url)
    assert (done.returncode, said in done.stderr, "Traceback" in done.stderr) == (2, True, False), done.stderr
