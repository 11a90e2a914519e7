"""`python -m alerts run`: the engine."""

from __future__ import annotations

import asyncio
import signal
import socket
from contextlib import AsyncExitStack
from typing import Annotated

import typer
from prometheus_client import start_http_server

from alerts.channels.opening import open_channels
from alerts.commands.console import open_database
from alerts.engine.engine import Engine
from alerts.logs import configure_logs
from alerts.police.opening import open_police
from alerts.settings import Settings
from alerts.terminal import fail

_CONNECTIONS = 8


def run(
    name: Annotated[str, typer.Option(help="Tells engines apart that run side by side.")] = socket.gethostname(),
) -> None:
    """Run the engine: escalate, deliver, supervise. Several may run at once."""
    settings = Settings()
    configure_logs(settings.log_format)
    if settings.engine_metrics_port:
        start_http_server(settings.engine_metrics_port)
    try:
        asyncio.run(_run_engine(settings, name))
    except OSError as error:
        fail(f"the database does not answer: {error}")


async def _run_engine(settings: Settings, name: str) -> None:
    """Runs until SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(_CONNECTIONS))
        channels = await open_channels(settings, stack)
        engine = Engine(database, channels, name, settings.public_url, await open_police(settings, stack))
        running = asyncio.create_task(engine.run(), name="engine")
        waiter = asyncio.create_task(stopped.wait(), name="stop")
        await asyncio.wait({running, waiter}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
