"""
What an event or a function takes, from text as Solidity writes it: `Transfer(address indexed from, ...)`.

The signature of a well-known event may be given bare: its names and indexed arguments are those of the standard it
comes from.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

from tocsin.chain import signatures
from tocsin.detect.rules.document import Mark

MOST_PARAMETERS = 50
DEEPEST = 8
"""Brackets inside one another."""
MOST_WORDS = 10_000
"""Of the arguments' places, so that no list in them is longer than anything that is ever logged or called."""
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*", re.ASCII)
_TYPE = re.compile(r"(?:(?:tuple\s*)?\(.*\)|[A-Za-z0-9]+)(?:\[\d{0,4}\])*", re.DOTALL)
_ARRAY = re.compile(r"(.*)\[(\d{0,4})\]", re.DOTALL)
_NUMBER = re.compile(r"(u?int)(\d{1,3})?")
_FIXED = re.compile(r"bytes(\d{1,2})")
_LOCATIONS = frozenset({"memory", "calldata", "storage", "payable"})

STANDARD_EVENTS = """
Transfer(address indexed from, address indexed to, uint256 value)
Approval(address indexed owner, address indexed spender, uint256 value)
ApprovalForAll(address indexed owner, address indexed operator, bool approved)
TransferSingle(address indexed operator, address indexed from, address indexed to, uint256 id, uint256 value)
Deposit(address indexed sender, address indexed owner, uint256 assets, uint256 shares)
Withdraw(address indexed sender, address indexed receiver, address indexed owner, uint256 assets, uint256 shares)
OwnershipTransferred(address indexed previousOwner, address indexed newOwner)
RoleGranted(bytes32 indexed role, address indexed account, address indexed sender)
RoleRevoked(bytes32 indexed role, address indexed account, address indexed sender)
Upgraded(address indexed implementation)
AdminChanged(address previousAdmin, address newAdmin)
Paused(address account)
Unpaused(address account)
"""
"""Of ERC-20, ERC-721, ERC-1155, ERC-4626, ERC-1967 and OpenZeppelin's access control, as those declare them."""
STANDARD_FUNCTIONS = """
transfer(address to, uint256 value)
transferFrom(address from, address to, uint256 value)
approve(address spender, uint256 value)
setApprovalForAll(address operator, bool approved)
transferOwnership(address newOwner)
grantRole(bytes32 role, address account)
revokeRole(bytes32 role, address account)
upgradeTo(address newImplementation)
upgradeToAndCall(address newImplementation, bytes data)
"""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument."""

    name: str
    type: str
    """Canonical: `uint256`, `(address,uint256)[]`."""
    indexed: bool

    @property
    def is_dynamic(self) -> bool:
        """Whether its place holds an offset."""
        return _is_dynamic(self.type)

    @property
    def head_words(self) -> int:
        """How many words its place takes."""
        return _head_words(self.type)


@dataclass(frozen=True)
class Declaration:
    """An event or a function."""

    name: str
    parameters: tuple[Parameter, ...]
    is_bare: bool
    """Only types were given, of what is no standard event: which arguments of a log are indexed is not known."""

    @cached_property
    def canonical(self) -> str:
        """What is hashed."""
        return f"{self.name}({','.join(parameter.type for parameter in self.parameters)})"

    @property
    def topic(self) -> bytes:
        """The hash that its logs begin with."""
        return signatures.topic(self.canonical)

    @property
    def selector(self) -> bytes:
        """The first four bytes of its call data."""
        return signatures.selector(self.canonical)

    def parameter(self, name: str) -> int | None:
        """The number of an argument by name, or by position from 0."""
        named = (number for number, each in enumerate(self.parameters) if name in {each.name or None, str(number)})
        return next(named, None)

    @property
    def names(self) -> tuple[str, ...]:
        """What its arguments can be called."""
        return tuple(each.name or str(number) for number, each in enumerate(self.parameters))


def declaration(text: str, *, is_event: bool, mark: Mark, field: str) -> Declaration:
    """Read a declaration or a bare signature. Raises `RuleError`."""
    head, opened, rest = text.strip().removeprefix("event ").removeprefix("function ").strip().partition("(")
    name, inside = head.strip(), rest.strip().removesuffix(";").strip()
    if not opened or not inside.endswith(")") or not _NAME.fullmatch(name):
        mark.refuse(field, f"{text!r} is no signature; write it as in {_EXAMPLES[is_event]}")
    _refuse_deep(text, mark, field)
    parts = [part for part in _split(inside[:-1], mark, field) if part]
    if len(parts) > MOST_PARAMETERS:
        mark.refuse(field, f"more than {MOST_PARAMETERS} arguments")
    read = tuple(_parameter(part, mark, field) for part in parts)
    if sum(each.indexed for each in read) > (3 if is_event else 0):
        mark.refuse(field, "an event has at most three indexed arguments, a function none")
    if sum(each.head_words for each in read) > MOST_WORDS:
        mark.refuse(field, f"its arguments take more than {MOST_WORDS} words")
    named = any(each.name or each.indexed for each in read) or not read
    found = Declaration(name, read, is_bare=is_event and not named)
    return found if named else _standard(is_event=is_event).get(found.canonical, found)


_EXAMPLES = {True: "Transfer(address indexed from, address indexed to, uint256 value)", False: "pause(bool on)"}


def _refuse_deep(text: str, mark: Mark, field: str) -> None:
    depth = 0
    for sign in text:
        depth += (sign in "([") - (sign == ")")  # brackets of arrays count without end: they nest from the left
        if depth > DEEPEST:
            mark.refuse(field, f"more than {DEEPEST} brackets inside one another")


@cache
def _standard(*, is_event: bool) -> dict[str, Declaration]:
    mark = Mark("the standard's declarations", 1)
    lines = (STANDARD_EVENTS if is_event else STANDARD_FUNCTIONS).split("\n")
    read = (declaration(line, is_event=is_event, mark=mark, field="") for line in lines if line)
    return {each.canonical: each for each in read}


def _split(text: str, mark: Mark, field: str) -> Iterator[str]:
    """The parts between commas that stand in no bracket."""
    depth, start = 0, 0
    for at, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            break
        if sign == "," and depth == 0:
            yield text[start:at].strip()
            start = at + 1
    if depth:
        mark.refuse(field, f"the brackets of {text!r} do not match")
    yield text[start:].strip()


def _parameter(text: str, mark: Mark, field: str) -> Parameter:
    """One argument: a type, then words; a tuple's type may hold spaces inside its brackets."""
    typed = _TYPE.match(text)
    kind, words = (typed[0], text[typed.end() :].split()) if typed else ("", text.split())
    names = [word for word in words if word not in _LOCATIONS and word != "indexed"]
    if len(names) > 1 or not all(_NAME.fullmatch(name) for name in names):
        mark.refuse(field, f"{text!r} is no argument; write type and name")
    return Parameter(names[0] if names else "", _canonical(kind, mark, field), "indexed" in words)


def _canonical(kind: str, mark: Mark, field: str) -> str:
    """A type as it is hashed."""
    if array := _ARRAY.fullmatch(kind):
        return f"{_canonical(array[1].strip(), mark, field)}[{array[2]}]"
    if kind.endswith(")"):
        inside = kind.removeprefix("tuple").strip()[1:-1]
        members = [_parameter(part, mark, field).type for part in _split(inside, mark, field) if part]
        return f"({','.join(members)})"
    number, fixed = _NUMBER.fullmatch(kind), _FIXED.fullmatch(kind)
    if number and (bits := int(number[2] or 256)) in range(8, 257, 8):
        return f"{number[1]}{bits}"
    if kind in {"address", "bool", "string", "bytes"} or (fixed and 1 <= int(fixed[1]) <= 32):
        return kind
    return mark.refuse(field, f"{kind!r} is no type of the ABI; contracts are `address`, enums `uint8`")


def _members(kind: str) -> list[str]:
    return [part for part in _split(kind[1:-1], Mark("", 0), "") if part]


def _is_dynamic(kind: str) -> bool:
    if array := _ARRAY.fullmatch(kind):
        return not array[2] or _is_dynamic(array[1])
    if kind.startswith("("):
        return any(map(_is_dynamic, _members(kind)))
    return kind in {"string", "bytes"}


def _head_words(kind: str) -> int:
    if _is_dynamic(kind):
        return 1
    if array := _ARRAY.fullmatch(kind):
        return int(array[2]) * _head_words(array[1])
    return sum(map(_head_words, _members(kind))) if kind.startswith("(") else 1
