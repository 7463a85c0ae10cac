"""Code that is a few bytes around the address of another contract: minimal proxies, by their published forms."""

import re

_FORMS = (
    rb"\x36\x3d\x3d\x37\x3d\x3d\x3d\x36\x3d(?:\x73(.{20})|.{1,20})\x5a\xf4\x3d\x82\x80\x3e\x90\x3d\x91\x60.\x57\xfd\x5b\xf3",
    rb"\x36\x60\x00\x60\x00\x37\x61.{2}\x60\x00\x36\x60\x00\x73(.{20})\x5a\xf4",
    rb"\x36\x5f\x5f\x37\x5f\x5f\x36\x5f\x73(.{20})\x5a\xf4\x3d\x5f\x5f\x3e\x5f\x3d\x91",
    rb"\x3d\x3d\x3d\x3d\x36\x3d\x3d\x37\x3d\x36\x3d\x73(.{20})\x5a\xf4\x3d\x3d\x93\x80\x3e",
    rb"\x36\x3d\x3d\x37.{0,16}\x73(.{20})\x5a\xf4",
)
"""EIP-1167; Vyper's forwarder; EIP-7511 with PUSH0; the 0age and Solady form; clones with immutable arguments."""
_MINIMAL = re.compile(b"|".join(rb"\A" + form for form in _FORMS), re.DOTALL)
_DELEGATED = b"\xef\x01\x00"
MOST_BYTES = 1_024
"""Clones may carry arguments behind them."""


def is_minimal_proxy(code: bytes) -> bool:
    """Whether all that this code does is to call another."""
    return len(code) <= MOST_BYTES and (code.startswith(_DELEGATED) or _MINIMAL.match(code) is not None)
