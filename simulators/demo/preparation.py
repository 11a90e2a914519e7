"""What the demo's database must hold before anything runs: schema, city, people's accounts. Done once, by the
operator's own commands."""

from __future__ import annotations

import csv
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from alerts.domain.registry import City
from simulators.city.tables import write_tables
from simulators.demo.accounts import ACCOUNTS_HEADER, DemoAccount
from simulators.demo.cameras import write_cameras
from simulators.demo.secrets import Secrets
from simulators.embedded.errors import EmbeddedServerError

Call = tuple[tuple[str, ...], Mapping[str, str]]
"""The words of a command, and what it is told beside them."""


class Preparation:
    """Runs `python -m alerts …` against the demo's database."""

    def __init__(self, folder: Path, database_url: str, secrets: Secrets) -> None:
        self._folder = folder
        self._environment = {"CAMPUS_DATABASE_URL": database_url}
        self._secrets = secrets

    def migrate(self) -> None:
        """Brings the schema up to date."""
        self._run_alerts("migrate")

    def import_city(self, city: City) -> None:
        """Imports the city unless this very city was imported before."""
        self._import("city", *write_tables(city, self._folder / "city"))

    def import_cameras(self, city: City, phones: str) -> None:
        """Imports the cameras of the first schools, and again where the telephones are elsewhere now, to which their
        links lead."""
        self._import("cameras", write_cameras(city, self._folder / "city", phones))

    def _import(self, what: str, *files: Path) -> None:
        self._once(what, _digest(files), lambda: self._run_alerts("import", *map(str, files), shown=True))

    def make_accounts(self, people: Sequence[DemoAccount]) -> None:
        """People of four roles and a program's token, unless they are there with these secrets."""
        decided = f"{people}\n{self._secrets.password}\n{self._secrets.token}"
        self._once("accounts", hashlib.sha256(decided.encode()).hexdigest(), lambda: self._make_accounts(people))

    def _make_accounts(self, people: Sequence[DemoAccount]) -> None:
        listed = self._folder / "accounts.csv"
        with listed.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([ACCOUNTS_HEADER, *(one.cells() for one in people)])
        password = {"CAMPUS_ACCOUNT_PASSWORD": self._secrets.password}  # whoever looks at the demo chose it
        token = {"CAMPUS_TOKEN_VALUE": self._secrets.token}
        calls: Sequence[Call] = (
            (("account", "import", str(listed), "--own-password"), password),
            (("token", "add", "demo", "--every-right"), token),
        )
        with ThreadPoolExecutor(max_workers=len(calls)) as pool:
            for _ in pool.map(lambda call: self._run_alerts(*call[0], environment=call[1]), calls):
                pass  # an error of one is raised here

    def _once(self, what: str, digest: str, work: Callable[[], None]) -> None:
        stamp = self._folder / f"{what}.done"
        if stamp.exists() and stamp.read_text() == digest:
            return
        work()
        stamp.write_text(digest)

    def _run_alerts(self, *words: str, shown: bool = False, environment: Mapping[str, str] | None = None) -> None:
        """Runs an operator's command; `shown` lets its progress reach the terminal. Raises EmbeddedServerError."""
        done = subprocess.run(
            [sys.executable, "-m", "alerts", *words],
            env={**os.environ, **self._environment, **(environment or {})},
            capture_output=not shown,
            text=True,
            check=False,
        )
        if done.returncode:
            said = "" if shown else f": {done.stderr.strip()}"
            raise EmbeddedServerError(f"`python -m alerts {' '.join(words[:2])}` ended {done.returncode}{said}")


def _digest(files: Sequence[Path]) -> str:
    joined = hashlib.sha256()
    for file in files:
        joined.update(file.read_bytes())
    return joined.hexdigest()
