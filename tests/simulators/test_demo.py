"""`make demo` as its users have it: it comes up, mends itself, comes back after a kill, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from simulators.embedded.process import find_free_port

PATIENCE_SECONDS = 120.0
TOKEN = "a-demo-token"


class RunningDemo:
    """One demo of a small city over one folder, as a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = folder.parent / "output"
        self.http_port, self.mqtt_port = find_free_port(), find_free_port()
        self.process: subprocess.Popen[bytes] | None = None
        # One client, which asks often: each new one reads all certificate authorities of the machine.
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.http_port}", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30
        )

    def start(self) -> None:
        environment = {
            "CAMPUS_DATA_DIR": str(self.folder),
            "CAMPUS_HTTP_PORT": str(self.http_port),
            "CAMPUS_MQTT_PORT": str(self.mqtt_port),
            "CAMPUS_DEMO_SCHOOLS": "12",
            "CAMPUS_DEMO_TOKEN": TOKEN,
            "CAMPUS_DEMO_DEVICE_PASSWORD": "a-device-password",
        }
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "simulators", "demo"],
                env={**os.environ, **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        return self.output.read_text()

    def get(self, path: str) -> httpx.Response | None:
        try:
            return self.client.get(path)
        except httpx.TransportError:
            return None

    def is_ready(self) -> bool:
        answer = self.get("/readyz")
        return answer is not None and answer.status_code == 200

    def list_presses(self) -> list[str]:
        answer = self.get("/api/v1/presses?limit=500")
        return [] if answer is None or answer.status_code != 200 else [one["name"] for one in answer.json()["items"]]

    def press(self, name: str) -> None:
        answer = self.client.post("/api/v1/presses", json={"device": "QD020001-G1", "id": name})
        assert answer.status_code == 201, answer.text

    def list_parts(self) -> list[psutil.Process]:
        """Every process that works in the demo's folder."""
        parts = []
        for process in psutil.process_iter():
            try:
                if Path(process.cwd()).is_relative_to(self.folder.resolve()):
                    parts.append(process)
            except (psutil.Error, OSError):
                continue
        return parts

    def find_part(self, *words: str) -> psutil.Process:
        return next(one for one in self.list_parts() if all(word in one.cmdline() for word in words))


def wait_until(condition: Callable[[], object], demo: RunningDemo) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, demo.said()
        time.sleep(0.1)


def list_kept_brokers(demo: RunningDemo) -> list[str]:
    answer = demo.get("/api/v1/device-credentials/state")
    return [] if answer is None else list(answer.json()["brokers"])


@pytest.fixture
def demo(open_folder: Path, tmp_path: Path) -> Iterator[RunningDemo]:
    folder = open_folder / f"demo-{tmp_path.name}"
    folder.mkdir(mode=0o711)
    running = RunningDemo(folder / "data")
    with running.client:
        yield running
    if running.process is not None:
        running.process.kill()
        running.process.wait()
    for part in running.list_parts():
        part.kill()


def test_the_demo_comes_up_mends_itself_survives_a_kill_and_leaves_nothing_behind(demo: RunningDemo) -> None:
    demo.start()
    wait_until(lambda: "Ctrl-C stops everything" in demo.said(), demo)
    assert demo.is_ready()
    assert TOKEN in demo.said()
    assert f"mosquitto_pub -V mqttv311 -p {demo.mqtt_port} -u QD020001-G1 -P a-device-password" in demo.said()
    assert "python -m simulators unplug QD020001-S1" in demo.said()
    channels = demo.get("/api/v1/channels")
    assert channels is not None
    on = {one["code"] for one in channels.json()["items"] if one["enabled"]}
    assert on == {"sms", "voice", "dingtalk", "wecom", "feishu", "mail", "push"}
    accounts = demo.get("/api/v1/accounts")
    assert accounts is not None
    assert {one["name"] for one in accounts.json()["items"] if one["person"]} == {"desk", "district", "guard"}
    wait_until(lambda: list_kept_brokers(demo) == ["nats"], demo)
    school = demo.get("/api/v1/schools/QD020001")
    assert school is not None
    camera = demo.client.get(school.json()["cameras"][0]["address"])
    assert "There is no camera and no picture in the demo" in camera.text
    demo.press("before")

    demo.find_part("gateway", "presses,receipts").kill()
    wait_until(lambda: "gateway died, started again" in demo.said(), demo)
    wait_until(demo.is_ready, demo)
    assert demo.process is not None

    demo.process.kill()
    demo.process.wait()
    demo.start()
    wait_until(lambda: "Ctrl-C stops everything" in demo.said(), demo)
    demo.press("after")
    assert {"before", "after"} <= set(demo.list_presses())

    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(PATIENCE_SECONDS) == 0
    assert demo.list_parts() == []


def test_a_taken_port_is_one_sentence_that_names_the_variable(demo: RunningDemo) -> None:

    with socket.create_server(("127.0.0.1", demo.http_port)):
        demo.start()
        assert demo.process is not None
        assert demo.process.wait(PATIENCE_SECONDS) == 2
    assert "CAMPUS_HTTP_PORT" in demo.said()
    assert "Traceback" not in demo.said()
