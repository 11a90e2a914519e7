"""Lands what the people's file says of how they are reached, what they are certified for, who stands in for them."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.importing.landing import Sayings, Signature
from alerts.importing.report import Ledger
from alerts.importing.rows import Row
from alerts.staff.duty import recalculate
from alerts.storage.absences import list_deputies, save_deputies
from alerts.storage.database import Connection
from alerts.storage.people import (
    ImportedCertificate,
    ImportedMethod,
    find_all_certificates,
    find_all_methods,
    find_codes,
    import_certificates,
    import_methods,
)
from alerts.storage.rosters import list_touched_posts, take_turn


class ContactLanding:
    """Methods and certificates are settled with their batch; deputies wait for the end of the file, for they may stand
    further down in it."""

    def __init__(self, ledger: Ledger, signature: Signature) -> None:
        self._ledger = ledger
        self._signature = signature
        self._sayings = [Sayings(column) for column in ("deputies", "verified")]
        self._ranks: dict[str, int] = {}
        self._deputies: dict[str, Row] = {}

    def check(self, row: Row) -> None:
        """Refuses what contradicts an earlier row, and whoever stands in for themselves."""
        code = row.get("code")
        for saying in self._sayings:
            saying.hear(row, code, f"the person {code}")
        if code and code in (row.get("deputies") or ()):
            row.refuse("deputies", "nobody can stand in for themselves")
        if row.get("verified") and not row.get("methods"):
            row.refuse("verified", "vouches for contact methods, and the row names none")

    async def take(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Lands the methods and certificates of good rows whose people are there."""
        await self._save_methods(connection, [row for row in rows if row.get("methods")])
        await self._save_certificates(connection, [row for row in rows if row.get("certificates")])
        for row in rows:
            if row.get("deputies"):
                self._deputies.setdefault(row.values["code"], row)

    async def finish(self, connection: Connection) -> None:
        """Lands deputies, and works out whose duty that changes."""
        if not self._deputies:
            return
        wanted = {code: row.values["deputies"] for code, row in self._deputies.items()}
        known = await find_codes(connection, {one for codes in wanted.values() for one in codes})
        before = await list_deputies(connection, wanted)
        changed: list[str] = []
        for code, row in self._deputies.items():
            missing = [one for one in wanted[code] if one not in known]
            if missing:
                row.refuse("deputies", f"nobody has the code {', '.join(missing)}; the rest of the row landed")
                self._ledger.refuse(row)
                continue
            named = tuple(one.person for one in before.get(code, ()))
            if self._ledger.settle("deputies", code, named or None, wanted[code]):
                changed.append(code)
        if changed:
            await take_turn(connection)
            for code in changed:
                await save_deputies(connection, code, wanted[code])
            posts = await list_touched_posts(connection, changed, self._signature.now)
            await recalculate(connection, posts, self._signature.now)

    async def _save_methods(self, connection: Connection, rows: Sequence[Row]) -> None:
        known = await find_all_methods(connection, {row.values["code"] for row in rows})
        news: dict[tuple[str, str, str], ImportedMethod] = {}
        for row in rows:
            person, voucher = row.values["code"], self._voucher(row)
            for one in row.values["methods"]:
                key = (person, one.channel, one.address)
                verified = known.get(key)
                if not self._ledger.settle("methods", key, verified, bool(verified or voucher)) or key in news:
                    continue
                self._ranks[person] = self._ranks.get(person, 0) + 1
                news[key] = ImportedMethod(*key[:1], self._ranks[person], *key[1:], voucher)
        await import_methods(connection, list(news.values()), self._signature.now)

    async def _save_certificates(self, connection: Connection, rows: Sequence[Row]) -> None:
        known = await find_all_certificates(connection, {row.values["code"] for row in rows})
        news: dict[tuple[str, str, str], ImportedCertificate] = {}
        for row in rows:
            for one in row.values["certificates"]:
                key = (row.values["code"], str(one.kind), one.number)
                wanted = ImportedCertificate(key[0], one.kind, one.number, one.valid_until)
                if self._ledger.settle("certificates", key, known.get(key), wanted):
                    news[key] = wanted
        await import_certificates(connection, list(news.values()), self._signature.by, self._signature.now)

    def _voucher(self, row: Row) -> str | None:
        said = row.get("verified")
        return self._signature.by if said is True else said or None
