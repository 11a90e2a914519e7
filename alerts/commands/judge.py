"""`python -m alerts judge`: what computes for long, in a process of its own."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
from contextlib import AsyncExitStack
from typing import Annotated

import typer
from prometheus_client import start_http_server

from alerts.commands.console import open_database
from alerts.commands.processes import hear_input_end, run_until_stopped
from alerts.domain.retention import Kept
from alerts.engine.judge import Judge
from alerts.logs import configure_logs
from alerts.settings import Settings
from alerts.terminal import fail

_CONNECTIONS = 6
# A day is millions of values, and hardly any refers to itself: to look for such at every 700 takes a tenth of the time.
_GARBAGE_LOOKED_FOR_EVERY = 100_000
_GIVES_WAY = 5  # to the engine, whose steps cannot wait, where both share a machine


def judge(
    name: Annotated[str, typer.Option(help="Tells judges apart that run side by side.")] = socket.gethostname(),
    attached: Annotated[bool, typer.Option(hidden=True, help="End when standard input ends.")] = False,
) -> None:
    """Run the judge: compliance, closed days, rosters ahead, the coming week's coverage. `run` keeps one beside it."""
    settings = Settings()
    configure_logs(settings.log_format)
    os.nice(_GIVES_WAY)
    gc.freeze()  # what was loaded is never garbage
    gc.set_threshold(_GARBAGE_LOOKED_FOR_EVERY)
    if settings.judge_metrics_port:
        start_http_server(settings.judge_metrics_port)
    try:
        asyncio.run(_run_judge(settings, name, attached=attached))
    except OSError as error:
        fail(f"the database does not answer: {error}")


async def _run_judge(settings: Settings, name: str, *, attached: bool) -> None:
    stopped = asyncio.Event()
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(_CONNECTIONS))
        if attached:
            listening = asyncio.create_task(hear_input_end(stopped), name="input")
            stack.callback(listening.cancel)
        kept = Kept(settings.keep_evidence_days, settings.keep_quarantine_days)
        await run_until_stopped(Judge(database, name, kept).run(), stopped)
