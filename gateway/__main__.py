"""`python -m gateway`: takes in what devices say over MQTT, and answers them."""

import asyncio
import gc
import ssl
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import structlog
import typer
from prometheus_client import start_http_server

from alerts.logs import configure_logs
from alerts.settings import Settings
from alerts.storage.errors import StorageUnavailable
from alerts.terminal import fail, run_program
from gateway.broker import BrokerAddress, BrokerKind
from gateway.connection import BrokerLostError
from gateway.service import Gateway, GatewayPlan, LaneName, retire_gateway

if TYPE_CHECKING:
    from gateway.credentials import Credential

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)

_log = structlog.get_logger()
_GARBAGE_LOOKED_FOR_EVERY = 50_000  # new values; nearly none of ours refer to each other in a circle
_ALL_LANES = ",".join(LaneName)


def main() -> None:
    """The console entry."""
    run_program(app, StorageUnavailable)


@app.command()
def run(
    lanes: Annotated[
        str, typer.Option(help="What this process does, by commas. Presses may run apart from everything else.")
    ] = _ALL_LANES,
    name: Annotated[
        str,
        typer.Option(
            help="Its name at the broker. Keep it, for the broker queues under it while the gateway is away; "
            "gateways that run the same lane need names of their own."
        ),
    ] = "gateway",
) -> None:
    """Run until SIGTERM: take in presses, reports and signs of life, and tell buttons what became of their press.

    Lanes: presses (press, cancel), evidence (state, gate, visit, post, output), beats (and what comes on no known
    channel), receipts (seen, coming, closed). Needs CAMPUS_DATABASE_URL and CAMPUS_MQTT_URL.
    """
    wanted = _read_lanes(lanes)
    settings = Settings()
    configure_logs(settings.log_format)
    plan = GatewayPlan(
        database_url=settings.need_database_url(),
        broker=_read_broker(settings),
        name=name,
        lanes=wanted,
        silence_limit_seconds=settings.silence_limit_seconds,
    )
    if settings.gateway_metrics_port:
        _serve_metrics(settings.gateway_metrics_port)
    # What was loaded is never garbage. Looked over again and again it would hold a press up for 16 ms each time.
    gc.freeze()
    gc.set_threshold(_GARBAGE_LOOKED_FOR_EVERY)
    asyncio.run(_run_gateway(plan))


@app.command()
def retire(name: Annotated[str, typer.Argument(help="The name that it ran under.")]) -> None:
    """End what the broker keeps for a gateway that will not come back, so that it queues no more for it."""
    settings = Settings()
    database_url, broker = settings.need_database_url(), _read_broker(settings)
    try:
        asyncio.run(retire_gateway(database_url, broker, name))
    except BrokerLostError as error:
        fail(f"{broker}: {error}")
    typer.echo(f"{broker} keeps nothing for {name}")


@app.command()
def credentials(
    broker: Annotated[BrokerKind, typer.Argument(help="Whose words to write.")],
    devices: Annotated[Path, typer.Argument(help="CSV: a device's code and its password on each line; - reads stdin.")],
    folder: Annotated[Path, typer.Argument(help="Where to write the broker's files.", file_okay=False)],
) -> None:
    """Write who may sign in at the broker and say what: each device under its own code, the gateway everything.

    The gateway's own password is the one in CAMPUS_MQTT_URL. NATS: include authorization.conf in its configuration.
    Mosquitto: name passwords as password_file and rights as acl_file.
    """
    # Hashing needs bcrypt, which a gateway that only runs does without.
    from gateway import credentials as rights
    from gateway.credential_keeper import write_private

    service, *others = _hash_logins(broker, devices)
    if broker is BrokerKind.NATS:
        files = {"authorization.conf": rights.render_nats_authorization(service, others)}
    else:
        files = {
            "passwords": rights.render_mosquitto_passwords(service, others),
            "rights": rights.render_mosquitto_acl(),
        }
    write_private(folder, files)
    typer.echo(f"wrote {', '.join(files)} in {folder} for {len(others)} devices")


@app.command()
def keep_credentials(
    broker: Annotated[BrokerKind, typer.Argument(help="Whose words to write.")],
    folder: Annotated[Path, typer.Argument(help="Where the broker reads its files.", file_okay=False)],
    devices: Annotated[
        Path | None, typer.Option(help="CSV, as of `credentials`: devices that never had a credential in the database.")
    ] = None,
    pid_file: Annotated[
        Path | None, typer.Option(help="The broker's number, to tell it of changes; unset, somebody else does.")
    ] = None,
    log_file: Annotated[Path | None, typer.Option(help="The broker's log, which tells whom it refuses.")] = None,
) -> None:
    """Keep the broker's files as the board says who may sign in, until SIGTERM, and tell the board whom it refused.

    What was revoked is out within seconds. Needs CAMPUS_DATABASE_URL and CAMPUS_MQTT_URL.
    """
    from gateway.credential_keeper import KeeperPlan, keep

    settings = Settings()
    configure_logs(settings.log_format)
    service, *listed = _hash_logins(broker, devices)
    plan = KeeperPlan(broker, folder, service, tuple(listed), pid_file, log_file)
    asyncio.run(keep(settings.need_database_url(), plan))


def _hash_logins(broker: BrokerKind, devices: Path | None) -> "list[Credential]":
    """The gateway's own credential, and those of a list."""
    from gateway import credentials as rights

    address = _read_broker(Settings())
    if address.user != rights.SERVICE_USER or not address.password:
        fail(f"CAMPUS_MQTT_URL must carry the gateway's sign-in, mqtt://{rights.SERVICE_USER}:PASSWORD@host:port")
    hash_password = rights.hash_for_nats if broker is BrokerKind.NATS else rights.hash_for_mosquitto
    try:
        logins = rights.read_logins(_read_lines(devices))
        return rights.hash_logins([rights.Login(address.user, address.password), *logins], hash_password)
    except (rights.CredentialError, OSError, UnicodeDecodeError) as error:
        fail(f"{devices}: {error}")


def _read_lines(path: Path | None) -> Iterable[str]:
    if path is None:
        return ()
    return sys.stdin if str(path) == "-" else path.read_text("utf-8-sig").splitlines()


async def _run_gateway(plan: GatewayPlan) -> None:
    try:
        await Gateway(plan).run()
    except Exception:  # noqa: BLE001 (the log is an interface: a traceback of Python's own is not in it)
        _log.critical("gateway.process.failed", name=plan.name, exc_info=True)
        raise SystemExit(1) from None


def _serve_metrics(port: int) -> None:
    try:
        start_http_server(port)
    except OSError as error:
        fail(f"CAMPUS_GATEWAY_METRICS_PORT: port {port} cannot be used: {error.strerror}")


def _read_lanes(said: str) -> tuple[LaneName, ...]:
    words = [word.strip() for word in said.split(",") if word.strip()]
    try:
        lanes = tuple(dict.fromkeys(LaneName(word) for word in words))
    except ValueError:
        lanes = ()
    if not lanes:
        fail(f"--lanes {said!r}: the lanes are {', '.join(LaneName)}; name those to run, separated by commas")
    return lanes


def _read_broker(settings: Settings) -> BrokerAddress:
    try:
        address = BrokerAddress.parse(settings.need_mqtt_url(), settings.mqtt_ca)
    except ValueError as error:
        fail(f"CAMPUS_MQTT_URL: {error}")
    try:
        ssl.create_default_context(cafile=settings.mqtt_ca)
    except OSError as error:  # ssl.SSLError is one
        fail(f"CAMPUS_MQTT_CA: {settings.mqtt_ca} cannot be used: {error}")
    return address


if __name__ == "__main__":
    main()
