"""The fake mail server: what no careful sender sends fails the test, and people answer by the links."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.message import EmailMessage

import aiosmtplib
import pytest
from fastapi import FastAPI

from simulators.providers.app import Providers, UnexpectedAtProvidersError, open_providers, serve
from simulators.providers.plan import Answering, Plan
from simulators.webhook import PortTakenError
from tests.simulators.providers import strict_providers

SENDER, OWNER = "alarm@campus.example", "duty@campus.example"
REFUSED = (aiosmtplib.SMTPException,)


@asynccontextmanager
async def connected(providers: Providers, *, signed_in: bool = True) -> AsyncIterator[aiosmtplib.SMTP]:
    plan = providers.world.plan
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=providers.mail_port, timeout=20) as client:
        if signed_in:
            await client.login(plan.mail_user, plan.mail_password)
        yield client


async def send_refused(*mails: EmailMessage, to: tuple[str, ...] = (OWNER,), signed_in: bool = True) -> None:
    """Sends mails to a strict server, which takes all of them but the last."""
    *good, wrong = mails
    async with strict_providers() as providers, connected(providers, signed_in=signed_in) as client:
        for mail in good:
            await client.send_message(mail)
        providers.world.phones.look()
        with pytest.raises(REFUSED):
            await client.sendmail(SENDER, to, wrong.as_bytes())


async def say(command: bytes) -> None:
    async with strict_providers() as providers, connected(providers) as client:
        await client.execute_command(command)


def write_mail(url: str = "https://alarm.example.cn/a/token") -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = "紧急报警 第一小学"
    mail["From"] = f"校园报警 <{SENDER}>"
    mail["To"] = OWNER
    mail["Date"] = "Tue, 10 Mar 2026 02:15:07 -0000"
    mail["Message-ID"] = "<one@campus.example>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(f"紧急报警\n\n我来处理: {url}\n")
    mail.add_alternative(f'<p>紧急报警</p><p><a href="{url}">我来处理</a></p>', subtype="html")
    return mail


def without(header: str) -> Callable[[EmailMessage], None]:
    return lambda mail: mail.__delitem__(header)


def replaced(header: str, value: str) -> Callable[[EmailMessage], None]:
    def change(mail: EmailMessage) -> None:
        del mail[header]
        mail[header] = value

    return change


def with_text_only(mail: EmailMessage) -> None:
    mail.clear_content()
    mail.set_content("紧急报警")


def with_a_link_that_the_text_lacks(mail: EmailMessage) -> None:
    mail.clear_content()
    mail.set_content("紧急报警")
    mail.add_alternative('<p><a href="https://elsewhere.example/">我来处理</a></p>', subtype="html")


async def test_a_mail_in_good_order_is_shown_with_its_links() -> None:
    async with strict_providers() as providers, connected(providers) as client:
        await client.send_message(write_mail())
        (item,) = providers.world.phones.of(OWNER)
    assert (item.channel, item.key, item.state) == ("mail", "<one@campus.example>", "delivered")
    assert item.text.startswith("紧急报警 第一小学\n")
    assert item.links == (("我来处理", "https://alarm.example.cn/a/token"),)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (without("From"), "wanted once: From"),
        (without("Subject"), "wanted once: Subject"),
        (without("Date"), "wanted once: Date"),
        (without("Message-ID"), "wanted once: Message-ID"),
        (without("Auto-Submitted"), "wanted once: Auto-Submitted"),
        (replaced("Message-ID", "none"), "Message-ID is none"),
        (replaced("Date", "yesterday"), "not readable"),
        (replaced("From", "somebody@else.example"), "From and the envelope differ"),
        (replaced("To", "somebody@else.example"), "To and the envelope differ"),
        (with_text_only, "not text and HTML in good order, but text/plain"),
        (with_a_link_that_the_text_lacks, "the text lacks what the HTML says"),
    ],
)
async def test_a_mail_that_no_careful_sender_sends_is_refused_and_fails_the_test(
    spoil: Callable[[EmailMessage], None], words: str
) -> None:
    mail = write_mail()
    spoil(mail)
    with pytest.raises(UnexpectedAtProvidersError, match=words):
        await send_refused(mail)


async def test_a_message_id_that_comes_again_with_another_mail_fails_the_test() -> None:
    other = write_mail()
    replaced("Subject", "另一封")(other)
    with pytest.raises(UnexpectedAtProvidersError, match="came again as another mail"):
        await send_refused(write_mail(), other)


async def test_one_mail_to_two_people_fails_the_test() -> None:
    with pytest.raises(UnexpectedAtProvidersError, match="a person's own"):
        await send_refused(write_mail(), to=(OWNER, "head@campus.example"))


async def test_who_is_not_let_in_or_speaks_no_smtp_fails_the_test() -> None:
    with pytest.raises(UnexpectedAtProvidersError, match="Authentication required"):
        await send_refused(write_mail(), signed_in=False)
    with pytest.raises(UnexpectedAtProvidersError, match="not recognized"):
        await say(b"WIZARD")


async def test_a_mail_that_nobody_looked_at_fails_the_test() -> None:
    with pytest.raises(UnexpectedAtProvidersError, match=f"nobody expected mail to {OWNER}"):
        async with strict_providers() as providers, connected(providers) as client:
            await client.sendmail(SENDER, OWNER, write_mail().as_bytes())


async def test_people_who_answer_by_themselves_press_the_first_link() -> None:
    board = FastAPI()
    pressed: list[str] = []

    @board.post("/a/{token}")
    async def take_answer(token: str) -> None:
        pressed.append(token)

    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/a/a-token"
    async with serve(board, listener), open_providers(Plan(answering=Answering(1, 0.01))) as providers:
        async with connected(providers) as client:
            await client.sendmail(SENDER, OWNER, write_mail(url).as_bytes())
        await providers.world.phones.expect(lambda item: item.answers == ["我来处理"])
        await providers.world.callbacks.finish()
    assert pressed == ["a-token"]


async def test_a_mail_port_that_is_taken_is_named() -> None:
    async with open_providers(Plan()) as providers:
        with pytest.raises(PortTakenError, match="choose another --mail-port"):
            async with open_providers(Plan(), mail_port=providers.mail_port):
                pass
