"""Escalation policies: checked when they are saved, versioned, and said in the log."""

from __future__ import annotations

from alerts.domain.escalation import BUILT_IN, Policy, check_policy
from alerts.domain.presses import Mode
from alerts.storage import policies as storage
from alerts.storage.database import Database
from alerts.storage.log import Entry, append_log
from alerts.storage.policies import PolicyVersion


async def list_policies(database: Database) -> list[PolicyVersion]:
    """The policy in force for each mode: the newest saved one, else the built-in as version 0."""
    async with database.connection() as connection:
        saved = {one.mode: one for one in await storage.list_newest_policies(connection)}
    return [saved.get(mode) or PolicyVersion(mode, 0, policy, None, None) for mode, policy in BUILT_IN.items()]


async def save_policy(database: Database, mode: Mode, policy: Policy, by: str) -> PolicyVersion:
    """Saves a new version. Raises PolicyInvalid with what to mend. Running incidents keep the one they began with."""
    check_policy(mode, policy)
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        version = await storage.save_policy(connection, mode, policy, by, now)
        saved = PolicyVersion(mode, version, policy, by, now)
        await append_log(connection, now, [Entry(f"person:{by}", f"policy:{mode}", "policy.saved", {"policy": saved})])
    return saved
