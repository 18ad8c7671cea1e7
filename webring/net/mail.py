"""Mail to the operator, by the operator's own mail server.

It is part of the one door because it leaves the machine, though no stranger has a say in where it
goes: server, sender and recipients are settings, so the address policy for what strangers name does
not apply (a mail server usually is on this machine, or in this network). Certificates are checked,
and a password is sent over TLS only.
"""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Final

from webring.clock import SECOND, Clock, Millis
from webring.errors import ConnectFailed, TlsFailed
from webring.guards import holding_transaction
from webring.settings import MailSettings

PATIENCE: Final[Millis] = 30 * SECOND
"""For each step of the conversation."""
MAX_SUBJECT: Final = 200
MAX_WHY: Final = 200
"""Characters of the server's own words that are kept."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A message in plain text."""

    subject: str
    text: str


class Mailer:
    """Sends mail as `[mail]` says. `ca_file` is a further certificate authority, for tests."""

    def __init__(self, settings: MailSettings, clock: Clock, ca_file: str = "") -> None:
        self._settings = settings
        self._clock = clock
        self._ca_file = ca_file

    @property
    def is_configured(self) -> bool:
        """Whether there is a server, and somebody to write to."""
        return bool(self._settings.host and self._settings.to)

    async def send(self, mail: Mail) -> None:
        """Hand it to the server; `ConnectFailed` or `TlsFailed` where that fails."""
        if holding_transaction.get():
            raise RuntimeError("a database transaction is held while the network is asked")
        await asyncio.to_thread(self._send, self.message(mail))

    def message(self, mail: Mail) -> EmailMessage:
        """The message as it is sent; whatever would break out of a header is made a space."""
        settings = self._settings
        message = EmailMessage()
        message["From"] = settings.sender
        message["To"] = ", ".join(settings.to)
        message["Subject"] = " ".join(mail.subject.split())[:MAX_SUBJECT]
        message["Date"] = format_datetime(datetime.fromtimestamp(self._clock() / SECOND, UTC))
        message["Message-ID"] = make_msgid(domain=settings.sender.partition("@")[2])
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        return message

    def _send(self, message: EmailMessage) -> None:
        settings, host = self._settings, self._settings.host
        try:
            with self._open() as server:
                if settings.security == "starttls":
                    server.starttls(context=self._tls())
                if settings.username:
                    server.login(settings.username, settings.password)
                server.send_message(message)
        except ssl.SSLError as error:
            raise TlsFailed(f"the certificate of {host} is wrong: {error}", host=host) from error
        except (smtplib.SMTPException, OSError) as error:
            why = ascii(str(error))[1:-1][:MAX_WHY]
            raise ConnectFailed(f"{host} takes no mail of ours: {why}", host=host) from error

    def _open(self) -> smtplib.SMTP:
        settings, seconds = self._settings, PATIENCE / SECOND
        if settings.security == "tls":
            return smtplib.SMTP_SSL(
                settings.host, settings.port, timeout=seconds, context=self._tls()
            )
        return smtplib.SMTP(settings.host, settings.port, timeout=seconds)

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._ca_file:
            context.load_verify_locations(self._ca_file)
        return context
