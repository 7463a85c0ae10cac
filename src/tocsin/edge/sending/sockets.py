"""Datagrams and bytes over a connection, for channels that get no answer."""

import asyncio
import socket
import ssl
from collections.abc import Callable

from tocsin.edge.sending.addresses import connected, resolved
from tocsin.model.errors import ChannelBusy
from tocsin.respond.channels.sending import Datagram, Handed, Stream


async def send_datagram(
    datagram: Datagram, *, allow_private: bool, tls: ssl.SSLContext, sent: Callable[[], None]
) -> Handed:
    """Hand it to the network, which may lose it. Raises what `resolved` raises, and `ChannelBusy`."""
    del tls
    address, *_ = await resolved(datagram.host, datagram.port, allow_private=allow_private)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sent()
    with socket.socket(family, socket.SOCK_DGRAM) as made:
        made.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_sendto(made, datagram.data, (address, datagram.port))
        except OSError as error:
            raise ChannelBusy(f"{datagram.host}: the datagram was not taken ({type(error).__name__})") from None
    return Handed()


async def send_stream(stream: Stream, *, allow_private: bool, tls: ssl.SSLContext, sent: Callable[[], None]) -> Handed:
    """
    Hand it to the connection, and close it in order, so that what was not taken shows where it can.

    Raises what `resolved` raises, and `ChannelBusy`.
    """
    try:
        sock = await connected(stream.host, stream.port, allow_private=allow_private)
        name = stream.host if stream.is_tls else None
        _, writer = await asyncio.open_connection(sock=sock, ssl=tls if stream.is_tls else None, server_hostname=name)
    except OSError as error:
        raise ChannelBusy(f"{stream.host}: no connection: {type(error).__name__}: {str(error)[:200]}") from None
    sent()
    try:
        writer.write(stream.data)
        await writer.drain()
        writer.close()
        await writer.wait_closed()
    except OSError as error:
        name = type(error).__name__
        raise ChannelBusy(f"{stream.host}: the connection broke ({name})", may_have_taken=True) from None
    finally:
        writer.close()
    return Handed()
