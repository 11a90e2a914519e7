"""How every program of ours speaks at a terminal: what a person can mend is one sentence, without a traceback."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console

from alerts.settings import SettingMissing, SettingUnusable

errors = Console(stderr=True, highlight=False)


def run_program(app: typer.Typer, *mendable: type[Exception]) -> None:
    """Runs a program's command. The `mendable` errors, settings that are missing or wrong among them, end it with 2 and
    their sentence."""
    known: tuple[type[Exception], ...] = (SettingMissing, SettingUnusable, *mendable)
    try:
        app()
    except known as error:
        fail(str(error))
    except ValidationError as error:
        fail("; ".join(f"CAMPUS_{'_'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in error.errors()))


def offer_commands(about: str | None, commands: Mapping[str, str]) -> typer.Typer:
    """A program with these commands, each named `module:function` (or `module:typer`, a group of its own).

    A module is loaded when its command is called: who looks up a roster does not wait for the engine to load.
    """

    class Commands(typer.core.TyperGroup):
        def list_commands(self, ctx: Any) -> list[str]:
            return list(commands)

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            return _load_command(cmd_name, commands[cmd_name]) if cmd_name in commands else None

    app = typer.Typer(cls=Commands, no_args_is_help=True, pretty_exceptions_enable=False, help=about)
    app.callback()(lambda: None)
    return app


def _load_command(name: str, path: str) -> Any:
    module, _, attribute = path.partition(":")
    found = getattr(import_module(module), attribute)
    holder = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    holder.callback()(lambda: None)
    if isinstance(found, typer.Typer):
        holder.add_typer(found, name=name)
    else:
        holder.command(name)(found)
    return typer.main.get_command(holder).commands[name]  # type: ignore[attr-defined]


def fail(sentence: str, code: int = 2) -> NoReturn:
    """Says what is wrong and what to do, and ends the program."""
    errors.print(f"[red]{sentence}[/red]", soft_wrap=True)
    raise SystemExit(code)
