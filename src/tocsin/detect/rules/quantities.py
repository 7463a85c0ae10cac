"""Exact integers and spans of time from text: `20_000e6`, `1.5e18`, `0xff`, `15m`."""

import re

BITS = 256
LONGEST = 200
"""Signs of a number: more than any 256-bit integer takes, underscores included."""

_DECIMAL = re.compile(r"([+-]?)(\d+(?:_\d+)*)(?:\.(\d+(?:_\d+)*))?(?:[eE]\+?(\d{1,2}))?", re.ASCII)
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*", re.ASCII)
_SPAN = re.compile(r"(\d{1,9})([smhd])", re.ASCII)
SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def whole(text: str) -> int | None:
    """The integer a text stands for; None where it is no number or not a whole one. Never goes through a float."""
    if len(text) > LONGEST:
        return None
    if _HEXADECIMAL.fullmatch(text):
        return int(text.replace("_", ""), 16)
    match = _DECIMAL.fullmatch(text)
    if match is None:
        return None
    sign, before, after, exponent = (part or "" for part in match.groups())
    before, after = before.replace("_", ""), after.replace("_", "").rstrip("0")
    zeros = int(exponent or 0) - len(after)
    if zeros < 0:
        return None
    value = int(before + after + "0" * zeros)
    return -value if sign == "-" else value


def seconds(text: str) -> int | None:
    """How many seconds a span such as `30s`, `15m`, `2h`, `1d` lasts; None where it is none."""
    match = _SPAN.fullmatch(text)
    return int(match[1]) * SECONDS[match[2]] if match else None
