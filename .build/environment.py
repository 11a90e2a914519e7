"""Makes .venv and installs what the locks pin, then campus-alert itself: python3 .build/environment.py demo|test

Needs Python 3.11 or newer with pip or venv, and nothing else. The index is whatever pip is configured to use. What is
there already is left alone, so that calling this again costs next to nothing.

Only the standard library here, and only what Python 3.6 can read: an older Python must get as far as the sentence that
tells which one is needed.
"""

import ast
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
NEWER_NAMES = ("python3.14", "python3.13", "python3.12", "python3.11")
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCKS = ROOT / ".requirements"
PYTHON = VENV / "bin/python"
SETS = {"demo": ("demo",), "test": ("demo", "test")}
QUIETLY = ("--disable-pip-version-check", "install", "--quiet", "--require-hashes")
CAN_FILL_ANOTHER = "import pip, sys; sys.exit(int(pip.__version__.split('.')[0]) < 23)"  # pip --python
# Where uv reads from its environment what pip reads from its settings, and what stands between several.
UV_NAMES = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "no-index": ("UV_NO_INDEX", " "),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "proxy": ("ALL_PROXY", " "),
    "cert": ("SSL_CERT_FILE", " "),
    "default-timeout": ("UV_HTTP_TIMEOUT", " "),
    "timeout": ("UV_HTTP_TIMEOUT", " "),
}


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
    if works(PYTHON):
        return
    say(f"Making .venv with Python {sys.version.split()[0]}")
    shutil.rmtree(VENV, ignore_errors=True)
    if not can(CAN_FILL_ANOTHER) and not can("import ensurepip"):
        sys.exit(
            f"{sys.executable} can neither make a virtual environment nor run pip. On Debian and Ubuntu: "
            "apt install python3-venv; elsewhere install pip for it."
        )
    run([sys.executable, "-m", "venv", "--without-pip", VENV])
    # A pip outside fills it quickest; Debian's Python has nothing else.
    if can(CAN_FILL_ANOTHER):
        run([sys.executable, "-m", "pip", "--python", PYTHON, *QUIETLY, "-r", LOCKS / "pip.lock"])
    else:
        run([PYTHON, "-m", "ensurepip"])


def install_locked(wanted):
    """Installs every pinned package. The locks are complete, so none is looked up twice; what they lack is found by
    looking over everything afterwards."""
    locks = (LOCKS / f"{wanted}.lock", LOCKS / "build.lock")
    pinned = set(re.findall(r"^[\w.-]+==", "".join(lock.read_text() for lock in locks), re.MULTILINE))
    say(f"Installing {len(pinned)} pinned packages")
    arguments = ["install", "--no-deps", "--require-hashes"]
    for lock in locks:
        arguments += ["-r", lock]
    if not install_with_uv(arguments):
        run([PYTHON, "-m", "pip", "--disable-pip-version-check", *arguments])


def install_with_uv(arguments):
    """Installs with uv, in a quarter of pip's time, from where pip is configured to look. Says whether it could."""
    if subprocess.call(words([PYTHON, "-m", "pip", *QUIETLY, "--only-binary", ":all:", "-r", LOCKS / "uv.lock"])) != 0:
        say("There is no uv for this machine; pip goes on alone")
        return False
    settings = uv_settings(ask_pip_for_settings())
    command = [VENV / "bin/uv", "pip", *arguments, "--python", PYTHON, "--compile-bytecode"]
    if subprocess.call(words(command), env=dict(settings, **os.environ)) != 0:
        say("uv could not install them (its reason is above); pip tries it now")
        return False
    return True


def ask_pip_for_settings():
    """What pip is configured with on this machine, by name: from its files and from PIP_* variables."""
    listed = subprocess.check_output(words([PYTHON, "-m", "pip", "config", "list"]), universal_newlines=True)
    settings = {}
    for name, value in re.findall(r"^(?:global|install|:env:)\.([\w-]+)=(.*)$", listed, re.MULTILINE):
        settings[name] = ast.literal_eval(value)
    return settings


def uv_settings(of_pip):
    """The same for uv, as its environment variables: uv reads none of pip's settings by itself. As for pip, each index
    is as good as another; hashes decide."""
    settings = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    for name, (variable, separator) in UV_NAMES.items():
        if of_pip.get(name):
            settings[variable] = separator.join(of_pip[name].split())
    return settings


def install_ourselves():
    """Installs campus-alert in place; the page is built by a step of its own that shows what it does. Then everything
    must have what it needs."""
    say("Installing campus-alert")
    in_place = ("install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", ROOT)
    run([PYTHON, "-m", "pip", *in_place], CAMPUS_WEB="skip")
    run([PYTHON, "-m", "pip", "check", "--disable-pip-version-check"])


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


def can(code):
    """Whether the calling Python can run this line."""
    return subprocess.call([sys.executable, "-c", code], stderr=subprocess.DEVNULL) == 0


def run(command, **environment):
    """Runs a program that tells about its own mistakes, and ends with it when it fails."""
    code = subprocess.call(words(command), env=dict(os.environ, **environment))
    if code != 0:
        sys.exit(code)


def words(command):
    """A command as words: Python 3.6 takes paths in it on some systems only."""
    return [str(word) for word in command]


def say(text):
    """Names the part that comes now."""
    print(f"==> {text}", flush=True)


if __name__ == "__main__":
    main()
