"""Doing what channels want sent. One connection a message, one time limit for the whole of it."""

import asyncio
import ssl
import sys
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from tocsin.edge.sending.fanout import send_fanout
from tocsin.edge.sending.http import send_http
from tocsin.edge.sending.mail import send_mail
from tocsin.edge.sending.sockets import send_datagram, send_stream
from tocsin.model.errors import ChannelBusy
from tocsin.respond.channels.sending import (
    Answer,
    Datagram,
    Fanout,
    Handed,
    HttpRequest,
    Lines,
    Mail,
    Sending,
    Stream,
)

_SENDERS: Mapping[type[Any], Callable[..., Any]] = {
    HttpRequest: send_http,
    Mail: send_mail,
    Datagram: send_datagram,
    Stream: send_stream,
    Fanout: send_fanout,
}


class Sender:
    """
    Sends from any event loop.

    `stream` is where `Lines` go, by default standard error; `tls` says which certificates are good, by default
    those of the authorities that this machine trusts.
    """

    def __init__(self, stream: TextIO | None = None, tls: ssl.SSLContext | None = None) -> None:
        self._stream = stream or sys.stderr
        self._tls = tls or ssl.create_default_context()

    async def send(self, sending: Sending, *, seconds: float, allow_private: bool) -> Answer:
        """
        Send, and return the answer.

        Raises `ChannelBusy` when there is none in time, or the connection broke: with `may_have_taken` when the
        message was on its way. Raises `ChannelRefused` for where it may not be sent.
        """
        if isinstance(sending, Lines):
            return self._written(sending)
        progress: list[bool] = []
        try:
            async with asyncio.timeout(seconds):
                answer: Answer = await _SENDERS[type(sending)](
                    sending, allow_private=allow_private, tls=self._tls, sent=lambda: progress.append(True)
                )
                return answer
        except TimeoutError:
            raise ChannelBusy(f"no answer in {seconds:g} s", may_have_taken=bool(progress)) from None

    def _written(self, lines: Lines) -> Handed:
        try:
            self._stream.write(lines.text)
            self._stream.flush()
        except OSError as error:
            raise ChannelBusy(f"standard error cannot be written to: {type(error).__name__}") from None
        return Handed()
