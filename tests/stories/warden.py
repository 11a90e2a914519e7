"""Ends what a test run left running when that run was killed itself: `python -m tests.stories.warden FOLDER`.

The run holds this process's standard input open, and says goodbye on it when it has cleaned up by itself. When the
input ends without a goodbye, every process that works in the folder is ended, and the folder goes.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from simulators.embedded.process import end_processes, find_processes

GOODBYE = b"goodbye"
ANY_NAME = ""


def watch(folder: Path) -> None:
    """Returns when the run said goodbye or its remains are gone."""
    if sys.stdin.buffer.read() != GOODBYE:
        end_processes(find_processes(ANY_NAME, folder))
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
