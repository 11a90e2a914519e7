"""The rules as people read them, written from the rules themselves, so that the two cannot drift.

`python -m alerts.compliance.rulebook` writes `docs/compliance-rules.md`; a test checks that the file is fresh.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from alerts.compliance.number_words import Both, name_number
from alerts.domain.compliance.catalogue import RULES
from alerts.domain.compliance.rules import Group, Input, Rule
from alerts.domain.compliance.terms import Default, Standing, Unit
from alerts.domain.compliance.verdicts import Grade, Verdict

OUTPUT = Path(__file__).parents[2] / "docs/compliance-rules.md"

GROUPS: Mapping[Group, Both] = MappingProxyType(
    {
        Group.GUARDS: ("专职保安", "Full-time guards"),
        Group.TEAM: ("护校队", "School guard team"),
        Group.CROSSING: ("护学岗", "Crossing post"),
        Group.CLOSED: ("封闭管理", "Closed campus"),
        Group.ALARM: ("一键报警", "One-button alarm"),
        Group.ANSWERING: ("接警处置", "Answering"),
        Group.PATROL: ("巡查", "Patrol"),
        Group.RECORDS: ("记录保存", "Records"),
        Group.DRILLS: ("演练", "Drills"),
        Group.PLANS: ("预案", "Plans"),
        Group.HAZARDS: ("隐患", "Hazards"),
    }
)
UNITS: Mapping[Unit, Both] = MappingProxyType(
    {
        Unit.PEOPLE: ("人", "people"),
        Unit.STUDENTS: ("名学生", "students"),
        Unit.TIMES: ("次", "times"),
        Unit.PIECES: ("件", "pieces"),
        Unit.DEVICES: ("个装置", "devices"),
        Unit.SECONDS: ("秒", "s"),
        Unit.MINUTES: ("分钟", "min"),
        Unit.HOURS: ("小时", "h"),
        Unit.DAYS: ("天", "days"),
        Unit.MONTHS: ("个月", "months"),
        Unit.PERCENT: ("%", "%"),
        Unit.PER_MILLE: ("‰", "‰"),
        Unit.CENTIMETRES: ("厘米", "cm"),
    }
)
INPUTS: Mapping[Input, Both] = MappingProxyType(
    {
        Input.GATES: ("校门", "gates"),
        Input.VISITS: ("来访", "visits"),
        Input.CHECK_INS: ("签到", "check-ins"),
        Input.DEVICES: ("设备", "devices"),
        Input.STAFF: ("人员", "staff"),
        Input.ROSTERS: ("排班", "rosters"),
        Input.FACTS: ("填报", "facts"),
        Input.INCIDENTS: ("警情", "incidents"),
        Input.PRESSES: ("报警和回执", "presses and their receipts"),
        Input.DRILLS: ("演练", "drills"),
        Input.HAZARDS: ("隐患", "hazards"),
        Input.PLANS: ("预案", "plans"),
        Input.SCHEDULE: ("作息", "timetable"),
        Input.SCHOOL: ("学校", "school"),
    }
)
GRADES: Mapping[Grade, Both] = MappingProxyType(
    {
        Grade.A: ("设备事件", "a signed device's event"),
        Grade.B: ("平台由设备事件推出", "derived by the service from such events"),
        Grade.C: ("人到现场签到、拍照、检查", "somebody was there: a check-in, a photo, an inspector's look"),
        Grade.D: ("表格申报", "declared on a form"),
    }
)
STANDINGS: Mapping[Standing, Both] = MappingProxyType(
    {
        Standing.CONFIRMED: ("已核实", "confirmed"),
        Standing.FROM_MEMORY: ("凭记忆，待核实", "from memory"),
        Standing.OURS: ("自定", "ours"),
    }
)
VERDICTS: Mapping[Verdict, Both] = MappingProxyType(
    {
        Verdict.MET: ("达标：有证据", "met: there is evidence"),
        Verdict.NOT_MET: ("未达标：证据表明没有做到", "not met: evidence shows that it was not so"),
        Verdict.UNKNOWN: ("不明：没有证据，从不算达标", "unknown: there is no evidence; never counted as met"),
        Verdict.DECLARED: (
            "仅申报：只有表格，从不算达标",
            "declared: a form alone says so; never counted as met",
        ),
        Verdict.NOT_APPLICABLE: ("不适用：当天没有可判定的事项", "not applicable: there was nothing to judge that day"),
    }
)

_HEAD = """\
<!-- Written by `python -m alerts.compliance.rulebook` from the rules themselves. Do not edit. -->

# The rules of closed management · 封闭管理合规规则

What each rule asks, on which evidence, and where its numbers are from. `python -m alerts rules` prints them at a
terminal. A number here is the default: a level (national, province, city, school) may set another one, with its source
and the days from and until which it counts; the narrowest level counts, and past days keep what was in force on them.
*Confirmed* was read in a public source, mostly news and local notices, not the full text; *from memory* is still to be
checked; *ours* is our own choice. No clause number is printed that nobody has read.

每条规则查什么、凭什么证据、数值从哪里来。`python -m alerts rules` 在终端打印同样的内容。表中数值是默认值：
国家、省、市、学校各级可以另行规定，须写明来源和起止日期；以最近的一级为准，过去的日子按当天有效的规定判定。
“已核实”指见于公开来源，多为新闻和地方通知，不是全文；“凭记忆”待核实；“自定”是我们自己定的。没有读过原文的，不写条款号。
"""


def write_rulebook(rules: Iterable[Rule] = RULES) -> str:
    """The page."""
    listed = tuple(rules)
    groups = [group for group in Group if any(rule.group is group for rule in listed)]
    sections = [_write_group(group, [rule for rule in listed if rule.group is group]) for group in groups]
    return "\n".join([_HEAD, _write_legend(), _write_overview(listed), *sections])


def say_both(words: Both) -> str:
    """A word in both languages; once where they are the same."""
    return words[0] if words[0] == words[1] else f"{words[0]} {words[1]}"


def say_number(default: Default) -> str:
    """A number with its unit."""
    return f"{default.value:g} {say_both(UNITS[default.unit])}"


def say_numbers(rule: Rule) -> list[str]:
    """The numbers of a rule, each with its name."""
    return [f"{name} = {say_number(default)}" for name, default in rule.defaults.items()]


def say_grades(rule: Rule) -> str:
    """The letters of the evidence that can hold a rule up."""
    return ", ".join(rule.grades)


def tell_judging(rule: Rule) -> str:
    """How a rule is judged, in the words of the function that does; without its code."""
    text = " ".join((rule.judge.__doc__ or "").split())
    told = text.partition(": ")[2] if text.startswith(f"{rule.code}: ") else text
    return told[:1].upper() + told[1:]


def _write_legend() -> str:
    grades = [f"| {grade} | {zh} | {en} |" for grade, (zh, en) in GRADES.items()]
    verdicts = [f"- {zh} · {en}" for zh, en in VERDICTS.values()]
    return "\n".join(["| evidence 证据 | | |", "|---|---|---|", *grades, "", *verdicts, ""])


def _write_overview(rules: Iterable[Rule]) -> str:
    lines = [
        "## All of them · 总表",
        "",
        "| code | 规则 | rule | numbers 数值 | evidence 证据 |",
        "|---|---|---|---|---|",
    ]
    for rule in rules:
        numbers = "<br>".join(f"`{name}` {say_number(default)}" for name, default in rule.defaults.items())
        lines.append(f"| {rule.code} | {rule.zh} | {rule.en} | {numbers or '–'} | {say_grades(rule)} |")
    return "\n".join([*lines, ""])


def _write_group(group: Group, rules: Iterable[Rule]) -> str:
    return "\n".join([f"## {' · '.join(GROUPS[group])}\n", *map(_write_rule, rules)])


def _write_rule(rule: Rule) -> str:
    looks_at = ", ".join(say_both(INPUTS[one]) for one in Input if one in rule.inputs)
    lines = [
        f"### {rule.code} {rule.zh} · {rule.en}\n",
        f"{tell_judging(rule)}\n",
        f"- evidence 证据: {say_grades(rule)}",
        f"- looks at 查看: {looks_at}",
        f"- source 来源: {rule.source} ({say_both(STANDINGS[rule.standing])})\n",
    ]
    return "\n".join([*lines, *_write_numbers(rule)])


def _write_numbers(rule: Rule) -> list[str]:
    if not rule.defaults:
        return []
    rows = [
        f"| {say_both(name_number(rule, name))} `{name}` | {say_number(default)} | {default.source} | "
        f"{say_both(STANDINGS[default.standing])} |"
        for name, default in rule.defaults.items()
    ]
    return ["| number 数值 | default 默认 | source 来源 | standing 把握 |", "|---|---|---|---|", *rows, ""]


if __name__ == "__main__":
    OUTPUT.write_text(write_rulebook(), encoding="utf-8")
