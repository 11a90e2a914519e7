"""`make demo`: everything on one machine, from an empty folder to a board that shows a living city.

Each part is named as it comes. What dies is started again; Ctrl-C ends everything in the reverse order.
"""

from __future__ import annotations

import csv
import io
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from types import FrameType

import httpx
from rich.console import Console

from alerts.domain.registry import City, DeviceRole
from alerts.settings import Settings
from simulators.city.equipment import WATCHED_SCHOOLS
from simulators.city.generator import generate_city
from simulators.compliance.campus import lay_out_city
from simulators.demo.accounts import list_accounts
from simulators.demo.inspection import declare_walls, hang_sketches, put_in_points
from simulators.demo.preparation import Preparation
from simulators.demo.rosters import set_rosters
from simulators.demo.secrets import Secrets, prepare_secrets
from simulators.demo.services import Program
from simulators.demo.surroundings import Surroundings
from simulators.embedded.broker import KeptNatsBroker
from simulators.embedded.errors import EmbeddedServerError
from simulators.embedded.ownership import PASSABLE, make_folder, write_private_file
from simulators.embedded.postgres import EmbeddedPostgres
from simulators.embedded.process import require_free_port

READY_SECONDS = 120.0
_WATCH_SECONDS = 0.5
_WINDOW = timedelta(hours=24)  # the longest that may be announced; renewed before it ends
_CHEATS = 0.1  # in each of ten ways, so that there is something to find
_RENEWAL = timedelta(hours=23)
_CONTACT = "mailto:demo@example.cn"


class Demo:
    """The parts of the demo and their order."""

    def __init__(self, settings: Settings, seed: int, console: Console) -> None:
        self._settings = settings
        self._seed = seed
        self._console = console
        self._folder = settings.data_dir.absolute()
        self._stopping = threading.Event()
        self._board = f"http://127.0.0.1:{settings.http_port}"
        self._renew_at = datetime.now(UTC)
        self._broker = KeptNatsBroker(self._folder / "broker", settings.mqtt_port)
        self._listed = self._folder / "devices.csv"  # what each device signs in with, until the board issues it another

    def run(self) -> None:
        """Runs until Ctrl-C or SIGTERM. Raises EmbeddedServerError with what to do when a part cannot start."""
        self._stop_on_signals()
        make_folder(self._folder, None, PASSABLE)
        self._surroundings = Surroundings.place(self._folder, self._settings.demo_phones_port)
        self._programs = self._make_programs()
        with ExitStack() as parts:
            for program in self._programs:
                program.claim()
            require_free_port(self._settings.http_port, "The board", "CAMPUS_HTTP_PORT")
            require_free_port(self._surroundings.phones_port, "The telephones", "CAMPUS_DEMO_PHONES_PORT")
            self._start(parts)
            self._watch()
            self._console.print("\nstopping …")
        self._console.print("everything has stopped")

    def _start(self, parts: ExitStack) -> None:
        secrets = self._secrets = prepare_secrets(self._settings, self._folder)
        with self._step("database"):
            self._postgres = EmbeddedPostgres(self._folder / "postgres")
            parts.callback(self._postgres.stop)
            self._postgres.start()
        preparation = Preparation(self._folder, self._postgres.url, secrets)
        with self._step("schema"):
            preparation.migrate()
        with self._step(f"city of {self._settings.demo_schools} schools"):
            city = generate_city(self._settings.demo_schools, self._seed, WATCHED_SCHOOLS)
            preparation.import_city(city)
            preparation.import_cameras(city, self._surroundings.phones)
        with self._step("accounts"):
            preparation.make_accounts(list_accounts(city))
        with self._step(f"broker with {len(city.devices)} devices"):
            self._let_devices_in({device.code: secrets.device_password for device in city.devices})
            parts.callback(self._broker.stop)
            self._broker.start()
        self._tell_programs(secrets)
        for program in self._programs:  # stopped before what they talk to, in the reverse order
            parts.callback(program.stop)
        self._start_programs(secrets)
        with self._step("rosters, patrol points, surveys, sketches"):
            self._put_in_once(city, secrets)
        self._print_welcome(city, secrets)

    def _let_devices_in(self, passwords: Mapping[str, str]) -> None:
        """As a list, which the keeper takes, too: the board issued no credential yet."""
        listed = io.StringIO()
        csv.writer(listed).writerows(passwords.items())
        write_private_file(self._listed, listed.getvalue())
        self._broker.set_devices(passwords)

    def _make_programs(self) -> list[Program]:
        commands: Mapping[str, Sequence[str]] = {
            "engine": ["alerts", "run"],
            "gateway": ["gateway", "run", "--lanes", "presses,receipts", "--name", "demo-1"],
            "gateway-reports": ["gateway", "run", "--lanes", "evidence,beats", "--name", "demo-2"],
            "dashboard": ["dashboard", "run"],
            "keeper": [
                "gateway",
                "keep-credentials",
                "nats",
                str(self._broker.credentials),
                "--devices",
                str(self._listed),
                "--pid-file",
                str(self._broker.pid_path),
                "--log-file",
                str(self._broker.log_path),
            ],
            **self._surroundings.programs(self._board, self._seed),
            "devices": [
                "simulators",
                "devices",
                "--seed",
                str(self._seed),
                "--cheats",
                str(_CHEATS),
                "--phones",
                self._surroundings.phones,
            ],
        }
        return [Program(name, module, self._folder / "services") for name, module in commands.items()]

    def _tell_programs(self, secrets: Secrets) -> None:
        """Where everything is. What surrounds the service knows how it signs in, and nothing of the database."""
        surroundings = self._surroundings.settings(secrets)
        service = {
            "CAMPUS_DATABASE_URL": self._postgres.url,
            "CAMPUS_MQTT_URL": self._broker.url(),
            "CAMPUS_HTTP_PORT": str(self._settings.http_port),
            "CAMPUS_SECRET_KEYS": secrets.secret_key,
            "CAMPUS_PUBLIC_URL": self._settings.public_url or self._board,
            "CAMPUS_PUSH_PRIVATE_KEY": secrets.push_key,
            "CAMPUS_PUSH_CONTACT": self._settings.push_contact or _CONTACT,
            **surroundings,
        }
        devices = {
            "CAMPUS_DEMO_SCHOOLS": str(self._settings.demo_schools),
            "CAMPUS_MQTT_PORT": str(self._settings.mqtt_port),
            "CAMPUS_DEMO_DEVICE_PASSWORD": secrets.device_password,
            "CAMPUS_DATA_DIR": str(self._folder),
        }
        told = {"devices": devices, "phones": surroundings, "police": surroundings}
        for program in self._programs:
            program.environment = {**os.environ, **told.get(program.name, service)}

    def _start_programs(self, secrets: Secrets) -> None:
        *service, devices = self._programs
        with self._step("gateway, engine, dashboard, telephones, 110"):
            before = self._broker.kept_at
            for program in service:
                program.start()
            # NATS asks all who are there for their password again when it is told: a whole city takes it minutes.
            self._await_ready(service, lambda: self._broker.kept_at != before)
        with self._step("simulated devices"):
            self._announce_tests(secrets)
            devices.start()

    def _put_in_once(self, city: City, secrets: Secrets) -> None:
        """What people put in through the service's own doors."""
        now, campuses = datetime.now(UTC), lay_out_city(city, self._seed)
        headers = {"Authorization": f"Bearer {secrets.token}"}
        with httpx.Client(base_url=self._board, headers=headers, timeout=30) as client:
            inputs: Mapping[str, Callable[[], None]] = {
                "rosters": lambda: set_rosters(client, city, now),
                "points": lambda: put_in_points(client, campuses),
                "walls": lambda: declare_walls(client, campuses, now),
                "sketches": lambda: hang_sketches(client, campuses, self._seed),
            }
            for name, put_in in inputs.items():
                stamp = self._folder / f"{name}.done"
                if not stamp.exists():
                    put_in()
                    stamp.touch()

    def _await_ready(self, service: Sequence[Program], is_kept: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        with self._open_client() as client:
            while not (self._is_ready(client) and is_kept()):
                ended = [program for program in service if not program.running]
                if ended or time.monotonic() > deadline:
                    program = (ended or service)[0]
                    raise EmbeddedServerError(f"{program.name} did not come up; its log is {program.log_path}")
                if self._stopping.wait(0.1):
                    raise EmbeddedServerError("stopped before everything was up")

    def _open_client(self) -> httpx.Client:
        """A client that asks often: opening one costs far more than an answer."""
        return httpx.Client(base_url=self._board, timeout=5)

    def _is_ready_now(self) -> bool:
        with self._open_client() as client:
            return self._is_ready(client)

    def _is_ready(self, client: httpx.Client) -> bool:
        try:
            return client.get("/readyz").status_code == 200
        except httpx.HTTPError:
            return False

    def _announce_tests(self, secrets: Secrets) -> None:
        """The devices press tests all day, and without an announced window a test is a live press."""
        now = datetime.now(UTC)
        window = {"mode": "test", "starts_at": now.isoformat(), "ends_at": (now + _WINDOW).isoformat()}
        answer = httpx.post(
            f"{self._board}/api/v1/windows",
            json=window | {"note": "演示:全天测试 demo: tests all day"},
            headers={"Authorization": f"Bearer {secrets.token}"},
            timeout=10,
        )
        answer.raise_for_status()
        self._renew_at = now + _RENEWAL

    def _watch(self) -> None:
        """Starts again whatever dies, as a supervisor in production would."""
        while not self._stopping.wait(_WATCH_SECONDS):
            for name, server in (("database", self._postgres), ("broker", self._broker)):
                if server.pid is None:
                    self._console.print(f"[yellow]{name} died, starting it again[/yellow]")
                    server.start()
            for program in self._programs:
                if program.revive():
                    self._console.print(f"[yellow]{program.name} died, started again; see {program.log_path}[/yellow]")
            if datetime.now(UTC) > self._renew_at and self._is_ready_now():
                self._announce_tests(self._secrets)

    def _stop_on_signals(self) -> None:
        def stop(number: int, frame: FrameType | None) -> None:
            if self._stopping.is_set():
                raise KeyboardInterrupt
            self._stopping.set()

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, stop)

    @contextmanager
    def _step(self, what: str) -> Iterator[None]:
        started = time.monotonic()
        with self._console.status(f"{what} …"):
            yield
        self._console.print(f"  [green]✓[/green] {what} ({time.monotonic() - started:.1f} s)")

    def _print_welcome(self, city: City, secrets: Secrets) -> None:
        device = city.devices[0]
        district = next(school.district for school in city.schools if school.code == device.school)
        topic = f"campus/v1/{district}/{device.school}/{device.code}/press"
        say: Callable[..., None] = self._console.print
        say()
        say(f"  Board     [bold]{self._board}[/bold]")
        for number, one in enumerate(list_accounts(city)):
            say(f"  {'' if number else 'Sign in':<9} {one.name} / {secrets.password}   ({one.about})")
        say(f"  Token     {secrets.token}   (Authorization: Bearer …)")
        say(f"  Phones    [bold]{self._surroundings.phones}[/bold]   (pick up, press 1, reply)")
        say(f"  Devices   password {secrets.device_password}   broker 127.0.0.1:{self._settings.mqtt_port}")
        say("\n  Press a button, from another terminal:")
        say(
            f"  mosquitto_pub -V mqttv311 -p {self._settings.mqtt_port} -u {device.code} -P {secrets.device_password}"
            f" -q 1 -t {topic} -m '{{}}'",
            soft_wrap=True,
        )
        say(f"  or: .venv/bin/python -m simulators press {device.code}", soft_wrap=True)
        gate = next(one.code for one in city.devices if one.role is DeviceRole.GATE)
        say("\n  Unplug the sensor of a gate, and its school is no longer met but unknown:")
        say(f"  .venv/bin/python -m simulators unplug {gate}   (plug {gate} brings it back)", soft_wrap=True)
        say(f"\n  Logs are in {self._folder / 'services'}. Ctrl-C stops everything.\n")


def run_demo(seed: int) -> None:
    """Runs the demo with the settings of the environment."""
    settings = Settings()
    Demo(settings, seed, Console(highlight=False)).run()
