"""One connection to the MQTT broker: the only file that imports aiomqtt, and paho behind it.

aiomqtt holds the conversation (CONNECT, SUBSCRIBE, keepalive, DISCONNECT). Three of its habits do not fit here and are
replaced through one private attribute, the paho client behind it:

- It acknowledges on arrival. Here paho's manual acknowledgement is on before connecting, because a resumed session
  delivers right after CONNACK, and `Connection.acknowledge` is called after the commit.
- It hands over one message at a time. Here arrivals gather in a deque, and a lane takes what is there. paho's part in
  that, from the packet to the callback, costs more than all that we do with a message, and is replaced, too.
- It reads and writes the socket as paho does, in small pieces. Here `gateway.pump` stands in between.

Packet identifiers mean something within one connection only. So a `Connection` is never reused: every connect makes a
new one, and every delivery carries the number of the connection that it came by.
"""

import asyncio
import itertools
import logging
import math
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import aiomqtt
from paho.mqtt import client as paho
from paho.mqtt.enums import MQTTErrorCode

from gateway.broker import BrokerAddress, Session
from gateway.held import Delivery, Held, Limits
from gateway.metrics import LaneMetrics
from gateway.packets import MalformedPacketError, Publish, find_publishes, read_publish, write_pubacks
from gateway.pump import BufferedSocket, PacketHandler, Pump

_Answer = TypeVar("_Answer")

_generations = itertools.count(1)

# What paho has to say reaches the log as the reason of a loss, once and with the lane's name.
_paho_log = logging.getLogger("gateway.paho")
_paho_log.setLevel(logging.CRITICAL)

# A broker that only stands still is noticed within twice this; one that is busy has this long to answer a ping.
_KEEPALIVE_SECONDS = 10
_ANSWER_SECONDS = 10.0
_REFUSED = 0x80  # SUBACK's failure code (MQTT 3.1.1, 3.9.3)


class BrokerLostError(Exception):
    """The broker could not be reached, refused us, or went away; what was not acknowledged comes again."""


class StaleDeliveryError(Exception):
    """A delivery of another connection was to be acknowledged: its packet identifier means another message here."""


OnConfirmed = Callable[[], None]


@dataclass(slots=True)
class _Missing:
    """How many of the messages published together the broker has not confirmed yet."""

    count: int = 0

    def note_one(self) -> None:
        """One of them is confirmed."""
        self.count -= 1


class Connection:
    """One connection's life, from CONNECT to the loss. Made by `open_connection`, never reused."""

    def __init__(self, address: BrokerAddress, session: Session, metrics: LaneMetrics, limits: Limits) -> None:
        self.generation = next(_generations)
        self._session = session
        self._metrics = metrics
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._held = Held(limits)
        self._unconfirmed: dict[int, OnConfirmed | None] = {}
        self._changed = asyncio.Event()
        self._gone = asyncio.Event()
        self._subscribed = asyncio.Event()
        self._subscribing: asyncio.Task[None] | None = None
        self._loss = ""
        self._finishing = False
        self._client = _make_client(address, session)
        self._paho = self._client._client
        self._pump = Pump(PacketHandler(self._read_packets, self._paho.loop_write, self._note_progress, self._abandon))
        self._take_over()
        self._note_progress()

    @property
    def lost(self) -> bool:
        """Whether the connection is gone: what it brought can still be stored, but no longer acknowledged."""
        return self._gone.is_set()

    @property
    def listening(self) -> bool:
        """Whether the broker has confirmed the subscription, and the connection lasts."""
        return self._subscribed.is_set() and not self.lost

    async def await_listening(self) -> None:
        """Wait until the broker has confirmed the subscription. Raises BrokerLostError when it will not any more."""
        await self._unless_lost(self._subscribed.wait())

    async def await_loss(self) -> None:
        """Wait until the connection is gone, and raise BrokerLostError with the reason."""
        await self._gone.wait()
        raise BrokerLostError(self._loss)

    @property
    def held(self) -> int:
        """How many messages are here and not acknowledged."""
        return self._held.messages

    @property
    def paused(self) -> bool:
        """Whether nothing is read from the broker, because too much is held here already, or for the end."""
        return self._pump.paused

    def check(self) -> None:
        """Raises BrokerLostError, with the reason, when the connection is gone."""
        if self.lost:
            raise BrokerLostError(self._loss)

    async def take(self, limit: int) -> list[Delivery]:
        """What has arrived, in order, at most `limit`; waits for the first one, never for more.

        Empty after `finish`, when all is taken. Raises BrokerLostError when the connection is gone and all is taken.
        """
        while not self._held.waiting:
            if self._finishing:
                return []
            await self._wait_for_change()
        return self._held.take(limit)

    def acknowledge(self, deliveries: Iterable[Delivery]) -> None:
        """Tell the broker that these are stored for good, in this order, after everything published before.

        Raises BrokerLostError when the connection is gone (they come again), StaleDeliveryError when one of them came
        by another connection.
        """
        self.check()
        stored = list(deliveries)
        for delivery in stored:
            if delivery.generation != self.generation:
                raise StaleDeliveryError(f"{delivery.topic} came by connection {delivery.generation}")
        self._held.release(stored)
        if pubacks := write_pubacks(delivery.mid for delivery in stored if delivery.qos):
            # All at once behind what was published before: one by one, paho takes longer than we with the message.
            self._paho._packet_queue(paho.PUBACK, pubacks, 0, 0)
        if not self._finishing and self._held.fills_less_than(0.5):
            self._metrics.paused_seconds.inc(self._pump.resume())

    def publish(self, topic: str, payload: bytes, on_confirmed: OnConfirmed | None = None) -> None:
        """Write a QoS 1 message after everything written before; the broker's confirmation is not awaited.

        `on_confirmed` is called when it comes, and never when the connection is gone before it.
        Raises BrokerLostError when the connection is gone.
        """
        self.check()
        published = self._paho.publish(topic, payload, qos=1)
        if published.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise BrokerLostError(f"could not publish on {topic}: {paho.error_string(published.rc)}")
        self._unconfirmed[published.mid] = on_confirmed

    async def publish_confirmed(self, messages: Iterable[tuple[str, bytes]]) -> None:
        """Publish (topic, payload) pairs with QoS 1 and wait until the broker has confirmed all of them.

        Raises BrokerLostError when it went away, or has not moved for 10 s, before that.
        """
        missing = _Missing()
        for topic, payload in messages:
            await self.await_room()
            self.publish(topic, payload, missing.note_one)
            missing.count += 1
        while missing.count:
            self.check()
            await self._await_confirmation()

    async def await_room(self) -> None:
        """Wait while too many published messages are unconfirmed; not at all once the connection is gone.

        A broker that confirms none for 10 s is left.
        """
        while not self.lost and len(self._unconfirmed) >= self._limits.unconfirmed_messages:
            await self._await_confirmation()

    def finish(self) -> None:
        """Read nothing more: `take` hands out what is here, and is empty after that."""
        self._finishing = True
        self._pump.pause()
        self._tell_change()

    async def open(self) -> None:
        """Connect and begin to subscribe. Raises BrokerLostError saying why it could not be.

        The answer to the subscription is not waited for: a resumed session may send more than is held here before it,
        and it would never come if nobody took that.
        """
        try:
            await self._unless_lost(self._client.__aenter__())
        except aiomqtt.MqttError as error:
            self._abandon(f"{error}")
            raise BrokerLostError(self._loss) from error
        except (BrokerLostError, asyncio.CancelledError):
            self._abandon("gave up connecting")
            raise
        self._subscribing = asyncio.create_task(self._subscribe(), name=f"subscribe {self._session.client_id}")

    async def close(self) -> None:
        """Send what is written, say goodbye, close when the broker has. Never raises because the connection is gone."""
        self.finish()
        if self._subscribing is not None:
            self._subscribing.cancel()
            await asyncio.gather(self._subscribing, return_exceptions=True)
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                while self._paho.want_write() or self._pump.has_unsent:
                    await self._wait_for_change()
            async with asyncio.timeout(_ANSWER_SECONDS), self._pump.part():
                await self._client.__aexit__(None, None, None)
        except (aiomqtt.MqttError, BrokerLostError, OSError) as error:  # TimeoutError is one
            self._abandon(f"{error}")

    async def _subscribe(self) -> None:
        wanted = [(each, self._session.qos) for each in self._session.filters]
        try:
            answers = await self._unless_lost(self._client.subscribe(wanted, timeout=math.inf)) if wanted else ()
        except (aiomqtt.MqttError, BrokerLostError) as error:
            self._abandon(f"could not subscribe: {error}")
            return
        refused = [each for (each, _), code in zip(wanted, answers, strict=True) if _read_code(code) >= _REFUSED]
        if refused:
            self._abandon(f"the broker refused the subscription to {', '.join(refused)}")
            return
        self._subscribed.set()

    async def _unless_lost(self, conversation: Coroutine[Any, Any, _Answer]) -> _Answer:
        """Await an answer, but no longer than the connection lasts: aiomqtt by itself waits out its timeout."""
        answer = asyncio.ensure_future(conversation)
        gone = asyncio.ensure_future(self._gone.wait())
        try:
            await asyncio.wait((answer, gone), return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                raise BrokerLostError(self._loss)
            return await answer
        finally:
            answer.cancel()
            gone.cancel()
            await asyncio.gather(answer, gone, return_exceptions=True)

    async def _await_confirmation(self) -> None:
        """Wait for the broker to confirm something, or for the loss of the connection."""
        before = len(self._unconfirmed)
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                while not self.lost and len(self._unconfirmed) >= before:
                    await self._wait_for_change()
        except TimeoutError:
            self._abandon(f"the broker confirmed none of {before} published messages in {_ANSWER_SECONDS:.0f} s")

    async def _wait_for_change(self) -> None:
        self.check()
        await self._changed.wait()

    def _tell_change(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _note_progress(self) -> None:
        self._metrics.unacknowledged.set(self._held.messages)
        self._metrics.unconfirmed.set(len(self._unconfirmed))
        self._tell_change()

    def _note_loss(self, reason: str) -> None:
        if not self.lost:
            self._loss = reason
            self._gone.set()
        self._tell_change()

    def _abandon(self, reason: str) -> None:
        """Break the connection off without a goodbye; whoever waits for it is told."""
        self._note_loss(reason)
        self._pump.break_off()

    def _take_over(self) -> None:
        """Put our callbacks before aiomqtt's, or in their place, before the first message comes with CONNACK."""
        client = self._paho
        client.manual_ack_set(True)
        client.disable_logger()
        client._handle_publish = self._take_message  # type: ignore[method-assign]
        client.on_publish = self._on_publish
        client.on_socket_register_write = lambda *_: self._pump.request_write()
        client.on_socket_unregister_write = None
        told_connect: Any = client.on_connect
        told_open: Any = client.on_socket_open
        told_close: Any = client.on_socket_close
        told_disconnect: Any = client.on_disconnect
        supervise = client.loop_misc

        def on_connect(client: Any, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
            if reason.is_failure:
                self._note_loss(f"the broker refused us: {reason}")
            told_connect(client, userdata, flags, reason, properties)

        def on_socket_open(client: Any, userdata: Any, plain: Any) -> None:
            told_open(client, userdata, self._on_socket_open(plain))
            self._loop.call_soon_threadsafe(self._pump.start)  # in the place of aiomqtt's reader

        def on_socket_close(*told: Any) -> None:
            self._pump.detach()
            told_close(*told)

        def on_disconnect(client: Any, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
            # aiomqtt would keep a failure in a future that nobody reads; the reason is kept here.
            told_disconnect(client, userdata, flags, MQTTErrorCode.MQTT_ERR_SUCCESS, properties)
            self._note_loss(f"{reason}")

        def loop_misc() -> MQTTErrorCode:
            if self.paused:
                # We do not read, so that the broker's answer to a ping stays away proves nothing.
                client._ping_t = 0.0
            return supervise()

        client.on_connect = on_connect
        client.on_socket_open = on_socket_open
        client.on_socket_close = on_socket_close
        client.on_disconnect = on_disconnect
        client.loop_misc = loop_misc  # type: ignore[method-assign]

    def _on_socket_open(self, plain: socket.socket) -> Any:
        """In a thread: aiomqtt connects there because paho blocks."""
        if self.lost:
            raise ConnectionAbortedError("given up while connecting")
        self._paho._sock = self._pump.attach(plain)
        return self._paho._sock

    def _read_packets(self, limit: int) -> int:
        """Messages that are here whole are read at once; all else, and what comes in parts, byte by byte by paho."""
        plain, begun = self._paho._sock, self._paho._in_packet["command"]
        room = min(limit, self._held.room)
        try:
            whole = plain.take(find_publishes, room) if isinstance(plain, BufferedSocket) and not begun else ()
        except MalformedPacketError as error:
            self._abandon(f"{error}")
            return 1
        if not whole:
            self._paho.loop_read()
            return 1
        self._on_messages(whole)
        return len(whole)

    def _take_message(self) -> MQTTErrorCode:
        """In the place of paho's own, which makes and asks more of a message than all that we do with it."""
        packet = self._paho._in_packet
        try:
            self._on_messages([read_publish(packet["command"], bytes(packet["packet"]))])
        except MalformedPacketError:
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _on_messages(self, messages: Iterable[Publish]) -> None:
        now, generation, held = datetime.now(UTC), self.generation, self._held
        for message in messages:
            if held.repeats(message):
                self._metrics.duplicates.inc()
                continue
            held.add(
                Delivery(generation, message.mid, message.qos, message.topic, message.payload, message.retained, now)
            )
        if not held.fills_less_than(1.0):
            self._pump.pause()

    def _on_publish(self, _client: paho.Client, _userdata: Any, mid: int, *_told: Any) -> None:
        on_confirmed = self._unconfirmed.pop(mid, None)
        if on_confirmed is not None:
            on_confirmed()


@asynccontextmanager
async def open_connection(
    address: BrokerAddress, session: Session, metrics: LaneMetrics, limits: Limits | None = None
) -> AsyncIterator[Connection]:
    """A new connection, subscribed; said goodbye to at the end. Raises BrokerLostError when there is no connecting."""
    connection = Connection(address, session, metrics, limits or Limits())
    await connection.open()
    try:
        yield connection
    finally:
        await connection.close()


def _make_client(address: BrokerAddress, session: Session) -> aiomqtt.Client:
    return aiomqtt.Client(
        address.host,
        address.port,
        username=address.user,
        password=address.password,
        identifier=session.client_id,
        clean_session=not session.kept,
        protocol=aiomqtt.ProtocolVersion.V311,
        keepalive=_KEEPALIVE_SECONDS,
        timeout=_ANSWER_SECONDS,
        logger=_paho_log,
        # No limit: a receipt waiting in paho's queue would leave after the PUBACK that it must precede.
        max_inflight_messages=0,
        tls_context=_trust(address.authority) if address.encrypted else None,
    )


@cache
def _trust(authority: Path | None) -> ssl.SSLContext:
    """Whom to believe that it is the broker: read once, at the start, where a wrong file is said."""
    return ssl.create_default_context(cafile=authority)


def _read_code(code: Any) -> int:
    """A SUBACK code: a number in MQTT 3.1.1, which paho may wrap."""
    return int(getattr(code, "value", code))
