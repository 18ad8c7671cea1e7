"""Mail to the operator, by a mail server that really answers."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Literal

import pytest

from tests.fakes.authority import Authority
from tests.fakes.mailbox import Mailbox, mailbox
from webring import guards
from webring.errors import ConnectFailed, TlsFailed
from webring.net.mail import Mail, Mailer
from webring.settings import MailSettings

pytestmark = pytest.mark.anyio
NOW = 1_790_000_000_000
MAIL = Mail("A garden is unreachable", "The Gärten cannot be reached.\n")


def mailer(
    box: Mailbox,
    security: Literal["starttls", "tls", "none"] = "none",
    *,
    ca_file: str = "",
    password: str = "",
) -> Mailer:
    settings = MailSettings(
        host="localhost",
        port=box.port,
        security=security,
        username="me" if password else "",
        password=password,
        sender="webring@garden.example",
        to=("keeper@garden.example", "friend@garden.example"),
    )
    return Mailer(settings, lambda: NOW, ca_file)


async def test_a_mail_arrives() -> None:
    async with mailbox() as box:
        await mailer(box).send(MAIL)
        (message,) = box.messages
        assert message["From"] == "webring@garden.example"
        assert message["To"] == "keeper@garden.example, friend@garden.example"
        assert message["Subject"] == MAIL.subject
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Date"].datetime.timestamp() * 1000 == NOW
        assert message.get_content().splitlines() == MAIL.text.splitlines()
        assert [line for line in box.commands if line.startswith(b"rcpt")] == [
            b"rcpt TO:<keeper@garden.example>",
            b"rcpt TO:<friend@garden.example>",
        ]


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_password_travels_by_tls_alone(
    security: Literal["starttls", "tls"], tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    context = authority.context("localhost")
    served = mailbox(tls=context) if security == "tls" else mailbox(starttls=context)
    async with served as box:
        ours = mailer(box, security, ca_file=str(authority.ca_file), password="secret")
        await ours.send(MAIL)
        assert len(box.messages) == 1
        login = next(line for line in box.commands if line.startswith(b"AUTH"))
        assert base64.b64decode(login.split()[2]) == b"\0me\0secret"
        if security == "starttls":
            assert box.commands.index(b"STARTTLS") < box.commands.index(login)


async def test_a_server_without_starttls_gets_nothing() -> None:
    async with mailbox() as box:
        with pytest.raises(ConnectFailed, match="STARTTLS"):
            await mailer(box, "starttls", password="secret").send(MAIL)
        assert not any(line.startswith((b"AUTH", b"mail")) for line in box.commands)


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_wrong_certificate_is_refused(
    security: Literal["starttls", "tls"], tmp_path: Path
) -> None:
    context = Authority(tmp_path).context("localhost")
    served = mailbox(tls=context) if security == "tls" else mailbox(starttls=context)
    async with served as box:
        with pytest.raises(TlsFailed, match="certificate"):
            await mailer(box, security).send(MAIL)
        assert box.messages == []


async def test_what_the_server_says_is_told_harmlessly() -> None:
    async with mailbox(refuses=b"550 \x1b[31mnot you") as box:
        with pytest.raises(ConnectFailed, match=r"takes no mail of ours: .*not you") as refused:
            await mailer(box).send(MAIL)
        assert refused.value.sentence.isprintable()


async def test_nobody_there() -> None:
    async with mailbox() as box:
        gone = mailer(box)
    with pytest.raises(ConnectFailed, match="takes no mail"):
        await gone.send(MAIL)


async def test_a_subject_cannot_add_headers() -> None:
    async with mailbox() as box:
        await mailer(box).send(Mail("x\r\nBcc: thief@evil.example\n\n" + "y" * 999, "z"))
        (message,) = box.messages
        assert message["Bcc"] is None
        assert message["Subject"].startswith("x Bcc: thief@evil.example y")


async def test_no_mail_within_a_transaction() -> None:
    token = guards.holding_transaction.set(True)
    try:
        with pytest.raises(RuntimeError, match="transaction"):
            await mailer(Mailbox()).send(MAIL)
    finally:
        guards.holding_transaction.reset(token)


def test_without_a_server_there_is_no_mail() -> None:
    assert not Mailer(MailSettings(), lambda: NOW).is_configured
    assert mailer(Mailbox()).is_configured
