"""The truth again, by way of the service's own intake and loading: messages to rows, rows to days, days to verdicts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

from alerts.compliance.loading import batch_schools, load_days
from alerts.domain.arrivals import Arrival
from alerts.domain.calendars import Calendar
from alerts.domain.compliance.catalogue import judge_day
from alerts.domain.compliance.verdicts import Verdict
from alerts.importing import import_sources, open_source
from alerts.storage.database import Database
from alerts.storage.school_days import list_schools
from gateway import wire
from simulators.city.generator import generate_city
from simulators.city.tables import write_tables
from simulators.compliance.campus import lay_out_city
from simulators.compliance.cheats import Cheat
from simulators.compliance.day import play_day, schedule_day
from simulators.compliance.diary import PHONE, PlayedDay, Report
from simulators.compliance.truth import tell_truth
from tests.alerts.story import Story

MONDAY = date(2026, 11, 23)
SCHOOLS = 40
RULES = ("C1", "C2", "C3", "C4", "C5", "C6", "C9", "G3", "H1", "H2")
CHANNELS = {wire.Gate: "gate", wire.Visit: "visit", wire.Post: "post"}


async def test_no_rule_is_met_that_was_not_when_messages_go_the_whole_way(database: Database, tmp_path: Path) -> None:
    city = generate_city(SCHOOLS, 1, watched=SCHOOLS)
    sources = [open_source(path) for path in write_tables(city, tmp_path)]
    assert not [report.bad_rows async for report in import_sources(database, sources, by="wang") if report.bad_rows]
    shares = dict.fromkeys(Cheat, 0.15)
    day = Calendar().look_up(MONDAY)
    days = [play_day(one, schedule_day(one, day), MONDAY, 1, shares) for one in lay_out_city(city, 1)]
    story = Story(database)
    database.shift += days[0].ends_at + timedelta(hours=1) - story.now
    await keep_transitions(database, days)
    arrivals = [arrive(played, report) for played in days for report in played.reports if is_sent(played, report)]
    arrivals.sort(key=lambda one: one.received_at)
    for first in range(0, len(arrivals), 500):
        await story.intake.take_reports(arrivals[first : first + 500])

    judged = await judge_all(database, days[0].ends_at)
    seen = set()
    for played in days:
        code, truth = played.campus.school.code, tell_truth(played, RULES)
        for rule in RULES:
            said = judged[code, rule]
            seen.add((rule, said, truth[rule].met))
            assert not (said is Verdict.MET and not truth[rule].met), (code, rule, truth[rule].causes)
            assert not (said is Verdict.NOT_MET and truth[rule].met), (code, rule, played.cheats)
    for rule in set(RULES) - {"C9"}:  # a visitor in lesson time leaves C9 in doubt, and there is one nearly everywhere
        assert (rule, Verdict.MET, True) in seen
    for rule in ("C1", "C3", "C4", "C5", "G3", "H1", "H2"):
        assert (rule, Verdict.NOT_MET, False) in seen


async def keep_transitions(database: Database, days: list[PlayedDay]) -> None:
    """What supervision would have kept: each sensor was heard for days, but for the stretches in which it was not."""
    rows: list[tuple[str, datetime, str]] = []
    for played in days:
        campus = played.campus
        for code in (campus.gate, campus.terminal, campus.reader):
            rows.append((code, played.starts_at - timedelta(days=2), "online"))
            for since, until in played.unheard.get(code, ()):
                rows += [(code, since, "offline"), (code, until, "online")]
    async with database.connection() as connection:
        await connection.executemany(
            "insert into device_transition (device, at, link, troubles) values ($1, $2, $3, '{}')", rows
        )


def is_sent(played: PlayedDay, report: Report) -> bool:
    """A telephone's code that was used before is refused and leaves nothing."""
    return report.code is None or report.code.startswith(f"{played.on:%y%m%d}")


def arrive(played: PlayedDay, report: Report) -> Arrival:
    campus, channel = played.campus, CHANNELS[type(report.said)]
    device = campus.reader if report.device == PHONE else report.device
    school = campus.school
    topic = wire.write_topic(school.district, school.code, device, channel)
    return Arrival(topic, school.district, school.code, device, channel, wire.encode(report.said), report.sent_at)


async def judge_all(database: Database, now: datetime) -> dict[tuple[str, str], Verdict]:
    async with database.connection() as connection:
        codes = [row["code"] for row in await connection.fetch("select code from school")]
        batches = batch_schools(await list_schools(connection, codes), MONDAY, now)
        days = [day for batch in batches for day in await load_days(connection, batch)]
    return {(day.school, rule): found.verdict for day in days for rule, found in judge_day(day, {}).items()}
