"""One connection: what is acknowledged when, what comes again, and how much is held. On both brokers."""

import asyncio
import importlib.metadata
import shutil
import signal
import ssl
import struct
import subprocess
import sys
from pathlib import Path

import aiomqtt
import pytest

from alerts.health import read_client_id_key
from alerts.storage.database import Database
from gateway import connection as connection_module
from gateway.broker import BrokerAddress, Session, make_client_id
from gateway.connection import BrokerLostError, StaleDeliveryError, open_connection
from gateway.held import Limits
from gateway.metrics import LaneMetrics
from gateway.service import retire_gateway
from simulators.embedded.broker import EmbeddedBroker
from tests.conftest import miss_part
from tests.gateway import scripted_broker as wire
from tests.gateway.conftest import (
    DEVICE,
    device_speaking,
    eventually,
    say_all,
    service_connection,
    take_exactly,
    topic,
)
from tests.gateway.scripted_broker import scripted_broker

ROOT = Path(__file__).parents[2]
PRESSES = [b'{"id":"p%d"}' % number for number in range(10)]


def scripted_connection(broker: wire.ScriptedBroker, *, limits: Limits | None = None, filters: tuple[str, ...] = ()):
    address = BrokerAddress("127.0.0.1", broker.port, "gateway", "a password")
    return open_connection(address, Session("gateway-test", filters), LaneMetrics("test"), limits)


def test_the_private_attributes_that_the_connection_leans_on_are_there() -> None:
    assert importlib.metadata.version("aiomqtt").startswith("2.5.")

    async def look() -> None:
        client = aiomqtt.Client("127.0.0.1")
        for name in ("_sock", "_ping_t", "_in_packet", "_handle_publish"):
            assert hasattr(client._client, name)
        assert client._client.manual_ack_set(True) is None
        assert client._client._manual_ack is True

    asyncio.run(look())


async def test_what_was_not_acknowledged_comes_again_over_the_next_connection(city_broker: EmbeddedBroker) -> None:
    async with device_speaking(city_broker) as device:
        async with service_connection(city_broker, "press") as first:
            await first.await_listening()
            await say_all(device, "press", PRESSES)
            await take_exactly(first, len(PRESSES))
        async with service_connection(city_broker, "press") as second:
            again = await take_exactly(second, len(PRESSES))
    assert sorted(delivery.payload for delivery in again) == PRESSES


async def test_what_was_acknowledged_does_not_come_again(city_broker: EmbeddedBroker) -> None:
    async with device_speaking(city_broker) as device:
        async with service_connection(city_broker, "press") as first:
            await first.await_listening()
            await say_all(device, "press", PRESSES)
            first.acknowledge((await take_exactly(first, len(PRESSES)))[:7])
        async with service_connection(city_broker, "press") as second:
            again = await take_exactly(second, 3)
            await say_all(device, "press", [b"a later one"])
            assert [delivery.payload for delivery in await take_exactly(second, 1)] == [b"a later one"]
    assert sorted(delivery.payload for delivery in again) == PRESSES[7:]


async def test_a_process_killed_between_delivery_and_acknowledgement_loses_none(city_broker: EmbeddedBroker) -> None:
    """The guard of the private attribute: with aiomqtt's own acknowledgement nothing would come again."""
    command = (sys.executable, "-m", "tests.gateway.holding_process", city_broker.url(), str(len(PRESSES)))
    async with device_speaking(city_broker) as device:
        holder = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
        assert holder.stdout is not None
        assert await holder.stdout.readline() == b"listening\n"
        await say_all(device, "press", PRESSES)
        assert await holder.stdout.readline() == b"holding\n"
        holder.send_signal(signal.SIGKILL)
        await holder.wait()
        async with service_connection(city_broker, "press", client_id="gateway-presses") as connection:
            again = await take_exactly(connection, len(PRESSES))
    assert sorted(delivery.payload for delivery in again) == PRESSES


async def test_a_delivery_of_an_older_connection_cannot_be_acknowledged(city_broker: EmbeddedBroker) -> None:
    async with device_speaking(city_broker) as device:
        async with service_connection(city_broker, "press") as first:
            await first.await_listening()
            await say_all(device, "press", PRESSES[:1])
            old = await take_exactly(first, 1)
        async with service_connection(city_broker, "press") as second:
            await take_exactly(second, 1)
            with pytest.raises(StaleDeliveryError):
                second.acknowledge(old)


async def test_reading_pauses_while_too_much_is_held_and_nothing_is_missing_after_it(
    city_broker: EmbeddedBroker,
) -> None:
    payloads = [b"%04d" % number for number in range(1000)]
    async with device_speaking(city_broker) as device, service_connection(city_broker, "gate", held=50) as connection:
        await connection.await_listening()
        await say_all(device, "gate", payloads)
        await eventually(lambda: connection.paused, "the connection pauses")
        most_held, taken = 0, []
        while len(taken) < len(payloads):
            batch = await take_exactly(connection, 1)
            most_held = max(most_held, connection.held)
            taken += batch
            connection.acknowledge(batch)
    assert most_held <= 50
    assert sorted(delivery.payload for delivery in taken) == payloads


async def test_a_few_large_messages_pause_the_reading_too(city_broker: EmbeddedBroker) -> None:
    address, session = BrokerAddress.parse(city_broker.url()), Session("gateway-test", ("campus/v1/#",), kept=True)
    limits = Limits(held_bytes=1_000_000)
    async with (
        device_speaking(city_broker) as device,
        open_connection(address, session, LaneMetrics("test"), limits) as connection,
    ):
        await connection.await_listening()
        await say_all(device, "press", [b"x" * 400_000] * 5)
        await eventually(lambda: connection.paused, "the connection pauses")
        assert connection.held == 3
        taken = 0
        while taken < 5:
            batch = await take_exactly(connection, 1)
            connection.acknowledge(batch)
            taken += 1


async def test_a_session_that_waited_with_more_than_is_held_is_worked_off(city_broker: EmbeddedBroker) -> None:
    """The broker sends the backlog before it answers the subscription: nobody may wait for that answer."""
    async with service_connection(city_broker, "press") as connection:
        await connection.await_listening()
    async with device_speaking(city_broker) as device:
        await say_all(device, "press", [b"%d" % number for number in range(500)])
    async with service_connection(city_broker, "press", held=20) as connection:
        taken = 0
        while taken < 500:
            batch = await take_exactly(connection, 1)
            connection.acknowledge(batch)
            taken += 1
        await connection.await_listening()


async def test_a_retained_state_says_that_it_is_retained(city_broker: EmbeddedBroker) -> None:
    async with device_speaking(city_broker) as device:
        await device.publish(topic("state"), b'{"online":true}', qos=1, retain=True)
        async with service_connection(city_broker, "state") as connection:
            (stored,) = await take_exactly(connection, 1)
            connection.acknowledge([stored])
            await connection.await_listening()
            await device.publish(topic("state"), b'{"online":true,"battery":50}', qos=1, retain=True)
            (fresh,) = await take_exactly(connection, 1)
    assert (stored.retained, fresh.retained) == (True, False)


async def test_a_confirmed_publish_has_reached_the_device(city_broker: EmbeddedBroker) -> None:
    async with (
        device_speaking(city_broker) as device,
        service_connection(city_broker) as connection,
        asyncio.timeout(60),
    ):
        await connection.publish_confirmed([(topic("receipt"), b"%d" % number) for number in range(100)])
        heard = [(await anext(device.messages)).payload for _ in range(100)]
    assert heard == [b"%d" % number for number in range(100)]


async def test_a_wrong_password_is_told_as_what_it_is(city_broker: EmbeddedBroker) -> None:
    address = BrokerAddress("127.0.0.1", city_broker.port or 0, "gateway", "wrong")
    with pytest.raises(BrokerLostError, match=r"the broker refused us: (Not authorized|Bad user name)"):
        async with open_connection(address, Session("gateway-test"), LaneMetrics("test")):
            pass


async def test_a_broker_that_is_killed_ends_every_wait_on_the_connection(city_broker: EmbeddedBroker) -> None:
    async with service_connection(city_broker, "press") as connection:
        await connection.await_listening()
        waiting = asyncio.ensure_future(connection.take(1))
        city_broker.kill()
        with pytest.raises(BrokerLostError):
            await waiting
        with pytest.raises(BrokerLostError):
            await connection.publish_confirmed([(topic("receipt"), b"{}")])
        with pytest.raises(BrokerLostError):
            connection.publish(topic("receipt"), b"{}")


async def test_nobody_at_the_address_is_a_lost_broker() -> None:
    with pytest.raises(BrokerLostError, match="refused"):
        async with open_connection(BrokerAddress("127.0.0.1", 1), Session("gateway-test"), LaneMetrics("test")):
            pass


async def test_what_arrived_before_the_loss_can_still_be_taken() -> None:
    async with scripted_broker() as broker, scripted_connection(broker) as connection:
        broker.publish(b"campus/v1/a/b/c/press", b"1", mid=1)
        broker.publish(b"campus/v1/a/b/c/press", b"2", mid=2)
        await eventually(lambda: connection.held == 2)
        broker.hang_up()
        await eventually(lambda: connection.lost)
        assert len(await connection.take(10)) == 2
        with pytest.raises(BrokerLostError):
            await connection.take(10)


async def test_a_receipt_leaves_before_the_acknowledgement_of_its_press() -> None:
    async with scripted_broker() as broker, scripted_connection(broker) as connection:
        for number in range(1, 101):
            broker.publish(b"campus/v1/a/b/c/press", b"%d" % number, mid=number)
        presses = await take_exactly(connection, 100)
        for press in presses:
            connection.publish("campus/v1/a/b/c/receipt", press.payload)
        connection.acknowledge(presses)
        await eventually(lambda: broker.count(wire.PUBACK) == 100)
    kinds = [packet.kind for packet in broker.heard if packet.kind in (wire.PUBLISH, wire.PUBACK)]
    assert kinds == [wire.PUBLISH] * 100 + [wire.PUBACK] * 100


async def test_acknowledgements_leave_in_the_order_of_arrival() -> None:
    async with scripted_broker() as broker, scripted_connection(broker) as connection:
        for number in (7, 3, 65535, 1):
            broker.publish(b"campus/v1/a/b/c/press", b"", mid=number)
        connection.acknowledge(await take_exactly(connection, 4))
        await eventually(lambda: broker.count(wire.PUBACK) == 4)
    assert [packet.mid for packet in broker.heard if packet.kind == wire.PUBACK] == [7, 3, 65535, 1]


async def test_a_delivery_repeated_while_it_is_held_is_taken_once() -> None:
    async with scripted_broker() as broker, scripted_connection(broker) as connection:
        for dup in (False, True, True):
            broker.publish(b"campus/v1/a/b/c/press", b"once", mid=5, dup=dup)
        broker.publish(b"campus/v1/a/b/c/press", b"end", mid=6)
        taken = await take_exactly(connection, 2)
        assert [delivery.payload for delivery in taken] == [b"once", b"end"]
        connection.acknowledge(taken)
        broker.publish(b"campus/v1/a/b/c/press", b"once", mid=5, dup=True)
        (late,) = await take_exactly(connection, 1)
        assert late.payload == b"once"


async def test_a_press_said_with_qos_0_is_taken_and_not_acknowledged() -> None:
    async with scripted_broker() as broker, scripted_connection(broker) as connection:
        broker.publish(b"campus/v1/a/b/c/press", b"careless")
        broker.publish(b"campus/v1/a/b/c/press", b"careful", mid=9)
        connection.acknowledge(await take_exactly(connection, 2))
        assert connection.held == 0
        await eventually(lambda: broker.count(wire.PUBACK) == 1)
    assert [packet.mid for packet in broker.heard if packet.kind == wire.PUBACK] == [9]


async def test_a_topic_that_is_not_utf_8_or_has_a_nul_is_taken_escaped() -> None:
    async with scripted_broker() as broker, scripted_connection(broker) as connection:
        broker.publish(b"campus/v1/a/b/\xff/press", b"", mid=1)
        broker.publish(b"campus/v1/a/b/\x00/press", b"", mid=2)
        topics = [delivery.topic for delivery in await take_exactly(connection, 2)]
    assert topics == ["campus/v1/a/b/\\xff/press", "campus/v1/a/b/\\x00/press"]


async def test_a_broker_that_sends_half_a_message_is_left_and_nothing_is_made_of_it() -> None:
    async with scripted_broker() as broker, scripted_connection(broker) as connection:
        assert broker.writer is not None
        broker.publish(b"campus/v1/a/b/c/press", b"whole", mid=1)
        broker.writer.write(wire.write_packet(wire.PUBLISH, 2, b"\x00\xffcampus"))
        assert [one.payload for one in await take_exactly(connection, 1)] == [b"whole"]
        with pytest.raises(BrokerLostError):
            await connection.await_loss()


async def test_a_refused_subscription_is_a_lost_connection_that_says_so() -> None:
    async with (
        scripted_broker(subscribe_code=0x80) as broker,
        scripted_connection(broker, filters=("campus/v1/#",)) as connection,
    ):
        with pytest.raises(BrokerLostError, match="refused the subscription to campus/v1/#"):
            await connection.await_listening()
        assert not connection.listening


async def test_a_broker_that_hangs_up_before_it_answers_is_not_waited_for() -> None:
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        address = BrokerAddress("127.0.0.1", server.sockets[0].getsockname()[1])
        with pytest.raises(BrokerLostError) as told:
            async with open_connection(address, Session("gateway-test"), LaneMetrics("test")):
                pass
    assert "timed out" not in str(told.value)


async def test_a_connection_that_does_not_read_is_kept_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    """While reading is paused no answer to a ping can be seen, so its absence proves nothing."""
    monkeypatch.setattr(connection_module, "_KEEPALIVE_SECONDS", 1)
    async with scripted_broker() as broker, scripted_connection(broker, limits=Limits(held_messages=1)) as connection:
        broker.publish(b"campus/v1/a/b/c/press", b"", mid=1)
        await eventually(lambda: connection.paused)
        await eventually(lambda: broker.count(wire.PINGREQ) >= 4)
        assert not connection.lost


async def test_a_broker_that_does_not_answer_pings_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "_KEEPALIVE_SECONDS", 1)
    async with scripted_broker() as broker, scripted_connection(broker) as connection:
        with pytest.raises(BrokerLostError, match=r"(?i)keep ?alive"):
            await connection.await_loss()
        assert broker.count(wire.PINGREQ) >= 1


async def test_a_broker_that_confirms_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "_ANSWER_SECONDS", 0.2)
    async with scripted_broker() as broker, scripted_connection(broker) as connection:
        with pytest.raises(BrokerLostError, match="confirmed none of 1"):
            await connection.publish_confirmed([(topic("receipt"), b"{}")])


async def test_too_many_unconfirmed_messages_hold_up_the_next_until_some_are_confirmed() -> None:
    limits = Limits(unconfirmed_messages=2)
    async with scripted_broker() as broker, scripted_connection(broker, limits=limits) as connection:
        publishing = asyncio.ensure_future(connection.publish_confirmed([(topic("receipt"), b"{}")] * 3))
        await eventually(lambda: broker.count(wire.PUBLISH) == 2)
        mids = [packet.mid for packet in broker.heard if packet.kind == wire.PUBLISH]
        broker.confirm(mids[0])
        await eventually(lambda: broker.count(wire.PUBLISH) == 3)
        broker.confirm(mids[1])
        broker.confirm(next(p.mid for p in reversed(broker.heard) if p.kind == wire.PUBLISH))
        await publishing


async def test_a_connection_closes_with_a_goodbye_after_everything_written() -> None:
    async with scripted_broker() as broker:
        async with scripted_connection(broker) as connection:
            connection.publish(topic("receipt"), b"x" * 1_000_000)
        await eventually(lambda: broker.count(wire.DISCONNECT) == 1)
    assert [packet.kind for packet in broker.heard[-2:]] == [wire.PUBLISH, wire.DISCONNECT]


async def test_a_goodbye_is_no_reset_though_the_broker_still_talks() -> None:
    """A reset can overtake the acknowledgements written just before: what is stored would be delivered again."""
    async with scripted_broker() as broker:
        async with scripted_connection(broker) as connection:
            await eventually(lambda: broker.count(wire.CONNECT) == 1)
            broker.publish(topic("press").encode(), b"taken", mid=1)
            taken = await connection.take(1)
            connection.finish()
            broker.publish(topic("press").encode(), b"too late", mid=2)
            connection.acknowledge(taken)
        await eventually(lambda: broker.ends, "the connection ended")
        assert (broker.ends, broker.count(wire.PUBACK)) == (["closed"], 1)


async def test_finish_hands_out_what_is_here_and_then_nothing() -> None:
    async with scripted_broker() as broker, scripted_connection(broker) as connection:
        for number in range(1, 4):
            broker.publish(b"campus/v1/a/b/c/press", b"", mid=number)
        await eventually(lambda: connection.held == 3)
        connection.finish()
        broker.publish(b"campus/v1/a/b/c/press", b"too late", mid=4)
        assert len(await connection.take(2)) == 2
        assert len(await connection.take(2)) == 1
        assert await connection.take(2) == []


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's certificate for 127.0.0.1 that this process trusts as it trusts its system's."""
    if shutil.which("openssl") is None:
        miss_part("openssl is not installed")
    key, signed = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=broker"
    command = [*make.split(), "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(signed)]
    subprocess.run(command, check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(signed))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(signed, key)
    return context


async def test_an_encrypted_connection_carries_everything_too(certificate: ssl.SSLContext) -> None:
    async with scripted_broker(encrypted_by=certificate) as broker:
        address = BrokerAddress("127.0.0.1", broker.port, encrypted=True)
        async with open_connection(address, Session("gateway-test"), LaneMetrics("test")) as connection:
            for number in range(1, 3001):
                broker.publish(b"campus/v1/a/b/c/gate", b"%d" % number + b" " * 100, mid=number)
            taken = await take_exactly(connection, 3000)
            connection.publish(topic("receipt"), b"x" * 1_000_000)
            connection.acknowledge(taken)
            await eventually(lambda: broker.count(wire.PUBACK) == 3000)
    assert [delivery.payload.strip() for delivery in taken] == [b"%d" % number for number in range(1, 3001)]


async def test_a_broker_with_a_certificate_that_nobody_vouches_for_is_not_spoken_to(
    certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    async with scripted_broker(encrypted_by=certificate) as broker:
        address = BrokerAddress("127.0.0.1", broker.port, "gateway", "a password", encrypted=True)
        with pytest.raises(BrokerLostError, match="certificate"):
            async with open_connection(address, Session("gateway-test"), LaneMetrics("test")):
                pass
        assert broker.heard == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mqtt://gateway:se%40cret@broker:1884", BrokerAddress("broker", 1884, "gateway", "se@cret")),
        ("mqtt://broker", BrokerAddress("broker", 1883)),
        ("mqtts://a:b@broker", BrokerAddress("broker", 8883, "a", "b", encrypted=True)),
    ],
)
def test_the_brokers_url_is_read(url: str, expected: BrokerAddress) -> None:
    assert BrokerAddress.parse(url) == expected
    assert "se@cret" not in f"{expected}"


@pytest.mark.parametrize("url", ["http://broker", "mqtt://", "broker:1883", "mqtt://broker:port"])
def test_a_url_that_names_no_broker_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"mqtt://|[Pp]ort"):
        BrokerAddress.parse(url)


def test_the_scripted_broker_speaks_mqtt() -> None:
    assert wire.write_packet(wire.PUBACK, 0, struct.pack("!H", 7)) == b"\x40\x02\x00\x07"
    assert DEVICE in topic("press")


async def test_a_retired_gateways_queue_is_gone(city_broker: EmbeddedBroker, database: Database) -> None:
    address = BrokerAddress.parse(city_broker.url())
    client_id = make_client_id(await read_client_id_key(database), "old-presses")
    session = Session(client_id, ("campus/v1/+/+/+/press",), kept=True)
    async with open_connection(address, session, LaneMetrics("test")) as connection:
        await connection.await_listening()
    async with device_speaking(city_broker) as device:
        await say_all(device, "press", [b"while it was away"])
        await retire_gateway(database.url, address, "old")
        async with open_connection(address, session, LaneMetrics("test")) as connection:
            await connection.await_listening()
            await say_all(device, "press", [b"afterwards"])
            assert [delivery.payload for delivery in await connection.take(10)] == [b"afterwards"]
