"""How many sockets this process may hold open."""

from __future__ import annotations

import resource

SPARE = 128  # the interpreter, its libraries, logs, the event loop


class DescriptorLimitError(Exception):
    """The system allows fewer open files than devices were asked for."""


def allow_sockets(count: int) -> None:
    """Raise this process's soft limit on open files so that `count` sockets fit. Raises DescriptorLimitError."""
    needed = count + SPARE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise DescriptorLimitError(
            f"{count} devices need {needed} open files, but the hard limit is {hard}: "
            f"start it after `ulimit -Hn {needed}` (as root), or with fewer schools"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
