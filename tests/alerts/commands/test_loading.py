"""A command loads what it needs and no more, so that an operator in a hurry has an answer in half a second."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_every_command_is_listed_with_what_it_does() -> None:
    shown = run("-m", "alerts", "--help")
    for name in ("run", "migrate", "import", "duty", "coverage", "answer-times", "test-month", "report", "audit"):
        assert f"\n│ {name} " in shown
    assert "Bring the database to the newest schema." in shown


def test_the_engine_is_not_loaded_by_those_who_do_not_run_it() -> None:
    command = "typer.main.get_command(alerts.__main__.app).get_command(None, 'roster')"
    heavy = "{'alerts.engine', 'httpx', 'openpyxl', 'weasyprint'}"
    assert run("-c", f"import sys, typer, alerts.__main__; {command}; print({heavy} & set(sys.modules))") == "set()\n"


def run(*words: str) -> str:
    return subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout
