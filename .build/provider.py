"""Installs the OpenID provider that tests sign in at: .venv/bin/python .build/provider.py

It is a program of npm (tests/dashboard/provider/package-lock.json), and no part of what is served.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from page import find_node

PROVIDER = Path(__file__).resolve().parent.parent / "tests/dashboard/provider"


def main() -> None:
    """Installs it, with the Node.js that builds the page."""
    folder, npm = find_node()
    environment = os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [*npm, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=PROVIDER, env=environment, check=True)


if __name__ == "__main__":
    main()
