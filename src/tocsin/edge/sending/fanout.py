"""
Telling by apprise, which knows a hundred services more.

Its network calls are its own: they cannot be held to public addresses, so it is only used where the operator says that
any address is meant. It says that it failed, and not why.
"""

import asyncio
import ssl
from collections.abc import Callable

import apprise

from tocsin.model.errors import ChannelBusy, ChannelRefused
from tocsin.respond.channels.sending import Fanout, Handed


async def send_fanout(fanout: Fanout, *, allow_private: bool, tls: ssl.SSLContext, sent: Callable[[], None]) -> Handed:
    """Have apprise tell it. Raises `ChannelRefused` for a URL it does not know, `ChannelBusy` when it failed."""
    del tls
    if not allow_private:
        raise ChannelRefused(
            "apprise connects by itself, and tocsin cannot see whereto; "
            "where that is meant, set allow_private = true for this channel"
        )
    service = apprise.Apprise.instantiate(fanout.url, suppress_exceptions=True)
    if service is None:
        raise ChannelRefused("apprise knows no service by this URL; see its list of URL forms")
    sent()
    told = await asyncio.to_thread(
        service.notify,
        body=fanout.text,
        title=fanout.title,
        notify_type=apprise.NotifyType(fanout.urgency),
        body_format=apprise.NotifyFormat.TEXT,
    )
    if not told:
        raise ChannelBusy("apprise could not tell it, and does not say why", may_have_taken=True)
    return Handed()
