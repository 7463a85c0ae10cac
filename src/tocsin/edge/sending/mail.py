"""One e-mail of a channel, over a connection of its own to an address that may be connected to."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiosmtplib

from tocsin.edge.sending.addresses import connected, is_loopback, is_public
from tocsin.model.errors import ChannelBusy, ChannelRefused
from tocsin.respond.channels.sending import Mail, MailReply

LOCAL_NAME = "localhost"
"""What this machine calls itself to a mail server: its real name is nobody's business."""


async def send_mail(mail: Mail, *, allow_private: bool, tls: ssl.SSLContext, sent: Callable[[], None]) -> MailReply:
    """
    Hand it to the server, and return the reply that decided; `sent` is called when the server may have it from now on.

    Raises `ChannelBusy` where the connection broke, with `may_have_taken` when that was after the e-mail was sent;
    `ChannelRefused` where the server cannot be talked to as securely as it must.
    """
    async with _client(mail, allow_private, tls) as client:
        refusal = await _greeted(client, mail)
        return refusal or await _handed(client, mail, sent)


async def greeted(mail: Mail, *, allow_private: bool, tls: ssl.SSLContext) -> MailReply:
    """How far the server takes it before there is an e-mail: connected, secured, logged in. Raises as `send_mail`."""
    async with _client(mail, allow_private, tls) as client:
        return await _greeted(client, mail) or MailReply(code=250)


@asynccontextmanager
async def _client(mail: Mail, allow_private: bool, tls: ssl.SSLContext) -> AsyncIterator[aiosmtplib.SMTP]:
    sock = await _connection(mail, allow_private)  # the client's transport owns it from here on
    client = aiosmtplib.SMTP(
        hostname=mail.host,
        sock=sock,
        local_hostname=LOCAL_NAME,
        timeout=None,
        use_tls=mail.security == "tls",
        start_tls=mail.security == "starttls",
        tls_context=tls,
    )
    try:
        yield client
    finally:
        _leave(client)


def _leave(client: aiosmtplib.SMTP) -> None:
    """Say that it is over, and go: what was taken is taken, and nobody's answer to this is waited for."""
    if isinstance(client.transport, asyncio.WriteTransport):
        client.transport.write(b"QUIT\r\n")
        client.transport.abort()  # a TLS connection that is closed in order waits for the other side
    client.close()


async def _connection(mail: Mail, allow_private: bool) -> socket.socket:
    try:
        sock = await connected(mail.host, mail.port, allow_private=allow_private)
    except OSError as error:
        raise ChannelBusy(f"{mail.host}: no connection ({type(error).__name__})") from None
    address = str(sock.getpeername()[0])
    if mail.security == "plain" and (is_public(address) or (mail.password and not is_loopback(address))):
        sock.close()
        raise ChannelRefused(f"{mail.host} is not on this network: plain would show everything; use starttls or tls")
    return sock


async def _greeted(client: aiosmtplib.SMTP, mail: Mail) -> MailReply | None:
    """Connect, secure, log in; the reply where the server says no."""
    try:
        await client.connect()
        if mail.user:
            await client.login(mail.user, mail.password)
    except aiosmtplib.SMTPResponseException as error:
        return MailReply(code=error.code, text=error.message)
    except (aiosmtplib.SMTPServerDisconnected, ConnectionError) as error:
        raise ChannelBusy(f"{mail.host}: the connection broke: {_reason(error)}") from None
    except (aiosmtplib.SMTPException, ssl.SSLError) as error:
        raise ChannelRefused(f"{mail.host}: {_reason(error)}") from None
    return None


async def _handed(client: aiosmtplib.SMTP, mail: Mail, sent: Callable[[], None]) -> MailReply:
    """Say from whom and to whom, then the e-mail."""
    try:
        await client.mail(mail.sender)
        await client.rcpt(mail.recipient)
    except aiosmtplib.SMTPResponseException as error:
        return MailReply(code=error.code, text=error.message)
    except (aiosmtplib.SMTPException, OSError) as error:
        raise ChannelBusy(f"{mail.host}: the connection broke: {_reason(error)}") from None
    sent()
    return await _content(client, mail)


async def _content(client: aiosmtplib.SMTP, mail: Mail) -> MailReply:
    try:
        reply = await client.data(mail.content)
    except aiosmtplib.SMTPResponseException as error:
        return MailReply(code=error.code, text=error.message)
    except (aiosmtplib.SMTPException, OSError) as error:
        name = type(error).__name__
        raise ChannelBusy(f"{mail.host}: no reply after the e-mail ({name})", may_have_taken=True) from None
    return MailReply(code=reply.code, text=reply.message)


def _reason(error: Exception) -> str:
    """Why it cannot be talked to; the library's own words hold no secret here, and are cut."""
    return f"{type(error).__name__}: {str(error)[:200]}"
