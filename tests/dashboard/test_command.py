"""`python -m dashboard` as a process: what it says when it cannot start, and how it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from tests.alerts.story import Story
from tests.dashboard.board import PATIENCE_SECONDS


@asynccontextmanager
async def dashboard_process(**variables: str) -> AsyncIterator[Process]:
    """Starts `python -m dashboard run` with nothing set but these variables; killed when the block ends."""
    environment = {"PATH": os.environ["PATH"], "COLUMNS": "300"} | variables
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "dashboard", "run", stdout=PIPE, stderr=PIPE, env=environment
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def end_of(process: Process) -> tuple[int | None, str]:
    """How a process ended by itself, and what it said."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        _, errors = await process.communicate()
    return process.returncode, errors.decode()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


NO_DATABASE = "postgresql://x@127.0.0.1:1/x"


async def test_a_taken_port_is_one_sentence_that_names_the_variable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        async with dashboard_process(CAMPUS_DATABASE_URL=NO_DATABASE, CAMPUS_HTTP_PORT=port) as process:
            code, said = await end_of(process)
    assert code == 2
    assert "CAMPUS_HTTP_PORT" in said
    assert port in said
    assert "Traceback" not in said


async def test_a_missing_or_wrong_setting_is_one_sentence_that_names_it() -> None:
    for variables, name in (
        ({}, "CAMPUS_DATABASE_URL"),
        ({"CAMPUS_DATABASE_URL": NO_DATABASE, "CAMPUS_HTTP_PORT": "many"}, "CAMPUS_HTTP_PORT"),
        ({"CAMPUS_DATABASE_URL": NO_DATABASE, "CAMPUS_HTTP_HOST": "256.0.0.1"}, "CAMPUS_HTTP_HOST"),
    ):
        async with dashboard_process(**variables) as process:
            code, said = await end_of(process)
        assert code == 2
        assert name in said
        assert "Traceback" not in said


async def test_it_starts_before_its_database_says_that_it_is_not_ready_and_ends_in_order_at_ctrl_c() -> None:
    port = free_port()
    async with (
        dashboard_process(CAMPUS_DATABASE_URL=NO_DATABASE, CAMPUS_HTTP_PORT=str(port)) as process,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", verify=False) as client,
    ):
        await wait_for(client, "/livez", 200)
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["parts"]["database"] is False
        assert (await client.get("/api/v1/session", headers={"Authorization": "Bearer x"})).status_code == 503
        await end_in_order(process, signal.SIGINT)


async def test_a_supervisor_ends_it_in_order(story: Story) -> None:
    port = free_port()
    async with (
        dashboard_process(CAMPUS_DATABASE_URL=story.database.url, CAMPUS_HTTP_PORT=str(port)) as process,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", verify=False) as client,
    ):
        await wait_for(client, "/livez", 200)
        await end_in_order(process, signal.SIGTERM)


async def end_in_order(process: Process, number: signal.Signals) -> None:
    process.send_signal(number)
    code, said = await end_of(process)
    assert code == 0, said
    assert "dashboard.service.stopped" in said
    assert "Traceback" not in said


async def wait_for(client: httpx.AsyncClient, path: str, status: int) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                if (await client.get(path)).status_code == status:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.05)
