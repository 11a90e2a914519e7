"""`python -m dashboard`: the boards, and the API beside them."""

from __future__ import annotations

import asyncio
import errno
import resource
import socket
import ssl
from typing import Annotated

import typer

from alerts.logs import configure_logs
from alerts.settings import Settings
from alerts.terminal import fail, run_program

OPEN_FILES = 65_536

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)


def main() -> None:
    """The console entry."""
    run_program(app)


@app.callback()
def _programs() -> None:
    """Makes `run` a command of its own, as in the other folders."""


@app.command()
def run(
    host: Annotated[str | None, typer.Option(help="The address to listen on; CAMPUS_HTTP_HOST when left out.")] = None,
    port: Annotated[int | None, typer.Option(help="The port; CAMPUS_HTTP_PORT when left out.")] = None,
) -> None:
    """Serve the boards, the API and the page until SIGTERM or Ctrl-C. Several may run at once."""
    settings = Settings()
    settings.need_database_url()
    configure_logs(settings.log_format)
    _allow_many_connections()
    said = {"http_host": host, "http_port": port}
    settings = settings.model_copy(update={name: value for name, value in said.items() if value is not None})
    _require_certificate(settings)
    listener = _listen(settings.http_host, settings.http_port)
    from dashboard.server import serve  # takes a second to load: what is wrong with settings is said before

    raise SystemExit(asyncio.run(serve(settings, listener)))


def _require_certificate(settings: Settings) -> None:
    """Ends with a sentence where the board is to speak https and cannot: never without it unseen."""
    if (settings.http_cert is None) != (settings.http_key is None):
        fail("CAMPUS_HTTP_CERT and CAMPUS_HTTP_KEY belong together: set both, or neither")
    if settings.http_cert is None or settings.http_key is None:
        return
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(settings.http_cert, settings.http_key)
    except OSError as error:  # ssl.SSLError is one
        fail(f"CAMPUS_HTTP_CERT {settings.http_cert} and CAMPUS_HTTP_KEY {settings.http_key} cannot be used: {error}")


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            fail(f"port {port} on {host} is taken: set CAMPUS_HTTP_PORT to a free one, or stop whoever has it")
        if error.errno == errno.EACCES:
            fail(f"port {port} is only for root: set CAMPUS_HTTP_PORT to 1024 or more")
        fail(f"cannot listen on {host} port {port} ({error}): look at CAMPUS_HTTP_HOST and CAMPUS_HTTP_PORT")


def _allow_many_connections() -> None:
    """Each board is an open file, and many systems allow 1,024 unless asked."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    main()
