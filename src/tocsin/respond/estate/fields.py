"""
The fields of an estate's tables: how each is read, and what it may be.

A reader takes a value and where it stands, and raises `EstateError` that says what is wrong there.
"""

import difflib
import re
from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from typing import Any, TypeAlias, TypeGuard
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin.model.errors import EstateError
from tocsin.respond.estate.addresses import checksummed, is_address, is_mistyped

Reader: TypeAlias = Callable[[object, str], Any]

MOST_CHARACTERS = 2_000
"""Of a note; a name is a line."""
MOST_NAME_CHARACTERS = 200
MOST_ITEMS = 10_000
"""Of one list."""
LARGEST_CHAIN_ID = 2**63 - 1
MOST_DECIMALS = 77
"""No amount of 256 bits has more digits behind its first."""
CLEARANCES = ("clear", "green", "amber", "amber+strict", "red")
"""Traffic Light Protocol 2.0 (FIRST), the least confidential first."""

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")
_WORD = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_HASH = re.compile(r"0x[0-9a-fA-F]{64}")
_CALL = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*\([A-Za-z0-9_,()\[\]]*\)")
_URL = re.compile(r"(?:[a-z][a-z0-9+.-]*://|\$\{)[^\s]+")
_SHOWN = 60


def text(value: object, where: str) -> str:
    """Some text without characters that act."""
    return _line(value, where, MOST_CHARACTERS, "\n\t")


def name(value: object, where: str) -> str:
    """A line of text that says something."""
    if not (found := _line(value, where, MOST_NAME_CHARACTERS, "").strip()):
        raise EstateError(f"{where} is empty")
    return found


def identity(value: object, where: str) -> str:
    """An id: lower-case letters, digits and hyphens."""
    if not is_identity(value):
        raise EstateError(
            f"{where} is {shown(value)}; an id is 1 to 60 lower-case letters, digits and hyphens, such as main-vault"
        )
    return value


def is_identity(value: object) -> TypeGuard[str]:
    """Whether it can be an id."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def whole(least: int, most: int) -> Reader:
    """A reader of whole numbers in these bounds."""

    def read(value: object, where: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise EstateError(f"{where} is {shown(value)}; it is a whole number from {least:,} to {most:,}")
        return value

    return read


def flag(value: object, where: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise EstateError(f"{where} is {shown(value)}; write true or false")
    return value


def address(value: object, where: str) -> str:
    """An address, in lower case. Mixed case must be the checksum of EIP-55."""
    if not isinstance(value, str) or not is_address(value):
        raise EstateError(f"{where} is {shown(value)}; an address is 0x and 40 hexadecimal digits")
    if is_mistyped(value):
        raise EstateError(
            f"{where} is {value}, whose upper and lower case letters are not its checksum (EIP-55): "
            f"a digit is wrong, or it is {checksummed(value)}; copy it again from where it is sure"
        )
    return value.lower()


def code_hash(value: object, where: str) -> str:
    """A hash of 32 bytes, in lower case."""
    if not isinstance(value, str) or not _HASH.fullmatch(value):
        raise EstateError(f"{where} is {shown(value)}; a hash is 0x and 64 hexadecimal digits")
    return value.lower()


def holding(value: object, where: str) -> str:
    """`native`, the id of a token, or its address."""
    return address(value, where) if isinstance(value, str) and value.startswith("0x") else identity(value, where)


def call(value: object, where: str) -> str:
    """The signature of a function."""
    if not isinstance(value, str) or len(value) > MOST_NAME_CHARACTERS or not _CALL.fullmatch(value):
        raise EstateError(
            f"{where} is {shown(value)}; write a function and its types, such as pause() or pause(uint256)"
        )
    return value


def url(value: object, where: str) -> str:
    """Where something is reached."""
    if not isinstance(value, str) or len(value) > MOST_CHARACTERS or not value.isprintable() or not _URL.match(value):
        raise EstateError(f"{where} is {shown(value)}; write a URL such as https://rpc.example.org/${{NODE_KEY}}")
    return value


def word(value: object, where: str) -> str:
    """The name of a channel."""
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        raise EstateError(f"{where} is {shown(value)}; it is a word in lower case, such as telegram")
    return value


def time_zone(value: object, where: str) -> str:
    """An IANA time zone."""
    try:
        return ZoneInfo(name(value, where)).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise EstateError(f"{where} is {shown(value)}; it is an IANA name such as Europe/Zurich, or UTC") from None


def one_of(known: Collection[str]) -> Reader:
    """A reader of one of these words."""

    def read(value: object, where: str) -> str:
        if not isinstance(value, str) or value not in known:
            raise EstateError(f"{where} is {shown(value)}; {nearest(value, known)}")
        return value

    return read


def member(kind: type[StrEnum]) -> Reader:
    """A reader of the values of an enumeration."""
    read = one_of([each.value for each in kind])
    return lambda value, where: kind(read(value, where))


def several(read: Reader) -> Reader:
    """A reader of lists."""

    def all_of(value: object, where: str) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple) or len(value) > MOST_ITEMS:
            raise EstateError(f"{where} is {shown(value)}; write a list in square brackets")
        return tuple(read(each, f"{where}, number {number}") for number, each in enumerate(value, 1))

    return all_of


def mapping(value: object, where: str) -> Mapping[str, Any]:
    """A table."""
    if not isinstance(value, Mapping) or not all(isinstance(each, str) for each in value):
        raise EstateError(f"{where} is {shown(value)}; write a table: {{ name = value }}")
    return value


def table(value: object, readers: Mapping[str, Reader], where: str, required: Collection[str] = ()) -> dict[str, Any]:
    """The fields of a table, each read. Raises `EstateError` for one that is unknown or missing."""
    given = mapping(value, where)
    for each in given:
        if each not in readers:
            raise EstateError(f"{where}: there is no field {shown(each)}; {nearest(each, readers)}")
    for each in required:
        if each not in given:
            raise EstateError(f"{where}: {each} is missing")
    return {each: readers[each](content, f"{where}: {each}") for each, content in given.items()}


def nearest(value: object, known: Collection[str]) -> str:
    """A question that names the nearest right spelling, and all there are."""
    if not known:
        return "there is none"
    near = difflib.get_close_matches(str(value)[:_SHOWN], known, n=1, cutoff=0)
    many = ", ".join(sorted(known)) if len(known) <= _MOST_NAMED else f"{len(known)} of them"
    return f"did you mean {near[0]!r}? Known: {many}" if near else f"known: {many}"


def shown(value: object) -> str:
    """A value as an error repeats it: short, and without characters that act."""
    said = value if isinstance(value, str) else repr(value)
    quoted = ascii(said) if not said.isprintable() else repr(said)
    return quoted if len(quoted) <= _SHOWN else f"{quoted[:_SHOWN]}…"


_MOST_NAMED = 30


def _line(value: object, where: str, most: int, allowed: str) -> str:
    if not isinstance(value, str):
        raise EstateError(f"{where} is {shown(value)}; write text in quotes")
    if len(value) > most:
        raise EstateError(f"{where} has {len(value):,} characters; at most {most:,}")
    if not all(each.isprintable() or each in allowed for each in value):
        raise EstateError(f"{where} is {shown(value)}; it has a character that cannot be seen")
    return value
