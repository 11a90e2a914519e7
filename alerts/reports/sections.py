"""The tables of a report in words, for whatever form it is written in."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.domain.answer_times import IN_TIME
from alerts.domain.presses import Mode
from alerts.reports.after_action import AfterAction, Outcome, WindowSaid
from alerts.reports.words import Words

Cell = str | float
_BOUNDS = (10, 20, 30, 60, 120)  # seconds, the upper bounds of the chart's columns


@dataclass(frozen=True, slots=True)
class Section:
    """A table: its title, headings, and rows of texts and numbers."""

    title: str
    headings: tuple[str, ...]
    rows: list[tuple[Cell, ...]]


@dataclass(frozen=True, slots=True)
class Bucket:
    """Incidents that were taken within so many seconds; `standing` is `in_time`, `late` or `never`."""

    name: str
    incidents: int
    standing: str


def write_title(report: AfterAction, words: Words) -> str:
    """What the report is about."""
    id_ = report.subject.partition(":")[2]
    if report.window is None:
        return words.say("report-incident", id=id_)
    return words.say("report-window", id=id_, mode=words.name("mode", report.window.mode))


def list_summary(report: AfterAction, words: Words) -> list[tuple[str, str]]:
    """The report in a few lines; the last ones say from which log it is made."""
    rows = [("", write_title(report, words))]
    if report.window is not None:
        rows += _list_window(report.window, words)
    elif report.outcomes:
        rows += _list_outcome(report.outcomes[0], words)
    live = sum(one.incident.mode is Mode.LIVE for one in report.outcomes)
    answering = report.answering
    if report.window is not None:
        said = f"{answering.incidents} ({words.say('live-inside', count=live)})" if live else str(answering.incidents)
        rows.append((words.say("incidents"), said))
    rows += [
        (words.say("within-30"), _write_share(answering.within_30, answering.incidents, "80 %", words)),
        (words.say("within-60"), _write_share(answering.within_60, answering.incidents, "98.5 %", words)),
    ]
    if answering.incidents > 1:
        never = words.say("never")
        rows += [
            (words.say(name), words.seconds(value, never))
            for name, value in (
                ("p50", answering.p50_seconds),
                ("p90", answering.p90_seconds),
                ("p985", answering.p985_seconds),
            )
        ]
    arrived = sum(one.state in {"delivered", "seen", "answered"} for one in report.receipts)
    rows.append((words.say("reached"), f"{arrived} / {len(report.receipts)}"))
    return [*rows, (words.say("source", position=report.position), report.hash), ("", words.say("source-check"))]


def list_sections(report: AfterAction, words: Words) -> list[Section]:
    """All tables, empty ones too: that nothing was recorded is news."""
    return [
        _list_incidents(report, words),
        _list_timeline(report, words),
        _list_receipts(report, words),
        _list_tasks(report, words),
        _list_police(report, words),
    ]


def sort_into_buckets(report: AfterAction, words: Words) -> list[Bucket]:
    """How many incidents were taken how fast, for a chart."""
    taken = [one.taken_seconds for one in report.outcomes]
    buckets = []
    for low, high in zip((0, *_BOUNDS), _BOUNDS, strict=False):
        count = sum(one is not None and (low < one <= high or (one <= 0 and low == 0)) for one in taken)
        standing = "in_time" if high <= IN_TIME.total_seconds() else "late"
        buckets.append(Bucket(f"{low}-{high}", count, standing))
    buckets.append(Bucket(f"> {_BOUNDS[-1]}", sum(one is not None and one > _BOUNDS[-1] for one in taken), "late"))
    return [*buckets, Bucket(words.say("never"), taken.count(None), "never")]


def _list_window(window: WindowSaid, words: Words) -> list[tuple[str, str]]:
    place = window.school or window.district or words.say("place-city")
    told = words.say("window-police-no")
    if window.police_notified_at is not None:
        by, how = window.police_notified_by or "", words.name("how", window.police_notified_how or "")
        at, reference = words.time(window.police_notified_at), window.police_reference
        said = words.say("window-police-yes", at=at, by=by, how=how, reference=reference)
        told = said if window.announced_to_police else f"{told}; {said}"
    rows = [
        (words.say("place"), place),
        (words.say("window-when"), f"{words.time(window.starts_at)} – {words.time(window.ends_at)}"),
        (words.say("window-by"), f"{window.announced_by}, {words.time(window.announced_at)}"),
        (words.say("window-police"), told),
    ]
    return [*rows, (words.say("note"), window.note)] if window.note else rows


def _list_outcome(one: Outcome, words: Words) -> list[tuple[str, str]]:
    incident = one.incident
    taken = words.say("nobody")
    if one.taken_seconds is not None:
        taken = f"{one.first_taken_by}, {words.seconds(one.taken_seconds)}"
    closed = ""
    if incident.closed_at is not None:
        cause = words.name("cause", incident.cause or "")
        closed = f"{words.time(incident.closed_at)}, {incident.closed_by}, {cause}"
    return [
        (words.say("school"), f"{incident.school_name or incident.place} {incident.point or ''}".strip()),
        (words.say("mode"), f"{words.name('mode', incident.mode)}, {words.name('kind', incident.kind)}"),
        (words.say("opened"), words.time(incident.opened_at)),
        (words.say("taken"), taken),
        (words.say("responding"), words.seconds(one.responding_seconds, "–")),
        (words.say("closed"), closed or "–"),
    ]


def _write_share(part: int, whole: int, target: str, words: Words) -> str:
    share = f"{100 * part / whole:.1f} %" if whole else "–"
    return f"{part} / {whole} ({share}; {words.say('target')} {target})"


def _list_incidents(report: AfterAction, words: Words) -> Section:
    names = (
        "incident",
        "school",
        "point",
        "mode",
        "kind",
        "opened",
        "taken",
        "taken-by",
        "responding",
        "closed",
        "cause",
    )
    headings = (*names, "presses", "problems")
    rows = [
        (
            one.incident.id,
            one.incident.school_name or one.incident.place,
            one.incident.point or "",
            words.name("mode", one.incident.mode),
            words.name("kind", one.incident.kind),
            words.time(one.incident.opened_at),
            words.seconds(one.taken_seconds, words.say("nobody")),
            one.first_taken_by,
            words.seconds(one.responding_seconds),
            words.seconds(one.closed_seconds),
            words.name("cause", one.incident.cause or ""),
            one.incident.presses,
            ", ".join(one.incident.problems),
        )
        for one in report.outcomes
    ]
    return Section(words.say("incidents"), tuple(words.say(name) for name in headings), list(rows))


def _list_timeline(report: AfterAction, words: Words) -> Section:
    headings = ("time", "after", "incident", "what", "who", "detail")
    rows = [
        (
            words.time(one.at),
            words.seconds(one.seconds),
            one.incident,
            words.name("", one.kind),
            one.who,
            one.detail,
        )
        for one in report.events
    ]
    return Section(words.say("timeline"), tuple(words.say(name) for name in headings), list(rows))


def _list_receipts(report: AfterAction, words: Words) -> Section:
    headings = ("incident", "round", "step", "person", "post", "channel", "told", "state", "at", "error")
    rows = [
        (
            one.incident,
            one.round,
            one.step,
            one.person_name,
            words.name("post", one.post_kind),
            one.channel,
            words.time(one.told_at),
            words.name("state", one.state),
            words.time(one.state_at),
            one.error,
        )
        for one in report.receipts
    ]
    return Section(words.say("receipts"), tuple(words.say(name) for name in headings), list(rows))


def _list_tasks(report: AfterAction, words: Words) -> Section:
    headings = ("incident", "number", "person", "due", "state", "at", "by", "reason")
    rows = [
        (
            one.incident,
            one.number,
            one.person_name,
            one.due_at,
            words.name("task", one.state),
            words.time(one.at),
            one.by,
            one.text,
        )
        for one in report.tasks
    ]
    return Section(words.say("tasks"), tuple(words.say(name) for name in headings), list(rows))


def _list_police(report: AfterAction, words: Words) -> Section:
    headings = ("incident", "time", "after", "what", "number", "detail")
    rows = [
        (
            one.incident,
            words.time(one.at),
            words.seconds(one.seconds),
            words.name("", one.kind),
            one.number,
            one.detail,
        )
        for one in report.police
    ]
    return Section(words.say("police"), tuple(words.say(name) for name in headings), list(rows))
