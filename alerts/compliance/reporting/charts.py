"""What the charts of a compliance report show, and the charts themselves as inline SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from alerts.compliance.figures import Split
from alerts.compliance.reporting.report import ComplianceReport
from alerts.compliance.reporting.tables import count_asked, name_group, name_line, rank
from alerts.domain.compliance.headline import HUNDREDS, VerdictCount
from alerts.domain.compliance.rules import Group
from alerts.reports.charts import frame, write_text
from alerts.reports.words import Words

COLOURS = {"met": "#2f855a", "not_met": "#c53030", "unknown": "#a0aec0"}
_WIDTH, _HEIGHT, _BAR = 420, 150, 15


@dataclass(frozen=True, slots=True)
class Trend:
    """Schools by day: each day's met, not met, and unknown with what is declared only."""

    title: str
    days: tuple[str, ...]
    parts: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class League:
    """Places by their share met in percent, the best first."""

    title: str
    places: tuple[tuple[str, float], ...]


def list_trends(report: ComplianceReport, words: Words) -> list[Trend]:
    """One for each hundred."""
    return [
        Trend(
            words.say("chart-trend", name=name_group(group, words)),
            tuple(f"{day.on:%m-%d}" for day in report.days),
            tuple(_split(day.counts[group.value]) for day in report.days),
        )
        for group in HUNDREDS
    ]


def list_leagues(report: ComplianceReport, words: Words) -> list[League]:
    """One for each hundred: of districts, or within a district of kinds of school. None of a single school."""
    if report.wanted.school:
        return []
    split = Split.KIND if report.wanted.district else Split.DISTRICT
    title = "chart-kind" if report.wanted.district else "chart-league"
    return [
        League(words.say(title, name=name_group(group, words)), _rank(report, split, group, words))
        for group in HUNDREDS
    ]


def draw_trend(trend: Trend, words: Words) -> str:
    """Columns of schools by day, one part on the other."""
    most = max(1, *(sum(parts) for parts in trend.parts))
    slot, floor = _WIDTH / len(trend.days), _HEIGHT - 34
    drawn = [_draw_column(parts, number * slot, slot, floor, floor / most) for number, parts in enumerate(trend.parts)]
    ends = [(0.0, trend.days[0], "start"), (float(_WIDTH), trend.days[-1], "end")]
    drawn += [write_text(x, floor + 13, text, 10, anchor) for x, text, anchor in ends]
    return frame("".join(drawn) + _draw_legend(words), _WIDTH, _HEIGHT)


def draw_league(league: League) -> str:
    """A bar for each place; the whole width is 100 %."""
    left, right = 110, _WIDTH - 60
    drawn = []
    for number, (name, share) in enumerate(league.places):
        y = number * _BAR
        drawn.append(
            f'<rect x="{left}" y="{y + 3}" width="{right - left}" height="{_BAR - 5}" fill="#e2e8f0"/>'
            f'<rect x="{left}" y="{y + 3}" width="{(right - left) * share / 100:.1f}" height="{_BAR - 5}" '
            f'fill="{COLOURS["met"]}"/>'
            + write_text(left - 5, y + 11, name, 10, "end")
            + write_text(right + 5, y + 11, f"{share:.1f} %", 10, "start")
        )
    return frame("".join(drawn), _WIDTH, max(1, len(league.places)) * _BAR + 4)


def write_figure(title: str, drawing: str) -> str:
    """A chart with its title, for the pages."""
    return f"<figure><figcaption>{escape(title)}</figcaption>{drawing}</figure>"


def _split(count: VerdictCount) -> tuple[int, int, int]:
    return count.met, count.not_met, count.unknown + count.declared


def _rank(report: ComplianceReport, split: Split, group: Group, words: Words) -> tuple[tuple[str, float], ...]:
    lines = rank([line for line in report.lines if line.split is split], group)
    asked = [(name_line(line, words), line.last[group.value]) for line in lines if count_asked(line.last[group.value])]
    return tuple((name, count.met * 1000 // count_asked(count) / 10) for name, count in asked)


def _draw_column(parts: Sequence[int], x: float, slot: float, floor: float, scale: float) -> str:
    drawn, y = [], floor
    for colour, part in zip(COLOURS.values(), parts, strict=True):
        y -= part * scale
        drawn.append(
            f'<rect x="{x + slot * 0.1:.1f}" y="{y:.1f}" width="{slot * 0.8:.1f}" height="{part * scale:.1f}" '
            f'fill="{colour}"/>'
        )
    return "".join(drawn)


def _draw_legend(words: Words) -> str:
    drawn = []
    for number, (name, colour) in enumerate(COLOURS.items()):
        x, y = 4 + number * 90, _HEIGHT - 10
        drawn.append(f'<rect x="{x}" y="{y - 8}" width="9" height="9" fill="{colour}"/>')
        drawn.append(write_text(x + 13, y, words.say(name), 10, "start"))
    return "".join(drawn)
