"""TLS between all parts, and whom a part believes: with the files of docker-compose.yml, as far as they run here."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from websockets.asyncio.client import connect

from alerts.certificates import LASTS, AuthorityMissing, Part, make_missing
from alerts.settings import Settings
from alerts.storage.database import Database
from alerts.storage.errors import StorageUnavailable
from dashboard.rights import COOKIE
from dashboard.server import make_server
from gateway.broker import BrokerAddress, Session
from gateway.connection import BrokerLostError, open_connection
from gateway.metrics import LaneMetrics
from simulators.embedded.broker import MosquittoBroker, NatsBroker, find_program
from simulators.embedded.errors import EmbeddedServerError
from simulators.embedded.ownership import choose_owner
from simulators.embedded.postgres import EmbeddedPostgres
from simulators.embedded.process import find_free_port
from tests.alerts.story import Story
from tests.conftest import FLEETING, miss_part
from tests.dashboard.board import PASSWORD, let_people_in
from tests.programs import call

ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 11, 27, tzinfo=UTC)
PARTS = [Part.parse(one) for one in ("postgres", "broker=nats,mosquitto,10.0.0.5,", "dashboard=alarm.example.cn")]
PATIENCE_SECONDS = 30


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that the container `certificates` makes, and a stranger's authority beside it."""
    folder = tmp_path_factory.mktemp("certificates")
    done = call("alerts", "certificates", str(folder), "postgres", "broker=nats", "dashboard")
    assert done.returncode == 0, done.stderr
    assert "made postgres, broker, dashboard" in done.stdout
    make_missing(folder / "stranger", folder / "stranger", [], datetime.now(UTC))
    return folder


def read_certificate(folder: Path, part: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / part / "tls.crt").read_bytes())


def test_certificates_are_made_once_renewed_before_they_end_and_a_strangers_is_left_alone(tmp_path: Path) -> None:
    authority = tmp_path / "authority"
    assert make_missing(tmp_path, authority, PARTS, NOW) == ["postgres", "broker", "dashboard"]
    names = read_certificate(tmp_path, "broker").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["broker", "nats", "mosquitto", "localhost"]
    assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == ["10.0.0.5", "127.0.0.1"]
    assert make_missing(tmp_path, authority, PARTS, NOW) == []
    renamed = [*PARTS[:2], Part.parse("dashboard=other.example.cn")]
    assert make_missing(tmp_path, authority, renamed, NOW) == ["dashboard"]
    late = NOW + LASTS - timedelta(days=60)
    assert make_missing(tmp_path, authority, renamed, late) == ["postgres", "broker", "dashboard"]
    assert read_certificate(tmp_path, "postgres").not_valid_after_utc > late + timedelta(days=800)

    brought = tmp_path / "brought"
    make_missing(brought, tmp_path / "elsewhere", PARTS[:1], NOW - timedelta(days=800))
    assert make_missing(brought, tmp_path / "none", PARTS[:1], NOW) == [], "theirs ends soon, and is theirs"
    with pytest.raises(AuthorityMissing, match=r"broker has no tls\.crt"):
        make_missing(brought, tmp_path / "none", PARTS, NOW)
    assert (authority / "ca.key").stat().st_mode & 0o077 == 0
    assert (tmp_path / "postgres/tls.key").stat().st_mode & 0o077 == 0


@contextmanager
def running_broker(name: str, folder: Path, certificates: Path) -> Iterator[int]:
    """The broker of docker-compose.yml by its own configuration, with this machine's folders and a free port."""
    program = NatsBroker.program if name == "nats" else MosquittoBroker.program
    try:
        path = find_program(program)
    except EmbeddedServerError:
        miss_part(f"{program} is not installed")
    port, plain, figures = (find_free_port() for _ in range(3))
    devices = folder / "devices.csv"
    devices.write_text("S1-G1,a password\n")
    url = "mqtts://gateway:secret@localhost"
    done = call("gateway", "credentials", name, str(devices), str(folder / "credentials"), CAMPUS_MQTT_URL=url)
    assert done.returncode == 0, done.stderr
    text = (ROOT / f".docker/{name}.conf").read_text()
    for said, meant in {
        "0.0.0.0:8883": f"127.0.0.1:{port}",
        "0.0.0.0:4222": f"127.0.0.1:{plain}",
        "0.0.0.0:8222": f"127.0.0.1:{figures}",
        "listener 8883": f"listener {port} 127.0.0.1",
        "/certificates": str(certificates),
        "/credentials/": f"{folder}/credentials/",
        "/mosquitto/data/": f"{folder}/",
        "/data": str(folder),
        "/var/log/nats": str(folder),
    }.items():
        text = text.replace(said, meant)
    (folder / f"{name}.conf").write_text(text)
    with subprocess.Popen([path, "-c", str(folder / f"{name}.conf")], stderr=subprocess.DEVNULL) as broker:
        try:
            yield port
        finally:
            broker.kill()


async def sign_in(port: int, scheme: str, authority: Path | None) -> None:
    address = BrokerAddress.parse(f"{scheme}://gateway:secret@localhost:{port}", authority)
    async with open_connection(address, Session("a-gateway", ("campus/v1/#",)), LaneMetrics("test")) as connection:
        await connection.await_listening()


@pytest.mark.parametrize("name", ["nats", "mosquitto"])
async def test_the_gateway_speaks_tls_to_the_broker_that_its_authority_vouches_for_and_to_no_other(
    name: str, certificates: Path, tmp_path: Path
) -> None:
    with running_broker(name, tmp_path, certificates) as port:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                try:
                    await sign_in(port, "mqtts", certificates / "ca.crt")
                    break
                except BrokerLostError:  # it starts
                    await asyncio.sleep(0.02)
        for authority in (certificates / "stranger/ca.crt", None):
            with pytest.raises(BrokerLostError, match="certificate verify failed"):
                await sign_in(port, "mqtts", authority)
        with pytest.raises(BrokerLostError):
            await sign_in(port, "mqtt", None)


async def test_the_services_speak_tls_to_the_database_that_their_authority_vouches_for_and_to_no_other(
    certificates: Path, open_folder: Path
) -> None:
    folder = open_folder / "encrypted"
    folder.mkdir()
    for file in ("tls.crt", "tls.key"):
        shutil.copy(certificates / "postgres" / file, folder)
    rules = folder / "pg_hba.conf"
    shutil.copy(ROOT / ".docker/pg_hba.conf", rules)
    settings = {"ssl": "on", "ssl_cert_file": str(folder / "tls.crt"), "ssl_key_file": str(folder / "tls.key")}
    server = EmbeddedPostgres(folder / "postgres", settings=FLEETING | settings | {"hba_file": str(rules)})
    give_to_postgres(folder)
    with server:
        url = server.url_of("postgres")
        await ask(f"{url}?sslmode=verify-full&sslrootcert={certificates}/ca.crt")
        with pytest.raises(StorageUnavailable, match="certificate verify failed"):
            await ask(f"{url}?sslmode=verify-full&sslrootcert={certificates}/stranger/ca.crt")
        with pytest.raises(Exception, match="no encryption"):
            await ask(f"{url}?sslmode=disable")


def give_to_postgres(folder: Path) -> None:
    """It takes a key of its own user alone; root runs it as another one."""
    folder.chmod(0o711)
    (folder / "tls.key").chmod(0o600)
    owner = choose_owner(folder / "postgres")
    if owner is not None:
        for file in folder.iterdir():
            owner.take(file, file.stat().st_mode)


async def ask(url: str) -> None:
    database = await Database.open(url, application_name="test", max_size=1)
    try:
        async with database.connection() as connection:
            assert await connection.fetchval("select ssl from pg_stat_ssl where pid = pg_backend_pid()")
    finally:
        await database.close()


async def test_the_board_speaks_https_by_itself_when_it_has_a_certificate(
    story: Story, certificates: Path, tmp_path: Path
) -> None:
    await let_people_in(story.database)
    settings = Settings(
        database_url=story.database.url,
        http_cert=certificates / "dashboard/tls.crt",
        http_key=certificates / "dashboard/tls.key",
    )
    server = make_server(settings, lambda: None, tmp_path)
    listener = socket.create_server(("127.0.0.1", 0))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    port = listener.getsockname()[1]
    trusted = ssl.create_default_context(cafile=certificates / "ca.crt")
    while not server.started:
        assert not running.done()
        await asyncio.sleep(0.01)
    async with httpx.AsyncClient(base_url=f"https://localhost:{port}", verify=trusted) as client:
        client.headers["Origin"] = f"https://localhost:{port}"
        answer = await client.post("/api/v1/session", json={"name": "wang", "password": PASSWORD})
        assert "Secure" in answer.headers["Set-Cookie"]
        assert "max-age" in answer.headers["Strict-Transport-Security"]
        cookie = {"Cookie": f"{COOKIE}={client.cookies[COOKIE]}"}
        live = f"wss://localhost:{port}/api/v1/live"
        async with connect(live, ssl=trusted, additional_headers=cookie, proxy=None, max_size=None) as board:
            assert '"snapshot"' in str(await board.recv())[:40]
    with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
        async with httpx.AsyncClient() as stranger:
            await stranger.get(f"https://localhost:{port}/livez")
    server.should_exit = True
    await running


def test_a_program_with_half_a_certificate_or_a_wrong_authority_does_not_start(tmp_path: Path) -> None:
    nothing = str(tmp_path / "nothing.pem")
    url = "postgresql://nobody@127.0.0.1:1/nothing"
    half = call("dashboard", "run", CAMPUS_DATABASE_URL=url, CAMPUS_HTTP_CERT=nothing)
    assert (half.returncode, "belong together" in half.stderr) == (2, True), half.stderr
    missing = call("dashboard", "run", CAMPUS_DATABASE_URL=url, CAMPUS_HTTP_CERT=nothing, CAMPUS_HTTP_KEY=nothing)
    assert (missing.returncode, "cannot be used" in missing.stderr) == (2, True), missing.stderr
    gateway = call(
        "gateway", "run", CAMPUS_DATABASE_URL=url, CAMPUS_MQTT_URL="mqtts://gateway:x@h", CAMPUS_MQTT_CA=nothing
    )
    assert (gateway.returncode, "CAMPUS_MQTT_CA" in gateway.stderr) == (2, True), gateway.stderr
