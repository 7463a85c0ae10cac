"""Every kind of channel there is, found by a strict walk, once."""

from functools import cache

import tocsin.respond.channels.kinds
from tocsin.model.extension import load
from tocsin.respond.channels.channel import Channel


@cache
def kinds() -> dict[str, Channel]:
    """The kinds of channels by id."""
    return load(tocsin.respond.channels.kinds, Channel)
