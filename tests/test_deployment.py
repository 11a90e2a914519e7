"""What docker-compose.yml runs: every part is there, and the brokers in it are set up as the tested ones are."""

import os
import re
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from alerts.certificates import Part, make_missing
from simulators.embedded.broker import MosquittoBroker, NatsBroker, find_program

ROOT = Path(__file__).parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
ENDED_BY_THEMSELVES = {"certificates", "credentials", "migrate", "city", "import-city"}


def test_everything_of_the_service_starts_and_the_rest_is_asked_for():
    without_profile = {name for name, service in SERVICES.items() if "profiles" not in service}
    assert without_profile == {
        "certificates",
        "postgres",
        "credentials",
        "keeper",
        "nats",
        "migrate",
        "alerts",
        "gateway",
        "dashboard",
    }
    assert {name for name, one in SERVICES.items() if one.get("profiles") == ["mosquitto"]} == {
        "mosquitto",
        "keeper-mosquitto",
    }
    assert {name for name, one in SERVICES.items() if one.get("profiles") == ["simulators"]} == {
        "city",
        "import-city",
        "devices",
    }


@pytest.mark.parametrize("name", sorted(set(SERVICES) - ENDED_BY_THEMSELVES - {"devices"}))
def test_what_keeps_running_tells_whether_it_is_well_and_comes_back(name: str):
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", SERVICES)
def test_a_part_waits_for_what_it_needs_and_mounts_what_is_there(name: str):
    for needed, how in SERVICES[name].get("depends_on", {}).items():
        ended = "service_completed_successfully" if needed in ENDED_BY_THEMSELVES else "service_healthy"
        assert how["condition"] == ended
    for volume in SERVICES[name].get("volumes", []):
        source = re.sub(r"^\$\{\w+:-(.*?)\}", r"\1", volume).split(":")[0]
        assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"], volume


def test_no_secret_is_written_down_and_a_missing_one_is_named():
    text = (ROOT / "docker-compose.yml").read_text()
    for variable in ("CAMPUS_DATABASE_PASSWORD", "CAMPUS_GATEWAY_PASSWORD", "CAMPUS_SECRET_KEYS"):
        uses = re.findall(rf"\$\{{{variable}[^}}]*\}}", text)
        assert uses
        assert all(":?" in use for use in uses)
        assert f"\n{variable}=\n" in (ROOT / ".env.example").read_text()


def test_every_program_is_started_as_python_starts_it():
    for service in SERVICES.values():
        command = service.get("command", [])
        if command[:2] == ["python", "-m"]:
            run(sys.executable, *command[1:4], "--help")


def run(*command: str | Path, **environment: str) -> None:
    """Runs a program from the checkout's top, and fails with what it said when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=os.environ | environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def written_credentials(tmp_path: Path) -> Path:
    """The brokers' files, as the container `credentials` writes them."""
    devices = tmp_path / "devices.csv"
    devices.write_text((ROOT / ".docker/devices.csv").read_text() + "QD-1-01,a password\n")
    run(
        "sh",
        ".docker/write-credentials",
        "first",
        devices,
        tmp_path / "credentials",
        CAMPUS_MQTT_URL="mqtt://gateway:secret@nats:1883",
        CAMPUS_DEMO_DEVICE_PASSWORD="shared-password",
        CAMPUS_DEMO_SCHOOLS="3",
        PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    )
    return tmp_path / "credentials"


def test_nats_takes_its_configuration_with_the_users_that_were_written(written_credentials: Path, tmp_path: Path):
    make_missing(tmp_path, tmp_path / "authority", [Part.parse("broker")], datetime.now(UTC))
    text = (ROOT / ".docker/nats.conf").read_text().replace("/certificates", str(tmp_path))
    (tmp_path / "nats.conf").write_text(text)
    run(find_program(NatsBroker.program), "-t", "-c", tmp_path / "nats.conf")
    users = re.findall(r'"user": "([^"]+)"', (written_credentials / "authorization.conf").read_text())
    assert users[:2] == ["gateway", "QD-1-01"]
    assert len(users) > 3, "the simulated city's devices are missing"
    assert (written_credentials / "passwords").read_text().count("\n") == len(users)


def test_a_broker_in_its_container_reads_its_files_again_when_they_are_replaced_and_ends_when_it_is_asked_to(
    tmp_path: Path,
):
    """As a shell would see it: the broker is a program that says when it is told."""
    told = tmp_path / "told"
    broker = (
        "import signal, sys, time\n"
        f"signal.signal(signal.SIGHUP, lambda *_: open({str(told)!r}, 'a').write('again '))\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\n"
        f"open({str(told)!r}, 'a').write('up ')\n"
        "while True: time.sleep(60)\n"
    )
    files = [tmp_path / name for name in ("passwords", "rights")]
    for file in files:
        file.write_text("before")
    command = ["sh", ".docker/reload-when-changed", " ".join(map(str, files)), sys.executable, "-c", broker]
    with subprocess.Popen(command, cwd=ROOT) as shell:
        try:
            wait_for(told, "up ")
            fresh = tmp_path / "fresh"
            fresh.write_text("after")
            fresh.replace(files[1])
            wait_for(told, "up again ")
            shell.terminate()
            assert shell.wait(30) == 7
        finally:
            shell.kill()


def wait_for(file: Path, text: str) -> None:
    """Returns when a program has written this; fails when it does not within half a minute."""
    deadline = time.monotonic() + 30
    while not file.exists() or file.read_text() != text:
        assert time.monotonic() < deadline, file.read_text() if file.exists() else "nothing was written"
        time.sleep(0.02)


def test_nats_is_set_up_as_the_embedded_one(tmp_path: Path):
    embedded = NatsBroker(tmp_path)._settings()
    text = (ROOT / ".docker/nats.conf").read_text()
    for block in ("mqtt", "jetstream"):
        settings = embedded[block]
        assert isinstance(settings, dict)
        for name, value in settings.items():
            if name not in ("listen", "store_dir", "limits"):
                assert re.search(rf'^    {name}: "?{value}"?$', text, re.M), name
    limits = embedded["jetstream"]["limits"]  # type: ignore[index]
    assert f"default_max_consumers: {limits['default_max_consumers']} " in text
    assert f"\nmax_payload: {embedded['max_payload']}\n" in text


def test_mosquitto_is_set_up_as_the_tested_one(tmp_path: Path):
    own = {"listener", "password_file", "acl_file", "persistence_location", "log_timestamp_format"}
    lines = (ROOT / ".docker/mosquitto.conf").read_text().splitlines()
    for name, value in MosquittoBroker(tmp_path)._settings().items():
        if name not in own:
            assert f"{name} {value}" in lines


def test_docker_compose_accepts_the_file():
    if shutil.which("docker") is None or subprocess.call(["docker", "compose", "version"]) != 0:
        pytest.skip("docker compose is not installed")
    for profile in ("", "simulators", "mosquitto"):
        run(
            "docker",
            "compose",
            "--profile",
            profile,
            "config",
            "--quiet",
            CAMPUS_DATABASE_PASSWORD="a",
            CAMPUS_GATEWAY_PASSWORD="b",
            CAMPUS_SECRET_KEYS="c",
        )
