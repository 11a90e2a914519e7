"""(e): resident memory of each process, at rest and under load."""

from __future__ import annotations

from collections.abc import Mapping

import psutil


def read_resident_megabytes(pids: Mapping[str, int]) -> dict[str, float]:
    """Resident memory of each process with its children, in MB (10^6 bytes). PostgreSQL's shared buffers count once for
    each of its processes that touched them, so its own figure is the sum of what is not shared."""
    return {name: _read_one(psutil.Process(pid), shared=name != "postgres") / 1e6 for name, pid in pids.items()}


def _read_one(process: psutil.Process, *, shared: bool) -> int:
    total = 0
    for one in [process, *process.children(recursive=True)]:
        memory = one.memory_info()
        total += memory.rss if shared else memory.rss - getattr(memory, "shared", 0)
    return total
