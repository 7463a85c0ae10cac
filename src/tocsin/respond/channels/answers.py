"""
What an HTTP status means for a message: taken, to be tried again, or never to be taken.

A server that failed (500, 502, 504) may have taken the message before it did; one that is not ready (429, 503) has not.
Source: RFC 9110, section 15; RFC 6585, section 4 (429).
"""

import email.utils
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from tocsin.model.errors import ChannelBusy, ChannelRefused
from tocsin.respond.channels.sending import HttpAnswer
from tocsin.respond.channels.wording import line, short

SHOWN_CHARACTERS = 200
"""Of what a server says, in an error."""
LONGEST_WAIT_SECONDS = 3600.0
"""A server that asks for more is asked again after so long: a page is of no use tomorrow."""
_NOT_TAKEN = frozenset({408, 425, 429, 503})
"""Statuses that say: later, and I have done nothing yet."""
_HELP: Mapping[int, str] = {
    401: "the key or token is wrong",
    403: "the key or token may not do this",
    404: "there is nothing at this address",
    410: "it was taken away",
    413: "the message is too large",
}


def check(answer: HttpAnswer) -> None:
    """Return for a success. Raises `ChannelBusy` or `ChannelRefused`."""
    if 200 <= answer.status < 300:
        return
    if answer.status in _NOT_TAKEN:
        raise ChannelBusy(f"HTTP status {answer.status}: try again", retry_after_seconds=retry_after(answer))
    if answer.status >= 500:
        raise ChannelBusy(f"HTTP status {answer.status}: {said(answer)}", may_have_taken=True)
    if 300 <= answer.status < 400:
        raise ChannelRefused(f"HTTP status {answer.status}: it points elsewhere, and redirects are not followed")
    help_ = _HELP.get(answer.status, "the request is not what it takes")
    raise ChannelRefused(f"HTTP status {answer.status}: {help_}: {said(answer)}")


def said(answer: HttpAnswer) -> str:
    """The beginning of what the server said, fit to show."""
    return short(line(answer.body[: 4 * SHOWN_CHARACTERS].decode("utf-8", "replace")), SHOWN_CHARACTERS)


def retry_after(answer: HttpAnswer) -> float:
    """The seconds to wait: from a number, or from a date by the server's own clock; 0 where it says neither."""
    value, date = answer.headers.get("retry-after", "").strip(), answer.headers.get("date", "")
    with suppress(ValueError, TypeError, OverflowError):
        return bounded(float(value) if value.replace(".", "", 1).isdecimal() else _between(date, value))
    return 0.0


def bounded(seconds: float) -> float:
    """The wait, from nothing to the longest there is."""
    return min(max(0.0, seconds), LONGEST_WAIT_SECONDS)


def _between(earlier: str, later: str) -> float:
    first, second = email.utils.parsedate_to_datetime(earlier), email.utils.parsedate_to_datetime(later)
    return (second - first).total_seconds()


def fields(answer: HttpAnswer) -> Mapping[str, Any]:
    """The JSON object in the body; empty where there is none."""
    with suppress(ValueError, RecursionError):
        found = json.loads(answer.body)
        return found if isinstance(found, dict) else {}
    return {}


def text_field(answer: HttpAnswer, name: str) -> str:
    """A text or number of the body's JSON object, fit to store and show; empty where there is none."""
    value = fields(answer).get(name, "")
    return line(str(value)) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def compact(value: Mapping[str, Any]) -> bytes:
    """JSON as it is sent: without spaces, text as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
