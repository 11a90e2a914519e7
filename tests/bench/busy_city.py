"""A played service of a whole city where one thing happens after the other, as much as a measurement wants."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Iterator
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from alerts.domain.board import Link
from alerts.domain.incidents import Incident
from alerts.domain.presses import Kind, Mode
from tests.browser.fake_service import FakeService

OPEN_INCIDENTS = 40
_KINDS, _SEED = tuple(Kind), 7
_EMPTY = "<!doctype html><html lang='zh-CN'><meta charset='utf-8'><title>空</title><p>空</p></html>"


class BusyCity(FakeService):
    """Has an empty page, too: what any page of this server takes."""

    def __init__(self, schools: int) -> None:
        super().__init__(schools=schools)
        self._dice = random.Random(_SEED)
        self._open: deque[Incident] = deque()
        self._life = self._live()
        while len(self._open) < OPEN_INCIDENTS:
            next(self._life)

    @property
    def changes(self) -> int:
        """What boards were told so far."""
        return len(self._log)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(urlsplit(self.url).port or 0)

    @property
    def newest(self) -> int:
        """The incident that was opened last."""
        return self._open[-1].id

    def go_on(self, changes: int) -> None:
        """At least so many changes at once."""
        goal = self.changes + changes
        while self.changes < goal:
            next(self._life)

    async def go_on_for(self, seconds: float, rate: int) -> None:
        """So many changes a second, evenly."""
        began_at, before = time.monotonic(), self.changes
        while (passed := time.monotonic() - began_at) < seconds:
            self.go_on(int(passed * rate) - (self.changes - before))
            await asyncio.sleep(1 / rate)

    def app(self) -> Starlette:
        """With the empty page in front."""
        app = super().app()
        app.routes.insert(0, Route("/empty", _answer_empty))
        return app

    def _live(self) -> Iterator[None]:
        """For ever: a press, sometimes again, is taken and carried on; a device falls silent and comes back; what has
        been open longest is closed once there is enough."""
        city, dice = self.city, self._dice
        while True:
            place = dice.randrange(len(city.city.schools))
            mode = Mode.TEST if dice.random() < 0.1 else Mode.LIVE
            pressed = city.press(place, kind=dice.choice(_KINDS), mode=mode)
            if pressed.presses == 1:
                self._open.append(pressed)
            yield
            if dice.random() < 0.5:
                self._carry_on(dice.choice(self._open).id)
                yield
            city.set_link(place, dice.choice((Link.SILENT, Link.OFFLINE)))
            yield
            city.set_link(place, Link.ONLINE)
            yield
            if len(self._open) > OPEN_INCIDENTS:
                yield from self._close(self._open.popleft().id)

    def _carry_on(self, id_: int) -> None:
        taken = self.city.incidents[id_].acknowledged_at is not None
        self.city.act(id_, "respond" if taken else "acknowledge", "王建国", {})

    def _close(self, id_: int) -> Iterator[None]:
        if self.city.incidents[id_].acknowledged_at is None:
            self._carry_on(id_)
            yield
        self.city.act(id_, "close", "王建国", {"cause": "real"})
        yield


async def _answer_empty(_request: Request) -> Response:
    return HTMLResponse(_EMPTY)
