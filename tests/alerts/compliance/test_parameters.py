"""Numbers of rules that a level sets: from a day on, with a source, and only what makes sense."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from alerts.compliance.parameters import NoSuchParameter, close_parameter, put_parameter
from alerts.compliance.places import NoSuchSchool, read_day
from alerts.domain.compliance.catalogue import BY_CODE, RULES
from alerts.domain.compliance.numbers import BOUNDS, ParameterInvalid, Wanted
from alerts.domain.compliance.terms import Level, Parameter, Unit, resolve_terms
from alerts.storage.parameters import list_parameters
from tests.alerts.story import Story, commit

DAY = timedelta(days=1)


def wanted(story: Story, **changes: Any) -> Wanted:
    usual: dict[str, Any] = {
        "rule": "C1", "name": "open_minutes", "level": Level.CITY, "value": 5, "source": "市教育局 2026 年 8 号文",
        "valid_from": read_day(story.now),
    }  # fmt: skip
    return Wanted(**usual | changes)


async def number(story: Story, on: date, school: str = "S1") -> float:
    """What the rule would reckon with on a day."""
    async with story.database.connection() as connection:
        rows = await list_parameters(connection, rule="C1", limit=100)
    known = [
        Parameter(
            one.id, one.rule, one.name, one.level, one.value, one.source, one.valid_from, one.valid_until, one.school
        )
        for one in rows
    ]
    return resolve_terms(BY_CODE["C1"].defaults, known, school, on).number("open_minutes")


async def test_a_number_counts_from_its_day_on_and_a_narrower_level_before_a_wider_one(story: Story) -> None:
    on = read_day(story.now)
    await commit(story.database, put_parameter, wanted(story), "wang")
    await commit(story.database, put_parameter, wanted(story, value=10, valid_from=on + 9 * DAY), "wang")
    own = wanted(story, level=Level.SCHOOL, school="S1", value=1, valid_from=on + DAY, valid_until=on + 2 * DAY)
    await commit(story.database, put_parameter, own, "li")
    days = (on - DAY, on, on + DAY, on + 3 * DAY, on + 9 * DAY)
    assert [await number(story, day) for day in days] == [3, 5, 1, 5, 10]
    assert await number(story, on + DAY, "S2") == 5
    assert await story.log_kinds() == ["parameter.set"] * 3
    marks = [tuple(row) for row in await story.rows("select school, input from compliance_stale order by id")]
    assert marks == [(None, "everything"), (None, "everything"), ("S1", "everything")]


async def test_a_day_that_was_closed_keeps_its_number(story: Story) -> None:
    on = read_day(story.now)
    before = await commit(story.database, put_parameter, wanted(story, valid_from=on - 9 * DAY), "wang")
    await story.rows("insert into closed_day values ($1, $2, 3, 1)", on - DAY, story.now)
    with pytest.raises(ParameterInvalid, match=f"valid_from: .* let it begin on {on} or later"):
        await commit(story.database, put_parameter, wanted(story, valid_from=on - DAY), "wang")
    await commit(story.database, close_parameter, before.id, "wang")
    assert [await number(story, day) for day in (on - DAY, on)] == [5, 3]
    with pytest.raises(NoSuchParameter):
        await commit(story.database, close_parameter, before.id, "wang")
    ahead = await commit(story.database, put_parameter, wanted(story, valid_from=on + DAY), "wang")
    await commit(story.database, close_parameter, ahead.id, "wang")
    assert await number(story, on + DAY) == 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rule": "X9"}, "rule: there is no rule X9; the rules are "),
        ({"name": "minutes"}, "name: C1 has no number minutes; it has open_minutes"),
        ({"value": -1}, "value: -1 makes no sense here: it must be between 0 and 1440 minutes"),
        ({"value": 1441}, "value: 1441 makes no sense"),
        ({"value": float("nan")}, "value: nan makes no sense"),
        ({"value": float("inf")}, "value: inf makes no sense"),
        ({"rule": "C7", "name": "age_months", "value": 0}, "value: 0 makes no sense"),
        ({"level": Level.SCHOOL}, "school: the level school needs one"),
        ({"school": "S1"}, "school: .* no other level may name one"),
        ({"source": " "}, "source: say in"),
        ({"valid_until": date(2020, 1, 1)}, "valid_until: 2020-01-01 is before"),
        ({"valid_from": date(1999, 1, 1)}, "valid_from: must be between"),
    ],
)
async def test_a_number_that_makes_no_sense_says_what_to_mend(
    story: Story, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ParameterInvalid, match=message):
        await commit(story.database, put_parameter, wanted(story, **changes), "wang")
    assert await story.log_kinds() == []


async def test_a_number_of_a_school_that_is_not_there_is_refused(story: Story) -> None:
    with pytest.raises(NoSuchSchool):
        await commit(story.database, put_parameter, wanted(story, level=Level.SCHOOL, school="S9"), "wang")


def test_every_default_of_the_catalogue_could_be_set() -> None:
    assert BOUNDS.keys() == set(Unit)
    for rule in RULES:
        for name, default in rule.defaults.items():
            bounds = BOUNDS[default.unit]
            assert bounds.smallest <= default.value <= bounds.largest, (rule.code, name)
            assert not bounds.whole or default.value == round(default.value), (rule.code, name)
