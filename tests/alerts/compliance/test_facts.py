"""What people declare: kinds and what they must say, photos, grades, corrections that add and never overwrite."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from alerts.compliance.facts import (
    AlreadyCorrected,
    NoSuchFact,
    correct_fact,
    declare_fact,
    read_history,
    read_photo,
    withdraw_fact,
)
from alerts.compliance.places import NoSuchSchool
from alerts.domain.compliance.facts import FORMS, KIT, About, Declaration, FactInvalid, Whole, YesOrNo
from alerts.domain.compliance.photos import LARGEST_BYTES, MediaType, PhotoInvalid, read_media_type
from alerts.domain.compliance.school_day import FactKind
from alerts.domain.compliance.verdicts import Grade
from alerts.staff.calendars import CITY_ZONE
from alerts.storage.facts import FactRow, list_facts
from tests.alerts.story import Story

JPEG = b"\xff\xd8\xff\xe0 a gate \xff\xd9"
PNG = b"\x89PNG\r\n\x1a\n a wall"
WALL = {"height_centimetres": 210, "gaps": 0}


def wall(story: Story, **changes: Any) -> Declaration:
    """A survey of the walls that was made an hour ago."""
    usual: dict[str, Any] = {"kind": FactKind.WALL_SURVEY, "at": story.now - timedelta(hours=1), "said": WALL}
    return Declaration(**usual | changes)


async def check_in(story: Story, person: str, minutes_ago: float, **changes: Any) -> None:
    """A person's check-in at S1, as a reader at the gate reported it."""
    at = story.now - timedelta(minutes=minutes_ago)
    row: dict[str, Any] = {
        "place": "S1",
        "problems": [],
        "identity": f"{person}-{minutes_ago}".replace("\0", ""),
    } | changes
    payload = msgspec.json.encode({"person": person, "post": "S1:duty", "action": "on"})
    await story.rows(
        "insert into evidence (on_date, device, channel, identity, topic, occurred_at, received_at, problems, payload,"
        " place) values ($1, 'S1-POST', 'post', $2, '', $3, $3, $4, $5, $6)",
        at.date(),
        row["identity"],
        at,
        row["problems"],
        payload,
        row["place"],
    )


async def standing(story: Story) -> list[FactRow]:
    async with story.database.connection() as connection:
        return await list_facts(connection, limit=100)


async def stale(story: Story) -> set[tuple[str, str]]:
    return {tuple(row) for row in await story.rows("select school, input from compliance_stale")}


async def test_a_form_alone_is_grade_d_and_a_photo_makes_it_grade_c(story: Story) -> None:
    form = await declare_fact(story.database, "S1", wall(story), [], "wang")
    seen = await declare_fact(story.database, "S1", wall(story), [JPEG, PNG], "wang")
    assert (form.grade, seen.grade) == (Grade.D, Grade.C)
    assert [(one.number, one.media_type) for one in seen.photos] == [(1, MediaType.JPEG), (2, MediaType.PNG)]
    assert (await read_photo(story.database, seen.id, 2)).content == PNG
    assert (await story.log_kinds())[-2:] == ["fact.declared", "fact.declared"]
    assert await stale(story) == {("S1", "facts")}


@pytest.mark.parametrize(
    ("minutes", "changes", "grade"),
    [
        (40, {}, Grade.C),
        (89, {}, Grade.C),  # 29 minutes before the survey of an hour ago
        (91, {}, Grade.D),
        (29, {}, Grade.D),  # 31 minutes after it
        (60, {"place": "S2"}, Grade.D),
        (60, {"problems": ["reused_code"]}, Grade.D),
    ],
)
async def test_a_check_in_of_who_looked_nearby_in_time_and_place_makes_it_grade_c(
    story: Story, minutes: float, changes: dict[str, Any], grade: Grade
) -> None:
    await check_in(story, "guard", minutes, **changes)
    await check_in(story, "duty", 60)  # somebody else's proves nothing of the guard
    saved = await declare_fact(story.database, "S1", wall(story, seen_by="guard"), [], "wang")
    assert saved.grade is grade
    assert (saved.check_in is not None) is (grade is Grade.C)
    if saved.check_in:
        assert saved.check_in.endswith(f"/S1-POST/post/guard-{minutes}")


async def test_a_check_in_that_names_no_person_of_ours_is_in_nobodys_way(story: Story) -> None:
    for number, person in enumerate(("guard\0", "guards", "not guard")):
        await check_in(story, person, 60 + number)
    saved = await declare_fact(story.database, "S1", wall(story, seen_by="guard"), [], "wang")
    assert saved.grade is Grade.D
    await check_in(story, "guard", 70)
    saved = await declare_fact(story.database, "S1", wall(story, seen_by="guard"), [], "wang")
    assert saved.grade is Grade.C


async def test_a_fact_of_a_day_that_is_over_has_that_day_judged_anew(story: Story) -> None:
    await declare_fact(story.database, "S1", wall(story, at=story.now - timedelta(days=3)), [], "wang")
    marks = await story.rows("select school, on_date from compliance_stale order by on_date nulls first")
    day = (story.now - timedelta(days=3)).astimezone(CITY_ZONE).date()
    assert [tuple(one) for one in marks] == [("S1", None), ("S1", day)]


async def test_a_correction_is_a_further_fact_in_the_place_of_the_first_which_stays_readable(story: Story) -> None:
    first = await declare_fact(story.database, "S1", wall(story), [JPEG], "wang")
    better = wall(story, said={"height_centimetres": 180, "gaps": 1})
    second = await correct_fact(story.database, first.id, better, [], "量错了一段", "li")
    assert [one.id for one in await standing(story)] == [second.id]
    history = await read_history(story.database, first.id)
    assert history == await read_history(story.database, second.id)
    assert [(one.by, one.said["gaps"], one.reason, one.corrected_by) for one in history] == [
        ("wang", 0, "", second.id),
        ("li", 1, "量错了一段", None),
    ]
    assert second.grade is Grade.C, "it kept the photo"
    assert (await read_photo(story.database, second.id, 1)).content == JPEG
    assert (await story.log_kinds())[-1] == "fact.corrected"


async def test_a_fact_that_was_withdrawn_does_not_stand_and_cannot_be_corrected(story: Story) -> None:
    first = await declare_fact(story.database, "S1", wall(story), [], "wang")
    gone = await withdraw_fact(story.database, first.id, "不是这所学校", "li")
    assert await standing(story) == []
    assert [one.withdrawn for one in await read_history(story.database, first.id)] == [False, True]
    for id_ in (first.id, gone.id):
        with pytest.raises(AlreadyCorrected):
            await correct_fact(story.database, id_, wall(story), [], "again", "li")
        with pytest.raises(AlreadyCorrected):
            await withdraw_fact(story.database, id_, "again", "li")


async def test_of_two_corrections_of_one_fact_at_once_one_stands_and_the_other_is_told(story: Story) -> None:
    first = await declare_fact(story.database, "S1", wall(story), [], "wang")
    async with asyncio.timeout(20):
        outcomes = await asyncio.gather(
            *(correct_fact(story.database, first.id, wall(story), [], f"reason {number}", "li") for number in range(4)),
            return_exceptions=True,
        )
    saved = [one for one in outcomes if isinstance(one, FactRow)]
    assert len(saved) == 1
    assert all(isinstance(one, AlreadyCorrected) for one in outcomes if one is not saved[0])
    assert [one.id for one in await standing(story)] == [saved[0].id]
    assert (await story.log_kinds()).count("fact.corrected") == 1


async def test_nothing_is_left_of_a_fact_whose_photo_is_refused(story: Story) -> None:
    for photos in ([b"GIF89a"], [JPEG, b""], [JPEG] * 4, [b"\xff\xd8\xff"]):
        with pytest.raises(PhotoInvalid):
            await declare_fact(story.database, "S1", wall(story), photos, "wang")
    assert await standing(story) == []
    assert await story.rows("select 1 from fact_photo") == []
    assert await stale(story) == set()


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        (FactKind.WALL_SURVEY, {"said": {"gaps": 0}}, "said: .* needs height_centimetres"),
        (FactKind.WALL_SURVEY, {"said": WALL | {"pupil": "小明"}}, "said: pupil is not asked here"),
        (FactKind.WALL_SURVEY, {"said": WALL | {"gaps": True}}, "said.gaps: must be a whole number"),
        (FactKind.WALL_SURVEY, {"said": WALL | {"gaps": -1}}, "said.gaps: .* between 0 and"),
        (FactKind.WALL_SURVEY, {"said": WALL | {"gaps": 0.5}}, "said.gaps: must be a whole number"),
        (FactKind.WALL_SURVEY, {"said": WALL | {"note": "x" * 501}}, "said.note: must be 1 to 500"),
        (FactKind.WALL_SURVEY, {"said": WALL, "about": "guard"}, "about: .* about the school alone"),
        (FactKind.BARRIER, {"said": {"in_place": 1}}, "said.in_place: must be true or false"),
        (FactKind.BACKGROUND_CHECK, {}, "about: .* needs the person"),
        (FactKind.BACKGROUND_CHECK, {"about": "nobody"}, "about: S1 has no person nobody"),
        (FactKind.PUPIL_EXIT, {"about": "王小明"}, "about: .* never by a name"),
        (FactKind.PUPIL_EXIT, {"about": "L1", "said": {"note": "小明"}}, "takes nothing"),
        (FactKind.SCHOOL_TOLD, {"about": "I1"}, "about: name the incident by its number"),
        (FactKind.SCHOOL_TOLD, {"about": "1"}, "about: S1 has no incident 1"),
        (FactKind.HAZARD, {"about": "7", "said": {"mended": True}}, "about: S1 has no hazard 7"),
        (FactKind.FAULT_MEASURE, {"about": "D9", "said": {"measure": "guard"}}, "about: S1 has no device D9"),
        (FactKind.FAULT_MEASURE, {"about": "D9"}, "said: .* needs measure"),
        (FactKind.DISABLED, {"about": "C1", "said": {"why": "在建"}}, "valid_until: .* needs a last day"),
        (FactKind.WALL_SURVEY, {"said": WALL, "seen_by": "nobody"}, "seen_by: nobody has the code nobody"),
        (FactKind.WALL_SURVEY, {"said": WALL, "valid_until": date(2000, 1, 1)}, "valid_until: .* not be before"),
    ],
)
async def test_what_a_fact_cannot_say_is_refused_with_what_to_mend(
    story: Story, kind: FactKind, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(FactInvalid, match=message):
        await declare_fact(story.database, "S1", wall(story, **{"kind": kind, "said": {}} | changes), [], "wang")


async def test_what_stands_in_for_a_button_is_declared_of_a_device_of_that_school_only(story: Story) -> None:
    for device, fits in (("S1-G1", True), ("S2-G1", False)):
        declared = wall(story, kind=FactKind.FAULT_MEASURE, about=device, said={"measure": "门卫持对讲机"})
        if fits:
            assert (await declare_fact(story.database, "S1", declared, [], "wang")).about == device
        else:
            with pytest.raises(FactInvalid, match="about: S1 has no device S2-G1"):
                await declare_fact(story.database, "S1", declared, [], "wang")


async def test_a_rule_that_nobody_knows_cannot_be_disabled(story: Story) -> None:
    until = story.now.date() + timedelta(days=30)
    for rule, fits in (("C1", True), ("X9", False)):
        declared = wall(story, kind=FactKind.DISABLED, about=rule, said={"why": "校门在建"}, valid_until=until)
        if fits:
            assert (await declare_fact(story.database, "S1", declared, [], "wang")).about == rule
        else:
            with pytest.raises(FactInvalid, match="about: there is no rule X9"):
                await declare_fact(story.database, "S1", declared, [], "wang")


@pytest.mark.parametrize(("minutes", "fits"), [(1, True), (3, False)])
async def test_what_is_still_to_come_was_not_seen(story: Story, minutes: float, fits: bool) -> None:
    ahead = wall(story, at=story.now + timedelta(minutes=minutes))
    if fits:
        assert await declare_fact(story.database, "S1", ahead, [], "wang")
    else:
        with pytest.raises(FactInvalid, match="at: this is still to come"):
            await declare_fact(story.database, "S1", ahead, [], "wang")


async def test_a_school_or_fact_that_is_not_there_is_said_so_and_a_correction_says_why(story: Story) -> None:
    with pytest.raises(NoSuchSchool):
        await declare_fact(story.database, "S9", wall(story), [], "wang")
    for asked in (read_history(story.database, 9), read_photo(story.database, 9, 1)):
        with pytest.raises(NoSuchFact):
            await asked
    first = await declare_fact(story.database, "S1", wall(story), [], "wang")
    with pytest.raises(FactInvalid, match="reason: say why"):
        await correct_fact(story.database, first.id, wall(story), [], "  ", "li")
    other = wall(story, kind=FactKind.BARRIER, said={"in_place": True})
    with pytest.raises(FactInvalid, match="kind: a correction stays a wall_survey"):
        await correct_fact(story.database, first.id, other, [], "why", "li")


def test_a_photo_is_told_by_its_bytes_and_by_its_size() -> None:
    assert read_media_type(JPEG + b"x" * (LARGEST_BYTES - len(JPEG))) is MediaType.JPEG
    with pytest.raises(PhotoInvalid, match="at most 5 MB"):
        read_media_type(JPEG + b"x" * (LARGEST_BYTES - len(JPEG) + 1))
    with pytest.raises(PhotoInvalid, match="neither"):
        read_media_type(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")


def test_each_kind_of_fact_has_its_form_and_the_kit_has_its_eight_pieces() -> None:
    assert FORMS.keys() == set(FactKind)
    assert set(FORMS[FactKind.KIT].fields) == set(KIT)
    assert len(KIT) == 8
    assert FORMS[FactKind.WALL_SURVEY].about is About.NOTHING
    for form in FORMS.values():
        assert all(isinstance(one, YesOrNo | Whole) or name in ("why", "measure") for name, one in form.fields.items())
