"""Makes .venv and installs what the locks pin, then campus-alert itself: python3 .build/environment.py demo|test

Needs Python 3.11 or newer with pip or venv, and nothing else. The index is whatever pip is configured to use. What is
there already is left alone, so that calling this again costs next to nothing.

Only the standard library here, and only what Python 3.6 can read: an older Python must get as far as the sentence that
tells which one is needed.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

OLDEST = (3, 11)
NEWER_NAMES = ("python3.14", "python3.13", "python3.12", "python3.11")
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCKS = ROOT / ".requirements"
SETS = {"demo": ("demo",), "test": ("demo", "test")}


def main():
    """Brings .venv to the asked set of packages."""
    if len(sys.argv) != 2 or sys.argv[1] not in SETS:
        sys.exit("usage: python3 .build/environment.py " + "|".join(SETS))
    use_new_enough_python()
    wanted = sys.argv[1]
    if is_installed(wanted):
        mark_installed(wanted)
        return
    make_environment()
    install_locked(wanted)
    install_ourselves()
    mark_installed(wanted)


def use_new_enough_python():
    """Goes on with a newer Python of this machine when the one that was called is too old."""
    if sys.version_info >= OLDEST:
        return
    for name in NEWER_NAMES:
        found = shutil.which(name)
        if found and subprocess.call([found, "-c", "pass"], stderr=subprocess.DEVNULL) == 0:
            os.execv(found, [found, *sys.argv])  # noqa: S606 - a program of this machine, found by name
    sys.exit(
        f"campus-alert needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}. "
        "Install a newer one, or name it: make PYTHON=/path/to/python3.12"
    )


def make_environment():
    """Makes .venv with pip in it, unless a working one of the right Python is there."""
    if works(VENV / "bin/python"):
        return
    say(f"Making .venv with Python {sys.version.split()[0]}")
    shutil.rmtree(VENV, ignore_errors=True)
    if can_import("ensurepip"):
        run([sys.executable, "-m", "venv", VENV])
        return
    if not can_import("pip"):
        sys.exit(
            f"{sys.executable} can neither make a virtual environment nor run pip. On Debian and Ubuntu: "
            "apt install python3-venv; elsewhere install pip for it."
        )
    # Debian's Python has pip without ensurepip: its pip can fill an environment from outside.
    run([sys.executable, "-m", "venv", "--without-pip", VENV])
    run([sys.executable, "-m", "pip", "--python", VENV / "bin/python", "install", "--quiet", "--require-hashes",
         "-r", LOCKS / "pip.lock"])  # fmt: skip


def install_locked(wanted):
    """Installs every pinned package, naming each as it comes: half of them beside the other half, because pip takes one
    core for most of a minute. The locks are complete, so no package is looked up twice."""
    pinned = {}
    for lock in (LOCKS / f"{wanted}.lock", LOCKS / "build.lock"):
        for entry in re.findall(r"^[A-Za-z0-9][^\n]*\\\n(?: +--hash=[^\n]*\n)+", lock.read_text(), re.MULTILINE):
            pinned.setdefault(entry.partition("==")[0], entry.rstrip("\\\n") + "\n")
    say(f"Installing {len(pinned)} pinned packages")
    with tempfile.TemporaryDirectory() as folder:
        halves = []
        for number in range(2):
            half = Path(folder) / f"{number}.lock"
            half.write_text("".join(list(pinned.values())[number::2]))
            halves.append(start_pip(["install", "--progress-bar", "off", "--no-deps", "--require-hashes", "-r", half]))
        with ThreadPoolExecutor() as threads:
            for trouble in threads.map(lambda half: follow_pip(half, show="Collecting "), halves):
                if trouble:
                    sys.exit(trouble)


def install_ourselves():
    """Installs campus-alert in place; the page is built by a step of its own that shows what it does. Then everything
    must have what it needs: nothing was looked up, so a lock that lacks a package is found here."""
    say("Installing campus-alert")
    for arguments in (["install", "--no-deps", "--no-build-isolation", "--editable", ROOT], ["check"]):
        trouble = follow_pip(start_pip(arguments, CAMPUS_WEB="skip"))
        if trouble:
            sys.exit(trouble)


def start_pip(arguments, **environment):
    """Starts .venv's pip."""
    command = [str(VENV / "bin/python"), "-m", "pip", "--disable-pip-version-check"] + [str(one) for one in arguments]
    return subprocess.Popen(
        command,
        env=dict(os.environ, **environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )


def follow_pip(process, show=None):
    """Prints the lines that begin with `show`; returns everything when it fails, else nothing."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if show and line.startswith(show):
            print(f"    {line[len(show) :].split(' (from')[0].strip()}", flush=True)
    if process.wait() == 0:
        return ""
    return "".join(lines) + f"\nInstalling failed: {' '.join(process.args)}"


def is_installed(wanted):
    """Whether the stamp tells of these very locks, and .venv still works."""
    stamp = VENV / f".{wanted}"
    return stamp.exists() and stamp.read_text() == digest(wanted) and works(VENV / "bin/python")


def mark_installed(wanted):
    """Stamps the set, and the smaller ones inside it."""
    for part in SETS[wanted]:
        (VENV / f".{part}").write_text(digest(part))


def digest(wanted):
    """What was installed, as one hash over everything that decides it."""
    inputs = [ROOT / "pyproject.toml", LOCKS / "build.lock", LOCKS / f"{wanted}.lock"]
    return hashlib.sha256(b"".join(path.read_bytes() for path in inputs)).hexdigest()


def works(python):
    """Whether this interpreter runs, is new enough and has pip."""
    check = f"import sys, pip; sys.exit(sys.version_info < {OLDEST})"
    return python.exists() and subprocess.call([str(python), "-c", check], stderr=subprocess.DEVNULL) == 0


def can_import(module):
    """Whether the calling Python has the module."""
    return subprocess.call([sys.executable, "-c", f"import {module}"], stderr=subprocess.DEVNULL) == 0


def run(command):
    """Runs a program that tells about its own mistakes, and ends with it when it fails."""
    code = subprocess.call([str(part) for part in command])
    if code != 0:
        sys.exit(code)


def say(text):
    """Names the part that comes now."""
    print(f"==> {text}", flush=True)


if __name__ == "__main__":
    main()
