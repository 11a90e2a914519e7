"""The service's own programs as the demo runs them: real processes, started again when one dies."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from simulators.embedded.ownership import make_folder
from simulators.embedded.process import ServerProcess

STOP_SECONDS = 15.0
_LONGEST_PAUSE_SECONDS = 30.0
_SETTLED_SECONDS = 60.0


class Program:
    """One `python -m …` process with a folder of its own for its log."""

    def __init__(
        self, name: str, module: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.environment = os.environ if environment is None else environment
        """All that it is told; read at each start."""
        self._command = [sys.executable, "-m", *module]
        self._process = ServerProcess(name, make_folder(folder / name, None), program="python")
        self._started_at = 0.0
        self._pause_seconds = 1.0

    @property
    def running(self) -> bool:
        """Whether it is alive."""
        return self._process.running

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid

    @property
    def log_path(self) -> Path:
        """Where its log goes."""
        return self._process.log_path

    def claim(self) -> None:
        """Takes its folder, and ends what a killed demo left running there."""
        self._process.claim_folder()

    def start(self) -> None:
        """Starts it; what a killed demo left running in its folder is ended first."""
        self.claim()
        self._started_at = time.monotonic()
        self._process.start(self._command, self.environment)

    def revive(self) -> bool:
        """Starts it again when it died, more slowly the more often it dies. Says whether it did."""
        alive_seconds = time.monotonic() - self._started_at
        if self.running:
            if alive_seconds > _SETTLED_SECONDS:
                self._pause_seconds = 1.0
            return False
        if alive_seconds < self._pause_seconds:
            return False
        self._pause_seconds = min(self._pause_seconds * 2, _LONGEST_PAUSE_SECONDS)
        self.start()
        return True

    def stop(self) -> None:
        """Asks it to end, and waits."""
        if self.running:
            self._process.stop(signal.SIGTERM, seconds=STOP_SECONDS)
        self._process.release_folder()

    def kill(self) -> None:
        """Ends it at once, as `kill -9` does."""
        self._process.kill()
