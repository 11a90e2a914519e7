"""`python -m simulators`: what surrounds the service when the real thing is not there."""

from __future__ import annotations

import asyncio
import secrets
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress

from alerts.domain.presses import Kind, Mode
from alerts.settings import Settings
from alerts.terminal import errors, fail, run_program
from simulators.city.equipment import WATCHED_SCHOOLS
from simulators.city.generator import MOST_SCHOOLS, generate_city
from simulators.city.schools import CITY_SCHOOLS
from simulators.city.tables import count_rows, write_tables
from simulators.devices.connection import BrokerAddress, BrokerUnreachableError, SignInRefusedError
from simulators.devices.descriptors import DescriptorLimitError
from simulators.devices.dialer import SIGN_INS_AT_ONCE
from simulators.devices.plugs import pull_plug, put_plug_back
from simulators.devices.program import (
    ButtonPlan,
    DeviceUnknownError,
    FleetPlan,
    StormPlan,
    live,
    place_device,
    press_button,
    raise_storms,
)
from simulators.devices.site_outputs import OutputHabits
from simulators.embedded.errors import EmbeddedServerError
from simulators.police.program import PolicePlan, play_police
from simulators.webhook import PortTakenError, print_messages

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)

_console = Console(highlight=False)

Schools = Annotated[
    int, typer.Option(min=1, max=MOST_SCHOOLS, envvar="CAMPUS_DEMO_SCHOOLS", help="How many schools the city has.")
]
Seed = Annotated[int, typer.Option(help="The same seed and number of schools give the same city.")]
Watched = Annotated[
    int, typer.Option(min=0, help="How many of them have sensors at the gate, a visitor terminal and a post reader.")
]
SensorDevice = Annotated[str, typer.Argument(help="The device's code, like QD020001-S1.")]
Broker = Annotated[
    str | None,
    typer.Option(help="mqtt://host:port; CAMPUS_MQTT_URL when left out, else this machine's CAMPUS_MQTT_PORT."),
]
Password = Annotated[
    str | None,
    typer.Option(help="CAMPUS_DEMO_DEVICE_PASSWORD when left out, else the one that the demo made in CAMPUS_DATA_DIR."),
]


def main() -> None:
    """The console entry."""
    run_program(
        app,
        BrokerUnreachableError,
        SignInRefusedError,
        DescriptorLimitError,
        DeviceUnknownError,
        EmbeddedServerError,
        PortTakenError,
    )


@app.command()
def demo(seed: Seed = 1) -> None:
    """Run everything on this machine: database, broker, city, service and devices. Settings are CAMPUS_* variables."""
    # Needs the embedded database's and broker's packages, which the other commands do without.
    from simulators.demo.demo import run_demo

    run_demo(seed)


@app.command()
def city(
    folder: Annotated[
        Path, typer.Argument(help="Where to write schools.csv, devices.csv, people.csv and what goes with them.")
    ],
    schools: Schools = CITY_SCHOOLS,
    seed: Seed = 1,
    watched: Watched = WATCHED_SCHOOLS,
) -> None:
    """Write a city of invented schools, devices, people, plans and timetables as CSV, for `python -m alerts import`."""
    made = generate_city(schools, seed, watched)
    with Progress("the city", BarColumn(), MofNCompleteColumn(), console=errors, transient=True) as bar:
        task = bar.add_task("", total=count_rows(made))
        try:
            paths = write_tables(made, folder, lambda: bar.advance(task))
        except OSError as error:
            fail(f"{error.filename}: {error.strerror}")
    _console.print(f"python -m alerts import {' '.join(map(str, paths))}", soft_wrap=True)


@app.command()
def devices(
    schools: Schools = CITY_SCHOOLS,
    seed: Seed = 1,
    broker: Broker = None,
    password: Password = None,
    interval: Annotated[
        int | None, typer.Option(min=1, max=3600, help="Seconds between beats; as registered when left out.")
    ] = None,
    presses_per_day: Annotated[
        float, typer.Option(min=0, help="How often somebody presses, in the whole city and on average.")
    ] = 50,
    speed: Annotated[
        float, typer.Option(min=0.01, help="Things begin this many times as often. Beats and clocks stay true.")
    ] = 1.0,
    press_storm: Annotated[
        int, typer.Option(min=0, help="So many devices press within --within seconds; then it ends.")
    ] = 0,
    reconnect_storm: Annotated[
        int, typer.Option(min=0, help="So many lines are cut within --within seconds; then it ends.")
    ] = 0,
    within: Annotated[float, typer.Option(min=0, help="How long a storm takes, in seconds.")] = 60.0,
    storm_mode: Annotated[Mode, typer.Option(help="What the presses of a storm say they are.")] = Mode.TEST,
    keep_sessions: Annotated[
        bool, typer.Option(help="Hear receipts with QoS 1 in kept sessions; NATS needs much memory for it.")
    ] = False,
    at_once: Annotated[int, typer.Option(min=1, help="How many devices sign in at the same time.")] = SIGN_INS_AT_ONCE,
    slow_outputs: Annotated[
        float, typer.Option(min=0, max=1, help="The share of devices that answer commands only after 1 to 20 s.")
    ] = 0.05,
    deaf_outputs: Annotated[
        float, typer.Option(min=0, max=1, help="The share of devices that never answer commands.")
    ] = 0.02,
    phones: Annotated[
        str | None, typer.Option(help="Where `python -m simulators providers` is: its people then answer.")
    ] = None,
    watched: Watched = WATCHED_SCHOOLS,
    cheats: Annotated[
        float, typer.Option(min=0, max=1, help="The share of watched schools that cheat on a day, in each of ten ways.")
    ] = 0.06,
) -> None:
    """Let the city's devices live: they beat, fall silent, lose power, press; at watched schools gates open, visitors
    come, guards check in, and some cheat. Ends with Ctrl-C or SIGTERM.

    With --press-storm or --reconnect-storm, raise that storm instead, print how it went, and end.
    """
    settings = Settings()
    _log_to_stderr(settings.log_format)
    plan = FleetPlan(
        url=_find_broker(broker, settings),
        password=_find_password(password, settings),
        seed=seed,
        interval_seconds=interval,
        keeps_session=keep_sessions,
        sign_ins_at_once=at_once,
        presses_per_day=presses_per_day,
        speed=speed,
        output_habits=OutputHabits(slow_outputs, deaf_outputs),
        phones=phones,
        data=settings.data_dir,
        cheat_share=cheats,
    )
    made = generate_city(schools, seed, watched)
    if press_storm or reconnect_storm:
        storms = StormPlan(press_storm, reconnect_storm, within, storm_mode)
        _run(raise_storms(made, plan, storms, _console))
    else:
        _run(live(made, plan, errors))


@app.command()
def press(
    device: Annotated[str, typer.Argument(help="The device's code, like QD020001-G1.")],
    kind: Annotated[Kind | None, typer.Option(help="What for; a panic when left out.")] = None,
    mode: Annotated[Mode | None, typer.Option(help="Live when left out; test and drill need a window.")] = None,
    district: Annotated[str | None, typer.Option(help="For a device that is not of the simulated city.")] = None,
    school: Annotated[str | None, typer.Option(help="For a device that is not of the simulated city.")] = None,
    broker: Broker = None,
    password: Password = None,
) -> None:
    """Press one button and show what it shows: received, seen, coming, closed. Ends with `closed` or Ctrl-C."""
    settings = Settings()
    _log_to_stderr(settings.log_format)
    place = place_device(device, district, school)
    url, secret = _find_broker(broker, settings), _find_password(password, settings)
    _run(press_button(ButtonPlan(url, *place, device, secret, kind, mode), _console))


@app.command()
def unplug(device: SensorDevice) -> None:
    """Take a device of the running simulated city off the mains, until `plug`: a gate whose sensor is unplugged is
    unknown from then on, and so is its school."""
    try:
        pull_plug(Settings().data_dir, _read_device(device))
    except FileNotFoundError as error:
        fail(f"no simulated devices live over {Settings().data_dir}: {error}")
    _console.print(f"{device} is unplugged; python -m simulators plug {device} brings it back")


@app.command()
def plug(device: SensorDevice) -> None:
    """Bring back a device that was unplugged."""
    try:
        put_plug_back(Settings().data_dir, _read_device(device))
    except FileNotFoundError:
        fail(f"{device} was not unplugged")
    _console.print(f"{device} is back")


@app.command()
def webhook(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where to listen, on this machine only.")] = 9000,
) -> None:
    """Stand in for the provider behind the webhook channel: print each message that the engine sends to people.

    Give the engine CAMPUS_WEBHOOK_URL=http://127.0.0.1:9000/ for it. Ends with Ctrl-C or SIGTERM.
    """
    _run(print_messages(port, _console))


@app.command()
def providers(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where to listen, on this machine only.")] = 9010,
    mail_port: Annotated[int, typer.Option(min=1, max=65535, help="Where the mail server listens.")] = 9025,
    board: Annotated[
        str | None, typer.Option(help="Where receipts go, http://127.0.0.1:CAMPUS_HTTP_PORT when left out.")
    ] = None,
    token: Annotated[
        str | None, typer.Option(help="What the board wants to see; CAMPUS_PROVIDER_TOKEN, or random, when left out.")
    ] = None,
    answer_share: Annotated[float, typer.Option(min=0, max=1, help="How many people answer by themselves.")] = 0.0,
    answer_seconds: Annotated[float, typer.Option(min=0, help="After how long, give or take half.")] = 8.0,
    seed: Seed = 1,
) -> None:
    """Stand in for providers of SMS, calls, chat robots and mail, with a page of telephones that a person can pick up.

    Prints the CAMPUS_* variables that make the engine and the board use it. Ends with Ctrl-C or SIGTERM.
    """
    # Needs a web server and a mail server, which the other commands do without.
    from simulators.providers.plan import Answering, Plan
    from simulators.providers.program import run_providers

    settings = Settings()
    _log_to_stderr(settings.log_format)
    plan = Plan(
        callback_url=board or f"http://127.0.0.1:{settings.http_port}",
        callback_token=token or _find_provider_token(settings),
        seed=seed,
        answering=Answering(answer_share, answer_seconds),
    )
    _run(run_providers(plan, port, mail_port, _console))


@app.command()
def police(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where 110 listens, on this machine only.")] = 9110,
    station_port: Annotated[int, typer.Option(min=1, max=65535, help="Where the monitoring station does.")] = 9121,
    folder: Annotated[
        Path | None, typer.Option(help="Where the certificates are, or are made; in CAMPUS_DATA_DIR when left out.")
    ] = None,
    board: Annotated[
        str | None, typer.Option(help="The board's address, if 110 tells by itself; else the engine must ask it.")
    ] = None,
    key: Annotated[str, typer.Option(help="The AES key of Contact ID events, hexadecimal; none: in the clear.")] = "",
    speed: Annotated[float, typer.Option(min=0.01, help="Officers are this many times as fast as in life.")] = 1.0,
    trouble_share: Annotated[
        float, typer.Option(min=0, max=1, help="How much goes wrong: refused, cut, held, garbled, told twice.")
    ] = 0.0,
    seed: Seed = 1,
) -> None:
    """Stand in for 110 and for a monitoring station: take hand-overs and events, send patrols, print all of it.

    It prints the settings that the engine needs. Ends with Ctrl-C or SIGTERM.
    """
    settings = Settings()
    secret = settings.police_secret.get_secret_value() if settings.police_secret else "the simulated police's secret"
    where = folder or settings.data_dir / "police"
    _run(play_police(PolicePlan(port, station_port, where, board, secret, key, speed, seed, trouble_share), _console))


def _read_device(code: str) -> str:
    place_device(code, None, None)  # what is not a code of ours is no name of a file either
    return code


def _find_broker(said: str | None, settings: Settings) -> str:
    url = said or settings.mqtt_url or f"mqtt://127.0.0.1:{settings.mqtt_port}"
    try:
        BrokerAddress.parse(url)
    except ValueError as error:
        fail(f"{'--broker' if said else 'CAMPUS_MQTT_URL'}: {error}")
    return url


def _find_password(said: str | None, settings: Settings) -> str:
    kept = settings.data_dir / "demo-device-password"
    password = said or settings.demo_device_password or (kept.read_text().strip() if kept.is_file() else None)
    if password is None:
        fail(f"which password do the devices have? Set CAMPUS_DEMO_DEVICE_PASSWORD or --password; {kept} is not there")
    return password


def _find_provider_token(settings: Settings) -> str:
    said = settings.provider_token
    return said.get_secret_value() if said else secrets.token_urlsafe(24)


def _log_to_stderr(log_format: str) -> None:
    """Lines for people or JSON for programs, beside what is printed."""
    people = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False) if log_format == "json" else people,
        ],
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Runs until it is done; SIGTERM and Ctrl-C end it in good order."""

    async def obey_signals() -> None:
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        await work

    try:
        asyncio.run(obey_signals())
    except (KeyboardInterrupt, asyncio.CancelledError):
        errors.print("stopped")


if __name__ == "__main__":
    main()
