"""`python -m gateway`: what it says to people, and the files it writes for brokers."""

import asyncio
import os
import signal
import socket
import stat
from datetime import timedelta
from pathlib import Path

import aiomqtt
import pytest

from alerts.device_credentials import issue
from gateway.wire import LAST_WILL
from simulators.embedded.broker import MosquittoBroker, NatsBroker, find_program
from simulators.embedded.process import find_free_port
from tests.alerts.story import Story
from tests.gateway.conftest import eventually
from tests.programs import Program, call

DATABASE = "postgresql://nobody@127.0.0.1:1/none"


def test_help_names_every_lane() -> None:
    said = call("gateway", "run", "--help").stdout
    assert all(lane in said for lane in ("presses", "evidence", "beats", "receipts"))


@pytest.mark.parametrize(
    ("words", "variables", "expected"),
    [
        ((), {}, "CAMPUS_DATABASE_URL is not set"),
        ((), {"CAMPUS_DATABASE_URL": DATABASE}, "CAMPUS_MQTT_URL is not set"),
        (
            (),
            {"CAMPUS_DATABASE_URL": DATABASE, "CAMPUS_MQTT_URL": "tcp://broker"},
            "CAMPUS_MQTT_URL: a broker is named like mqtt://user:password@host:port",
        ),
        (("--lanes", "presses,alarms"), {}, "the lanes are presses, evidence, beats, receipts"),
        (("--lanes", ""), {}, "the lanes are presses, evidence, beats, receipts"),
        ((), {"CAMPUS_GATEWAY_METRICS_PORT": "many"}, "CAMPUS_GATEWAY_METRICS_PORT"),
    ],
)
def test_what_is_missing_or_wrong_is_one_sentence(
    words: tuple[str, ...], variables: dict[str, str], expected: str
) -> None:
    done = call("gateway", "run", *words, **variables)
    assert done.returncode == 2
    assert expected in done.stderr
    assert "Traceback" not in done.stderr


def test_a_taken_metrics_port_is_named() -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = taken.getsockname()[1]
        done = call(
            "gateway",
            "run",
            CAMPUS_DATABASE_URL=DATABASE,
            CAMPUS_MQTT_URL="mqtt://127.0.0.1:1",
            CAMPUS_GATEWAY_METRICS_PORT=f"{port}",
        )
    assert done.returncode == 2
    assert f"CAMPUS_GATEWAY_METRICS_PORT: port {port} cannot be used" in done.stderr


@pytest.fixture
def devices(tmp_path: Path) -> Path:
    path = tmp_path / "devices.csv"
    path.write_text("code,password\nB-0001,first\nB-0002,second\n", "utf-8")
    return path


def test_credentials_are_written_for_nobody_else_to_read(tmp_path: Path, devices: Path) -> None:
    url = "mqtt://gateway:secret@127.0.0.1:1883"
    for broker, files in (("nats", {"authorization.conf"}), ("mosquitto", {"passwords", "rights"})):
        folder = tmp_path / broker
        done = call("gateway", "credentials", broker, str(devices), str(folder), CAMPUS_MQTT_URL=url)
        assert done.returncode == 0, done.stderr
        assert {path.name for path in folder.iterdir()} == files
        assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in folder.iterdir())
        assert not any("secret" in path.read_text() or "first" in path.read_text() for path in folder.iterdir())


def test_credentials_say_which_line_is_wrong(tmp_path: Path, devices: Path) -> None:
    devices.write_text("code,password\nB-0001,first\nB+,second\n", "utf-8")
    done = call(
        "gateway", "credentials", "nats", str(devices), str(tmp_path / "out"), CAMPUS_MQTT_URL="mqtt://gateway:x@h"
    )
    assert done.returncode == 2
    assert "line 3" in done.stderr
    assert not (tmp_path / "out").exists()


def test_credentials_need_the_gateways_own_sign_in(tmp_path: Path, devices: Path) -> None:
    done = call(
        "gateway", "credentials", "nats", str(devices), str(tmp_path / "out"), CAMPUS_MQTT_URL="mqtt://127.0.0.1"
    )
    assert done.returncode == 2
    assert "CAMPUS_MQTT_URL must carry the gateway's sign-in" in done.stderr


async def test_a_nats_that_includes_the_written_file_lets_exactly_these_in(tmp_path: Path, devices: Path) -> None:
    port = find_free_port()
    call(
        "gateway",
        "credentials",
        "nats",
        str(devices),
        str(tmp_path),
        CAMPUS_MQTT_URL=f"mqtt://gateway:secret@127.0.0.1:{port}",
    )
    configuration = tmp_path / "nats.conf"
    configuration.write_text(
        f'server_name: t\nlisten: "127.0.0.1:-1"\njetstream: {{ store_dir: "{tmp_path}" }}\n'
        f'mqtt: {{ listen: "127.0.0.1:{port}" }}\ninclude "authorization.conf"\n'
    )
    server = await asyncio.create_subprocess_exec(
        find_program(NatsBroker.program), "-c", str(configuration), stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await eventually(lambda: is_open(port))
        assert await is_let_in(port, "gateway", "secret")
        assert await is_let_in(port, "B-0002", "second")
        assert not await is_let_in(port, "B-0002", "first")
    finally:
        server.terminate()
        await server.wait()


async def test_a_keeper_writes_what_the_board_says_until_it_is_stopped(story: Story, tmp_path: Path) -> None:
    await issue(story.database, ["S1-G1"], timedelta(), "chen")
    url = {"CAMPUS_DATABASE_URL": story.database.url, "CAMPUS_MQTT_URL": "mqtts://gateway:secret@127.0.0.1"}
    keeper = Program("gateway", "keep-credentials", "nats", str(tmp_path / "out"), environment=dict(os.environ) | url)
    try:
        await eventually((tmp_path / "out/authorization.conf").exists)
        assert '"user": "S1-G1"' in (tmp_path / "out/authorization.conf").read_text()
        keeper.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(keeper.wait) == 0, keeper.errors
    finally:
        keeper.send_signal(signal.SIGKILL)


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def is_let_in(port: int, user: str, password: str) -> bool:
    try:
        async with aiomqtt.Client("127.0.0.1", port, username=user, password=password, timeout=60):
            return True
    except aiomqtt.MqttError:
        return False


def test_the_last_will_is_that_of_the_contract() -> None:
    assert LAST_WILL == b'{"online":false}'
    assert MosquittoBroker.program == "mosquitto"
