"""The fake provider at the far end of the webhook channel, and how the channel bears with it."""

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from rich.console import Console

from alerts.channels.channel import ChannelRefused, Message
from alerts.channels.webhook import WebhookChannel
from alerts.domain.incidents import Incident, State
from alerts.domain.presses import Category, Kind, Mode
from alerts.domain.registry import PostKind
from simulators.embedded.process import find_free_port
from simulators.webhook import (
    Conduct,
    PortTakenError,
    Request,
    UnexpectedRequestError,
    WebhookReceiver,
    print_messages,
)

AT = datetime(2026, 3, 2, 1, 15, tzinfo=UTC)
SOON = 20.0
INCIDENT = Incident(
    id=7,
    place="QD020001",
    school="QD020001",
    school_name="市南区长沙路小学",
    district="370202",
    point="正门门卫室",
    device="QD020001-G1",
    mode=Mode.LIVE,
    category=Category.SECURITY,
    kind=Kind.PANIC,
    state=State.OPEN,
    opened_at=AT,
    last_press_at=AT,
)


def make_message(key: UUID | None = None, text: str = "报警") -> Message:
    return Message(
        idempotency_key=key or uuid4(),
        person="QD020001-duty1",
        person_name="王明",
        phone="+9990532000001",
        address="",
        post_kind=PostKind.SCHOOL_DUTY,
        reason="step",
        round=1,
        step=1,
        live=True,
        queued_at=AT,
        title=text,
        text=text,
        actions=(),
        reply_code=None,
        incident=INCIDENT,
    )


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    async with WebhookReceiver() as receiver:
        yield receiver


@pytest.fixture
async def channel(receiver: WebhookReceiver) -> AsyncIterator[WebhookChannel]:
    async with WebhookChannel(receiver.url) as channel:
        yield channel


async def test_a_message_arrives_as_json_with_its_idempotency_key(receiver: WebhookReceiver, channel: WebhookChannel):
    message = make_message()
    await channel.send(message)
    request = await receiver.expect(lambda request: request.body["person"] == "QD020001-duty1")
    assert request.idempotency_key == str(message.idempotency_key)
    assert request.body["text"] == "报警"
    assert request.body["incident"]["school_name"] == "市南区长沙路小学"


@pytest.mark.parametrize(
    ("conduct", "final"),
    [
        (Conduct.REFUSE, False),
        (Conduct.DROP, False),
        (Conduct.TAKE_AND_FAIL, False),
        (Conduct.TAKE_AND_DROP, False),
        (Conduct.REJECT, True),
    ],
)
async def test_a_difficult_provider_refuses_first_and_takes_a_message_once_whatever_it_said(
    receiver: WebhookReceiver, channel: WebhookChannel, conduct: Conduct, final: bool
):
    receiver.behave(conduct)
    message = make_message()
    with pytest.raises(ChannelRefused) as refused:
        await channel.send(message)
    assert refused.value.final is final
    await channel.send(message)
    await receiver.expect()
    assert [request.conduct for request in receiver.requests] == [conduct, Conduct.TAKE]
    assert list(receiver.taken) == [str(message.idempotency_key)]


async def test_a_slow_provider_answers_when_it_is_released(receiver: WebhookReceiver, channel: WebhookChannel):
    receiver.behave(Conduct.HOLD)
    sending = asyncio.create_task(channel.send(make_message()))
    await receiver.expect()
    assert not sending.done()
    receiver.release()
    async with asyncio.timeout(SOON):
        await sending


async def test_many_messages_at_once_are_all_recorded(receiver: WebhookReceiver, channel: WebhookChannel):
    messages = [make_message() for _ in range(50)]
    await asyncio.gather(*(channel.send(message) for message in messages))
    for message in messages:
        await receiver.expect(lambda request, key=str(message.idempotency_key): request.idempotency_key == key)


async def test_a_watcher_is_told_of_every_request():
    seen: list[Request] = []
    async with WebhookReceiver(on_request=seen.append) as receiver, WebhookChannel(receiver.url) as channel:
        await channel.send(make_message())
        await receiver.expect()
    assert seen == receiver.requests


async def test_a_message_that_nobody_expected_fails_the_test():
    async with WebhookReceiver() as receiver, WebhookChannel(receiver.url) as channel:
        await channel.send(make_message())
        with pytest.raises(UnexpectedRequestError, match="QD020001-duty1"):
            receiver.check()
        await receiver.expect()


async def test_leaving_with_something_unexpected_is_an_error():
    receiver = WebhookReceiver()
    await receiver.open()
    async with WebhookChannel(receiver.url) as channel:
        await channel.send(make_message())
    with pytest.raises(UnexpectedRequestError):
        await receiver.__aexit__(None, None, None)


async def test_messages_are_printed_until_it_ends_and_a_taken_port_is_said_plainly():
    console = Console(file=io.StringIO(), width=200)
    async with WebhookReceiver() as other:
        with pytest.raises(PortTakenError, match="say another --port"):
            await print_messages(int(other.url.rpartition(":")[2].rstrip("/")), console)
    port = find_free_port()
    printing = asyncio.create_task(print_messages(port, console))
    async with WebhookChannel(f"http://127.0.0.1:{port}/") as channel, asyncio.timeout(SOON):
        while True:
            try:
                await channel.send(make_message())
                break
            except ChannelRefused:
                await asyncio.sleep(0)
    printing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await printing
    assert "王明 +9990532000001 (school_duty): 报警" in console.file.getvalue()  # type: ignore[attr-defined]


async def test_one_key_for_two_messages_is_refused_and_remembered():
    receiver = WebhookReceiver()
    key = uuid4()
    async with receiver, WebhookChannel(receiver.url) as channel:
        await channel.send(make_message(key))
        await receiver.expect()
        with pytest.raises(ChannelRefused, match="400"):
            await channel.send(make_message(key, text="另一个"))
        assert "came again with another message" in receiver.faults.pop()


@pytest.mark.parametrize(
    ("request_", "fault"),
    [
        ({"method": "GET"}, "not a POST"),
        ({"method": "POST", "content": b"{}"}, "Content-Type"),
        ({"method": "POST", "json": {}}, "no Idempotency-Key"),
        ({"method": "POST", "json": [], "headers": {"Idempotency-Key": "k"}}, "not a JSON object"),
        (
            {
                "method": "POST",
                "content": b"{",
                "headers": {"Idempotency-Key": "k", "Content-Type": "application/json"},
            },
            "not JSON",
        ),
    ],
)
async def test_what_no_sender_may_send_is_refused_and_remembered(request_: dict[str, Any], fault: str):
    async with WebhookReceiver() as receiver, httpx.AsyncClient() as client:
        assert (await client.request(url=receiver.url, **request_)).status_code == 400
        assert fault in receiver.faults.pop()


async def test_waiting_in_vain_for_a_message_ends(receiver: WebhookReceiver):
    with pytest.raises(TimeoutError):
        await receiver.expect(timeout=0.01)
