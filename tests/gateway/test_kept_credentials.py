"""What the board issues and revokes, as real brokers take it: a stolen credential speaks for its own device only."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import aiomqtt
import pytest

from alerts.device_credentials import IssuedCredential, issue, revoke
from alerts.storage.database import Connection, Database
from alerts.storage.device_credentials import list_credentials, list_good, read_nameless
from alerts.storage.errors import StorageUnavailable
from alerts.storage.log import read_log_of_subject
from gateway.broker import BrokerKind
from gateway.broker_log import LogFile, MosquittoLog, NatsLog, SignIn
from gateway.credential_keeper import CredentialKeeper, KeeperPlan, read_process
from gateway.credentials import SERVICE_USER, Credential, hash_for_mosquitto, hash_for_nats
from simulators.embedded.broker import EmbeddedBroker, MosquittoBroker, NatsBroker, find_program
from simulators.embedded.errors import EmbeddedServerError
from simulators.embedded.ownership import write_private_file
from tests.alerts.story import Story
from tests.conftest import miss_part
from tests.gateway.conftest import SOON_SECONDS

WEEK = timedelta(days=7)
KEPT = "kept"


class KeptNats(NatsBroker):
    """NATS that reads who may sign in from the keeper's file."""

    def _configure(self) -> None:
        super()._configure()
        settings = self.configuration_path.read_text().partition("authorization: ")[0]
        write_private_file(self.configuration_path, f'{settings}include "{KEPT}/authorization.conf"\n')


class KeptMosquitto(MosquittoBroker):
    """Mosquitto that reads the keeper's files."""

    def _settings(self) -> dict[str, object]:
        folder = self.folder / KEPT
        return super()._settings() | {"password_file": folder / "passwords", "acl_file": folder / "rights"}


class Kept:
    """A running broker, its keeper, and whoever speaks to it."""

    def __init__(self, broker: EmbeddedBroker, keeper: CredentialKeeper) -> None:
        self.broker = broker
        self.keeper = keeper

    def client(self, user: str, password: str) -> aiomqtt.Client:
        return aiomqtt.Client("127.0.0.1", self.broker.port, username=user, password=password, timeout=SOON_SECONDS)

    def device(self, issued: IssuedCredential) -> aiomqtt.Client:
        return self.client(issued.user_name, issued.password)

    @asynccontextmanager
    async def service(self) -> AsyncIterator[aiomqtt.Client]:
        async with self.client(SERVICE_USER, self.broker.service_password) as service:
            await service.subscribe("campus/v1/#", qos=1)
            yield service

    async def lets_in(self, issued: IssuedCredential) -> bool:
        try:
            async with self.device(issued):
                return True
        except aiomqtt.MqttError:
            return False

    async def until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        """Turns the keeper until it holds."""
        async with asyncio.timeout(SOON_SECONDS):
            while not await holds():
                await self.keeper.turn()
                await asyncio.sleep(0.02)


@pytest.fixture(params=list(BrokerKind))
async def kept(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> AsyncIterator[Kept]:
    """Each of the brokers, kept by the small city's database."""
    nats = request.param is BrokerKind.NATS
    if not nats:
        try:
            find_program(MosquittoBroker.program)
        except EmbeddedServerError:
            miss_part("Mosquitto is not installed")
    folder = tmp_path / "broker"
    broker = KeptNats(folder) if nats else KeptMosquitto(folder)
    folder.mkdir()
    service = Credential(SERVICE_USER, (hash_for_nats if nats else hash_for_mosquitto)(broker.service_password))
    plan = KeeperPlan(
        request.param,
        folder / KEPT,
        service,
        pid_file=folder / "pid",
        log_file=folder / f"{broker.program}.log",
        added_seconds=0,
    )
    keeper = CredentialKeeper(database, plan)
    await keeper.turn()
    with broker:
        (folder / "pid").write_text(str(broker.pid))
        yield Kept(broker, keeper)


def topic(device: str, channel: str = "press", school: str = "S1") -> str:
    return f"campus/v1/370202/{school}/{device}/{channel}"


async def hear(client: aiomqtt.Client) -> tuple[str, bytes]:
    """The next message."""
    async with asyncio.timeout(SOON_SECONDS):
        message = await anext(client.messages)
    return str(message.topic), bytes(message.payload)


async def until_cut(client: aiomqtt.Client) -> None:
    """Waits for the end of a connection."""
    async with asyncio.timeout(SOON_SECONDS):
        with pytest.raises(aiomqtt.MqttError):
            await anext(client.messages)


async def try_to_say(kept: Kept, issued: IssuedCredential, forged: str) -> None:
    """A thief's try. NATS hangs up, Mosquitto is silent; either may cut the connection."""
    try:
        async with kept.device(issued) as thief:
            await thief.publish(forged, b"forged", qos=1)
    except aiomqtt.MqttError:
        return


async def test_a_stolen_credential_alarms_for_its_own_device_only_and_for_none_once_it_is_revoked(
    kept: Kept, story: Story
) -> None:
    database = story.database
    stolen, other = await issue(database, ["S1-G1", "S2-G1"], WEEK, "chen")
    await kept.keeper.turn()
    await kept.until(lambda: kept.lets_in(stolen))
    async with AsyncExitStack() as connections:
        service = await connections.enter_async_context(kept.service())
        honest = await connections.enter_async_context(kept.device(other))
        await honest.subscribe(topic("S2-G1", "receipt", "S2"), qos=1)
        for forged in (
            topic("S2-G1", school="S2"),  # another device
            topic("S1-G1", school="S2"),  # its own code, at another school
            topic("S1-C1"),  # another device of its school
            "campus/v1/370203/S1/S1-G1/press",  # another district
        ):
            await try_to_say(kept, stolen, forged)
        thief = await connections.enter_async_context(kept.device(stolen))
        for greedy in ("campus/v1/#", "campus/v1/+/+/+/receipt", topic("S2-G1", "receipt", "S2")):
            try:
                async with kept.device(stolen) as listener:
                    await listener.subscribe(greedy, qos=1)
                    await service.publish(topic("S2-G1", "receipt", "S2"), b"not yours", qos=1)
                    await service.publish(topic("S1-G1", "receipt"), b"yours", qos=1)
                    await listener.subscribe(topic("S1-G1", "receipt"), qos=1)
                    await service.publish(topic("S1-G1", "receipt"), b"yours", qos=1)
                    assert (await hear(listener))[1] == b"yours"
            except aiomqtt.MqttError:
                continue  # NATS refuses at once, Mosquitto grants and then hands out nothing
        await thief.publish(topic("S1-G1"), b"its own", qos=1)
        while (heard := await hear(service))[1] in {b"yours", b"not yours"}:
            continue  # the service's own words, which it hears too
        assert heard == (topic("S1-G1"), b"its own"), "nothing of what was forged came before"

        await revoke(database, "S1-G1", "chen")
        await kept.keeper.turn()
        await until_cut(thief)
        assert not await kept.lets_in(stolen)
        await honest.publish(topic("S2-G1", school="S2"), b"goes on", qos=1)
        assert (await hear(service))[1] == b"goes on", "nobody else's connection was cut"
    await kept.until(lambda: was_seen(kept, database))


async def was_seen(kept: Kept, database: Database) -> bool:
    """Whether the try with what was revoked is known: by device where the broker names it, else by address."""
    async with database.connection() as connection:
        if isinstance(kept.broker, MosquittoBroker):
            nameless = await read_nameless(connection)
            return nameless is not None and nameless.address == "127.0.0.1"
        found = await list_credentials(
            connection, await database.read_now(connection), after="", limit=9, show="trying"
        )
        rows = await read_log_of_subject(connection, "device:S1-G1", 1, 100)
    if not found:
        return False
    assert [(one.device, one.state, one.revoked, one.refused_address) for one in found] == [
        ("S1-G1", "ended", True, "127.0.0.1")
    ]
    assert [row.kind for row in rows][-1] == "credential.refused"
    return True


async def test_a_new_credential_cuts_nobody_off_until_the_grace_of_the_one_before_is_over(
    kept: Kept, story: Story
) -> None:
    database = story.database
    (old,) = await issue(database, ["S1-G1"], WEEK, "chen")
    await kept.keeper.turn()
    await kept.until(lambda: kept.lets_in(old))
    async with kept.service() as service, kept.device(old) as button:
        (new,) = await issue(database, ["S1-G1"], WEEK, "chen")
        assert (old.user_name, new.user_name) == ("S1-G1", "S1-G1.2")
        await kept.keeper.turn()
        await kept.until(lambda: kept.lets_in(new))
        await button.publish(topic("S1-G1"), b"by the old one", qos=1)
        async with kept.device(new) as changed:
            await changed.publish(topic("S1-G1"), b"by the new one", qos=1)
        assert [(await hear(service))[1] for _ in range(2)] == [b"by the old one", b"by the new one"]
        database.shift += WEEK
        await kept.keeper.turn()
        await until_cut(button)
    assert not await kept.lets_in(old)
    assert await kept.lets_in(new)
    (third,) = await issue(database, ["S1-G1"], timedelta(), "chen")  # the former one is over, and is in nobody's way
    await kept.keeper.turn()
    await kept.until(lambda: kept.lets_in(third))
    assert third.user_name == "S1-G1"
    assert not await kept.lets_in(new), "without grace it ended at once"
    assert not await kept.lets_in(old), "the name is the same, the password is not"


async def test_a_device_that_was_moved_on_paper_is_heard_at_both_schools(story: Story) -> None:
    await issue(story.database, ["S1-G1"], WEEK, "chen")
    await story.database_execute(
        "update device set school = 'S3', point = (select id from point where school = 'S3') where code = 'S1-G1'"
    )
    async with story.database.connection() as connection:
        (good,) = await list_good(connection, await story.database.read_now(connection))
    assert [*good.sphere.list_topics(["press"])] == [
        "campus/v1/370202/S1/S1-G1/press",
        "campus/v1/370203/S3/S1-G1/press",
    ]


async def test_a_list_beside_the_database_counts_for_devices_that_never_had_a_credential_there(
    story: Story, tmp_path: Path
) -> None:
    listed = tuple(Credential(name, "of the list") for name in ("S1-G1", "S2-G1"))
    service = Credential(SERVICE_USER, "of the service")
    plan = KeeperPlan(BrokerKind.MOSQUITTO, tmp_path, service, listed, added_seconds=0)
    keeper = CredentialKeeper(story.database, plan)
    await keeper.turn()
    assert _read_names(tmp_path) == ["gateway", "S1-G1", "S2-G1"]
    await issue(story.database, ["S1-G1"], WEEK, "chen")
    await keeper.turn()
    assert _read_names(tmp_path) == ["gateway", "S1-G1", "S2-G1"]
    assert "S1-G1:of the list" not in (tmp_path / "passwords").read_text()
    await revoke(story.database, "S1-G1", "chen")
    await keeper.turn()
    assert _read_names(tmp_path) == ["gateway", "S2-G1"], "the list does not bring back what was revoked"
    for name in ("passwords", "rights"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert "topic readwrite campus/v1/+/+/S2-G1/+" in (tmp_path / "rights").read_text()


async def test_what_is_added_waits_for_more_and_what_ends_does_not(story: Story, tmp_path: Path) -> None:
    """A broker reads its whole file at each change: a hundred devices after another must not be a hundred changes."""
    service = Credential(SERVICE_USER, "of the service")
    keeper = CredentialKeeper(story.database, KeeperPlan(BrokerKind.MOSQUITTO, tmp_path, service, added_seconds=3600))
    await issue(story.database, ["S1-G1"], WEEK, "chen")
    await keeper.turn()
    assert _read_names(tmp_path) == ["gateway", "S1-G1"], "the first one does not wait"
    await issue(story.database, ["S2-G1"], WEEK, "chen")
    await keeper.turn()
    assert _read_names(tmp_path) == ["gateway", "S1-G1"]
    await revoke(story.database, "S1-G1", "chen")
    await keeper.turn()
    assert _read_names(tmp_path) == ["gateway", "S2-G1"]


async def test_what_ended_while_the_database_went_away_ends_with_the_first_turn_after_it(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Credential(SERVICE_USER, "of the service")
    keeper = CredentialKeeper(story.database, KeeperPlan(BrokerKind.MOSQUITTO, tmp_path, service, added_seconds=3600))
    await issue(story.database, ["S1-G1"], WEEK, "chen")
    await keeper.turn()
    await revoke(story.database, "S1-G1", "chen")

    async def go_away(_connection: Connection) -> set[str]:
        raise StorageUnavailable("away in the middle of a turn")

    with monkeypatch.context() as away:
        away.setattr("gateway.credential_keeper.storage.list_issued_devices", go_away)
        with pytest.raises(StorageUnavailable):
            await keeper.turn()
    await keeper.turn()
    assert _read_names(tmp_path) == ["gateway"]


def _read_names(folder: Path) -> list[str]:
    return [line.partition(":")[0] for line in (folder / "passwords").read_text().splitlines()]


@pytest.mark.parametrize("said", ["0", "-1", "1", "", "nats"])
def test_a_number_that_would_tell_every_process_is_no_brokers(tmp_path: Path, said: str) -> None:
    (tmp_path / "pid").write_text(said)
    with pytest.raises(ValueError, match=r"number|invalid literal"):
        read_process(tmp_path / "pid")


def test_a_log_tells_whom_a_broker_refused_whatever_a_client_calls_itself() -> None:
    nats, mosquitto = NatsLog(), MosquittoLog()
    start = "[31793] 2026/11/27 06:30:28.404953 [ERR] 10.0.0.7:59849 - mid:27"
    assert nats.read(f'{start} - "bad2" - authentication error - User "D2"') == SignIn("D2", "10.0.0.7", let_in=False)
    forged = f'{start} - "x - authentication error - User \\"D1\\"" - Client connection closed: Client Closed'
    assert nats.read(forged) is None
    assert nats.read(f'{start} - "bad2" - unable to connect: authentication error') is None
    said = [
        "1795761114: New connection from 10.0.0.1:1 on port 1883.",
        "1795761114: New connection from 10.0.0.2:2 on port 1883.",
        "1795761114: New client connected from 10.0.0.1:1 as a (p2, c1, k60, u'D9') (p2, c1, k60, u'D1').",
        "1795761115: Client <unknown> disconnected, not authorised.",
        "1795761115: Client <unknown> disconnected, not authorised.",
    ]
    assert [mosquitto.read(line) for line in said] == [
        None,
        None,
        SignIn("D1", "10.0.0.1", let_in=True),
        SignIn("", "10.0.0.2", let_in=False),
        SignIn("", "", let_in=False),
    ]


def test_a_log_is_read_from_now_on_line_by_line_and_from_its_beginning_when_it_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("long ago\n")
    log = LogFile(path)
    assert [*log.read_lines()] == []
    with path.open("a") as file:
        file.write("one\nhalf")
        file.flush()
        assert [*log.read_lines()] == ["one"]
        file.write(" a line\n")
    assert [*log.read_lines()] == ["half a line"]
    path.unlink()
    assert [*log.read_lines()] == []
    path.write_text("anew\n")
    assert [*log.read_lines()] == ["anew"]
