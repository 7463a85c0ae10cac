"""
A call did what no earlier call of a watched contract did.

Of every function of a watched contract is learned what has always held: that callers were the senders of their
transactions and no contracts, that nobody came twice in a block, how large the amounts given to it were, how much gas
was there, how much of a token went out. An attack breaks several of these at once.

## What it finds
One finding for each transaction and watched contract.

* critical: a contract called that no contract called before, it came twice in a block or with an amount larger than
  any before, and more of a token went out than ever, worth a thousand dollars or of unknown worth, for nothing.
* high: the first two of these.
* medium: more of a token went out than ever, and a contract called or brought more gas than anybody before.
* low: one of these, or gas alone.

## Why it matters
It finds attacks whose trick is unknown, while honest users go on doing what they always did.

## Blind spots
Contracts that contracts call every day; functions with fewer than 200 remembered calls; what was never called before.
Arguments beyond the sixth word, and amounts above 2^112. Values read from storage are not looked at. Learned is the
first seven tenths of a week of blocks, and kept is what broke in at most 1 % of the rest, or once; an upgrade that is
announced (`Upgraded`) begins a new history. One row is remembered for each block, contract and function or token that
went out, at most 16 of a contract a block.

## Triage
Is the caller an integration of yours, or of a partner? If not, see what it took, and pause the contract if it can come
again.

## References
- Demystifying Invariant Effectiveness for Securing Smart Contracts (FSE 2024).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tocsin.detect.detector import MEMORY, Detector, Example, Memory, Read
from tocsin.detect.detectors.baselines import _calls, _invariants
from tocsin.detect.detectors.baselines._history import Track, tracks
from tocsin.detect.detectors.baselines._invariants import UPGRADED, Broken, Visit, visits
from tocsin.detect.detectors.baselines._outflows import TRANSFERS
from tocsin.detect.fusion import NEVER_LOWERED
from tocsin.detect.labels import LABELS_READ
from tocsin.detect.worth import PRICES_READ
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.tables import literal
from tocsin.tables.dataset import Tables

WINDOW_BLOCKS = 50_400
"""A week of Ethereum blocks."""
CONFIDENCE = {Severity.CRITICAL: 0.9, Severity.HIGH: 0.8, Severity.MEDIUM: 0.5, Severity.LOW: 0.3}
_WORDS = {
    "direct": "a contract called, which only senders of transactions did",
    "once": "somebody came twice in a block",
    "amount": "an amount was larger than any before",
    "gas": "there was more gas than at any call before",
    "out": "more of a token went out than ever before",
}
"""By invariant: what it means that it is broken."""
_KEY = ("contract", "kind", "subject")


def run(tables: Tables) -> Iterator[Sighting]:
    """The visits that break what was learned of the contract."""
    found = visits(tables)
    if not found:
        return
    known = tracks(tables[MEMORY], _KEY, {_key(visit, subject) for visit in found for subject in visit.uses})
    upgrades = _invariants.upgrades(tables[MEMORY])
    learned: dict[tuple[Any, ...], Any] = {}
    for visit in found:
        block, contract = visit.place["block_number"], (visit.place["chain_id"], visit.contract)
        since = block - max(block - WINDOW_BLOCKS, _invariants.since_upgrade(upgrades.get(contract, ()), block))
        broken: list[Broken] = []
        for subject, use in visit.uses.items():
            key = _key(visit, subject)
            if (key, block) not in learned:
                learned[key, block] = _learned(known.get(key), subject, block, since)
            broken.extend(learned[key, block].broken(use) if learned[key, block] else ())
        if any(visit.lost or each.name != "out" for each in broken):
            yield _sighting(visit, broken)


def _key(visit: Visit, subject: tuple[str, bytes]) -> tuple[Any, ...]:
    return (visit.place["chain_id"], visit.contract, *subject)


def _learned(known: Track | None, subject: tuple[str, bytes], block: int, since: int) -> _invariants.Learned | None:
    return None if known is None else _invariants.learn(subject, known.before(block, since))


def _severity(names: frozenset[str]) -> Severity:
    """As the reference combines them: the default combination, and the flow out as a weight of its own."""
    if "direct" in names and names & {"once", "amount"}:
        return Severity.CRITICAL if "out" in names else Severity.HIGH
    return Severity.MEDIUM if "out" in names and names & {"direct", "gas"} else Severity.LOW


def _sighting(visit: Visit, broken: Sequence[Broken]) -> Sighting:
    names = frozenset(each.name for each in broken if visit.lost or each.name != "out")
    severity, contract = _severity(names), str(hexadecimal(visit.contract))
    told = "; ".join(words for name, words in _WORDS.items() if name in names)
    return Sighting(
        place=Place.of(visit.place),
        severity=severity,
        confidence=CONFIDENCE[severity],
        title="A watched contract was used as never before",
        summary=f"At {contract}, in a transaction of {hexadecimal(visit.origin)}: {told}.",
        entities=(
            Entity("victim" if "out" in names else "contract", contract),
            *(Entity("caller", str(hexadecimal(caller))) for caller in sorted(visit.callers)),
            *(Entity("sender", str(hexadecimal(sender))) for sender in [visit.origin] if sender),
        ),
        values={"broken": tuple(_told(each) for each in broken)},
        labels=(NEVER_LOWERED,) if "out" in names else (),
        key=contract,
    )


def _told(broken: Broken) -> tuple[str, ...]:
    """Name, function or token and, of a cap, about how many times the learned one."""
    times = (f"{broken.seen / broken.learned:.1f} times the cap",) if broken.learned else ()
    return (broken.name, str(hexadecimal(broken.subject)), *times)


_FUNCTION = b"\1\2\3\4"


def _called(block: int, amount: int, *, caller: str = "", gas: int = 200_000, index: int = 0) -> dict[str, Any]:
    return {
        "block_number": block, "from_address": caller or f"user-{block % 7}", "to_address": "vault",
        "selector": _FUNCTION, "call_type": "call", "gas": gas, "call_index": index,
        "input": _FUNCTION + literal.words(amount),
    }  # fmt: skip


def _sent(block: int, sender: str = "") -> dict[str, Any]:
    return {"block_number": block, "from_address": sender or f"user-{block % 7}"}


def _out(block: int, amount: int) -> dict[str, Any]:
    return {
        "block_number": block, "token_address": "usd", "standard": "erc20", "from_address": "vault",
        "to_address": "alice", "value": amount,
    }  # fmt: skip


_DAYS = [(block, number) for block in range(1, 11) for number in range(20)]
"""Just enough calls, twenty a block."""


def _nth(row: Mapping[str, Any], number: int) -> dict[str, Any]:
    """The row in this transaction of its block."""
    return {**row, "transaction_index": number}


def _history(**more: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    rows: dict[str, list[Any]] = {
        "calls": [_nth(_called(block, 1_000, caller=f"user-{number}"), number) for block, number in _DAYS],
        "transactions": [_nth(_sent(block, f"user-{number}"), number) for block, number in _DAYS],
        "transfers": [_nth(_out(block, 1_000), number) for block, number in _DAYS],
        "labels": [{"address": "vault", "kind": "watched"}],
    }
    return {name: [*rows.get(name, ()), *more.get(name, ())] for name in (*rows, *(more.keys() - rows.keys()))}


detector = Detector(
    id="invariant-break",
    severity=Severity.CRITICAL,
    reads={
        "calls": Read(columns=(*_calls.COLUMNS, "gas", "input")),
        "transactions": Read(columns=("from_address",)),
        "transfers": Read(columns=TRANSFERS),
        "labels": LABELS_READ,
        "prices": PRICES_READ,
        "logs": Read(columns=("address", "topic0"), topic0=(UPGRADED,)),
    },
    memory=Memory(columns=_invariants.REMEMBERED, window_blocks=WINDOW_BLOCKS, remember=_invariants.remember),
    run=run,
    examples=(
        Example(
            says="a contract comes with a larger amount and takes more than ever; ordinary use, little more than "
            "before, other contracts, and a new implementation are left alone",
            tables=_history(
                calls=[
                    _called(298, 1_050),
                    {**_called(299, 90_000, caller="attack"), "to_address": "other"},
                    _called(300, 50_000, caller="attack"),
                    _called(302, 90_000, caller="attack"),
                ],
                transactions=[_sent(298), *(_sent(block, "mallory") for block in (299, 300, 302))],
                transfers=[_out(300, 50_000)],
                logs=[{"block_number": 301, "address": "vault", "topic0": UPGRADED}],
            ),
            finds=(
                {
                    "severity": "critical",
                    "entities": {"victim": "vault", "caller": "attack", "sender": "mallory"},
                    "labels": ["watched-loss"],
                },
            ),
        ),
        Example(
            says="a contract that comes twice is high; one that takes more than ever is medium; one thing is low",
            tables=_history(
                calls=[
                    _called(300, 900, caller="attack"),
                    _called(300, 900, caller="attack", index=2),
                    _called(301, 900, caller="attack"),
                    _called(302, 900, gas=900_000),
                ],
                transactions=[_sent(300, "mallory"), _sent(301, "mallory"), _sent(302)],
                transfers=[_out(301, 50_000)],
            ),
            finds=({"severity": "high"}, {"severity": "medium"}, {"severity": "low", "confidence": 0.3}),
        ),
        Example(
            says="too little is remembered",
            tables={
                "calls": [_called(1, 1_000), _called(2, 50_000, caller="attack")],
                "transactions": [_sent(1), _sent(2, "mallory")],
                "transfers": [_out(2, 50_000)],
                "labels": [{"address": "vault", "kind": "watched"}],
            },
        ),
    ),
)
