"""
The words of a message, for every channel the same: what stands first, what is never cut, what cannot act.

Titles, token names and revert reasons are written by attackers. Here every character that would act on a screen, a
log or a line protocol is written as its code; each channel then escapes what acts in its own form.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from tocsin.model.errors import ChannelRefused
from tocsin.respond.message import Message, MessageKind

LONGEST_TEXT = 20_000
"""Characters of one text that are looked at; no channel shows as many."""
LONGEST_TITLE = 300
LONGEST_LINK = 2_000
MOST_FACTS = 20
CUT = "…"
_WEB = ("https://", "http://")
_ACT_IN_LINKS = frozenset("<>\"'`|\\^{}()[]* ")
"""Legal or not: what could end a link early in HTML, Markdown or Slack's form. Each is written as %XX instead."""
_KIND_MARKS = {
    MessageKind.PAGE: (),
    MessageKind.ACKNOWLEDGED: ("ACKNOWLEDGED",),
    MessageKind.UPDATE: ("UPDATE",),
    MessageKind.RESOLVED: ("RESOLVED",),
    MessageKind.TEST: ("TEST",),
}
_SCHEME = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{1,15})://")
_DOT = re.compile(r"(?<=\w)\.(?=[^\W\d_]{2})")
"""The dot of a name such as evil.example; not of 1,200.50, nor at the end of a sentence."""
T = TypeVar("T")


def cleaned(message: Message) -> Message:
    """
    The message without anything that acts by itself, and bounded. `text` keeps its line ends.

    Programs make links of whatever looks like one, and a token may be called after a thief's page. So names of pages
    are broken, as in evil[.]example, except in updates: people wrote and approved those.
    """
    inert = str if message.kind is MessageKind.UPDATE else _without_pages
    text = "\n".join(map(_visible, message.text[:LONGEST_TEXT].splitlines())).strip()
    return replace(
        message,
        key=line(message.key),
        subject=inert(line(message.subject)),
        title=inert(line(message.title)),
        text=inert(text),
        tlp=line(message.tlp),
        facts=tuple((inert(line(name)), inert(line(value))) for name, value in message.facts[:MOST_FACTS]),
        link=_link(message.link),
        acknowledge_link=_link(message.acknowledge_link),
    )


def line(text: str) -> str:
    """The text on one line, with single spaces, and not longer than a title may be."""
    return short(_visible(" ".join(text[:LONGEST_TEXT].split())), LONGEST_TITLE)


def short(text: str, most: int) -> str:
    """The text cut to so many characters, with a mark where it was cut."""
    return text if len(text) <= most else text[: max(most - 1, 0)].rstrip() + CUT


def _without_pages(text: str) -> str:
    """The text with nothing in it that a program would make a link of."""
    return _DOT.sub("[.]", _SCHEME.sub(r"\1[:]//", text))


def _visible(text: str) -> str:
    return "".join(each if each.isprintable() else _written(each) for each in text)


def _written(character: str) -> str:
    return " " if character.isspace() else f"\\u{ord(character):04x}"


def _link(link: str) -> str:
    """The link with nothing in it that could end it; empty where it is none, or longer than any channel takes."""
    if not link.startswith(_WEB) or len(link) > LONGEST_LINK:
        return ""
    return "".join(each if _is_plain(each) else percent(each) for each in link)


def _is_plain(character: str) -> bool:
    return character.isascii() and character.isprintable() and character not in _ACT_IN_LINKS


def percent(text: str) -> str:
    """The text as one part of a URL or of a form (RFC 3986, section 2.1): all but letters, digits and -._~ as %XX."""
    return "".join(
        chr(byte) if chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) in "-._~") else f"%{byte:02X}"
        for byte in text.encode("utf-8", "replace")
    )


def marks(message: Message) -> tuple[str, ...]:
    """What must be seen before anything else, in capitals: that it is an exercise, a test, an update, or over."""
    return (*(("EXERCISE",) if message.is_exercise else ()), *_KIND_MARKS[message.kind])


def urgency(message: Message) -> str:
    """The priority in words, such as `P1 critical`."""
    return f"{message.priority} {message.priority.word}"


def heading(message: Message) -> str:
    """The first line: marks, priority, title. An update is for people to whom our priorities say nothing."""
    first = "".join(f"[{mark}] " for mark in marks(message))
    return first + (message.title if message.kind is MessageKind.UPDATE else f"{urgency(message)}: {message.title}")


def links(message: Message) -> tuple[tuple[str, str], ...]:
    """What can be opened: name and address, what is most urgent first."""
    offered = (("Acknowledge", message.acknowledge_link), ("Open", message.link))
    return tuple((name, address) for name, address in offered if address)


def label(message: Message) -> str:
    """The label of the Traffic Light Protocol 2.0, as FIRST writes it."""
    return f"TLP:{message.tlp.upper()}"


def notes(message: Message) -> tuple[str, ...]:
    """What stands at the foot: the label, and that it may be a repeat."""
    return (label(message), *((f"May be a repeat of a message sent before ({message.key}).",) * message.may_be_repeat))


def plain(message: Message) -> str:
    """The whole message as plain text, without its heading."""
    facts = "\n".join(f"{name}: {value}" for name, value in message.facts)
    foot = "\n".join((*(f"{name}: {address}" for name, address in links(message)), *notes(message)))
    return "\n\n".join(filter(None, (message.text, facts, foot)))


def fit(message: Message, write: Callable[[Message], T], measure: Callable[[T], int], most: int) -> T:
    """
    What `write` makes of as much of the message as leaves it no larger than `most`.

    Text is cut first, then facts, then the title; priority, marks, links and notes never are. Raises `ChannelRefused`
    when those alone are too large.
    """
    whole = write(message)
    if measure(whole) <= most:
        return whole
    least, too_much = 0, _characters(message)
    best = write(_shortened(message, least))
    if measure(best) > most:
        raise ChannelRefused(f"the links of the message alone are longer than the {most} this channel takes")
    while too_much - least > 1:
        middle = (least + too_much) // 2
        tried = write(_shortened(message, middle))
        least, too_much, best = (middle, too_much, tried) if measure(tried) <= most else (least, middle, best)
    return best


def _characters(message: Message) -> int:
    return len(message.title) + len(message.text) + sum(len(name) + len(value) for name, value in message.facts)


def _shortened(message: Message, budget: int) -> Message:
    """The message with so many characters: of the title first, then the facts, then the text."""
    title = short(message.title, max(budget, 1))
    left = budget - len(title)
    facts = []
    for name, value in message.facts:
        if len(name) + len(value) > left:
            break
        facts.append((name, value))
        left -= len(name) + len(value)
    text = short(message.text, left) if left > 0 else ""
    return replace(message, title=title, text=text, facts=tuple(facts))
