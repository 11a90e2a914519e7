"""One simulated alarm device: what its firmware does, as the contract asks of every device."""

from __future__ import annotations

import asyncio
import random
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Protocol, Self

import msgspec
import structlog

from alerts.domain.arrivals import Channel
from gateway import wire
from simulators.devices.connection import BrokerAddress
from simulators.devices.dialer import Dialer
from simulators.devices.line import Delivery, Line
from simulators.devices.packets import Publish, SignIn, Will
from simulators.devices.presses import Identity, Press
from simulators.devices.site_outputs import SiteOutputs

FIRMWARE = "sim-1.0"
REPEAT_FIRST_SECONDS = 2.0  # contract, "Acknowledgement": repeat after 2, 4, 8... s, at most 60
REPEAT_MOST_SECONDS = 60.0
KEPT_PRESSES = 1_000
KEPT_STRAYS = 100

log = structlog.get_logger()


class Watcher(Protocol):
    """Who wants to know how devices fare."""

    def device_came_up(self, device: SimulatedDevice) -> None: ...

    def device_went_down(self, device: SimulatedDevice, reason: Exception) -> None: ...


@dataclass(slots=True)
class Condition:
    """What a device tells about itself. `battery` in percent, `rssi` in dBm."""

    battery: int = 100
    mains: bool = True
    tamper: bool = False
    rssi: int = -67


class SimulatedDevice:
    """A device that signs in as itself, beats, tells its state, and presses until it is answered.

    `async with` waits until the broker let it in, and raises SignInRefusedError or BrokerUnreachableError when the
    first try fails; from then on it reconnects by itself. Leaving says goodbye, so that there is no last will.
    """

    __slots__ = (
        "_boot", "_jitter", "_only_presses", "_presses", "_seq", "_tick", "_watcher", "code", "condition", "contact",
        "district", "interval_seconds", "line", "school", "silent", "site", "strays",
    )  # fmt: skip

    def __init__(
        self,
        broker: str | Dialer,
        district: str,
        school: str,
        code: str,
        password: str,
        *,
        interval_seconds: int = 60,
        keeps_session: bool = True,
        only_presses: bool = False,
        jitter: random.Random | None = None,
        watcher: Watcher | None = None,
    ) -> None:
        """`broker` is `mqtt://host:port`, or a Dialer that many devices share. Raises ValueError.

        `interval_seconds` is the beat that it promises. Without `keeps_session` it hears receipts and commands with
        QoS 0, and those that come while it is away are lost. With `only_presses` it is a second session of a device
        that lives elsewhere: it presses and hears, but tells no state, beats not and leaves no will. `jitter` spreads
        its beats; `watcher` is told how it fares.
        """
        dialer = broker if isinstance(broker, Dialer) else Dialer(BrokerAddress.parse(broker))
        self.district, self.school, self.code = district, school, code
        self.interval_seconds = interval_seconds
        self.condition = Condition()
        self.contact: bool | None = None
        """Whether the gate at which it hangs is open; None: it hangs at none. It is told at each sign-in."""
        self.site = SiteOutputs(self._report_output)
        """The siren, strobe, lock and voice that hang on it, and how it answers commands."""
        self.strays: list[wire.Receipt] = []
        """Receipts for presses that this device does not remember; the last ones only."""
        self.silent = False
        """Whether it has stopped beating although its line stands, like stuck firmware."""
        self._jitter = jitter or random.Random()  # noqa: S311
        self._watcher = watcher
        self._only_presses = only_presses
        # Two runs with one boot id would make two different presses one, so it never comes from the seed.
        self._boot = secrets.token_hex(4)
        self._seq = 0
        self._presses: dict[str, Press] = {}
        self._tick: asyncio.TimerHandle | None = None
        filters = tuple(self._topic(channel) for channel in (wire.RECEIPT, wire.COMMAND))
        self.line = Line(dialer, self._make_sign_in(password, keeps_session=keeps_session), filters, self)

    async def __aenter__(self) -> Self:
        self.line.start()
        try:
            await self.line.settle()
        except BaseException:
            self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Power on: connect now, and again after every loss, without waiting for it."""
        self.line.start()

    def stop(self) -> None:
        """Say goodbye to the broker and stop everything, presses on their way included."""
        self._stop_ticking()
        self.site.power_off()
        for press in self._presses.values():
            press.stop_repeating()
        self.line.hang_up()

    def lose_line(self) -> None:
        """The line is cut: the broker publishes the last will, and nothing gets through until `start`."""
        self.line.cut()
        self.line_is_down(ConnectionAbortedError("the line was cut"))

    def unplug(self) -> None:
        """Somebody takes it off the mains; when it is started again, it has another boot."""
        self.lose_line()
        self._boot = secrets.token_hex(4)

    async def press(
        self,
        kind: str | None = None,
        mode: str | None = None,
        *,
        at: datetime | None = None,
        identity: Identity = "id",
    ) -> Press:
        """Somebody presses the button. Returns at once; the press goes out now, or as soon as the line stands.

        It is sent again after 2, 4, 8 ... 60 s until its `received` came; one without identity only until
        the broker took it, because every arrival of it counts. `at` is now when not given.
        """
        self._seq += 1
        instant = at or datetime.now(UTC)
        said = wire.Press(
            id=f"{self._boot}-{self._seq}" if identity == "id" else None,
            boot=self._boot if identity in ("id", "boot") else None,
            seq=self._seq if identity in ("id", "boot") else None,
            at=None if identity == "none" else instant,
            kind=kind,
            mode=mode,
        )
        press = Press(_name_press(said), wire.encode(said))
        if press.name is not None:
            self._remember(press.name, press)
        self._send_press(press)
        return press

    def cancel(self, press: Press | None = None) -> Delivery:
        """The button asks to take a press back, its last one when none is given."""
        name = press.name if press is not None else next(reversed(self._presses), None)
        self._seq += 1
        said = wire.Cancel(id=f"{self._boot}-{self._seq}", press=name, at=datetime.now(UTC))
        return self.deliver(Channel.CANCEL, wire.encode(said))

    def deliver(self, channel: str, payload: bytes) -> Delivery:
        """Send any bytes on one of its channels with QoS 1, until the broker has taken them."""
        return self.line.deliver(self._topic(channel), payload)

    def tell_state(self) -> None:
        """Publish `state`, retained, when the line stands; it is told again at every connect."""
        if self._only_presses:
            return
        condition = self.condition
        said = wire.State(
            online=True,
            boot=self._boot,
            firmware=FIRMWARE,
            battery=condition.battery,
            mains=condition.mains,
            tamper=condition.tamper,
            rssi=condition.rssi,
            interval=self.interval_seconds,
        )
        self.line.offer(self._topic(Channel.STATE), wire.encode(said), _ignore, retain=True)

    def beat(self) -> None:
        """Say that it is alive."""
        condition = self.condition
        said = wire.Beat(battery=condition.battery, mains=condition.mains, rssi=condition.rssi)
        self.line.publish(self._topic(Channel.BEAT), wire.encode(said))

    def _make_sign_in(self, password: str, *, keeps_session: bool) -> SignIn:
        return SignIn(
            client_id=f"{self.code}-{self._boot}" if self._only_presses else self.code,
            user_name=self.code,
            password=password,
            will=None if self._only_presses else Will(self._topic(Channel.STATE), wire.LAST_WILL),
            keep_alive_seconds=self.interval_seconds,
            clean_session=not keeps_session,
        )

    def _topic(self, channel: str) -> str:
        return wire.write_topic(self.district, self.school, self.code, channel)

    def line_is_up(self) -> None:
        """For the line: signed in and subscribed."""
        self.tell_state()
        self._tell_contact()
        for press in self._presses.values():
            if press.answered_at is None:
                self._send_press(press)
        self._stop_ticking()
        # The first beat falls anywhere in the interval: ten thousand devices must not beat in step after a start.
        self._plan_tick(self._jitter.uniform(0.0, self.interval_seconds))

        if self._watcher is not None:
            self._watcher.device_came_up(self)

    def line_is_down(self, reason: Exception) -> None:
        """For the line: an attempt failed, or the connection was lost."""
        self._stop_ticking()
        if self._watcher is not None:
            self._watcher.device_went_down(self, reason)

    def _tell_contact(self) -> None:
        if self.contact is not None:
            self._seq += 1
            said = wire.Gate(id=f"{self._boot}-{self._seq}", at=datetime.now(UTC), open=self.contact)
            self.deliver(Channel.GATE, wire.encode(said))

    def _plan_tick(self, seconds: float) -> None:
        self._tick = asyncio.get_running_loop().call_later(seconds, self._live_on)

    def _live_on(self) -> None:
        """One beat, and a ping with it. The jitter only shortens: the broker waits 1.5 intervals, then it is dead."""
        if not self.silent and not self._only_presses:
            self.beat()
        self.line.ping()
        self._plan_tick(self.interval_seconds * self._jitter.uniform(0.9, 1.0))

    def _stop_ticking(self) -> None:
        if self._tick is not None:
            self._tick.cancel()
            self._tick = None

    def _send_press(self, press: Press) -> None:
        press.stop_repeating()
        if press.name is None:
            press.times_sent = 1
            self.line.deliver(self._topic(Channel.PRESS), press.payload, press.mark_taken)
            return
        if self.line.offer(self._topic(Channel.PRESS), press.payload, press.mark_taken):
            press.times_sent += 1
        pause = min(REPEAT_MOST_SECONDS, REPEAT_FIRST_SECONDS * 2.0 ** max(0, min(press.times_sent, 10) - 1))
        press.repeat = asyncio.get_running_loop().call_later(pause, self._send_press, press)

    def _remember(self, name: str, press: Press) -> None:
        self._presses[name] = press
        if len(self._presses) > KEPT_PRESSES:
            answered = next((old for old, kept in self._presses.items() if kept.answered_at is not None), None)
            if answered is not None:
                del self._presses[answered]

    def message_came(self, message: Publish) -> None:
        """For the line: a receipt or a command."""
        channel = message.topic.rpartition("/")[2]
        try:
            if channel == wire.RECEIPT:
                self._show(wire.decode_receipt(message.payload))
            else:
                self.site.obey(wire.decode_command(message.payload))
        except wire.MalformedPayloadError as error:
            log.warning("simulators.message.malformed", device=self.code, channel=channel, error=str(error))

    def _show(self, receipt: wire.Receipt) -> None:
        press = self._presses.get(receipt.press)
        if press is not None:
            press.show(receipt)
            return
        self.strays.append(receipt)
        del self.strays[:-KEPT_STRAYS]

    @property
    def outputs(self) -> dict[str, bool]:
        """What the siren, strobe, lock and voice do now."""
        return self.site.states

    def _report_output(self, command: str, on: bool) -> None:
        if self.line.wanted:
            self.deliver(Channel.OUTPUT, wire.encode(wire.OutputReport(command=command, on=on)))


def _name_press(said: wire.Press) -> str | None:
    """What the service calls the press in its receipts: `id`, else `boot:seq`, else `at` as written."""
    if said.id is not None:
        return said.id
    if said.boot is not None:
        return f"{said.boot}:{said.seq}"
    if said.at is not None:
        return msgspec.json.encode(said.at).decode().strip('"')
    return None


def _ignore() -> None:
    """A state needs no acknowledgement: the next one says it all again."""
