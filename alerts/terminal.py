"""How every program of ours speaks at a terminal: what a person can mend is one sentence, without a traceback."""

from __future__ import annotations

from typing import NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console

from alerts.settings import SettingMissing

errors = Console(stderr=True, highlight=False)


def run_program(app: typer.Typer, *mendable: type[Exception]) -> None:
    """Runs a program's command. The `mendable` errors, settings that are missing or wrong among them, end it with 2 and
    their sentence."""
    known: tuple[type[Exception], ...] = (SettingMissing, *mendable)
    try:
        app()
    except known as error:
        fail(str(error))
    except ValidationError as error:
        fail("; ".join(f"CAMPUS_{'_'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in error.errors()))


def fail(sentence: str, code: int = 2) -> NoReturn:
    """Says what is wrong and what to do, and ends the program."""
    errors.print(f"[red]{sentence}[/red]", soft_wrap=True)
    raise SystemExit(code)
