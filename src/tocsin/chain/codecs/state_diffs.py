"""
State diffs to `state_changes`: Parity's `stateDiff` and geth's prestateTracer in diffMode, to the same rows.

The two say less or more of what did not change; only what differs before and after becomes a row. Of an account
that came into being, `before` is null; of one that ended, `after` is null; of one that was there all along, a
balance, nonce or slot that a format leaves out is zero, and code is empty.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import msgspec
import polars as pl

from tocsin.chain.codecs import hexadecimal as hx
from tocsin.chain.codecs.place import Places
from tocsin.model.errors import MalformedInput
from tocsin.tables import amounts


class Changed(msgspec.Struct, gc=False, rename={"before": "from", "after": "to"}):
    """A value that was there before and after."""

    before: str
    after: str


class Difference(msgspec.Struct, gc=False, rename={"changed": "*", "born": "+", "died": "-"}):
    """One of the three ways a value differs."""

    changed: Changed | None = None
    born: str | None = None
    died: str | None = None


Delta: TypeAlias = Literal["="] | Difference


class ParityAccount(msgspec.Struct, gc=False):
    """What Parity's stateDiff says of one account."""

    balance: Delta = "="
    nonce: Delta = "="
    code: Delta = "="
    storage: dict[str, Delta] = {}


class Account(msgspec.Struct, gc=False):
    """What the prestateTracer says of one account, before or after. Absent is zero before and unchanged after."""

    balance: str | None = None
    nonce: int | str | None = None
    code: str | None = None
    storage: dict[str, str] = {}


class Prestate(msgspec.Struct, gc=False):
    """One transaction's difference by the prestateTracer in diffMode."""

    pre: dict[str, Account]
    post: dict[str, Account]


class PrestateEntry(msgspec.Struct, gc=False, rename="camel"):
    """One transaction's entry in a block trace."""

    result: Prestate | None = None
    tx_hash: str | None = None
    error: str | None = None


Row: TypeAlias = tuple[str, str, str | None, str | None, str | None]
"""Address, kind, slot, before, after; text as it came."""

ZERO = "0x0"
EMPTY_CODE = "0x"


@dataclass(slots=True)
class Changes:
    """Rows of a batch, with the number of the transaction each belongs to."""

    numbers: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def add(self, number: int, rows: Iterator[Row]) -> None:
        """Add the rows of one transaction."""
        found = list(rows)
        self.rows.extend(found)
        self.numbers.extend([number] * len(found))


def parity(accounts: Mapping[str, ParityAccount]) -> Iterator[Row]:
    """The rows of one transaction's stateDiff."""
    for address, account in accounts.items():
        for kind in ("balance", "nonce", "code"):
            delta: Delta = getattr(account, kind)
            if isinstance(delta, Difference):
                yield address, kind, None, *_sides(delta)
        for slot, delta in account.storage.items():
            if isinstance(delta, Difference):
                yield address, "storage", slot, *_sides(delta)


def _sides(delta: Difference) -> tuple[str | None, str | None]:
    if delta.changed is not None:
        return delta.changed.before, delta.changed.after
    return delta.died, delta.born


def prestate(diff: Prestate) -> Iterator[Row]:
    """The rows of one transaction's difference by the prestateTracer."""
    for address in dict.fromkeys((*diff.pre, *diff.post)):
        yield from _account(address, diff.pre.get(address), diff.post.get(address))


def _account(address: str, pre: Account | None, post: Account | None) -> Iterator[Row]:
    before, after = pre or Account(), post or Account()
    for kind, blank in (("balance", ZERO), ("nonce", ZERO), ("code", EMPTY_CODE)):
        was, now = _text(getattr(before, kind)), _text(getattr(after, kind))
        if now is not None or post is None:
            yield address, kind, None, _side(pre, was, blank), _side(post, now, blank)
    for slot in dict.fromkeys((*before.storage, *after.storage)):
        was, now = before.storage.get(slot), after.storage.get(slot)
        yield address, "storage", slot, _side(pre, was, ZERO), _side(post, now, ZERO)


def _text(value: int | str | None) -> str | None:
    return hex(value) if isinstance(value, int) else value


def _side(account: Account | None, value: str | None, blank: str) -> str | None:
    """What one side says; nothing where there is no account, the blank value where the tracer left it out."""
    return None if account is None else value or blank


def state_changes(changes: Changes, places: Places) -> pl.DataFrame:
    """The `state_changes` dataset: every row whose two sides differ."""
    kinds = pl.Series("kind", [kind for _, kind, *_ in changes.rows], dtype=pl.String())
    is_code = (kinds == "code").to_list()
    frame = pl.DataFrame(
        [
            *places.rows(changes.numbers),
            hx.fixed([address for address, *_ in changes.rows], 20, "address"),
            kinds,
            _words([slot for _, _, slot, *_ in changes.rows], "slot"),
            _values([row[3] for row in changes.rows], is_code, "before"),
            _values([row[4] for row in changes.rows], is_code, "after"),
        ]
    )
    return frame.filter(_is_change())


def _is_change() -> pl.Expr:
    """An account that comes or goes with a zero or without code did not change in that respect."""
    blank = pl.when(pl.col("kind") == "code").then(pl.lit(b"")).otherwise(pl.lit(bytes(amounts.WORD_BYTES)))
    return pl.col("before").fill_null(blank) != pl.col("after").fill_null(blank)


def _values(texts: Sequence[str | None], is_code: Sequence[bool], name: str) -> pl.Series:
    """Code as it is, everything else as 32 bytes."""
    code = hx.octets([text if kind else None for text, kind in zip(texts, is_code, strict=True)], name)
    words = _words([None if kind else text for text, kind in zip(texts, is_code, strict=True)], name)
    return words.zip_with(~pl.Series(is_code, dtype=pl.Boolean()), code)


def _words(texts: Sequence[str | None], name: str) -> pl.Series:
    """Quantities and 32-byte values alike, as 32 bytes; leading zeros may be missing."""
    return hx.fixed([None if text is None else _padded(text, name) for text in texts], amounts.WORD_BYTES, name)


def _padded(text: str, name: str) -> str:
    if text[:2] not in ("0x", "0X") or len(text) > 2 + 2 * amounts.WORD_BYTES:
        raise MalformedInput(f"{name}: {text[: hx.SHOWN_CHARACTERS]!r} is not 0x and at most 32 bytes")
    return "0x" + text[2:].rjust(2 * amounts.WORD_BYTES, "0")
