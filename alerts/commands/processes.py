"""How a program of the service runs: until it is asked to stop, and what it keeps running beside it."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Coroutine, Sequence

import structlog

from alerts.engine.metrics import JUDGE_UP

_log = structlog.get_logger()
_PAUSE_SECONDS = 1.0
_STOP_SECONDS = 10.0


async def run_until_stopped(work: Coroutine[None, None, None], stopped: asyncio.Event | None = None) -> None:
    """Runs until SIGTERM, SIGINT or `stopped`; raises what ends the work by itself."""
    stopped = stopped or asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    running = asyncio.create_task(work, name="work")
    waiter = asyncio.create_task(stopped.wait(), name="stop")
    await asyncio.wait({running, waiter}, return_when=asyncio.FIRST_COMPLETED)
    waiter.cancel()
    if running.done():
        await running
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def keep_judge(command: Sequence[str]) -> None:
    """Keeps a judge running beside the engine, started again when it dies; ends it when cancelled.

    The judge holds the other end of its standard input, so that it ends with an engine that is killed.
    """
    while True:
        judge = await asyncio.create_subprocess_exec(sys.executable, *command, stdin=asyncio.subprocess.PIPE)
        JUDGE_UP.set(1)
        try:
            code = await judge.wait()
        except asyncio.CancelledError:
            await _end(judge)
            raise
        JUDGE_UP.set(0)
        _log.error("engine.judge.ended", code=code)
        await asyncio.sleep(_PAUSE_SECONDS)


async def _end(process: asyncio.subprocess.Process) -> None:
    process.terminate()
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def hear_input_end(stopped: asyncio.Event) -> None:
    """Sets `stopped` when standard input ends: whoever started this process is gone."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()
    stopped.set()
