"""Programs of ours, each a process of its own, that start in a moment.

`python -m alerts` takes a second to load what it needs, and the tests start hundreds. So one process a run loads all of
it (tests/loaded.py) and is forked for each program, which then runs its `__main__` as `python -m` does: with a process
id, words, variables, folder, output and exit code of its own, to be signalled and killed like any other. That each
program starts from nothing, too, is for test_deployment.py and the demo.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import runpy
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]

_forking = multiprocessing.get_context("forkserver")
_forking.set_forkserver_preload(["tests.loaded"])


class Program:
    """`python -m WORDS`, and what it says."""

    def __init__(
        self, *words: str, environment: Mapping[str, str], folder: Path = ROOT, log: Path | None = None
    ) -> None:
        """Starts it, with these variables and no others. All that it says is added to the `log`, if one is named."""
        self._out, self._err = _keep_what_is_said(), _keep_what_is_said()
        out, err = (log or file.name for file in (self._out, self._err))
        self._process = _forking.Process(
            target=_become, args=(words, dict(environment), str(folder), out, err), daemon=True
        )
        self._process.start()

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, negative after a signal; None while it runs."""
        return self._process.exitcode

    @property
    def output(self) -> str:
        """What it has written to standard output."""
        return Path(self._out.name).read_text("utf-8")

    @property
    def errors(self) -> str:
        """What it has written to standard error."""
        return Path(self._err.name).read_text("utf-8")

    def read_errors(self) -> bytes:
        """What it has written to standard error since this was asked last."""
        read: bytes = self._err.read()
        return read

    def send_signal(self, signal_number: int) -> None:
        """Signals it, unless it has ended."""
        if self.returncode is None:
            os.kill(self.pid, signal_number)

    def wait(self, seconds: float = 60) -> int:
        """The exit code, once it has ended."""
        self._process.join(seconds)
        if self.returncode is None:
            raise TimeoutError(f"process {self.pid} did not end within {seconds} s: {self.errors}")
        return self.returncode


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it said to whom called it."""

    returncode: int
    stdout: str
    stderr: str


def call(*words: str, folder: Path = ROOT, **variables: str) -> Said:
    """Calls a command at a terminal that has none of our variables but these, and waits for its end."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CAMPUS_")}
    program = Program(*words, environment=kept | variables, folder=folder)
    code = program.wait()
    return Said(code, program.output, program.errors)


def _keep_what_is_said() -> Any:
    return tempfile.NamedTemporaryFile(prefix="campus-alert-test-")


def _become(words: tuple[str, ...], environment: dict[str, str], folder: str, out: str | Path, err: str | Path) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for stream, file in ((sys.stdout, out), (sys.stderr, err)):
        assert isinstance(stream, io.TextIOWrapper)
        opened = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.dup2(opened, stream.fileno())
        os.close(opened)
        stream.reconfigure(encoding="utf-8")
    sys.argv = list(words)
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)
