"""`make bench`: every figure of docs/performance.md, in one run beside its floors. Takes about twenty minutes."""

from __future__ import annotations

import os
import platform
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tests.bench.boards import STORM_SECONDS, Storm, measure_boards
from tests.bench.busy_boards import measure_busy_boards
from tests.bench.city import CityFigures, measure_city
from tests.bench.compliance import measure_compliance, open_evident_city
from tests.bench.coverage import measure_coverage, measure_failing_coverage, open_watched_city
from tests.bench.day import choose_broker, measure_day
from tests.bench.escalation import measure_lateness
from tests.bench.evidence import measure_evidence
from tests.bench.latency import Latency, measure_floor, measure_ours
from tests.bench.notice import ANSWER_SECONDS, measure_notice
from tests.bench.page import BITS_A_SECOND, ROUND_TRIP_SECONDS, FirstPaint, measure_page
from tests.bench.parts import open_parts
from tests.bench.practice import measure_test_month
from tests.bench.throughput import measure_throughput, print_throughput
from tests.bench.years import measure_years

RATES = (50, 500)
NOTICE_PEOPLE = 3500
EVIDENCE_RATE, HELD_BACK = 1_000, 100_000
PARTS = (
    "latency",
    "throughput",
    "city",
    "boards",
    "busyboards",
    "escalation",
    "testmonth",
    "coverage",
    "evidence",
    "compliance",
    "years",
    "day",
    "notice",
    "page",
)

app = typer.Typer(add_completion=False)
console = Console(highlight=False)


@app.command(help=__doc__)
def run(
    parts: Annotated[list[str] | None, typer.Argument(help=f"Which of {', '.join(PARTS)}; all when left out.")] = None,
    schools: Annotated[int, typer.Option(help="Schools of the city that beats.")] = 3488,
    boards: Annotated[int, typer.Option(help="Boards that watch it.")] = 300,
    many_boards: Annotated[int, typer.Option(help="Boards on one dashboard, in the part that is about them.")] = 4000,
    interval_seconds: Annotated[int, typer.Option(help="Seconds between two beats of a device.")] = 30,
    load_minutes: Annotated[int, typer.Option(help="Minutes of 20 presses a second for which memory is watched.")] = 4,
    page_paints: Annotated[int, typer.Option(help="How often the page is opened, each time by a new browser.")] = 7,
    page_changes: Annotated[int, typer.Option(help="Changes for which the page's memory is watched.")] = 200_000,
) -> None:
    """Measures and prints."""
    wanted = parts or list(PARTS)
    unknown = set(wanted) - set(PARTS)
    if unknown:
        raise typer.BadParameter(f"no such part: {', '.join(sorted(unknown))}")
    console.print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    if "latency" in wanted:
        _run_latency()
    if "throughput" in wanted:
        console.rule("(c) durable QoS 1 events a second through one gateway process")
        print_throughput(measure_throughput(60_000, 3))
    if "city" in wanted:
        _run_city(schools, boards, interval_seconds, load_minutes)
    if "boards" in wanted:
        _run_boards(schools, many_boards)
    if "busyboards" in wanted:
        _run_busy_boards(schools, boards)
    if "escalation" in wanted:
        _run_escalation(schools)
    if "notice" in wanted:
        _run_notice()
    if "testmonth" in wanted:
        _run_test_month(schools, boards)
    if "coverage" in wanted:
        _run_coverage(schools)
    if "compliance" in wanted:
        _run_compliance(schools)
    if "evidence" in wanted:
        _run_evidence()
    if "years" in wanted:
        _run_years(schools)
    if "day" in wanted:
        _run_day(schools)
    if "page" in wanted:
        _run_page(schools, page_paints, page_changes)


def _run_latency() -> None:
    console.rule("(a), (b) from the finger to the receipt, ms")
    with open_parts(schools=200) as parts:
        floor, ours = measure_floor(parts, RATES), measure_ours(parts, RATES)
    table = _latency_table()
    for rate in RATES:
        _add_latency(table, f"{rate}/s floor", floor[rate])
        _add_latency(table, f"{rate}/s ours", ours[rate])
        table.add_row("  ratio", "", "", f"{ours[rate].p50 / floor[rate].p50:.2f}", "", _ratio(ours[rate], floor[rate]))
    console.print(table)


def _run_city(schools: int, boards: int, interval_seconds: int, load_minutes: int) -> None:
    console.rule(f"(d), (e) a city of {schools} schools and {boards} boards")
    with open_parts(schools) as parts:
        figures = measure_city(parts, boards, interval_seconds, load_minutes)
    console.print(figures.beating)
    table = _latency_table()
    _add_latency(table, "press to receipt, quiet", figures.quiet)
    _add_latency(table, "press to receipt, right after all signed in", figures.beside_sign_ins)
    _add_latency(table, "press to receipt, beside beats", figures.beside_beats)
    _add_latency(table, "press to last board, beside beats", figures.to_last_board)
    console.print(table)
    console.print(f"presses missing at some board: {figures.missing_at_some_board}")
    _print_memory(figures)


def _run_boards(schools: int, boards: int) -> None:
    console.rule(f"(n) {boards} boards on one dashboard of {schools} schools")
    with open_parts(schools) as parts:
        figures = measure_boards(parts, boards)
    ratio = figures.dashboard_cpu / figures.bare_cpu
    console.print(
        f"{figures.frames} frames to each board: the dashboard used {figures.dashboard_cpu:.2f} s of CPU, a bare server"
        f" that broadcasts the same {figures.bare_cpu:.2f} s, ratio {ratio:.2f}; missing at some board:"
        f" {figures.missing_at_some_board}"
    )
    table = _latency_table()
    _add_latency(table, "press to last board", figures.to_last_board)
    _add_latency(table, "press to receipt, boards only watch", figures.quiet)
    for name, storm in (("resume", figures.resumed), ("come back afresh", figures.afresh)):
        _add_latency(table, f"the same while all {name} within {STORM_SECONDS:.0f} s", storm.presses)
        table.add_row(
            "  ratio", "", "", f"{storm.presses.p50 / figures.quiet.p50:.2f}", "", _ratio(storm.presses, figures.quiet)
        )
    console.print(table)
    _print_storm("with their cursor", figures.resumed)
    _print_storm("afresh", figures.afresh)


def _run_busy_boards(schools: int, boards: int) -> None:
    console.rule(f"(o) {boards} boards whose people look at incidents, and a first judging of {schools} schools")
    with open_parts(schools) as parts:
        figures = measure_busy_boards(parts, boards)
    table = Table("press to last board, ms", "presses", "missing", "p50", "p99", "worst", "s", "s of CPU", "of a core")
    for name, one in (
        ("boards only watch", figures.quiet),
        ("all come to incidents, and turn to the next", figures.attended),
        ("all look at one, and stay", figures.stayed),
        ("the city is judged for the first time", figures.judged),
    ):
        last = one.to_last_board
        latency = (f"{value:.1f}" for value in (last.p50, last.p99, last.worst))
        cpu = (
            f"{one.seconds:.1f}",
            f"{one.dashboard_cpu:.2f}",
            f"{one.share:.2f} ({one.share / figures.quiet.share:.1f} x)",
        )
        table.add_row(name, str(last.presses), str(one.missing_at_some_board), *latency, *cpu)
    console.print(table)
    said = figures.said
    console.print(
        f"{said.said} times somebody said what they look at, {said.unheard} of them unheard; told who is there after"
        f" {said.p50:.3f} s at the median, {said.p99:.3f} at p99, {said.worst:.3f} at worst; {said.shown} messages of"
        f" what stands on screens"
    )


def _print_storm(how: str, storm: Storm) -> None:
    back = storm.back
    console.print(
        f"back {how}: the last after {back.seconds:.1f} s, {back.refused} told to come later;"
        f" each waited {back.p50:.3f} s at the median, {back.p99:.3f} s at p99, {back.worst:.3f} s at worst"
    )


def _run_escalation(schools: int) -> None:
    console.rule("how late steps fire with 10,000 incidents open")
    with open_parts(schools) as parts:
        late = measure_lateness(parts, 10_000, 240)
    console.print(
        f"{late.incidents} incidents, {late.steps} steps in {late.seconds} s: the latest step of an incident came"
        f" {late.p50:.3f} s late at the median, {late.p99:.3f} at p99, {late.worst:.3f} at worst"
    )


def _run_test_month(schools: int, boards: int) -> None:
    presses = min(schools, 3500)
    console.rule(f"the test month: {presses} schools press within 60 s, {boards} boards, live presses in between")
    with open_parts(schools + 60) as parts:
        figures = measure_test_month(parts, presses, boards)
    rate = figures.tests.presses / figures.seconds
    console.print(f"{figures.tests.presses} tests answered in {figures.seconds:.1f} s, {rate:.0f}/s")
    table = _latency_table()
    _add_latency(table, "test to receipt", figures.tests)
    _add_latency(table, "live to receipt, quiet", figures.quiet_receipt)
    _add_latency(table, "live to receipt, in the storm", figures.storm_receipt)
    _add_latency(table, "live to last board, quiet", figures.quiet_board)
    _add_latency(table, "live to last board, in the storm", figures.storm_board)
    console.print(table)


def _print_memory(figures: CityFigures) -> None:
    table = Table("resident MB", *figures.memory)
    for process in next(iter(figures.memory.values())):
        table.add_row(process, *(f"{moment[process]:.0f}" for moment in figures.memory.values()))
    console.print(table)


def _run_coverage(schools: int) -> None:
    console.rule(f"(h) proving the coming week of {schools} schools, on one core")
    with open_watched_city(schools) as url:
        usual = measure_coverage(url)
        failing = measure_failing_coverage(url)
    table = Table("", "schools", "people", "duties", "holes", "schools with holes", "s", "s of CPU", "one school, s")
    for name, one in (("as usual", usual), ("nearly nobody can be reached", failing)):
        counts = map(str, (one.schools, one.people, one.duties, one.holes, one.schools_with_holes))
        table.add_row(name, *counts, f"{one.seconds:.1f}", f"{one.cpu_seconds:.1f}", f"{one.one_school_seconds:.3f}")
    console.print(table)


def _run_compliance(schools: int) -> None:
    console.rule(f"(i) a day of {schools} schools judged by every rule")
    with open_evident_city(schools) as (url, on, postgres):
        figures = measure_compliance(url, on, postgres)
    console.print(f"{figures.schools} schools, {figures.rules} rules, {figures.evidence} raw messages")
    table = Table("", "s", "s of CPU in this process", "s of CPU in PostgreSQL")
    cpu = (figures.rejudged_cpu_seconds, figures.rejudged_postgres_seconds)
    table.add_row("judged again", f"{figures.rejudged_seconds:.1f}", *(f"{one:.1f}" for one in cpu))
    table.add_row("what stands now", f"{figures.standing_seconds:.1f}")
    table.add_row("closed", f"{figures.closed_seconds:.1f}")
    table.add_row("one school", f"{figures.one_school_seconds:.3f}")
    console.print(table)


def _run_evidence() -> None:
    console.rule(f"(k) presses beside {EVIDENCE_RATE} gates a second, and a day that was held back")
    with open_parts(schools=200) as parts:
        figures = measure_evidence(parts, EVIDENCE_RATE, HELD_BACK)
    table = _latency_table()
    _add_latency(table, "press to receipt, quiet", figures.quiet)
    _add_latency(table, f"the same beside {figures.rate} gates a second", figures.beside)
    console.print(table)
    console.print(f"{figures.sent} events, the last one stored {figures.behind_seconds:.1f} s after it was sent")
    rate = figures.held_back / figures.held_back_seconds
    console.print(
        f"{figures.held_back} held back, stored {figures.held_back_seconds:.0f} s after the gateway came back"
        f" ({rate:.0f}/s); {figures.stored} of {figures.sent + figures.held_back} are there"
    )


def _run_years(schools: int) -> None:
    console.rule(f"(j) three years of days of {schools} schools")
    with open_evident_city(schools) as (url, on, _), tempfile.TemporaryDirectory() as folder:
        figures = measure_years(url, on, Path(folder))
    disk = figures.disk
    console.print(
        f"a day of the city: {disk.evidence / 1e6:.0f} MB of {disk.evidence_rows} raw messages,"
        f" {disk.records / 1e6:.1f} MB of {disk.schools} records,"
        f" {disk.figures / 1e6:.1f} MB of {disk.figure_rows} figures"
    )
    console.print(f"{figures.days} days: {figures.figure_rows} figures, {figures.database_bytes / 1e9:.1f} GB in all")
    table = Table("ms", "p50", "p99", "worst", "kB")
    for name, one in figures.answers.items():
        table.add_row(name, *(f"{one.at(share):.1f}" for share in (0.5, 0.99, 1)), f"{one.size / 1000:.0f}")
    console.print(table)


def _run_day(schools: int) -> None:
    console.rule(f"(l) a day of {schools} schools taken in and closed on one core")
    with open_parts(schools, choose_broker()) as parts:
        figures = measure_day(parts)
    console.print(
        f"{figures.stored} of {figures.sent} messages are evidence, which {figures.broker} held back;"
        f" {figures.judged} of them are of the day, closed at {figures.schools} schools"
    )
    table = Table("s", "by the clock", *(f"CPU of {name}" for name in figures.closing))
    for name, seconds, cpu in (
        ("taken in", figures.taken_seconds, figures.taking),
        ("closed", figures.closed_seconds - figures.taken_seconds, figures.closing),
    ):
        table.add_row(name, f"{seconds:.1f}", *(f"{cpu.get(one, 0.0):.1f}" for one in figures.closing))
    console.print(table)
    console.print(f"from the first message stored to the day closed {figures.closed_seconds:.1f} s by the clock")


def _run_notice() -> None:
    console.rule(
        f"(g) a notice to {NOTICE_PEOPLE} people, against a provider that answers in {ANSWER_SECONDS * 1000:.0f} ms"
    )
    figures = measure_notice(NOTICE_PEOPLE)
    console.print(f"half of it taken after {figures.half_seconds:.1f} s, all of it after {figures.all_seconds:.1f} s")


def _run_page(schools: int, paints: int, changes: int) -> None:
    console.rule(f"(m) the page with {schools} schools in Chromium")
    figures = measure_page(schools, paints, changes)
    _print_first_paints(figures.first)
    table = Table("ms", "frames", "p50", "p99", "over 17", "tasks over 50", "longest", "main thread", "script", "style")
    for one in figures.frames:
        frames = (str(len(one.between)), f"{one.at(0.5):.1f}", f"{one.at(0.99):.1f}", f"{one.late:.1%}")
        longest = f"{max(one.long_tasks, default=0):.0f}"
        shares = (f"{share:.0%}" for share in (one.busy, one.script, one.style))
        table.add_row(one.name, *frames, str(len(one.long_tasks)), longest, *shares)
    console.print(table)
    for one in figures.frames:
        for took, scripts in one.blamed[:3]:
            console.print(f"{one.name}: a frame of {took:.0f} ms, of it {scripts or 'no script over 5 ms'}")
    table = Table("changes", "heap, MB", "nodes", "listeners")
    for kept in figures.day:
        table.add_row(f"{kept.changes:,}", f"{kept.heap_bytes / 1e6:.2f}", f"{kept.nodes:,}", f"{kept.listeners:,}")
    console.print(table)


def _print_first_paints(paints: Sequence[FirstPaint]) -> None:
    line = f"{BITS_A_SECOND / 1e6:.0f} Mbit/s, {ROUND_TRIP_SECONDS * 1000:.0f} ms"
    table = Table(f"first paint over {line}, ms", "median", "best", "worst")
    for first in paints:
        slow = "" if first.slowdown == 1 else f", {first.slowdown} times slower"
        for name, one in (("an empty page", first.empty), ("queue, list and counts", first.useful)):
            table.add_row(name + slow, *(f"{value:.0f}" for value in (statistics.median(one), min(one), max(one))))
    console.print(table)
    console.print(f"script until then {paints[-1].script_bytes / 1000:.0f} kB, compressed")


def _latency_table() -> Table:
    return Table("", "presses", "unanswered", "p50", "p90", "p99", "worst")


def _add_latency(table: Table, name: str, one: Latency) -> None:
    figures = (f"{value:.1f}" for value in (one.p50, one.p90, one.p99, one.worst))
    table.add_row(name, str(one.presses), str(one.unanswered), *figures)


def _ratio(ours: Latency, floor: Latency) -> str:
    return f"{ours.p99 / floor.p99:.2f}"


if __name__ == "__main__":
    app()
