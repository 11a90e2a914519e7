"""The gateway as a process, between real brokers and a real database."""

import asyncio
import json
import random
import urllib.request
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiomqtt
import asyncpg
import pytest

from alerts.domain.incidents import Cause
from alerts.incidents.answers import Answers
from alerts.storage.database import Database
from alerts.storage.migrations import migrate
from simulators.embedded.broker import EmbeddedBroker
from simulators.embedded.postgres import EmbeddedPostgres
from simulators.embedded.process import find_free_port
from tests.alerts.police.police_story import until
from tests.alerts.story import CITY, WANG, Story
from tests.gateway import scripted_broker as wire
from tests.gateway.conftest import eventually
from tests.gateway.deaf_line import deaf_line
from tests.gateway.gateway_process import GatewayProcess, gateway_running
from tests.gateway.scripted_broker import scripted_broker

BUTTON = "S1-G1"


def said_on(channel: str, device: str = BUTTON) -> str:
    return f"campus/v1/370202/S1/{device}/{channel}"


@pytest.fixture
async def city(database: Database) -> Database:
    """A database with three schools in two districts."""
    await execute(database, CITY)
    return database


@pytest.fixture
async def button(broker: EmbeddedBroker) -> AsyncIterator[aiomqtt.Client]:
    """A button of the first school, listening for receipts."""
    broker.set_devices({BUTTON: "a password"})
    client = aiomqtt.Client("127.0.0.1", broker.port or 0, username=BUTTON, password="a password", timeout=60)
    client.pending_calls_threshold = 100_000
    async with client:
        await client.subscribe(said_on("receipt"), qos=1)
        yield client


async def execute(database: Database, statement: str, *values: object) -> None:
    async with database.connection() as connection:
        await connection.execute(statement, *values)


async def fetch(database: Database, statement: str, *values: object) -> list[Any]:
    async with database.connection() as connection:
        return await connection.fetch(statement, *values)


async def hear(client: aiomqtt.Client) -> dict[str, Any]:
    """The next receipt."""
    async with asyncio.timeout(60):
        message = await anext(client.messages)
    said: dict[str, Any] = json.loads(message.payload)
    return said


async def press_all(button: aiomqtt.Client, presses: list[str]) -> None:
    """Press so often, ten at a time; the broker has acknowledged every one when this returns."""
    for start in range(0, len(presses), 10):
        said = [f'{{"id":"{name}"}}'.encode() for name in presses[start : start + 10]]
        await asyncio.gather(*(button.publish(said_on("press"), payload, qos=1) for payload in said))


async def list_presses(database: Database) -> list[str]:
    """What is stored, by the names that the button gave."""
    return [row["name"] for row in await fetch(database, "select name from press order by name")]


async def fetch_until(database: Database, statement: str, count: int) -> list[Any]:
    """The rows, once there are so many."""
    rows: list[Any] = []

    async with asyncio.timeout(60):
        while len(rows) < count:
            rows = await fetch(database, statement)
            await asyncio.sleep(0.02)
    return rows


async def test_a_press_is_stored_and_answered_and_its_button_hears_what_people_do(
    city: Database, broker: EmbeddedBroker, button: aiomqtt.Client
) -> None:
    async with gateway_running(city.url, broker.url()):
        await button.publish(said_on("press"), b'{"id":"p1","kind":"fire"}', qos=1)
        received = await hear(button)
        incident = received["incident"]
        answers = Answers(city)
        await answers.acknowledge(incident, WANG)
        await answers.respond(incident, WANG)
        await answers.close(incident, WANG, Cause.REAL)
        told = [received, *[await hear(button) for _ in range(3)]]
    (press,) = await fetch(city, "select * from press")
    assert (press["device"], press["incident"], press["kind"]) == (BUTTON, incident, "fire")
    assert [(receipt["stage"], receipt["press"], receipt["incident"]) for receipt in told] == [
        (stage, "p1", incident) for stage in ("received", "seen", "coming", "closed")
    ]


@pytest.mark.faults
async def test_a_gateway_killed_before_the_commit_loses_no_press(
    city: Database, broker: EmbeddedBroker, button: aiomqtt.Client
) -> None:
    presses = [f"p{number:03d}" for number in range(50)]
    gateway = GatewayProcess.start(city.url, broker.url(), "--lanes", "presses")
    await gateway.await_listening("presses")
    async with city.transaction() as connection:
        await connection.execute("lock table press in exclusive mode")
        await press_all(button, presses)
        await fetch_until(city, "select from pg_stat_activity where wait_event_type = 'Lock' and query ~ 'press'", 1)
        await gateway.kill()
    async with gateway_running(city.url, broker.url(), lanes=("presses",)):
        await fetch_until(city, "select from press", len(presses))
        answered = {(await hear(button))["press"] for _ in presses}
    assert await list_presses(city) == presses
    assert answered == set(presses)


@pytest.mark.faults
async def test_a_gateway_killed_between_commit_and_acknowledgement_stores_once_and_answers(
    city: Database, broker: EmbeddedBroker, button: aiomqtt.Client
) -> None:
    presses = [f"p{number:03d}" for number in range(50)]
    async with deaf_line(broker.url()) as line:
        gateway = GatewayProcess.start(city.url, line.url, "--lanes", "presses")
        await gateway.await_listening("presses")
        line.cut()
        await press_all(button, presses)
        await fetch_until(city, "select from press", len(presses))
        await gateway.kill()
    async with gateway_running(city.url, broker.url(), lanes=("presses",)):
        answered = {(await hear(button))["press"] for _ in presses}
    assert await list_presses(city) == presses
    assert answered == set(presses)


@pytest.mark.faults
async def test_presses_that_flow_while_the_gateway_is_killed_at_random_are_stored_once(
    city: Database, broker: EmbeddedBroker, button: aiomqtt.Client
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    presses = [f"p{number:04d}" for number in range(1000)]
    async with gateway_running(city.url, broker.url(), lanes=("presses",)):
        pass  # the broker keeps a session for it from now on
    pressing = asyncio.create_task(press_all(button, presses))
    for kill_at in sorted(chance.sample(range(1, 700), 3)):
        gateway = GatewayProcess.start(city.url, broker.url(), "--lanes", "presses")
        await fetch_until(city, f"select from press limit {kill_at}", kill_at)
        await gateway.kill()
    await pressing
    async with gateway_running(city.url, broker.url(), lanes=("presses",)):
        await fetch_until(city, "select from press", len(presses))
    assert await list_presses(city) == presses
    assert len(await fetch(city, "select from incident")) == 1


async def test_two_gateways_side_by_side_store_a_press_once_and_tell_of_a_stage_once(
    city: Database, broker: EmbeddedBroker, button: aiomqtt.Client
) -> None:
    async with (
        gateway_running(city.url, broker.url(), "--name", "east"),
        gateway_running(city.url, broker.url(), "--name", "west"),
    ):
        await button.publish(said_on("press"), b'{"id":"p1"}', qos=1)
        received = [await hear(button), await hear(button)]
        await Answers(city).acknowledge(received[0]["incident"], WANG)
        seen = await hear(button)
        await button.publish(said_on("press"), b'{"id":"p2"}', qos=1)
        after = await hear(button)
    assert [receipt["stage"] for receipt in received] == ["received", "received"]
    assert (seen["stage"], seen["press"]) == ("seen", "p1")
    assert after["press"] == "p2"
    assert len(await fetch(city, "select from press")) == 2


@pytest.mark.faults
async def test_a_database_that_goes_away_and_comes_back_loses_no_press(
    open_folder: Any, broker: EmbeddedBroker, button: aiomqtt.Client
) -> None:
    with EmbeddedPostgres(open_folder / f"fallible-{broker.port}", settings={"fsync": "off"}) as server:
        await migrate(server.url)
        async with gateway_running(server.url, broker.url()) as gateway:
            await button.publish(said_on("press"), b'{"id":"before"}', qos=1)
            assert (await hear(button))["press"] == "before"
            server.kill()
            await button.publish(said_on("press"), b'{"id":"meanwhile"}', qos=1)
            await eventually(lambda: gateway.said("gateway.database.lost"))
            server.start()
            assert (await hear(button))["press"] == "meanwhile"
            await eventually(lambda: gateway.said("gateway.database.back"))
        assert len(gateway.said("gateway.database.lost")) == 1
        database = await Database.open(server.url, application_name="test")
        assert [row["name"] for row in await fetch(database, "select name from press order by id")] == [
            "before",
            "meanwhile",
        ]
        await database.close()


@pytest.mark.faults
async def test_while_the_database_was_away_for_long_nobody_heard_devices(
    open_folder: Any, nats_broker: EmbeddedBroker
) -> None:
    folder = open_folder / f"away-{nats_broker.port}"
    with EmbeddedPostgres(folder, settings={"fsync": "off"}) as server:
        await migrate(server.url)
        async with gateway_running(server.url, nats_broker.url(), lanes=("beats",)) as gateway:
            await until(lambda: tell(server, "select exists (select from service_pulse)"))
            server.stop()
            await eventually(lambda: gateway.said("gateway.database.lost"))
            with EmbeddedPostgres(folder, settings={"fsync": "off"}) as elsewhere:  # not where the gateway looks for it
                assert elsewhere.port != server.port
                await tell(elsewhere, "update service_pulse set seen_at = seen_at - interval '10 minutes'")
            server.start()
            await until(lambda: tell(server, "select exists (select from deaf_span)"))
        took = "select ended_at - began_at > interval '10 minutes' from deaf_span"
        assert await tell(server, took)
        assert len(gateway.said("gateway.database.back")) == 1


async def tell(server: EmbeddedPostgres, question: str) -> Any:
    connection = await asyncpg.connect(server.url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def test_a_gateway_may_start_before_its_database_and_its_broker(
    open_folder: Any, broker: EmbeddedBroker, button: aiomqtt.Client
) -> None:
    with EmbeddedPostgres(open_folder / f"late-{broker.port}", settings={"fsync": "off"}) as server:
        await migrate(server.url)
        server.stop()
        broker.stop()
        gateway = GatewayProcess.start(server.url, broker.url())
        await eventually(lambda: gateway.said("gateway.database.lost"))
        server.start()
        await eventually(lambda: len(gateway.said("gateway.broker.lost")) == 4)
        broker.start()
        await eventually(lambda: len(gateway.said("gateway.broker.back")) == 4)
        broker.set_devices({BUTTON: "a password"})
        async with aiomqtt.Client("127.0.0.1", broker.port or 0, username=BUTTON, password="a password") as late:
            await late.subscribe(said_on("receipt"), qos=1)
            await late.publish(said_on("press"), b"{}", qos=1)
            assert (await hear(late))["stage"] == "received"
        assert await gateway.stop() == 0


async def test_evidence_and_beats_are_filed_and_the_lanes_tell_that_they_listen(
    city: Database, broker: EmbeddedBroker, button: aiomqtt.Client
) -> None:
    async with gateway_running(city.url, broker.url()):
        await button.publish(said_on("state"), b'{"online":true,"battery":80}', qos=1, retain=True)
        await button.publish(said_on("gate"), b'{"id":"g1","open":true}', qos=1)
        await button.publish(said_on("beat"), b'{"battery":79}')
        await fetch_until(city, "select from evidence", 1)
        await fetch_until(city, f"select from device_status where device = '{BUTTON}' and battery = 79", 1)
        pulses = await fetch_until(city, "select lane from service_pulse where service = 'gateway'", 4)
    assert {row["lane"] for row in pulses} == {"presses", "evidence", "beats", "receipts"}


async def test_a_gateway_that_hears_again_tells_since_when_nobody_did(city: Database) -> None:
    async with city.connection() as connection:
        heard_at = await connection.fetchval(
            "insert into service_pulse select 'gateway', 'gone', 'beats', now(), now() - interval '1 hour'"
            " returning seen_at"
        )
    async with (
        scripted_broker() as broker,
        gateway_running(city.url, f"mqtt://127.0.0.1:{broker.port}", lanes=("beats",)),
    ):
        query = "select began_at, p.since - ended_at as off from deaf_span, service_pulse p where p.name <> 'gone'"
        (span,) = await fetch_until(city, query, 1)
    assert (span["began_at"], span["off"]) == (heard_at, timedelta())


async def test_whoever_presses_lives_and_a_state_is_judged_by_its_own_lane(city: Database) -> None:
    async with (
        scripted_broker() as broker,
        gateway_running(city.url, f"mqtt://127.0.0.1:{broker.port}", lanes=("beats",)),
    ):
        broker.publish(b"campus/v1/370202/S1/S1-C1/state", b'{"online":false}')
        broker.publish(b"campus/v1/370202/S1/S1-G1/press", b"{}")
        rows = await fetch_until(city, "select device from device_status where last_seen_at is not null", 1)
    assert [row["device"] for row in rows] == ["S1-G1"]


async def test_what_comes_on_no_known_channel_is_put_where_people_see_it(city: Database) -> None:
    async with (
        scripted_broker() as broker,
        gateway_running(city.url, f"mqtt://127.0.0.1:{broker.port}", lanes=("beats",)),
    ):
        broker.publish(b"campus/v1/370202/S1/S1-G1/selfdestruct", b"now")
        broker.publish(b"campus/v1/370202/S1/press", b"{}")
        broker.publish(b"campus/v1/370202/S1/S1-G1/press", b"{}")  # the presses lane's
        broker.publish(b"campus/v1/370202/S1/S1-G1/receipt", b"{}")  # our own
        broker.publish(b"campus/v1/370202/S1/S1-G1/beat", b"{}")
        await fetch_until(city, f"select from device_status where device = '{BUTTON}' and last_seen_at is not null", 1)
        rows = await fetch_until(city, "select topic, reason from quarantine order by topic", 2)
    assert [(row["topic"], row["reason"]) for row in rows] == [
        ("campus/v1/370202/S1/S1-G1/selfdestruct", "no device speaks on the channel 'selfdestruct'"),
        ("campus/v1/370202/S1/press", "the topic has 3 levels after campus/v1/ instead of 4"),
    ]


async def test_a_stage_receipt_that_the_broker_did_not_confirm_is_said_again(city: Database) -> None:
    story = Story(city)
    incident = (await story.press(id="p1")).incident
    async with (
        scripted_broker() as broker,
        gateway_running(city.url, f"mqtt://127.0.0.1:{broker.port}", lanes=("receipts",)) as gateway,
    ):
        await fetch_until(city, "select from log_reader where name = 'receipts'", 1)
        await story.answers.acknowledge(incident, WANG)
        await eventually(lambda: broker.count(wire.PUBLISH) == 1, "the receipt is published")
        broker.hang_up()
        await eventually(lambda: broker.count(wire.PUBLISH) == 2, "it is published again")
        receipts = [packet for packet in broker.heard if packet.kind == wire.PUBLISH]
        broker.confirm(receipts[1].mid)
        await story.answers.respond(incident, WANG)
        await eventually(lambda: broker.count(wire.PUBLISH) == 3, "the next one follows")
        receipts = [packet for packet in broker.heard if packet.kind == wire.PUBLISH]
        broker.confirm(receipts[2].mid)
        await eventually(lambda: len(gateway.said("gateway.receipt.published")) == 2)
    assert [packet.topic for packet in receipts] == [said_on("receipt")] * 3
    assert [packet.body.split(b'"stage":"')[1].split(b'"')[0] for packet in receipts] == [b"seen", b"seen", b"coming"]


async def test_sigterm_ends_a_gateway_cleanly(city: Database, broker: EmbeddedBroker, button: aiomqtt.Client) -> None:
    gateway = GatewayProcess.start(city.url, broker.url())
    await gateway.await_listening("presses", "evidence", "beats", "receipts")
    await button.publish(said_on("press"), b'{"id":"p1"}', qos=1)
    await hear(button)
    assert await gateway.stop() == 0
    assert [line["event"] for line in gateway.log if line["event"].startswith("gateway.process")] == [
        "gateway.process.started",
        "gateway.process.stopping",
        "gateway.process.stopped",
    ]
    assert not [line for line in gateway.log if line.get("level") in ("error", "critical")], gateway.log


async def test_a_gateway_shows_its_figures(city: Database, broker: EmbeddedBroker, button: aiomqtt.Client) -> None:
    port = find_free_port()
    gateway = GatewayProcess.start(city.url, broker.url(), CAMPUS_GATEWAY_METRICS_PORT=f"{port}")
    await gateway.await_listening("presses", "evidence", "beats", "receipts")
    await button.publish(said_on("press"), b"{}", qos=1)
    await hear(button)
    lines = (
        'campus_gateway_broker_up{lane="presses"} 1.0',
        "campus_gateway_database_up 1.0",
        'campus_gateway_receipts_total{lane="presses",stage="received"} 1.0',
        'campus_gateway_batch_messages_count{lane="presses"} 1.0',
        'campus_gateway_unacknowledged{lane="presses"} 0.0',  # a receipt leaves before the acknowledgement
    )

    def missing() -> list[str]:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            page = answer.read().decode()
        return [line for line in lines if line not in page]

    await eventually(lambda: not missing(), "every figure is shown")
    await gateway.stop()
