"""`python -m alerts run`: the engine, and the judge beside it."""

from __future__ import annotations

import asyncio
import socket
from contextlib import AsyncExitStack
from typing import Annotated

import typer
from prometheus_client import start_http_server

from alerts.channels.opening import open_channels
from alerts.commands.console import open_database
from alerts.commands.processes import keep_judge, run_until_stopped
from alerts.engine.engine import Engine
from alerts.logs import configure_logs
from alerts.police.opening import open_police
from alerts.settings import Settings
from alerts.terminal import fail

_CONNECTIONS = 8


def run(
    name: Annotated[str, typer.Option(help="Tells engines apart that run side by side.")] = socket.gethostname(),
    judge: Annotated[
        bool,
        typer.Option(help="Keep a judge beside it; without, run `python -m alerts judge` elsewhere."),
    ] = True,
) -> None:
    """Run the engine: escalate, deliver, supervise; and, in a process of its own, judge. Several may run at once."""
    settings = Settings()
    configure_logs(settings.log_format)
    if settings.engine_metrics_port:
        start_http_server(settings.engine_metrics_port)
    try:
        asyncio.run(_run_engine(settings, name, with_judge=judge))
    except OSError as error:
        fail(f"the database does not answer: {error}")


async def _run_engine(settings: Settings, name: str, *, with_judge: bool) -> None:
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(_CONNECTIONS))
        channels = await open_channels(settings, stack, database)
        engine = Engine(database, channels, name, settings.public_url, await open_police(settings, stack))
        await run_until_stopped(_run_both(engine, name) if with_judge else engine.run())


async def _run_both(engine: Engine, name: str) -> None:
    """An engine goes on when its judge dies, and the judge ends with the engine."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(engine.run(), name="engine")
        tasks.create_task(keep_judge(["-m", "alerts", "judge", "--name", name, "--attached"]), name="judge")
