"""Which person of the registry an account belongs to: who is told by message when somebody changes how they sign in."""

from __future__ import annotations

from alerts.accounts import AccountRefused, NoSuchAccount
from alerts.domain.sign_ins import SignInChange
from alerts.messages.sign_ins import tell_change
from alerts.storage import sign_ins as storage
from alerts.storage.database import Database
from alerts.storage.log import Entry, append_log


async def name_owner(database: Database, account: str, person: str | None, by: str, address: str = "") -> None:
    """Enters whose account it is, with None nobody's, and says so in the log; who it was before and who it is now are
    both told. Raises NoSuchAccount, and AccountRefused for a person whom the registry has not."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        before = await storage.find_owner(connection, account)
        if before is None:
            raise NoSuchAccount(f"there is no account {account}")
        if person is not None and not await storage.is_person(connection, person):
            raise AccountRefused(f"there is no person {person}", "person")
        if person == before.person:
            return
        await storage.set_person(connection, account, person)
        if before.person is not None:
            untied = SignInChange.PERSON_UNTIED
            await tell_change(connection, now, account, untied, by, address, person=before.person)
        if person is not None:
            await tell_change(connection, now, account, SignInChange.PERSON_TIED, by, address)
        said = {"person": person, "before": before.person}
        await append_log(connection, now, [Entry(f"person:{by}", f"account:{account}", "account.owner_named", said)])
