"""The stations that stand in for the police: they carry cases on, and fail a test on what nobody expected."""

from __future__ import annotations

import asyncio
import io
import itertools
import json
import socket
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi import FastAPI, Request
from rich.console import Console

from alerts.domain.contact_id import ContactId, EventCode
from alerts.domain.dc09 import Line
from alerts.police.dc09 import StationLine
from alerts.police.http import HttpLink, open_tls
from alerts.police.link import Case, LinkFailed, Withdrawal
from simulators.police.certificates import Certificates, write_certificates
from simulators.police.program import PolicePlan, play_police
from simulators.police.receiver import Receiver
from simulators.police.station import _FIELDS, Station110, UnexpectedCallError
from simulators.providers.app import serve
from simulators.webhook import PortTakenError
from tests.alerts.police.test_cap import SCHOOL, incident


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def link_to(url: str, certificates: Certificates) -> HttpLink:
    return HttpLink(url, open_tls(certificates.client, certificates.client_key, certificates.authority))


def a_case() -> Case:
    return Case(uuid4(), incident(), SCHOOL, datetime.now(UTC))


def a_plan(folder: Path) -> PolicePlan:
    return PolicePlan(free_port(), free_port(), folder, None, "a secret of sixteen", "", 2000.0, 1)


async def said(console: Console, words: str) -> None:
    output = console.file
    assert isinstance(output, io.StringIO)
    async with asyncio.timeout(30):
        while words not in output.getvalue():
            await asyncio.sleep(0.02)


async def test_110_takes_a_case_sends_a_patrol_and_closes_it_and_the_station_prints_its_events(tmp_path: Path) -> None:
    plan, console = a_plan(tmp_path), Console(file=io.StringIO(), width=200)
    playing = asyncio.create_task(play_police(plan, console))
    await said(console, "CAMPUS_POLICE_CA=")
    url = f"https://127.0.0.1:{plan.port}/cases"
    async with (
        link_to(url, write_certificates(tmp_path)) as link,
        StationLine("127.0.0.1", plan.station_port, Line(), "0000") as line,
    ):
        case = a_case()
        assert await link.hand_over(case) is None, "it takes a moment to decide"
        await said(console, "closed 已到场处置")
        report = await link.ask(case.key)
        assert report is not None
        assert (report.state, report.disposition) == ("closed", "已到场处置 dealt with on scene")
        await line.report(ContactId("CA0001", 1, EventCode.PANIC), 1, datetime.now(UTC))
        await said(console, "station CA0001 0001: 1120 00 000")
        withdrawn = a_case()
        await link.hand_over(withdrawn)
        await link.withdraw(Withdrawal(withdrawn.key, withdrawn.incident, None))
        await said(console, "已撤回")
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)


async def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        plan = replace(a_plan(tmp_path), port=taken.getsockname()[1])
        with pytest.raises(PortTakenError, match=str(plan.port)):
            await play_police(plan, Console(file=io.StringIO()))


async def test_a_case_that_nobody_expected_fails_the_test(tmp_path: Path) -> None:
    certificates = write_certificates(tmp_path)
    with pytest.raises(UnexpectedCallError, match="nobody expected"):
        async with Station110(certificates) as station, link_to(station.url, certificates) as link:
            await link.hand_over(a_case())


async def test_a_withdrawal_that_nobody_awaited_fails_the_test(tmp_path: Path) -> None:
    certificates, case = write_certificates(tmp_path), a_case()

    async def withdraw() -> None:
        async with Station110(certificates) as station, link_to(station.url, certificates) as link:
            await link.hand_over(case)
            await station.expect()
            await link.withdraw(Withdrawal(case.key, case.incident, None))

    with pytest.raises(UnexpectedCallError, match=f"withdrawal of {case.key}"):
        await withdraw()


async def test_a_withdrawal_of_another_incident_fails_the_test(tmp_path: Path) -> None:
    certificates, case = write_certificates(tmp_path), a_case()
    other = replace(case.incident, id=case.incident.id + 1)

    async def withdraw() -> None:
        async with Station110(certificates) as station, link_to(station.url, certificates) as link:
            await link.hand_over(case)
            await station.expect()
            with pytest.raises(LinkFailed):
                await link.withdraw(Withdrawal(case.key, other, None))

    with pytest.raises(UnexpectedCallError, match="as another incident"):
        await withdraw()


async def until_taken(say: Callable[[], Awaitable[object]]) -> int:
    """How often something had to be said until a difficult station took it."""
    for times in itertools.count(1):
        try:
            async with asyncio.timeout(1):
                await say()
        except (LinkFailed, TimeoutError):
            continue
        return times
    raise AssertionError


async def test_with_trouble_both_stations_fail_and_double_and_lose_nothing_that_is_said_again(tmp_path: Path) -> None:
    board, told = FastAPI(), Counter[tuple[str, str]]()

    @board.post("/api/v1/police/handovers/{key}/status")
    async def take_status(key: str, request: Request) -> None:
        told[key, (await request.json())["state"]] += 1

    console, listener = Console(file=io.StringIO(), width=200), socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    plan = replace(a_plan(tmp_path), board=url, trouble_share=0.4)
    cases = [a_case() for _ in range(8)]
    async with serve(board, listener):
        playing = asyncio.create_task(play_police(plan, console))
        await said(console, "CAMPUS_DC09_PORT=")
        async with (
            link_to(f"https://127.0.0.1:{plan.port}/cases", write_certificates(tmp_path)) as link,
            StationLine("127.0.0.1", plan.station_port, Line(), "0000") as line,
        ):
            handed = [await until_taken(lambda case=case: link.hand_over(case)) for case in cases]
            panic = ContactId("CA0001", 1, EventCode.PANIC)
            rung = [await until_taken(lambda n=n: line.report(panic, n, datetime.now(UTC))) for n in range(1, 9)]
        for number in range(1, 9):
            await said(console, f"110 110-{number:06d}: closed")
            await said(console, f"station CA0001 {number:04d}: 1120 00 000")
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
    assert max(handed) > 1
    assert max(rung) > 1
    states = ("accepted", "dispatched", "on_scene")
    assert all(told[str(case.key), state] for case in cases for state in states)
    assert max(told.values()) == 2


async def test_a_station_that_closes_leaves_nobody_serving_who_was_connected(tmp_path: Path) -> None:
    certificates, before = write_certificates(tmp_path), asyncio.all_tasks()
    async with Station110(certificates) as station, Receiver() as receiver, link_to(station.url, certificates) as link:
        with pytest.raises(LinkFailed, match="404"):
            await link.ask(a_case().key)
        async with StationLine("127.0.0.1", receiver.port, Line(), "0000") as line:
            await line.supervise(datetime.now(UTC))
            await station.close()
            await receiver.close()
            assert asyncio.all_tasks() == before


async def call(certificates: Certificates, path: str, headers: dict[str, str], body: dict[str, str]) -> None:
    async with Station110(certificates) as station, link_to(station.url, certificates) as link:
        address = station.url.removesuffix("/cases") + path
        said_headers = {"Content-Type": "application/json", **headers}
        answer = await link._client.put(address, content=json.dumps(body), headers=said_headers)
        assert answer.status_code == 400


async def test_a_call_that_no_sender_may_make_fails_the_test(tmp_path: Path) -> None:
    certificates = write_certificates(tmp_path)
    key = str(uuid4())
    for path, headers, body in (
        (f"/cases/{key}", {"Idempotency-Key": "another"}, {"id": key}),
        (f"/cases/{key}", {"Idempotency-Key": key}, {"id": key, "status": "Actual"}),
        (f"/cases/{key}", {"Idempotency-Key": key}, dict.fromkeys(_FIELDS, key) | {"more": "than is documented"}),
        ("/elsewhere", {}, {}),
    ):
        with pytest.raises(UnexpectedCallError):
            await call(certificates, path, headers, body)


async def send(frame: bytes) -> None:
    async with Receiver(key=bytes(16)) as receiver:
        _reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
        writer.write(frame)
        async with asyncio.timeout(30):
            while not receiver.faults:
                await asyncio.sleep(0.01)
        writer.close()


@pytest.mark.parametrize(
    "frame",
    [
        b'\n00000027"ADM-CID"0001L0#1002[#1002|1602 00 001]\r',
        b"hello\r",
        b'\nE5630025"NAK"0000R0L0A0[]_10:10:18,07-30-2024\r',
        b'\n9EC40027"ADM-CID"0001L0#1002[#1002|1602 00 001]\r',
    ],
    ids=["a wrong sum", "no frame", "an answer", "in the clear"],
)
async def test_bytes_that_no_sender_may_send_fail_the_test(frame: bytes) -> None:
    with pytest.raises(UnexpectedCallError):
        await send(frame)
