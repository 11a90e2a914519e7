"""A PostgreSQL server of our own: made, started, stopped and killed from Python.

Its folder holds `cluster/` (the database files), `password` (of the user `campus`, mode 0600) and the server's log.
PostgreSQL refuses to be root: started by root it runs as `postgres` or `nobody`.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from simulators.embedded.errors import EmbeddedServerError
from simulators.embedded.installations import Installation, choose_installation, find_installations
from simulators.embedded.ownership import (
    Owner,
    choose_owner,
    copy_within_reach,
    make_folder,
    read_or_make_secret,
    run_as,
)
from simulators.embedded.process import LOOPBACK, ServerProcess, find_free_port, require_free_port

USER = "campus"
DATABASE = "campus"

# Loopback TCP only: a socket's path has a length limit that a deep data folder breaks.
SETTINGS: Mapping[str, str] = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %d ",
}
# C sorts by code point, the same on every machine and in every version; ICU and libc change under an index.
INITDB_OPTIONS = ("--data-checksums", "--encoding=UTF8", "--locale=C", "--auth=scram-sha-256", f"--username={USER}")

# Line 8 of postmaster.pid, counted from 1, tells whether clients are let in.
_STATUS_LINE = 7


class EmbeddedPostgres:
    """One PostgreSQL server over one folder. A context manager: entering starts it, leaving stops it.

    `port` None picks a free one at the first start and keeps it. `settings` overrides PostgreSQL's settings by
    name. `installations` are the programs to choose from, by default what `find_installations` finds.
    """

    def __init__(
        self,
        folder: Path,
        port: int | None = None,
        *,
        settings: Mapping[str, str] | None = None,
        installations: Iterable[Installation] | None = None,
    ) -> None:
        self.folder = folder
        self.port = port
        self._settings = {**SETTINGS, **(settings or {})}
        self._installations = None if installations is None else list(installations)
        self._server: ServerProcess | None = None
        self._password = ""

    @property
    def url(self) -> str:
        """Where the service's own database is, as CAMPUS_DATABASE_URL takes it. Known after the first start."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """The address of any database on this server, with user and password."""
        return f"postgresql://{USER}:{self._password}@{LOOPBACK}:{self.port}/{database}"

    @property
    def pid(self) -> int | None:
        """The postmaster's process id while it runs."""
        return self._server.pid if self._server else None

    def start(self) -> str:
        """Starts the server, making the cluster when there is none, and returns its URL once clients are let in.

        What a killed parent left running over the folder is ended first, and crash recovery is PostgreSQL's own.
        Raises EmbeddedServerError.
        """
        owner = choose_owner(self.folder)
        place = make_folder(self.folder, owner)
        cluster = place / "cluster"
        installation = self._choose_installation(cluster, owner)
        if self._server is None:
            self._server = ServerProcess("postgres", place, owner)
        self._server.claim_folder()
        try:
            self._password = _read_or_make_password(place, owner)
            if not cluster.exists():
                _make_cluster(cluster, installation, owner)
            self._start_server(self._server, cluster, installation)
        except BaseException:
            self.stop()
            raise
        return self.url

    def stop(self) -> None:
        """Disconnects the clients, writes everything out and ends the server; harmless when it does not run."""
        if self._server is not None:
            self._server.stop(signal.SIGINT, signal.SIGQUIT)
            self._server.release_folder()

    def kill(self) -> None:
        """Ends the postmaster as a crash would (SIGKILL). `start` brings it back on the same port."""
        if self._server is not None:
            self._server.kill()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _choose_installation(self, cluster: Path, owner: Owner | None) -> Installation:
        known = find_installations() if self._installations is None else self._installations
        reachable = [one for one in known if one.wheel_root or owner is None or owner.reaches(one.program("postgres"))]
        return _bring_within_reach(choose_installation(cluster, reachable), owner)

    def _start_server(self, server: ServerProcess, cluster: Path, installation: Installation) -> None:
        if self.port is None:
            self.port = find_free_port()
        require_free_port(self.port, "PostgreSQL")
        # The folder is ours and nothing runs in it. A crash leaves this file behind, and PostgreSQL would believe it
        # when its number has meanwhile gone to another process.
        (cluster / "postmaster.pid").unlink(missing_ok=True)
        settings = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        server.start(
            [installation.program("postgres"), "-D", cluster, "-p", str(self.port), *settings],
            _clean_environment(),
        )
        server.wait_until(lambda: _lets_clients_in(cluster, server.pid), "become ready")


def _bring_within_reach(installation: Installation, owner: Owner | None) -> Installation:
    """The installation itself, or a copy of the wheel's when it lies where its user cannot go."""
    root = installation.wheel_root
    if root is None or owner is None or owner.reaches(installation.program("postgres")):
        return installation
    tree = installation.programs.parent.relative_to(root.parent)
    libraries = [Path(f"{root.name}.libs"), Path(root.name, ".dylibs")]  # where Linux and macOS wheels keep them
    copy = copy_within_reach(
        root.parent,
        [tree, *(place for place in libraries if (root.parent / place).exists())],
        f"postgresql-{installation.major}.{installation.minor}",
    )
    return replace(installation, programs=copy / tree / "bin")


def _read_or_make_password(place: Path, owner: Owner | None) -> str:
    path = place / "password"
    if (place / "cluster").exists() and not path.exists():
        raise EmbeddedServerError(
            f"{path} is missing, so nobody can sign in to the database beside it. Put the file back, "
            f"or move {place} away and start again with a fresh database."
        )
    return read_or_make_secret(path, owner)


def _make_cluster(cluster: Path, installation: Installation, owner: Owner | None) -> None:
    """Makes the cluster and the service's database beside its final place, so that a half-made one is never used."""
    unfinished = cluster.with_name("cluster.unfinished")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    password = cluster.with_name("password")
    _run([installation.program("initdb"), *INITDB_OPTIONS, f"--pwfile={password}", "-D", unfinished], owner)
    _run(
        [installation.program("postgres"), "--single", "-D", unfinished, "postgres"],
        owner,
        f"create database {DATABASE}",
    )
    unfinished.rename(cluster)


def _run(command: list[str | Path], owner: Owner | None, statement: str = "") -> None:
    done = subprocess.run(
        [str(part) for part in command],
        input=f"{statement}\n",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        env=_clean_environment(),
        check=False,
        **run_as(owner),
    )
    if done.returncode != 0:
        raise EmbeddedServerError(f"{command[0]} ended with {done.returncode}:\n{done.stdout.strip()}")


def _clean_environment() -> dict[str, str]:
    """Ours without PostgreSQL's own variables, which would point its programs elsewhere, and with plain messages."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}


def _lets_clients_in(cluster: Path, pid: int | None) -> bool:
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > _STATUS_LINE and lines[0] == str(pid) and lines[_STATUS_LINE].strip() == "ready"
