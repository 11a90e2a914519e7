"""Mail: text and HTML with a link for each answer. Our key is the Message-ID, so that a mail sent twice is one mail."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import unquote, urlsplit

import aiosmtplib

from alerts.channels.channel import ChannelRefused, Handed, Message
from alerts.channels.exchange import without_numbers
from alerts.channels.texts import write_mail
from alerts.settings import SettingUnusable

_ANSWER_SECONDS = 20.0
_PORTS = {"smtp": 587, "smtps": 465}
_NO_SUCH_MAILBOX = frozenset({510, 511, 550, 551, 553})


class MailUrlInvalid(SettingUnusable):
    """CAMPUS_MAIL_URL cannot be read; the message says how to write it."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails go. `tls`: the connection is encrypted from its beginning, else by STARTTLS where it is offered."""

    host: str
    port: int
    tls: bool
    user: str | None
    password: str | None


def read_mail_url(url: str) -> MailServer:
    """Reads `smtp(s)://user:password@host:port`. Raises MailUrlInvalid, without the password in it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise MailUrlInvalid("CAMPUS_MAIL_URL has no readable host and port") from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise MailUrlInvalid("CAMPUS_MAIL_URL is written smtp://user:password@host:port, or smtps://")
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    return MailServer(parts.hostname, port or _PORTS[parts.scheme], parts.scheme == "smtps", user, password)


class MailChannel:
    """One connection a mail: a mail server that went away costs nobody else anything."""

    code = "mail"
    confirms = False

    def __init__(self, server: MailServer, sender: str) -> None:
        self._server = server
        self._sender = sender

    async def send(self, message: Message) -> Handed:
        """Hands it to the mail server; whether anybody reads it only their answer tells."""
        mail = _write(message, self._sender)
        server = self._server
        try:
            await aiosmtplib.send(
                mail,
                hostname=server.host,
                port=server.port,
                username=server.user,
                password=server.password,
                use_tls=server.tls,
                timeout=_ANSWER_SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _read_refusal(error) from error
        except aiosmtplib.SMTPResponseException as error:
            raise ChannelRefused(f"{error.code}: {without_numbers(error.message)}") from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise ChannelRefused(f"{type(error).__name__}: {without_numbers(str(error))}") from error
        return Handed(str(mail["Message-ID"]))  # a header is more than a string, and no row takes it


def _write(message: Message, sender: str) -> EmailMessage:
    words = write_mail(message)
    mail = EmailMessage()
    mail["Subject"] = " ".join(words.subject.splitlines())
    mail["From"] = sender
    mail["To"] = message.address
    mail["Date"] = formatdate(message.queued_at.timestamp())
    mail["Message-ID"] = f"<{message.idempotency_key}@{sender.rpartition('@')[2].strip('> ') or 'campus-alert'}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Priority"] = "1" if message.live else "3"
    mail.set_content(words.plain)
    mail.add_alternative(words.html, subtype="html")
    return mail


def _read_refusal(error: aiosmtplib.SMTPRecipientsRefused) -> ChannelRefused:
    code = error.recipients[0].code if error.recipients else 0
    if code in _NO_SUCH_MAILBOX:
        return ChannelRefused(f"{code}: there is no such mailbox", final=True, address_fault=True)
    return ChannelRefused(f"{code}: the mail server did not take the recipient", final=code >= 500)
