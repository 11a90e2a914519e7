"""One server process and the folder that belongs to it: started, awaited, stopped or killed, never left behind."""

from __future__ import annotations

import fcntl
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil

from simulators.embedded.errors import EmbeddedServerError
from simulators.embedded.ownership import Owner, run_as

LOOPBACK = "127.0.0.1"
START_SECONDS = 60.0
STOP_SECONDS = 30.0
POLL_SECONDS = 0.02
LOG_TAIL_BYTES = 2_000
LOG_LIMIT_BYTES = 16 * 1024 * 1024
_BELOW_OUTGOING = range(20_000, 32_768)
_TRIES = 100


def find_free_port() -> int:
    """A loopback TCP port that nobody listens on at this moment, and that no outgoing connection gets before it is
    used: those come from above (Linux, ip_local_port_range: 32768 on)."""
    for port in random.SystemRandom().sample(_BELOW_OUTGOING, _TRIES):
        with socket.socket() as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
        return port
    raise EmbeddedServerError(f"of {_TRIES} ports from {_BELOW_OUTGOING.start} on none was free")


def require_free_port(port: int, wanted_by: str, variable: str | None = None) -> None:
    """Raises EmbeddedServerError when the port is taken, naming the variable that chooses another."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            way_out = f" or set {variable} to another port" if variable else ""
            raise EmbeddedServerError(
                f"{wanted_by} cannot listen on port {port} ({error.strerror}). Stop what listens there{way_out}."
            ) from error


class ServerProcess:
    """Runs one server with its folder as working directory, and keeps that folder to itself.

    The folder is locked for as long as this object has it, so a second start over the same data is refused. A
    lock dies with its holder: whatever still runs in an unlocked folder was left by a parent that was
    killed, and is stopped before the server starts again. With an `owner` the server runs as that user.
    `program` is what the system calls the process, where that is not its name.
    """

    def __init__(self, name: str, folder: Path, owner: Owner | None = None, program: str | None = None) -> None:
        self.name = name
        self.folder = folder
        self._program = program or name
        self._owner = owner
        self._lock: IO[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log_path(self) -> Path:
        """Where the server's own output goes; cut to one older file when it grows past 16 MiB."""
        return self.folder / f"{self.name}.log"

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._process.pid if self.running and self._process else None

    @property
    def running(self) -> bool:
        """Whether the server that this object started is alive."""
        return self._process is not None and self._process.poll() is None

    def claim_folder(self) -> None:
        """Locks the folder and ends what a killed parent left running in it.

        Raises EmbeddedServerError when another living process holds the folder.
        """
        if self._lock is None:
            self._lock = self._acquire_lock()
        end_processes(find_processes(self._program, self.folder))

    def release_folder(self) -> None:
        """Gives the folder back; harmless when it is not held."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def start(self, command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> None:
        """Starts the server in a session of its own, so that Ctrl-C at the terminal reaches only its parent."""
        self._rotate_log()
        with self._open(self.log_path) as log:
            self._process = subprocess.Popen(
                [str(part) for part in command],
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **run_as(self._owner),
            )

    def wait_until(self, condition: Callable[[], bool], what: str, *, seconds: float = START_SECONDS) -> None:
        """Polls until the condition holds; raises EmbeddedServerError with the log's end when it cannot any more."""
        deadline = time.monotonic() + seconds
        while not condition():
            if not self.running:
                raise EmbeddedServerError(f"{self.name} ended while it should {what}.{self._log_tail()}")
            if time.monotonic() > deadline:
                raise EmbeddedServerError(f"{self.name} did not {what} within {seconds:.0f} s.{self._log_tail()}")
            time.sleep(POLL_SECONDS)

    def stop(self, *signals: signal.Signals, seconds: float = STOP_SECONDS) -> None:
        """Asks with the first signal, insists with the next ones, waiting so long for each, and in the end kills."""
        for number in signals:
            if self._await_end_after(number, seconds):
                return
        self.kill()

    def kill(self) -> None:
        """Ends the server as a crash would: SIGKILL, no goodbye."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def send(self, number: signal.Signals) -> None:
        """Sends the running server a signal."""
        if self._process is not None:
            self._process.send_signal(number)

    def _await_end_after(self, number: signal.Signals, seconds: float) -> bool:
        if self._process is None:
            return True
        self._process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return not self.running

    def _acquire_lock(self) -> IO[bytes]:
        try:
            lock = self._open(self.folder / "lock")
        except PermissionError as error:
            raise EmbeddedServerError(
                f"{error.filename} belongs to another user. Start campus-alert as that user, or set CAMPUS_DATA_DIR "
                "to a folder of your own."
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise EmbeddedServerError(
                f"{self.folder} is in use by another running campus-alert. Stop that one first, "
                "or give this one a folder of its own with CAMPUS_DATA_DIR."
            ) from None
        return lock

    def _open(self, path: Path) -> IO[bytes]:
        file = path.open("ab")
        if self._owner is not None:
            self._owner.take(path, 0o600)
        return file

    def _rotate_log(self) -> None:
        if self.log_path.exists() and self.log_path.stat().st_size > LOG_LIMIT_BYTES:
            self.log_path.replace(self.log_path.with_suffix(".log.1"))

    def _log_tail(self) -> str:
        if not self.log_path.exists():
            return ""
        tail = self.log_path.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace").strip()
        return f" The end of {self.log_path}:\n{tail}"


def find_processes(name: str, folder: Path) -> list[psutil.Process]:
    """Processes of that name whose working directory is the folder, or lies in it."""
    place = os.path.realpath(folder)
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            where = process.cwd()
            if process.name().startswith(name) and (where == place or where.startswith(place + os.sep)):
                found.append(process)
    return found


def end_processes(processes: Sequence[psutil.Process]) -> None:
    """Interrupts them and waits; kills those that stay. Raises EmbeddedServerError when one outlives even that."""
    living = list(processes)
    for number in (signal.SIGINT, signal.SIGKILL):
        for process in living:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        deadline = time.monotonic() + STOP_SECONDS
        while (living := [process for process in living if _lives(process)]) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
    if living:
        raise EmbeddedServerError(f"{living[0]} was left running by an earlier start and cannot be ended.")


def _lives(process: psutil.Process) -> bool:
    """A dead process that nobody reaps, as in a container without an init, is dead all the same."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
