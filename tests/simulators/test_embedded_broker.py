"""The embedded brokers: who is let in, who may say what, and what outlives a crash."""

import asyncio
import json
import stat
import urllib.request
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiomqtt
import pytest

from gateway.credentials import FROM_DEVICES, SERVICE_USER, CredentialError
from simulators.embedded.broker import EmbeddedBroker, KeptNatsBroker, MosquittoBroker, NatsBroker
from simulators.embedded.errors import EmbeddedServerError
from simulators.embedded.process import find_processes

DEVICE, OTHER = "QD-1001-01", "QD-1002-01"
PASSWORDS = {DEVICE: "first password", OTHER: "second password"}
SOON = 20.0  # a generous deadline, in seconds, for what should take milliseconds


def topic(device: str, channel: str) -> str:
    return f"campus/v1/shinan/QD-1001/{device}/{channel}"


@pytest.fixture
def city_broker(broker: EmbeddedBroker) -> EmbeddedBroker:
    broker.set_devices(PASSWORDS)
    return broker


def connect(
    broker: EmbeddedBroker, user: str, password: str | None = None, will: aiomqtt.Will | None = None, **session: object
) -> aiomqtt.Client:
    """A client signed in as that user: the service stays, a device goes with its connection."""
    url = urlsplit(broker.url(user))
    return aiomqtt.Client(
        "127.0.0.1",
        broker.port,
        username=user,
        password=password or unquote(url.password or ""),
        will=will,
        timeout=SOON,
        **session,  # type: ignore[arg-type]
    )


@asynccontextmanager
async def service_hearing(broker: EmbeddedBroker) -> AsyncIterator[aiomqtt.Client]:
    """The service, with everything of the city coming in."""
    async with connect(broker, SERVICE_USER) as service:
        await service.subscribe("campus/v1/#", qos=1)
        yield service


async def hear(client: aiomqtt.Client, count: int) -> list[tuple[str, bytes]]:
    """The next messages that arrive, as topic and payload."""
    heard: list[tuple[str, bytes]] = []
    async with asyncio.timeout(SOON):
        async for message in client.messages:
            heard.append((str(message.topic), bytes(message.payload)))
            if len(heard) == count:
                break
    return heard


async def is_let_in(broker: EmbeddedBroker, user: str | None, password: str | None) -> bool:
    try:
        async with aiomqtt.Client("127.0.0.1", broker.port, username=user, password=password, timeout=SOON):
            return True
    except aiomqtt.MqttError:
        return False


async def test_nobody_comes_in_without_a_name_or_with_a_wrong_password(city_broker: EmbeddedBroker):
    assert await is_let_in(city_broker, DEVICE, PASSWORDS[DEVICE])
    assert not await is_let_in(city_broker, None, None)
    assert not await is_let_in(city_broker, DEVICE, "guess")
    assert not await is_let_in(city_broker, DEVICE, PASSWORDS[OTHER])
    assert not await is_let_in(city_broker, SERVICE_USER, PASSWORDS[DEVICE])
    assert not await is_let_in(city_broker, "QD-9999-01", PASSWORDS[DEVICE])


async def test_a_device_may_say_everything_of_its_own(city_broker: EmbeddedBroker):
    async with service_hearing(city_broker) as service, connect(city_broker, DEVICE) as device:
        for channel in FROM_DEVICES:
            await device.publish(topic(DEVICE, channel), b"{}", qos=1)
        heard = await hear(service, len(FROM_DEVICES))
    assert heard == [(topic(DEVICE, channel), b"{}") for channel in FROM_DEVICES]


@pytest.mark.parametrize(
    "forged",
    [
        topic(OTHER, "press"),
        topic(OTHER, "state"),
        topic(DEVICE, "receipt"),
        topic(DEVICE, "command"),
        "campus/v1/shinan/QD-1001/press",
        "elsewhere",
    ],
)
async def test_what_a_device_says_for_others_never_reaches_the_service(city_broker: EmbeddedBroker, forged: str):
    async with service_hearing(city_broker) as service:
        try:
            async with connect(city_broker, DEVICE) as thief:
                await thief.publish(forged, b"forged", qos=1, retain=True)
        except aiomqtt.MqttError:
            pass  # Mosquitto may answer a forged message by hanging up
        async with connect(city_broker, DEVICE) as device:
            await device.publish(topic(DEVICE, "press"), b"honest", qos=1)
        assert await hear(service, 1) == [(topic(DEVICE, "press"), b"honest")]


async def test_a_last_will_for_another_device_is_never_heard(city_broker: EmbeddedBroker):
    own_will = aiomqtt.Will(topic(OTHER, "state"), b"gone", qos=1)
    async with service_hearing(city_broker) as service:
        for user, will in ((DEVICE, aiomqtt.Will(topic(OTHER, "press"), b"forged", qos=1)), (OTHER, own_will)):
            try:
                await lose_connection(connect(city_broker, user, will=will))
            except aiomqtt.MqttError:
                assert will is not own_will, "a device may leave a will of its own"
        assert await hear(service, 1) == [(topic(OTHER, "state"), b"gone")]


async def test_a_device_hears_its_own_receipts_and_nothing_of_others(city_broker: EmbeddedBroker):
    async with connect(city_broker, SERVICE_USER) as service, connect(city_broker, DEVICE) as device:
        await device.subscribe(topic(DEVICE, "receipt"), qos=1)
        for greedy in ("#", "campus/v1/#", "campus/v1/+/+/+/receipt", topic(OTHER, "receipt")):
            try:
                await device.subscribe(greedy, qos=1)
            except aiomqtt.MqttError:
                continue  # NATS refuses at once, Mosquitto grants and then hands out nothing
        await service.publish(topic(OTHER, "receipt"), b"not yours", qos=1)
        await service.publish(topic(OTHER, "command"), b"not yours", qos=1)
        await service.publish(topic(DEVICE, "receipt"), b"yours", qos=1)
        first = await hear(device, 1)
        assert first == [(topic(DEVICE, "receipt"), b"yours")]


async def test_a_device_that_is_added_comes_in_and_one_that_is_removed_does_not(city_broker: EmbeddedBroker):
    async with service_hearing(city_broker) as service:
        city_broker.set_devices({OTHER: "a new password", "QD-1003-01": "third password"})
        assert not await is_let_in(city_broker, DEVICE, PASSWORDS[DEVICE])
        assert not await is_let_in(city_broker, OTHER, PASSWORDS[OTHER])
        for code in (OTHER, "QD-1003-01"):
            async with connect(city_broker, code) as device:
                await device.publish(topic(code, "press"), b"{}", qos=1)
        assert await hear(service, 2) == [(topic(OTHER, "press"), b"{}"), (topic("QD-1003-01", "press"), b"{}")]


def test_a_code_that_would_widen_a_devices_rights_is_refused(city_broker: EmbeddedBroker):
    for code in ("*", ">", "+", "#", "a.b", "a/b", "", SERVICE_USER):
        with pytest.raises(CredentialError):
            city_broker.set_devices({code: "password"})
    assert city_broker.url(DEVICE)


async def test_the_largest_nonsense_a_device_may_send_arrives(city_broker: EmbeddedBroker):
    nonsense = b"x" * 1024 * 1024
    async with service_hearing(city_broker) as service, connect(city_broker, DEVICE) as device:
        await device.publish(topic(DEVICE, "press"), nonsense, qos=1)
        assert await hear(service, 1) == [(topic(DEVICE, "press"), nonsense)]


async def test_what_nats_acknowledged_outlives_its_death_with_the_service_away(nats_broker: NatsBroker):
    nats_broker.set_devices(PASSWORDS)
    session: dict[str, object] = {"identifier": "service-session", "clean_session": False}
    async with connect(nats_broker, SERVICE_USER, **session) as service:
        await service.subscribe("campus/v1/+/+/+/press", qos=1)
    payloads = [b'{"seq":%d}' % number for number in range(50)]
    async with connect(nats_broker, DEVICE) as device:
        for payload in payloads:
            await device.publish(topic(DEVICE, "press"), payload, qos=1)
        nats_broker.kill()

    nats_broker.start()
    async with connect(nats_broker, SERVICE_USER, **session) as service:
        assert [payload for _, payload in await hear(service, len(payloads))] == payloads


async def test_nats_takes_more_subscriptions_than_its_own_limit_of_a_thousand(nats_broker: NatsBroker):
    """Five hundred devices that hear receipts and commands reached that limit."""
    sessions, filters = 67, [f"campus/v1/+/+/QD-{number}/press" for number in range(15)]
    async with AsyncExitStack() as connections:
        for _ in range(sessions):
            client = await connections.enter_async_context(connect(nats_broker, SERVICE_USER))
            granted = await client.subscribe([(one, 1) for one in filters])
            assert [code.value for code in granted] == [1] * len(filters)


async def test_what_mosquitto_stored_outlives_a_stop(mosquitto_broker: MosquittoBroker):
    mosquitto_broker.set_devices(PASSWORDS)
    session: dict[str, object] = {"identifier": "service-session", "clean_session": False}
    async with connect(mosquitto_broker, SERVICE_USER, **session) as service:
        await service.subscribe("campus/v1/+/+/+/press", qos=1)
    async with connect(mosquitto_broker, DEVICE) as device:
        await device.publish(topic(DEVICE, "press"), b"{}", qos=1)

    mosquitto_broker.stop()
    mosquitto_broker.start()
    async with connect(mosquitto_broker, SERVICE_USER, **session) as service:
        assert await hear(service, 1) == [(topic(DEVICE, "press"), b"{}")]


async def test_the_service_signs_in_with_the_same_password_after_a_restart(broker: EmbeddedBroker):
    url = broker.url()
    broker.stop()
    again = type(broker)(broker.folder, broker.port)
    with again:
        assert again.url() == url
        assert await is_let_in(again, SERVICE_USER, again.service_password)


async def test_what_a_keeper_keeps_is_written_once_and_then_left_alone(tmp_path: Path):
    with KeptNatsBroker(tmp_path / "kept") as broker:
        kept = broker.credentials / "authorization.conf"
        first = kept.read_text()
        assert int(broker.pid_path.read_text()) == broker.pid
    again = KeptNatsBroker(broker.folder, broker.port)
    again.set_devices(PASSWORDS)
    with again:
        assert kept.read_text() == first
        assert not await is_let_in(again, DEVICE, PASSWORDS[DEVICE])


def test_everything_that_holds_a_password_is_its_owners_alone(city_broker: EmbeddedBroker):
    secrets = [path for path in city_broker.folder.iterdir() if path.suffix in ("", ".conf") and path.is_file()]
    assert city_broker.configuration_path in secrets
    for path in secrets:
        assert b"first password" not in path.read_bytes()
        if path.name != "lock":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(city_broker.folder.stat().st_mode) == 0o700


def test_it_listens_on_loopback_only_and_at_the_port_it_was_given(nats_broker: NatsBroker):
    with urllib.request.urlopen(f"{nats_broker.monitoring_url}/varz") as answer:
        told = json.load(answer)
    assert told["mqtt"]["host"] == told["host"] == told["http_host"] == "127.0.0.1"
    assert told["mqtt"]["port"] == nats_broker.port


def test_a_taken_port_names_the_variable_that_chooses_another(nats_broker: NatsBroker, tmp_path: Path):
    with pytest.raises(EmbeddedServerError, match=f"port {nats_broker.port} .*CAMPUS_MQTT_PORT"):
        NatsBroker(tmp_path / "second", nats_broker.port).start()


def test_a_folder_in_use_is_refused_and_one_left_by_a_killed_parent_is_taken_over(broker: EmbeddedBroker):
    with pytest.raises(EmbeddedServerError, match="CAMPUS_DATA_DIR"):
        type(broker)(broker.folder).start()
    assert broker.pid is not None

    assert broker._server is not None
    broker._server.release_folder()  # what the end of the parent does to its lock
    with type(broker)(broker.folder, broker.port) as successor:
        assert broker.pid is None
        assert [process.pid for process in find_processes(successor.program, successor.folder)] == [successor.pid]


async def lose_connection(client: aiomqtt.Client) -> None:
    """Signs in and then is gone without a word, as in a power cut."""
    await client.__aenter__()
    plain = client._client.socket()
    assert plain is not None
    plain.shutdown(2)
