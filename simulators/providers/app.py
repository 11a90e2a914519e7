"""The fake providers as one application: the providers' own addresses, the page, and a way to steer them; and a mail
server beside it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import asdict

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from simulators.providers import cameras, clouds, page, robots
from simulators.providers.mail import open_mail_server
from simulators.providers.plan import Conduct, Plan, write_mail_url
from simulators.providers.world import CHANNELS, World
from simulators.webhook import PortTakenError

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


class UnexpectedAtProvidersError(AssertionError):
    """The service asked a provider for something that no provider takes."""


class Providers:
    """The fake providers while they run."""

    def __init__(self, world: World, port: int, mail_port: int) -> None:
        self.world = world
        self.port = port
        self.mail_port = mail_port

    @property
    def url(self) -> str:
        """What CAMPUS_SMS_ENDPOINT and the like are set to."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def mail_url(self) -> str:
        """What CAMPUS_MAIL_URL is set to."""
        return write_mail_url(self.world.plan, self.mail_port)

    def behave(self, channel: str, conduct: Conduct) -> None:
        """How a channel treats what comes from now on."""
        self.world.conducts[channel] = conduct

    def check(self) -> None:
        """Raises UnexpectedAtProvidersError when something came that should not have, or that nobody looked at."""
        surprises = [item for item in self.world.phones.items.values() if not item.expected]
        wrong = self.world.unexpected + self.world.callbacks.failed
        wrong += [f"nobody expected {item.channel} to {item.address}: {item.text}" for item in surprises]
        if wrong:
            raise UnexpectedAtProvidersError("\n".join(wrong))


def make_app(world: World) -> FastAPI:
    """All routes; an address or method that no provider has is written down as unexpected."""
    app = FastAPI(title="fake providers", openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(clouds.make_router(world))
    app.include_router(robots.make_router(world))
    app.include_router(page.make_router(world))
    app.include_router(cameras.make_router())

    @app.get("/control/state")
    async def show_state() -> Response:
        items = [asdict(item) | {"received_at": item.received_at.isoformat()} for item in world.phones.items.values()]
        return JSONResponse({"items": items, "unexpected": world.unexpected, "failed": world.callbacks.failed})

    @app.post("/control/expect")
    async def expect(request: Request) -> Response:
        world.expect((await request.json())["words"])
        return Response(status_code=204)

    @app.put("/control/conduct/{channel}")
    async def set_conduct(channel: str, conduct: Conduct) -> Response:
        if channel not in CHANNELS:
            return JSONResponse({"error": f"one of {', '.join(CHANNELS)}"}, 404)
        world.conducts[channel] = conduct
        return JSONResponse(asdict(conduct))

    @app.api_route("/{path:path}", methods=_METHODS)
    async def note_unexpected(request: Request) -> Response:
        world.unexpected.append(f"{request.method} {request.url.path}: no provider has this address")
        return JSONResponse({"error": "no provider has this address"}, 404)

    return app


@asynccontextmanager
async def open_providers(
    plan: Plan, *, host: str = "127.0.0.1", port: int = 0, mail_port: int = 0
) -> AsyncIterator[Providers]:
    """Runs them in this process; port 0 picks a free one. Raises PortTakenError."""
    world = World(plan)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(world.callbacks.close)
        with _naming(port, "--port"):
            listener = socket.create_server((host, port))
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or an answer's body waits 40 ms
        await stack.enter_async_context(serve(make_app(world), listener))
        with _naming(mail_port, "--mail-port"):
            mail_port = await stack.enter_async_context(open_mail_server(world, host, mail_port))
        yield Providers(world, listener.getsockname()[1], mail_port)


@asynccontextmanager
async def serve(app: FastAPI, listener: socket.socket) -> AsyncIterator[None]:
    """Lets an application answer while the context is open."""
    server = _QuietServer(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="providers")
    try:
        while not server.started:
            if serving.done():
                await serving
            await asyncio.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        await asyncio.gather(serving, return_exceptions=True)


@contextmanager
def _naming(port: int, option: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PortTakenError(
            f"port {port} cannot be listened on ({error.strerror}): choose another {option}"
        ) from error


class _QuietServer(uvicorn.Server):
    """Leaves signals to whoever runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield
