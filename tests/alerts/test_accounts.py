"""Who may come in."""

from __future__ import annotations

from datetime import timedelta

from alerts.accounts import end_session, find_session, find_token, save_account, save_token, sign_in
from alerts.domain.rights import Right, Role
from alerts.storage.accounts import Account
from alerts.storage.database import Database

WANG = Account("wang", "王值班", Role.CITY_DESK)


async def test_a_person_signs_in_with_the_right_password_only(database: Database) -> None:
    await save_account(database, WANG, "correct horse", "test")
    assert await sign_in(database, "wang", "wrong horse", timedelta(hours=1)) is None
    assert await sign_in(database, "nobody", "correct horse", timedelta(hours=1)) is None
    session = await sign_in(database, "wang", "correct horse", timedelta(hours=1))
    assert session is not None
    assert await find_session(database, session.token) == WANG


async def test_a_session_ends_when_it_is_over_or_the_person_signs_out(database: Database) -> None:
    await save_account(database, WANG, "correct horse", "test")
    first = await sign_in(database, "wang", "correct horse", timedelta(hours=1))
    second = await sign_in(database, "wang", "correct horse", timedelta(hours=3))
    assert first
    assert second
    await end_session(database, second.token)
    assert await find_session(database, second.token) is None
    database.shift += timedelta(hours=2)
    assert await find_session(database, first.token) is None


async def test_neither_a_password_nor_a_token_can_be_read_back(database: Database) -> None:
    await save_account(database, WANG, "correct horse", "test")
    await save_token(database, Account.of_program("robot", [Right.SEE]), "a-very-secret-token", "test")
    session = await sign_in(database, "wang", "correct horse", timedelta(hours=1))
    assert session
    async with database.connection() as connection:
        tables = ("account", "session", "api_token", "log")
        kept = [str(await connection.fetch(f"select * from {table}")) for table in tables]
    for secret in ("correct horse", "a-very-secret-token", session.token):
        assert not any(secret in text for text in kept)


async def test_a_token_opens_until_it_is_replaced(database: Database) -> None:
    robot = Account.of_program("robot", [Right.SEE, Right.PRESS])
    await save_token(database, Account.of_program("robot", [Right.SEE]), "first-token", "test")
    await save_token(database, robot, "second-token", "test")
    assert await find_token(database, "first-token") is None
    assert await find_token(database, "second-token") == robot
