"""Who may come in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerts.accounts import (
    AccountRefused,
    NoSuchAccount,
    find_token,
    remove_account,
    remove_token,
    save_account,
    save_token,
)
from alerts.domain.rights import Place, Right, Role
from alerts.sessions import end_session, find_session, sign_in
from alerts.storage.accounts import Account
from alerts.storage.database import Database
from tests.alerts.story import Story

PASSWORD = "correct horse battery staple"
WANG = Account("wang", "王值班", Role.CITY_DESK)


async def test_a_person_signs_in_with_the_right_password_only(database: Database) -> None:
    await save_account(database, WANG, PASSWORD, "test")
    assert await sign_in(database, "wang", "wrong horse", timedelta(hours=1)) is None
    assert await sign_in(database, "nobody", PASSWORD, timedelta(hours=1)) is None
    session = await sign_in(database, "wang", PASSWORD, timedelta(hours=1))
    assert session is not None
    assert await find_session(database, session.token) == WANG


async def test_a_session_ends_when_it_is_over_or_the_person_signs_out(database: Database) -> None:
    await save_account(database, WANG, PASSWORD, "test")
    first = await sign_in(database, "wang", PASSWORD, timedelta(hours=1))
    second = await sign_in(database, "wang", PASSWORD, timedelta(hours=3))
    assert first
    assert second
    await end_session(database, second.token)
    assert await find_session(database, second.token) is None
    database.shift += timedelta(hours=2)
    assert await find_session(database, first.token) is None


async def test_neither_a_password_nor_a_token_can_be_read_back(database: Database) -> None:
    await save_account(database, WANG, PASSWORD, "test")
    await save_token(database, Account.of_program("robot", [Right.SEE]), "a-very-secret-token", "test")
    session = await sign_in(database, "wang", PASSWORD, timedelta(hours=1))
    assert session
    async with database.connection() as connection:
        tables = ("account", "session", "api_token", "log")
        kept = [str(await connection.fetch(f"select * from {table}")) for table in tables]
    for secret in (PASSWORD, "a-very-secret-token", session.token):
        assert not any(secret in text for text in kept)


async def test_whoever_is_removed_comes_in_no_more_and_the_log_says_so(database: Database) -> None:
    await save_account(database, WANG, PASSWORD, "test")
    await save_token(database, Account.of_program("robot", [Right.SEE]), "a-token", "test")
    session = await sign_in(database, "wang", PASSWORD, timedelta(hours=1))
    assert session
    await remove_account(database, "wang", "test")
    await remove_token(database, "robot", "test")
    assert await find_session(database, session.token) is None
    assert await sign_in(database, "wang", PASSWORD, timedelta(hours=1)) is None
    assert await find_token(database, "a-token") is None
    for remove in (remove_account, remove_token):
        with pytest.raises(NoSuchAccount, match="there is no"):
            await remove(database, "wang", "test")
    async with database.connection() as connection:
        rows = await connection.fetch("select subject, kind from log where kind like '%.removed' order by position")
    assert [tuple(row) for row in rows] == [("account:wang", "account.removed"), ("token:robot", "token.removed")]


@pytest.mark.parametrize(
    ("role", "district", "school", "why"),
    [
        (Role.GUARD, None, None, "the role guard stands for a school, not for a city"),
        (Role.GUARD, "370202", None, "not for a district"),
        (Role.DISTRICT_DESK, None, None, "stands for a district, not for a city"),
        (Role.CITY_DESK, "370202", None, "stands for a city, not for a district"),
        (Role.AUDITOR, None, "S1", "stands for a city or a district, not for a school"),
        (Role.GUARD, "370202", "S1", "a school or a district, not both"),
        (Role.GUARD, None, "S9", "there is no school S9"),
        (Role.DISTRICT_DESK, "370299", None, "there is no district 370299"),
    ],
)
async def test_nobody_stands_for_a_place_that_is_not_theirs_to_stand_for(
    story: Story, role: Role, district: str | None, school: str | None, why: str
) -> None:
    with pytest.raises(AccountRefused, match=why):
        await save_account(story.database, Account("x", "x", role, district, school), PASSWORD, "test")


async def test_a_guard_is_known_with_their_school(story: Story) -> None:
    guard = Account("zhao", "赵保安", Role.GUARD, school="S1")
    await save_account(story.database, guard, PASSWORD, "test")
    session = await sign_in(story.database, "zhao", PASSWORD, timedelta(hours=1))
    assert session
    assert await find_session(story.database, session.token) == guard
    assert guard.place.holds(Place("370202", "S1"))
    assert not guard.place.holds(Place("370202", "S2"))


async def test_a_token_opens_until_it_is_replaced(database: Database) -> None:
    robot = Account.of_program("robot", [Right.SEE, Right.PRESS])
    await save_token(database, Account.of_program("robot", [Right.SEE]), "first-token", "test")
    await save_token(database, robot, "second-token", "test")
    assert await find_token(database, "first-token") is None
    assert await find_token(database, "second-token") == robot


async def test_a_person_and_a_program_do_not_share_a_name(database: Database) -> None:
    """What was done, asked for and answered is kept by name: one would have the other's."""
    await save_account(database, WANG, PASSWORD, "test")
    with pytest.raises(AccountRefused, match="wang is a person's account"):
        await save_token(database, Account.of_program("wang", [Right.SEE]), "a-token", "test")
    await save_token(database, Account.of_program("robot", [Right.SEE]), "a-token", "test")
    with pytest.raises(AccountRefused, match="robot is a program's token"):
        await save_account(database, Account("robot", "x", Role.AUDITOR), PASSWORD, "test")
