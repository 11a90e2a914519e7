"""Who runs a server that refuses to be root, and where its files can stand so that this user reaches them."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from simulators.embedded.errors import EmbeddedServerError

ACCOUNTS = ("postgres", "nobody")
# Every user may enter here, and it outlives a reboot, unlike a temporary folder.
COMMON_PLACE = Path("/var/lib/campus-alert")
PRIVATE = 0o700
PASSABLE = 0o711  # others may go through to what is theirs, and see nothing on the way


@dataclass(frozen=True, slots=True)
class Owner:
    """The user and group that a server's files and processes belong to."""

    uid: int
    gid: int

    def reaches(self, path: Path) -> bool:
        """Whether this user may enter the folder, or run the program, on every step of the way."""
        return subprocess.run(["test", "-x", str(path)], cwd="/", check=False, **run_as(self)).returncode == 0

    def take(self, path: Path, mode: int) -> None:
        """Makes the file or folder this user's own, with that mode."""
        os.chown(path, self.uid, self.gid)
        path.chmod(mode)


class Identity(TypedDict, total=False):
    """The arguments with which `subprocess` changes the user of a new process."""

    user: int
    group: int
    extra_groups: list[int]


def run_as(owner: Owner | None) -> Identity:
    """How to start a process as that owner; nothing when it is to run as we do."""
    return Identity() if owner is None else Identity(user=owner.uid, group=owner.gid, extra_groups=[])


def choose_owner(folder: Path) -> Owner | None:
    """Who must own the folder, or None when this process is not root and simply owns what it makes.

    Data that is there already keeps its owner, so that `sudo` once does not lock the usual user out.
    """
    if os.geteuid() != 0:
        return None
    if folder.exists() and folder.stat().st_uid != 0:
        return Owner(folder.stat().st_uid, folder.stat().st_gid)
    for name in ACCOUNTS:
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return Owner(account.pw_uid, account.pw_gid)
    raise EmbeddedServerError(
        "PostgreSQL refuses to run as root, and this machine has no user 'postgres' or 'nobody' to run it. "
        "Start campus-alert as another user, or point CAMPUS_DATABASE_URL at a running PostgreSQL."
    )


def make_folder(folder: Path, owner: Owner | None, mode: int = PRIVATE) -> Path:
    """Makes the folder, private to its owner unless `mode` says otherwise, and returns where it really is.

    Below a folder that only root may enter, such as /root, another user could not reach its own files. Then the
    real folder stands in /var/lib/campus-alert and a link leads there: no permission that the
    machine's owner set is loosened, and no server gets more rights than it needs.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    if owner is None:
        folder.mkdir(mode=mode, exist_ok=True)
        return folder.resolve()
    if not owner.reaches(folder.parent) and not (folder.is_symlink() and folder.exists()):
        _link_to_common_place(folder)
    folder.mkdir(exist_ok=True)
    owner.take(folder, mode)
    return folder.resolve()


def _link_to_common_place(folder: Path) -> None:
    real = _make_common_place() / f"{folder.name}-{secrets.token_hex(8)}"
    if folder.is_dir() and not folder.is_symlink():
        shutil.move(folder, real)
    else:
        folder.unlink(missing_ok=True)
        real.mkdir()
    folder.symlink_to(real)


def read_or_make_secret(path: Path, owner: Owner | None = None) -> str:
    """The secret kept in a file that only its owner may read; made at random the first time."""
    if not path.exists():
        write_private_file(path, secrets.token_urlsafe(24) + "\n", owner)
    return path.read_text().strip()


def write_private_file(path: Path, text: str, owner: Owner | None = None) -> None:
    """Writes the whole file at once, mode 0600: a reader sees the old one or the new one, nobody else sees either."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    if owner is not None:
        owner.take(unfinished, 0o600)
    unfinished.replace(path)


def copy_within_reach(root: Path, parts: Iterable[Path], name: str) -> Path:
    """Copies parts of a folder to where every user may enter, once, and returns the copy's root."""
    copy = _make_common_place() / name
    if not copy.exists():
        unfinished = copy.with_name(f"{name}.{secrets.token_hex(4)}")
        for part in parts:
            shutil.copytree(root / part, unfinished / part, symlinks=True)
        unfinished.chmod(0o755)
        unfinished.replace(copy)
    return copy


def _make_common_place() -> Path:
    try:
        COMMON_PLACE.mkdir(parents=True, exist_ok=True)
        COMMON_PLACE.chmod(PASSABLE)
    except OSError as error:
        raise EmbeddedServerError(
            f"PostgreSQL's files must stand where a user that is not root can reach them, and {COMMON_PLACE} cannot "
            f"be made ({error}). Set CAMPUS_DATA_DIR to a folder that every user may enter."
        ) from error
    return COMMON_PLACE
