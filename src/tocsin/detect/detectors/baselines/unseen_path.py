"""
A transaction took a way through watched contracts that none had taken before.

The way is which functions of the watched contracts were called in which order, from outside or from within, with the
turns of a loop counted once. Honest use takes few ways; an attack has to take one that nobody foresaw.

## What it finds
One finding for each transaction whose way is new, that contains a step from one function to another never seen before
or comes from a contract never seen before; once 200 transactions are remembered.

* high: by a new contract never seen before (or sent by a fresh account through one), and a watched account lost
  something that matters.
* medium: one of these two, from a contract never seen before.
* low: otherwise.

## Why it matters
It finds attacks whose trick is unknown, and those that are only being prepared.

## Blind spots
Attacks that take an ordinary way with extraordinary amounts. Read-only calls are not part of a way, and neither is what
is not watched: the more of a protocol is watched, the better. History is a week of blocks, at most 64 rows a block:
where more happens, rare steps are forgotten and found again. The age of accounts must be answered by a node.

## Triage
Is the caller an integration or a new front end? If not, see what it took and whether it can come again.

## References
- CrossGuard: control-flow allow lists for contracts (ICSE 2026).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tocsin.detect.accounts import account, questions
from tocsin.detect.detector import MEMORY, Answered, Detector, Example, Memory, Question, Read
from tocsin.detect.detectors.baselines import _losses, _outflows, _paths
from tocsin.detect.detectors.baselines._history import OBSERVATIONS
from tocsin.detect.detectors.baselines._paths import Known, Path, Seen
from tocsin.detect.fusion import NEVER_LOWERED
from tocsin.detect.labels import LABELS_READ
from tocsin.detect.worth import PRICES_READ, Prices
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.model.lookups import Answers, Lookup
from tocsin.tables.dataset import Tables

WINDOW_BLOCKS = 50_400
"""A week of Ethereum blocks."""
MOST_ASKED = 3
"""Callers whose age is asked for."""
CONFIDENCE = {Severity.HIGH: 0.7, Severity.MEDIUM: 0.5, Severity.LOW: 0.4}


@dataclass(frozen=True, slots=True)
class Novelty:
    """A way never taken before."""

    place: Place
    origin: str | None
    contracts: tuple[str, ...]
    strangers: tuple[str, ...]
    """Contracts that called and never had before."""
    new_steps: int
    losers: tuple[str, ...]
    """Watched accounts that lost something that matters."""


def run(tables: Tables) -> Iterator[Question]:
    """A question for each new way: how old its callers are."""
    found = _paths.paths(tables)
    if not found:
        return
    losers = _losers(tables)
    seen = {chain: Seen(tables[MEMORY], chain, WINDOW_BLOCKS) for chain in {path.place["chain_id"] for path in found}}
    for path in found:
        known = seen[path.place["chain_id"]].before(path.place["block_number"])
        if (novelty := _novelty(path, known, losers)) is not None:
            yield Question(lookups=_lookups(novelty), candidate=novelty)


def _losers(tables: Tables) -> dict[tuple[Any, ...], set[bytes]]:
    """By transaction: the watched accounts that lost something that matters, and were not paid for it."""
    found: dict[tuple[Any, ...], set[bytes]] = {}
    prices = Prices.of(tables)
    for change, others in _outflows.losses(_outflows.changes(tables)):
        if _losses.matters(change, others, prices):
            where = (change.place["block_hash"], change.place["transaction_hash"])
            found.setdefault(where, set()).add(change.account)
    return found


def _novelty(path: Path, known: Known, losers: dict[tuple[Any, ...], set[bytes]]) -> Novelty | None:
    visits = [known.get(("visit", _paths.account_key(contract)), 0) for contract in path.contracts]
    if min(visits) < OBSERVATIONS or ("path", path.key) in known:
        return None
    strangers = [caller for caller in path.callers if ("caller", _paths.account_key(caller)) not in known]
    new_steps = sum(("edge", edge) not in known for edge in path.edges)
    if not strangers and not new_steps:
        return None
    where = (path.place["block_hash"], path.place["transaction_hash"])
    return Novelty(
        place=Place.of(path.place),
        origin=hexadecimal(path.origin),
        contracts=tuple(_text(contract) for contract in path.contracts),
        strangers=tuple(_text(caller) for caller in strangers),
        new_steps=new_steps,
        losers=tuple(_text(loser) for loser in sorted(losers.get(where, ()))),
    )


def _text(raw: bytes) -> str:
    return str(hexadecimal(raw))


def _lookups(novelty: Novelty) -> tuple[Lookup, ...]:
    """How old the strangers and the sender are; nothing where nobody is a stranger."""
    if not novelty.strangers:
        return ()
    asked = (*novelty.strangers[:MOST_ASKED], *([novelty.origin] if novelty.origin else ()))
    return questions(novelty.place, asked)


def judge(novelty: Novelty, answers: Answers) -> Sighting:
    """How bad it is, by who came and what left."""
    severity = _severity(novelty, is_new=_is_new(novelty, answers))
    named = {
        **dict.fromkeys(novelty.strangers, "caller"),
        **({novelty.origin: "sender"} if novelty.origin else {}),
        **dict.fromkeys(novelty.contracts, "contract"),
        **dict.fromkeys(novelty.losers, "victim"),
    }
    return Sighting(
        place=novelty.place,
        severity=severity,
        confidence=CONFIDENCE[severity],
        title="Watched contracts were called in an order never seen before",
        summary=_summary(novelty),
        entities=tuple(Entity(role, address) for address, role in named.items()),
        values={"new_steps": novelty.new_steps, "callers_never_seen": len(novelty.strangers)},
        labels=(NEVER_LOWERED,) if novelty.losers else (),
    )


def _severity(novelty: Novelty, *, is_new: bool) -> Severity:
    if not novelty.strangers:
        return Severity.LOW
    signs = is_new + bool(novelty.losers)
    return (Severity.LOW, Severity.MEDIUM, Severity.HIGH)[signs]


def _is_new(novelty: Novelty, answers: Answers) -> bool:
    """Whether a stranger is a new contract, or the sender a fresh account."""
    strangers = [account(novelty.place, each, answers) for each in novelty.strangers[:MOST_ASKED]]
    sender = account(novelty.place, novelty.origin, answers) if novelty.origin else None
    return any(each.is_young for each in strangers) or (sender is not None and sender.is_fresh)


def _summary(novelty: Novelty) -> str:
    by = f", called by {', '.join(novelty.strangers[:MOST_ASKED])}, never seen before" if novelty.strangers else ""
    lost = f" {', '.join(novelty.losers)} lost something in it." if novelty.losers else ""
    return (
        f"A transaction of {novelty.origin} took a new way through {', '.join(novelty.contracts[:MOST_ASKED])}{by}; "
        f"{novelty.new_steps} of its steps are new.{lost}"
    )


_DEPOSIT, _WITHDRAW, _SKIM = b"\1\1\1\1", b"\2\2\2\2", b"\3\3\3\3"


def _called(block: int, *functions: bytes, caller: str = "alice") -> list[dict[str, Any]]:
    return [
        {
            "block_number": block, "from_address": caller, "to_address": "vault", "selector": function,
            "call_type": "call", "call_index": number,
        }
        for number, function in enumerate(functions)
    ]  # fmt: skip


def _sent(block: int, sender: str = "alice") -> dict[str, Any]:
    return {"block_number": block, "from_address": sender}


_HISTORY = [
    {**call, "transaction_index": number}
    for number in range(200)
    for call in _called(1, (_DEPOSIT, _WITHDRAW)[number % 2])
]
_SENT = [{**_sent(1), "transaction_index": number} for number in range(200)]
_WATCHED = [{"address": "vault", "kind": "watched"}]
_OUT = {
    "block_number": 300, "token_address": "usd", "standard": "erc20", "from_address": "vault", "to_address": "attack",
    "value": 9_000,
}  # fmt: skip
_NEW: Answered = {("eth_getCode", "mallory"): "0x", ("eth_getTransactionCount", "mallory"): "0x1"}

detector = Detector(
    id="unseen-path",
    severity=Severity.HIGH,
    reads={
        "calls": Read(columns=_paths.COLUMNS),
        "transactions": Read(columns=("from_address",)),
        "transfers": Read(columns=_outflows.TRANSFERS),
        "labels": LABELS_READ,
        "prices": PRICES_READ,
    },
    memory=Memory(columns=_paths.REMEMBERED, window_blocks=WINDOW_BLOCKS, remember=_paths.remember),
    run=run,
    judge=judge,
    examples=(
        Example(
            says="a fresh account's contract deposits and withdraws at once, and the vault loses; another way without "
            "a loss is medium, and low by an ordinary sender",
            tables={
                "calls": [
                    *_HISTORY,
                    *_called(300, _DEPOSIT, _WITHDRAW, caller="attack"),
                    *_called(301, _WITHDRAW, _DEPOSIT, caller="another"),
                    *_called(302, _DEPOSIT, _SKIM),
                ],
                "transactions": [*_SENT, _sent(300, "mallory"), _sent(301, "mallory"), _sent(302)],
                "transfers": [_OUT],
                "labels": _WATCHED,
            },
            answers=_NEW,
            finds=(
                {
                    "severity": "high",
                    "confidence": 0.7,
                    "entities": {"victim": "vault", "caller": "attack", "sender": "mallory"},
                    "values": {"new_steps": 1},
                },
                {"severity": "medium", "block_number": 301, "entities": {"contract": "vault", "caller": "another"}},
                {"severity": "low", "block_number": 302},
            ),
        ),
        Example(
            says="known ways, turns of a loop, a new way of known steps by a known caller, and what is not watched",
            tables={
                "calls": [
                    *_HISTORY,
                    *_called(201, _DEPOSIT, _WITHDRAW, _DEPOSIT, _SKIM),
                    *_called(300, _DEPOSIT),
                    *_called(301, *(_DEPOSIT for _ in range(9))),
                    *_called(302, _DEPOSIT, _WITHDRAW, _DEPOSIT),
                    *({**call, "to_address": "other"} for call in _called(303, _DEPOSIT, _SKIM, caller="attack")),
                ],
                "transactions": [*_SENT, *(_sent(block) for block in (201, 300, 301, 302)), _sent(303, "mallory")],
                "labels": _WATCHED,
            },
            finds=({"severity": "low", "values": {"new_steps": 3}},),
        ),
        Example(
            says="too little is remembered",
            tables={
                "calls": _called(300, _DEPOSIT, _SKIM, caller="attack"),
                "transactions": [_sent(300, "mallory")],
                "labels": _WATCHED,
            },
        ),
    ),
)
