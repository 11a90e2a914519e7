"""Codes at the post, and who checks in with them: each counts once a person, for ninety seconds."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from alerts.compliance.check_ins import (
    CheckInInvalid,
    NoSuchLink,
    Refusal,
    Said,
    check_in,
    close_link,
    open_link,
    read_link,
)
from alerts.compliance.check_points import (
    CheckPointInvalid,
    NoSuchCheckPoint,
    add_point,
    change_point,
    read_screen,
    renew_secret,
    retire_point,
    show_code,
)
from alerts.compliance.facts import declare_fact
from alerts.compliance.places import NoSuchSchool
from alerts.domain.compliance.check_codes import CodeUnreadable, CodeVerdict, judge_code, make_code, read_code
from alerts.domain.compliance.events import PostAction
from alerts.domain.compliance.facts import Declaration
from alerts.domain.compliance.school_day import FactKind
from alerts.domain.compliance.verdicts import Grade
from alerts.staff.people import NoSuchPerson
from alerts.storage.check_points import CheckPoint, forget_codes
from tests.alerts.story import Story

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
KEY = b"k" * 32


def point(**changes: Any) -> CheckPoint:
    usual: dict[str, Any] = {
        "code": "S1-GATE", "school": "S1", "post": "S1:duty", "name": "东门", "key_point": False, "latitude": 36.06,
        "longitude": 120.38, "x_metres": None, "y_metres": None, "saved_at": NOON,
    }  # fmt: skip
    return CheckPoint(**usual | changes)


async def code_of(story: Story, code: str = "S1-GATE") -> str:
    """What the screen of a point shows now."""
    key = (await read_screen(story.database, code)).path.rpartition("/")[2]
    return (await show_code(story.database, code, key)).code


async def evidence(story: Story) -> list[tuple[str, list[str]]]:
    rows = await story.rows("select payload, problems, place, device from evidence order by received_at, identity")
    assert all((row["place"], row["device"]) == ("S1", "phone") for row in rows)
    return [(msgspec.json.decode(row["payload"])["person"], row["problems"]) for row in rows]


@pytest.mark.parametrize(
    ("seconds", "verdict"),
    [
        (0, CodeVerdict.GOOD),
        (89.9, CodeVerdict.GOOD),
        (90, CodeVerdict.EXPIRED),
        (86_400, CodeVerdict.EXPIRED),
        (-0.1, CodeVerdict.EXPIRED),
    ],
)
def test_a_code_is_good_for_ninety_seconds_from_when_it_was_first_shown(seconds: float, verdict: CodeVerdict) -> None:
    code = make_code(KEY, "S1-GATE", NOON)
    assert code.shown_at == NOON
    assert judge_code(KEY, read_code(code.text), NOON + timedelta(seconds=seconds)) is verdict


def test_a_code_is_new_every_thirty_seconds_and_belongs_to_one_point_and_one_secret() -> None:
    shown = {make_code(KEY, "S1-GATE", NOON + timedelta(seconds=second)).text for second in range(60)}
    assert len(shown) == 2
    code = make_code(KEY, "S1-GATE", NOON)
    assert judge_code(b"another", code, NOON) is CodeVerdict.FORGED
    moved = read_code(code.text.replace("S1-GATE", "S1-YARD"))
    assert judge_code(KEY, moved, NOON) is CodeVerdict.FORGED
    for text in ("", "S1-GATE", code.text[:-1], code.text + "A", "S1 GATE.1.AAAAAAAAAA", "é.1.AAAAAAAAAA"):
        with pytest.raises(CodeUnreadable):
            read_code(text)


async def test_a_guard_comes_on_post_with_the_code_that_is_shown(story: Story) -> None:
    await add_point(story.database, point(), "wang")
    done = await check_in(story.database, "guard", Said(await code_of(story), PostAction.ON), "guard")
    assert (done.counts, done.post, done.school, done.point_name) == (True, "S1:duty", "S1", "东门")
    assert await evidence(story) == [("guard", [])]
    assert (await story.log_kinds()) == ["checkpoint.saved"], "check-ins are evidence and no rows of the log"
    stale = {tuple(row) for row in await story.rows("select school, input from compliance_stale")}
    assert stale == {("S1", "check_ins")}


async def test_a_screenshot_of_yesterday_is_refused_and_kept_as_evidence_that_does_not_count(story: Story) -> None:
    await add_point(story.database, point(), "wang")
    shot = await code_of(story)
    story.database.shift += timedelta(days=1)
    done = await check_in(story.database, "guard", Said(shot, PostAction.ON), "guard")
    assert (done.counts, done.refused) == (False, Refusal.EXPIRED)
    again = await check_in(story.database, "guard", Said(shot, PostAction.ON), "guard")
    assert again.evidence == done.evidence, "the same attempt is kept once"
    assert await evidence(story) == [("guard", ["reused_code"])]


async def test_two_guards_use_the_same_code_but_each_only_once(story: Story) -> None:
    await add_point(story.database, point(), "wang")
    code = await code_of(story)
    for person in ("guard", "duty"):
        assert (await check_in(story.database, person, Said(code, PostAction.ON), person)).counts
    off = await check_in(story.database, "guard", Said(code, PostAction.OFF), "guard")
    assert off.refused is Refusal.USED
    assert sorted(await evidence(story)) == [("duty", []), ("guard", []), ("guard", ["reused_code"])]


async def test_a_telephone_that_repeats_what_was_not_answered_is_answered_the_same(story: Story) -> None:
    await add_point(story.database, point(), "wang")
    code = await code_of(story)
    async with asyncio.timeout(20):
        done = await asyncio.gather(
            *(check_in(story.database, "guard", Said(code, PostAction.ON), "guard") for _ in range(4))
        )
    assert {(one.counts, one.evidence) for one in done} == {(True, done[0].evidence)}
    assert await evidence(story) == [("guard", [])]


async def test_of_two_uses_of_one_code_at_once_for_different_things_one_counts(story: Story) -> None:
    await add_point(story.database, point(), "wang")
    code = await code_of(story)
    async with asyncio.timeout(20):
        done = await asyncio.gather(
            *(check_in(story.database, "guard", Said(code, action), "guard") for action in PostAction)
        )
    assert sorted(one.counts for one in done) == [False, False, True]
    assert sorted(problems for _, problems in await evidence(story)) == [[], ["reused_code"], ["reused_code"]]


@pytest.mark.parametrize(
    ("latitude", "longitude", "far"), [(36.06, 120.38, False), (36.0625, 120.38, False), (36.11, 120.38, True)]
)
async def test_a_telephone_five_kilometres_away_is_kept_and_not_counted(
    story: Story, latitude: float, longitude: float, far: bool
) -> None:
    await add_point(story.database, point(), "wang")
    said = Said(await code_of(story), PostAction.ON, latitude, longitude)
    done = await check_in(story.database, "guard", said, "guard")
    assert (done.far, done.counts, done.refused) == (far, not far, None)
    assert await evidence(story) == [("guard", ["too_far"] if far else [])]


@pytest.mark.parametrize(("latitude", "grade"), [(36.06, Grade.C), (36.11, Grade.D)])
async def test_whoever_checked_in_at_the_post_has_seen_what_they_write_down(
    story: Story, latitude: float, grade: Grade
) -> None:
    await add_point(story.database, point(), "wang")
    said = Said(await code_of(story), PostAction.ON, latitude, 120.38)
    done = await check_in(story.database, "guard", said, "guard")
    seen = Declaration(FactKind.BARRIER, story.now, None, {"in_place": True}, None, "guard")
    fact = await declare_fact(story.database, "S1", seen, [], "wang")
    assert (fact.grade, fact.check_in) == (grade, done.evidence if grade is Grade.C else None)


async def test_used_codes_are_forgotten_when_their_age_alone_refuses_them(story: Story) -> None:
    await add_point(story.database, point(), "wang")
    await check_in(story.database, "guard", Said(await code_of(story), PostAction.ON), "guard")
    for minutes, left in ((59, 1), (61, 0)):
        async with story.database.transaction() as connection:
            await forget_codes(connection, story.now + timedelta(minutes=minutes) - timedelta(hours=1))
        assert await story.value("select count(*) from used_code") == left


async def test_a_point_of_a_patrol_is_passed_and_is_no_post_to_come_on(story: Story) -> None:
    await add_point(story.database, point(post=None, x_metres=10, y_metres=20), "wang")
    code = await code_of(story)
    with pytest.raises(CheckInInvalid, match="action: 东门 is a point of the patrol"):
        await check_in(story.database, "guard", Said(code, PostAction.ON), "guard")
    assert (await check_in(story.database, "guard", Said(code, PostAction.POINT), "guard")).post == "S1-GATE"
    assert await evidence(story) == [("guard", [])], "nothing is left of what could not be"


async def test_a_lost_tablet_shows_nothing_that_counts_once_the_secret_is_renewed(story: Story) -> None:
    screen = await add_point(story.database, point(), "wang")
    code, key = await code_of(story), screen.path.rpartition("/")[2]
    renewed = await renew_secret(story.database, "S1-GATE", "wang")
    assert renewed.path != screen.path
    with pytest.raises(NoSuchCheckPoint):
        await show_code(story.database, "S1-GATE", key)
    done = await check_in(story.database, "guard", Said(code, PostAction.ON), "guard")
    assert done.refused is Refusal.FORGED
    text = str(await story.rows("select body from log"))
    assert "secret" not in text
    assert key not in text


async def test_a_point_is_moved_and_taken_out_of_use_and_its_code_is_not_given_again(story: Story) -> None:
    await add_point(story.database, point(), "wang")
    moved = await change_point(story.database, point(school="", name="西门", post=None), "li")
    assert (moved.school, moved.name) == ("S1", "西门")
    code = await code_of(story)
    await retire_point(story.database, "S1-GATE", "li")
    for asked in (
        check_in(story.database, "guard", Said(code, PostAction.POINT), "guard"),
        retire_point(story.database, "S1-GATE", "li"),
        change_point(story.database, point(), "li"),
        read_screen(story.database, "S1-GATE"),
    ):
        with pytest.raises(NoSuchCheckPoint):
            await asked
    with pytest.raises(CheckPointInvalid, match="code: S1-GATE is taken"):
        await add_point(story.database, point(), "li")
    assert await story.log_kinds() == ["checkpoint.saved", "checkpoint.saved", "checkpoint.retired"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"post": "S2:duty"}, "post: S1 has no post S2:duty"),
        ({"post": "city:desk"}, "post: S1 has no post"),
        ({"longitude": None}, "latitude: name both"),
        ({"x_metres": 3.0}, "x_metres: name both"),
        ({"x_metres": 3.0, "y_metres": 1e9}, "x_metres: a campus has no plan"),
    ],
)
async def test_a_point_that_cannot_be_says_what_to_mend(story: Story, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(CheckPointInvalid, match=message):
        await add_point(story.database, point(**changes), "wang")
    with pytest.raises(NoSuchSchool):
        await add_point(story.database, point(school="S9"), "wang")


async def test_a_link_is_one_persons_and_ends_when_it_is_closed_or_made_anew(story: Story) -> None:
    first = (await open_link(story.database, "guard", "wang")).path.rpartition("/")[2]
    assert (await read_link(story.database, first)).code == "guard"
    second = (await open_link(story.database, "guard", "wang")).path.rpartition("/")[2]
    await close_link(story.database, "guard", "wang")
    for token in (first, second, ""):
        with pytest.raises(NoSuchLink):
            await read_link(story.database, token)
    with pytest.raises(NoSuchLink):
        await close_link(story.database, "guard", "wang")
    with pytest.raises(NoSuchPerson):
        await open_link(story.database, "nobody", "wang")
    assert await story.log_kinds() == ["checkin.linked", "checkin.linked", "checkin.unlinked"]


async def test_whoever_is_not_registered_cannot_check_in(story: Story) -> None:
    await add_point(story.database, point(), "wang")
    with pytest.raises(NoSuchPerson):
        await check_in(story.database, "nobody", Said(await code_of(story), PostAction.ON), "wang")
    with pytest.raises(CheckInInvalid, match="code: this is no code"):
        await check_in(story.database, "guard", Said("123456", PostAction.ON), "wang")
