"""The tables of a compliance report in words, for whatever form it is written in."""

from __future__ import annotations

from collections.abc import Iterator

from alerts.compliance.figures import Split
from alerts.compliance.reporting.counting import HEADLINES
from alerts.compliance.reporting.report import ComplianceReport, ReportDay, ReportLine
from alerts.compliance.rulebook import GROUPS, UNITS
from alerts.domain.compliance.exports import Period
from alerts.domain.compliance.headline import VERDICT_OF, VerdictCount, count_letters
from alerts.domain.compliance.rules import Group
from alerts.domain.compliance.terms import Unit
from alerts.reports.sections import Cell, Section
from alerts.reports.words import Language, Words

PACKAGE = "alerts.compliance.reporting"
COUNTED = ("met", "not_met", "unknown", "declared", "not_applicable")


def speak(language: Language, zone: str) -> Words:
    """The words of compliance reports."""
    return Words(language, zone, PACKAGE)


def write_title(report: ComplianceReport, words: Words) -> str:
    """What the report is about."""
    return words.say("title", place=_choose(words, report.name, report.name_en), period=write_period(report, words))


def write_period(report: ComplianceReport, words: Words) -> str:
    """The days of which it tells."""
    wanted = report.wanted
    if wanted.period is Period.DAY:
        return f"{wanted.first}"
    name = f"{wanted.first:%Y-%m}" if wanted.period is Period.MONTH else wanted.period_name
    return words.say("period", name=name, first=wanted.first, last=wanted.last)


def list_summary(report: ComplianceReport, words: Words) -> list[tuple[str, str]]:
    """The report in a few lines."""
    breaches, last = report.breaches, report.days[-1]
    days = words.say("days-closed", closed=len(report.days), all=len(report.days) + len(report.missing))
    lines = [
        (words.say("scope"), f"{_choose(words, report.name, report.name_en)} ({_tell_place(report)})"),
        (words.say("when"), write_period(report, words)),
        (words.say("days"), days),
        (words.say("last-day"), words.say("last-day-of", on=last.on, schools=last.schools)),
    ]
    lines += [(name_group(group, words), write_count(report.total.last[group.value], words)) for group in HEADLINES]
    lines += [
        (words.say("findings"), words.say("findings-told", all=report.all_findings, listed=len(report.findings))),
        (
            words.say("breaches"),
            words.say(
                "breaches-told",
                opened=breaches.opened,
                closed=breaches.closed,
                open=breaches.open_at_end,
                overdue=breaches.overdue_at_end,
            ),
        ),
        (words.say("amended"), words.say("amended-told", count=report.all_amendments)),
        (words.say("made"), words.time(report.made_at)),
    ]
    return lines


def list_source(report: ComplianceReport, words: Words) -> list[tuple[str, str]]:
    """From which log it is made, and how a copy is checked."""
    head = report.head
    return [
        (words.say("source", position=head.position, at=words.time(head.at)), head.hash),
        (words.say("check"), words.say("check-how")),
    ]


def list_sections(report: ComplianceReport, words: Words) -> list[Section]:
    """All tables, empty ones too: that there is nothing to tell is news."""
    splits = [split for split in Split if split is not Split.CITY and _is_told(report, split)]
    return [
        _list_headlines(report, words),
        *(_list_league(report, split, words) for split in splits),
        _list_trend(report, words),
        _list_rules(report, words),
        _list_findings(report, words),
        _list_schools(report, words),
        _list_breaches(report, words),
        _list_numbers(report, words),
        _list_days(report, words),
        _list_amendments(report, words),
    ]


def count_asked(count: VerdictCount) -> int:
    """Those to which it applies: N."""
    return count.met + count.not_met + count.unknown + count.declared


def write_share(count: VerdictCount) -> str:
    """Percent met of N, cut and not rounded: only all of it is 100."""
    asked = count_asked(count)
    return f"{count.met * 1000 // asked / 10:.1f} %" if asked else "–"


def write_count(count: VerdictCount, words: Words) -> str:
    """Met, not met, unknown of N in a sentence; what a form alone says is unknown, and said."""
    return words.say(
        "count",
        met=count.met,
        not_met=count.not_met,
        unknown=count.unknown + count.declared,
        declared=count.declared,
        asked=count_asked(count),
        share=write_share(count),
    )


def name_group(group: Group, words: Words) -> str:
    """What a hundred or a team is called."""
    return _choose(words, *GROUPS[group])


def name_line(line: ReportLine, words: Words) -> str:
    """What a place is called: a district, a kind of school …"""
    if line.split in (Split.KIND, Split.OWNERSHIP):
        return words.name(str(line.split), line.key)
    return words.say("no-group") if line.key == "" else _choose(words, line.name, line.name_en)


def _tell_place(report: ComplianceReport) -> str:
    return report.wanted.subject.removeprefix("report:")


def _choose(words: Words, zh: str, en: str) -> str:
    return zh if words.language is Language.ZH else en


def _is_told(report: ComplianceReport, split: Split) -> bool:
    """One school is told apart by nothing, one district not by districts."""
    if report.wanted.school:
        return False
    return split is not Split.DISTRICT or report.wanted.district is None


def _numbers(count: VerdictCount) -> tuple[Cell, ...]:
    return (*(getattr(count, name) for name in COUNTED), count_asked(count), write_share(count))


def _headings(words: Words, *names: str) -> tuple[str, ...]:
    return tuple(words.say(name) for name in names)


_COUNT_HEADINGS = (*COUNTED, "asked", "share")


def _list_headlines(report: ComplianceReport, words: Words) -> Section:
    headings = _headings(words, "what", "counted", *_COUNT_HEADINGS)
    rows: list[tuple[Cell, ...]] = []
    for counted, counts in (("schools-last", report.total.last), ("school-days", report.total.whole)):
        rows += [(name_group(group, words), words.say(counted), *_numbers(counts[group.value])) for group in HEADLINES]
    return Section(words.say("headlines"), headings, rows)


def _list_league(report: ComplianceReport, split: Split, words: Words) -> Section:
    """Places by what they came to, the best first."""
    headings = _headings(words, "what", "place", "schools", *_COUNT_HEADINGS, "share-whole")
    rows: list[tuple[Cell, ...]] = []
    for group in HEADLINES:
        for line in rank([one for one in report.lines if one.split is split], group):
            last, whole = line.last[group.value], line.whole[group.value]
            name = name_line(line, words)
            rows.append((name_group(group, words), name, line.schools, *_numbers(last), write_share(whole)))
    return Section(words.say(f"by-{split}"), headings, rows)


def rank(lines: list[ReportLine], group: Group) -> list[ReportLine]:
    """The best first by their share met on the last day; where nothing applies, last."""

    def share(line: ReportLine) -> float:
        count = line.last[group.value]
        return count.met / count_asked(count) if count_asked(count) else -1.0

    return sorted(lines, key=share, reverse=True)


def _list_trend(report: ComplianceReport, words: Words) -> Section:
    headings = _headings(words, "day", "what", *_COUNT_HEADINGS)
    rows: list[tuple[Cell, ...]] = [
        (f"{day.on}", name_group(group, words), *_numbers(day.counts[group.value]))
        for group in HEADLINES
        for day in report.days
    ]
    return Section(words.say("trend"), headings, rows)


def _list_rules(report: ComplianceReport, words: Words) -> Section:
    headings = _headings(words, "rule", "rule-name", "group", *_COUNT_HEADINGS, "share-whole")
    rows: list[tuple[Cell, ...]] = [
        (
            rule.code,
            _choose(words, rule.zh, rule.en),
            name_group(rule.group, words) if rule.group else "",
            *_numbers(report.total.last[rule.code]),
            write_share(report.total.whole[rule.code]),
        )
        for rule in report.rules
        if rule.code in report.total.last
    ]
    return Section(words.say("rules"), headings, rows)


def _list_findings(report: ComplianceReport, words: Words) -> Section:
    names = {rule.code: _choose(words, rule.zh, rule.en) for rule in report.rules}
    headings = _headings(words, "day", "school", "name", "rule", "rule-name", "reason")
    rows: list[tuple[Cell, ...]] = [
        (f"{one.on}", one.school, one.school_name, one.rule, names.get(one.rule, ""), _choose(words, one.zh, one.en))
        for one in report.findings
    ]
    return Section(words.say("findings"), headings, rows)


def _list_schools(report: ComplianceReport, words: Words) -> Section:
    """Each school: how it stood on the last day, and on how many of the days it met what applied."""
    of_days = [f"{name_group(group, words)} {words.say('met-days')}" for group in HEADLINES]
    headings = (
        *_headings(words, "school", "name", "district", "kind", "ownership"),
        *(name_group(group, words) for group in HEADLINES),
        *of_days,
    )
    rows: list[tuple[Cell, ...]] = []
    for one in report.schools:
        courses = [one.courses[group.value] for group in HEADLINES]
        last = [_name_letter(course[-1], words) for course in courses]
        counts = [count_letters(course) for course in courses]
        days = [f"{count.met} / {count_asked(count)}" for count in counts]
        kind, ownership = words.name("kind", one.kind), words.name("ownership", one.ownership)
        rows.append((one.code, one.name, one.district, kind, ownership, *last, *days))
    return Section(words.say("schools-all"), headings, rows)


def _name_letter(letter: str, words: Words) -> str:
    return words.say(VERDICT_OF[letter].value) if letter in VERDICT_OF else ""


def _list_breaches(report: ComplianceReport, words: Words) -> Section:
    headings = _headings(words, "number", "school", "name", "rule", "opened", "due", "owner", "repeats", "closed")
    rows: list[tuple[Cell, ...]] = [
        (
            one.id,
            one.school,
            one.school_name,
            one.rule,
            words.time(one.opened_at),
            words.time(one.due_at),
            one.owner_name or "",
            one.repeats,
            words.time(one.closed_at),
        )
        for one in report.breaches.items
    ]
    return Section(words.say("breaches"), headings, rows)


def _list_numbers(report: ComplianceReport, words: Words) -> Section:
    """The numbers in force: the defaults of each rule, and what levels set in their place."""
    headings = _headings(words, "rule", "number-name", "value", "unit", "level", "source-of", "from", "until")
    rows = [*_list_defaults(report, words), *_list_set(report, words)]
    return Section(words.say("numbers"), headings, rows)


def _list_defaults(report: ComplianceReport, words: Words) -> Iterator[tuple[Cell, ...]]:
    for rule in report.rules:
        for one in rule.numbers:
            level = words.say("default")
            yield rule.code, one.name, one.value, _unit(one.unit, words), level, one.source, "", ""


def _list_set(report: ComplianceReport, words: Words) -> Iterator[tuple[Cell, ...]]:
    units = {(rule.code, one.name): one.unit for rule in report.rules for one in rule.numbers}
    for one in report.parameters:
        unit = units.get((one.rule, one.name))
        level = f"{words.name('level', one.level)} {one.school or ''}".strip()
        until = f"{one.valid_until or ''}"
        yield one.rule, one.name, one.value, _unit(unit, words), level, one.source, f"{one.valid_from}", until


def _unit(unit: Unit | None, words: Words) -> str:
    return _choose(words, *UNITS[unit]) if unit else ""


def _list_days(report: ComplianceReport, words: Words) -> Section:
    headings = _headings(
        words, "day", "closed-at", "schools", "amended-schools", "messages", "evidence-hash", "log-row", "log-hash"
    )
    rows = [_tell_day(day, words) for day in report.days]
    rows += [(f"{on}", words.say("not-closed"), 0, 0, 0, "", "", "") for on in report.missing]
    return Section(words.say("days-list"), headings, rows)


def _tell_day(day: ReportDay, words: Words) -> tuple[Cell, ...]:
    return (
        f"{day.on}",
        words.time(day.closed_at),
        day.schools,
        day.amended,
        day.evidence_rows,
        day.evidence_hash,
        f"{day.log_position or ''}",
        day.log_hash or "",
    )


def _list_amendments(report: ComplianceReport, words: Words) -> Section:
    headings = _headings(words, "day", "school", "name", "version", "time", "reason")
    rows: list[tuple[Cell, ...]] = [
        (f"{one.on}", one.school, one.school_name, one.version, words.time(one.closed_at), one.reason)
        for one in report.amendments
    ]
    return Section(words.say("amendments"), headings, rows)
