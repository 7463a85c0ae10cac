"""Whether a channel could send, without sending: as far as the server takes it before there is a message."""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from typing import Any

import apprise
import httpx

from tocsin.edge.sending.addresses import connected, resolved
from tocsin.edge.sending.mail import greeted
from tocsin.model.errors import ChannelBusy, ChannelRefused
from tocsin.respond.channels.sending import Datagram, Fanout, HttpRequest, Lines, Mail, Sending, Stream

_DEFAULT_PORTS: Mapping[str, int] = {"https": 443, "http": 80}


async def probe(sending: Sending, *, seconds: float, allow_private: bool, tls: ssl.SSLContext | None = None) -> str:
    """
    What was reached, in words.

    Raises `ChannelBusy` where nothing answers now, `ChannelRefused` where it may not be connected to or is not
    secured as it must be.
    """
    context = tls or ssl.create_default_context()
    try:
        async with asyncio.timeout(seconds):
            said: str = await _PROBES[type(sending)](sending, allow_private, context)
            return said
    except TimeoutError:
        raise ChannelBusy(f"no answer in {seconds:g} s") from None


async def _http(sending: HttpRequest, allow_private: bool, tls: ssl.SSLContext) -> str:
    url = httpx.URL(sending.url)
    port = url.port or _DEFAULT_PORTS.get(url.scheme, 443)
    return await _reached(url.host, port, allow_private, tls if url.scheme == "https" else None)


async def _mail(sending: Mail, allow_private: bool, tls: ssl.SSLContext) -> str:
    reply = await greeted(sending, allow_private=allow_private, tls=tls)
    if reply.code >= 300:
        raise ChannelRefused(f"the mail server says {reply.code}: {reply.text[:200]}")
    return f"{sending.host} talks, {sending.security}{', logged in' if sending.user else ''}"


async def _stream(sending: Stream, allow_private: bool, tls: ssl.SSLContext) -> str:
    return await _reached(sending.host, sending.port, allow_private, tls if sending.is_tls else None)


async def _datagram(sending: Datagram, allow_private: bool, _tls: ssl.SSLContext) -> str:
    addresses = await resolved(sending.host, sending.port, allow_private=allow_private)
    return f"{sending.host} is {addresses[0]}; whether anybody listens there nobody can say"


async def _fanout(sending: Fanout, allow_private: bool, _tls: ssl.SSLContext) -> str:
    if not allow_private:
        raise ChannelRefused("apprise connects by itself: set allow_private = true for this channel")
    if apprise.Apprise.instantiate(sending.url, suppress_exceptions=True) is None:
        raise ChannelRefused("apprise knows no service by this URL")
    return "apprise knows the service; whether it answers only a test says"


async def _lines(_sending: Lines, _allow_private: bool, _tls: ssl.SSLContext) -> str:
    return "needs nothing"


async def _reached(host: str, port: int, allow_private: bool, tls: ssl.SSLContext | None) -> str:
    try:
        sock = await connected(host, port, allow_private=allow_private)
        address = sock.getpeername()[0]
        _, writer = await asyncio.open_connection(sock=sock, ssl=tls, server_hostname=host if tls else None)
        writer.transport.abort()
    except OSError as error:
        raise ChannelBusy(f"{host}: no connection: {type(error).__name__}: {str(error)[:200]}") from None
    return f"{host} answers at {address}{', its certificate is good' if tls else ''}"


_PROBES: Mapping[type[Any], Callable[..., Any]] = {
    HttpRequest: _http,
    Mail: _mail,
    Stream: _stream,
    Datagram: _datagram,
    Fanout: _fanout,
    Lines: _lines,
}
