"""A mail server: lets one user in, takes what a careful sender sends, and shows it on the page with the telephones."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from html import unescape

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from simulators.providers.world import Fate, World

TAKEN = "250 2.0.0 OK"
LATER = "451 4.7.1 Try again later"
NO_SUCH_MAILBOX = "550 5.1.1 No such mailbox"
NO_MAILBOX = "nobody@"
"""An address that begins so has no mailbox; any sender may make that mistake."""
_ONCE = ("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted")
_FORMS = ["multipart/alternative", "text/plain", "text/html"]
_LINK = re.compile(r'<a href="([^"]+)">([^<]+)</a>')
_SESSION_SECONDS = 60.0

Links = tuple[tuple[str, str], ...]


class MailWrong(Exception):
    """A mail that no careful sender sends; the message says why."""


@asynccontextmanager
async def open_mail_server(world: World, host: str, port: int) -> AsyncIterator[int]:
    """Listens, and yields the port; 0 picks a free one. Raises OSError when it is taken."""
    connections: set[Connection] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(world, connections), host, port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for connection in tuple(connections):
            connection.cut()


class Connection(SMTP):
    """One sender's connection. Whatever is answered with 5xx was unexpected, but for a mailbox that is not there."""

    def __init__(self, world: World, connections: set[Connection]) -> None:
        super().__init__(
            Postbox(world),
            hostname="mail.campus.example",
            ident="ESMTP",
            timeout=_SESSION_SECONDS,
            authenticator=lambda server, session, envelope, mechanism, said: _let_in(world, said),
            auth_require_tls=False,
        )
        self._world = world
        self._connections = connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody calls."""
        self._connections.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """They are gone."""
        self._connections.discard(self)
        super().connection_lost(error)

    def cut(self) -> None:
        """Ends the connection without a word."""
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()

    async def push(self, status: str | bytes) -> None:
        """Answers, and writes down what should not have been asked."""
        said = status.decode() if isinstance(status, bytes) else status
        if said.startswith("5") and said != NO_SUCH_MAILBOX:
            self._world.unexpected.append(f"mail: {said}")
        await super().push(said)


class Postbox:
    """What the server does at each stage of a mail."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def handle_MAIL(  # noqa: N802 - named by aiosmtpd, as the others
        self, server: Connection, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Who sends it."""
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return TAKEN

    async def handle_RCPT(  # noqa: N802
        self, server: Connection, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Whom it is for; here servers refuse what they do not want."""
        fate = await self._world.decide("mail")
        if fate is Fate.DROP:
            return await _hang_up(server)
        if fate is Fate.REFUSE:
            return LATER
        if fate is Fate.REJECT or address.startswith(NO_MAILBOX):
            return NO_SUCH_MAILBOX
        envelope.rcpt_tos.append(address)
        return TAKEN

    async def handle_DATA(  # noqa: N802
        self, server: Connection, session: Session, envelope: Envelope
    ) -> str:
        """The mail itself. A server that stumbles has taken it, and hangs up before it says so."""
        try:
            mail = read_mail(envelope)
            text, links = read_text(mail)
            self._check_repeat(mail["Message-ID"], envelope.rcpt_tos[0], text)
        except MailWrong as error:
            return f"554 5.6.0 {error}"
        await self._world.arrive("mail", envelope.rcpt_tos[0], text, key=mail["Message-ID"], links=links)
        return await _hang_up(server) if self._world.stumbles("mail") else TAKEN

    def _check_repeat(self, key: str, address: str, text: str) -> None:
        """The same Message-ID is the same mail to the same person. Raises MailWrong."""
        for item in self._world.phones.items.values():
            if item.key == key and (item.address, item.text) != (address, text):
                raise MailWrong(f"{key} came again as another mail")


async def _hang_up(server: Connection) -> str:
    server.cut()
    await asyncio.Event().wait()  # the end of the connection cancels whoever serves it
    return ""


def _let_in(world: World, said: object) -> AuthResult:
    wanted = LoginPassword(world.plan.mail_user.encode(), world.plan.mail_password.encode())
    return AuthResult(success=said == wanted, handled=False)


def read_mail(envelope: Envelope) -> EmailMessage:
    """A mail in good order: text and HTML, each header once, for the one person of the envelope. Raises MailWrong."""
    content = envelope.content if isinstance(envelope.content, bytes) else b""
    try:
        mail = message_from_bytes(content, EmailMessage, policy=policy.default)
        _check_headers(mail, envelope)
    except (MessageError, ValueError, TypeError) as error:
        raise MailWrong(f"not readable: {error}") from error
    forms = [part.get_content_type() for part in mail.walk()]
    if forms != _FORMS or any(part.defects for part in mail.walk()):
        raise MailWrong(f"not text and HTML in good order, but {' '.join(forms)}")
    return mail


def _check_headers(mail: EmailMessage, envelope: Envelope) -> None:
    if len(envelope.rcpt_tos) != 1:
        raise MailWrong("answers are a person's own, and so is a mail")
    if missing := [name for name in _ONCE if len(mail.get_all(name, [])) != 1]:
        raise MailWrong(f"wanted once: {', '.join(missing)}")
    if not re.fullmatch(r"<[^<>@\s]+@[^<>@\s]+>", mail["Message-ID"]):
        raise MailWrong("Message-ID is none")
    parsedate_to_datetime(mail["Date"])
    for name, wanted in (("From", [envelope.mail_from]), ("To", envelope.rcpt_tos)):
        if [one.addr_spec for one in mail[name].addresses] != wanted:
            raise MailWrong(f"{name} and the envelope differ")


def read_text(mail: EmailMessage) -> tuple[str, Links]:
    """What a mail program shows: subject and text, and the links of the HTML. Raises MailWrong."""
    plain, rich = (mail.get_body((form,)) for form in ("plain", "html"))
    if plain is None or rich is None:
        raise MailWrong("no text, or no HTML")
    links = tuple((unescape(label), unescape(url)) for url, label in _LINK.findall(rich.get_content()))
    text: str = plain.get_content()
    if not text.strip() or any(url not in text for _, url in links):
        raise MailWrong("the text lacks what the HTML says")
    return f"{mail['Subject']}\n{text.strip()}", links
