"""
A swap by hash time locks does not protect both sides.

Two people lock tokens for one another under the same hash; whoever claims shows the secret, with which the other can
claim too, if there is still time. Everything rests on the order of the times, and on the secret being one.

## What it finds
The legs of a swap are joined by their hash, within a chain and across those that are watched.

* critical: a claim showed the secret after the other leg had been taken back, or while less than an hour or a quarter
  of its time was left to claim it.
* high: the second lock lasts as long as the first, or longer: who knows the secret can take back his own and claim the
  other's; a leg was taken back after the secret was shown, so that one side got both; something was locked under a hash
  whose secret is known to everybody.
* medium: the first lock outlasts the second by less than an hour; the secret is small enough to be guessed.
* low: five locks and more of one account's swaps were called off within a day. Who never claims keeps others' tokens
  locked, and risks only his own time.

What another chain's block made known later stands in the block of the event that it is about.

## Why it matters
The one who locked second can still be saved while the secret is not shown: by not locking more, or by an issuer who
freezes what will be claimed. Once it is shown on one leg, the other must be claimed before its time is over.

## Blind spots
Any contract may write these events; nothing says that it holds what it says. So of what one transaction makes wrong the
first eight findings are more than medium, and of more than a hundred locks under one hash the first and the last fifty
are compared. Whether the amounts are what was agreed. Legs on chains that are not watched, and off chain; contracts
whose events are not known (add theirs to `_families.py`), locks that count in blocks instead of seconds. Two locks
under one hash on two chains are taken for one swap whoever made them. Secrets that are shown in call data only, or
copied while pending. Two legs with different hash functions. Somebody may swap with himself.

## Triage
Tell the one whose leg is at risk what must be claimed, where, and until when. Ask the issuer of a token that can be
frozen. For called-off swaps: ask the account; market makers cancel.

## References
- https://github.com/bitcoin/bips/blob/master/bip-0199.mediawiki
- https://eprint.iacr.org/2019/896
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from tocsin.detect.detector import MEMORY, Detector, Example, Memory
from tocsin.detect.detectors.htlc._called_off import called_off, griefing
from tocsin.detect.detectors.htlc._examples import (
    BEGUN,
    CALLED_OFF,
    DAY,
    FAR,
    HOME,
    IN_ORDER,
    at,
    claim,
    lock,
    refund,
)
from tocsin.detect.detectors.htlc._faults import Fault, faults
from tocsin.detect.detectors.htlc._locks import LOCKS, READS, REMEMBERED, Row, prepare, remember, swaps, touched
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.tables.dataset import Tables

WINDOW_BLOCKS = 400_000
"""Of each chain: eight weeks of Ethereum, nine days where a block takes two seconds."""

MOST_SEVERE = 8
"""Findings about one transaction that may be more than medium: one alarm is enough, and events are cheap."""

TITLES: Mapping[str, str] = {
    "order": "In a swap the time locks stand in the wrong order",
    "both": "One side of a swap claimed a leg after the other had been taken back",
    "near": "The secret of a swap was shown while the other leg is nearly over",
    "late": "A leg of a swap was taken back although its secret was known",
    "known": "Something was locked under a secret that everybody knows",
    "weak": "The secret of a swap can be guessed",
}
SAYS: Mapping[str, str] = {
    "order": "{order}: who made the first and knows the secret can take it back and then claim the other.",
    "both": "{owner} cannot use the secret any more.",
    "near": "{owner} has {seconds} seconds left to claim the other leg.",
    "late": "It had been shown {seconds} seconds before; {owner} did not use it.",
    "known": "It was shown {seconds} seconds before: {receiver} can claim it and give nothing.",
    "weak": "It is a number of less than 64 bits: anybody may find it and claim.",
}


def run(tables: Tables) -> Iterator[Sighting]:
    """What these blocks made wrong with swaps, and who called off many."""
    new = tables[LOCKS]
    if new.is_empty():
        return
    memory = tables[MEMORY]
    blocks = set(new.select("chain_id", "block_number").iter_rows())

    def is_new(row: Row) -> bool:
        return (row["chain_id"], row["block_number"]) in blocks

    told = Counter[tuple[int, bytes | None]]()
    for legs in swaps(memory, touched(memory, new)).values():
        for fault in faults(legs, is_new):
            where = (fault.at["chain_id"], fault.at["transaction_hash"])
            told[where] += 1
            lowered = replace(fault, severity=min(fault.severity, Severity.MEDIUM))
            yield _sighting(fault if told[where] <= MOST_SEVERE else lowered)
    yield from (griefing(each) for each in called_off(memory, new))


def _sighting(fault: Fault) -> Sighting:
    held, other, owner = fault.leg.lock, fault.other.lock, _hex(fault.leg.lock["sender"])
    amount = int.from_bytes(held["value_binary"] or b"", "big")
    said = SAYS[fault.kind].format(
        owner=owner, receiver=_hex(held["receiver"]), seconds=fault.seconds, order=_order(fault.seconds)
    )
    return Sighting(
        place=Place.of(fault.at),
        severity=fault.severity,
        confidence=fault.confidence,
        title=TITLES[fault.kind],
        summary=f"{owner} had locked {amount} base units of {_hex(held['token'])} for {_hex(held['receiver'])} on "
        f"chain {held['chain_id']} under the hash {_hex(held['hash'])}; the other leg is on chain {other['chain_id']}. "
        + said,
        entities=(
            Entity("victim", owner),
            Entity("counterparty", _hex(held["receiver"])),
            Entity("lock_contract", _hex(held["contract"])),
        ),
        values={
            "hash": _hex(held["hash"]),
            "token": _hex(held["token"]),
            "amount": amount,
            "seconds": fault.seconds,
            "other_chain_id": other["chain_id"],
        },
        key=f"{fault.kind}:{fault.at['log_index']}:{_hex(other['contract'])}:{_hex(other['lock_id'])}",
    )


def _order(seconds: int) -> str:
    """How the second lock stands to the first, which outlasts it by this."""
    if seconds < 0:
        return f"The second lock lasts {-seconds} seconds longer than the first"
    return f"The first lock lasts only {seconds} seconds longer than the second" if seconds else "Both end together"


def _hex(raw: bytes | None) -> str:
    return str(hexadecimal(raw))


detector = Detector(
    id="htlc-fault",
    severity=Severity.CRITICAL,
    reads=READS,
    run=run,
    memory=Memory(
        columns=REMEMBERED, window_blocks=WINDOW_BLOCKS, remember=remember, prepare=prepare, across_chains=True
    ),
    examples=(
        Example(
            says="the second lock lasts longer than the first; then one side takes both",
            tables={
                "blocks": [*BEGUN, at(HOME, 3, DAY), at(FAR, 4, DAY + 60)],
                "logs": [
                    lock(HOME, 1, ("given", "first", "second"), 1),
                    lock(FAR, 2, ("wanted", "second", "first"), 2),
                    refund(HOME, 3, "given"),
                    claim(FAR, 4, "wanted"),
                ],
            },
            finds=(
                {
                    "severity": "high",
                    "block_number": 2,
                    "chain_id": FAR,
                    "entities": {"victim": "second", "counterparty": "first"},
                    "values": {"amount": 700, "seconds": -DAY},
                },
                {"severity": "critical", "block_number": 4, "entities": {"victim": "second"}},
            ),
        ),
        Example(
            says="the secret is shown an hour before the other leg is over, which is then taken back",
            tables={
                "blocks": [*BEGUN, at(FAR, 3, 2 * DAY - 3_000), at(HOME, 4, 2 * DAY)],
                "logs": [*IN_ORDER, claim(FAR, 3, "wanted"), refund(HOME, 4, "given")],
            },
            finds=(
                {"severity": "critical", "block_number": 3, "values": {"seconds": 3_000}},
                {"severity": "high", "block_number": 4},
            ),
        ),
        Example(
            says="half an hour between the two is little; a secret of a few bits is none",
            tables={
                "blocks": [*BEGUN, at(FAR, 3, 120)],
                "logs": [
                    lock(HOME, 1, ("given", "first", "second"), 1.02),
                    IN_ORDER[1],
                    claim(FAR, 3, "wanted", b"\x07".rjust(32, b"\0")),
                ],
            },
            finds=({"severity": "medium", "block_number": 2}, {"severity": "medium", "block_number": 3}),
        ),
        Example(
            says="locked again under a hash whose secret was shown",
            tables={
                "blocks": [*BEGUN, at(FAR, 3, 120), at(HOME, 4, 180), at(HOME, 5, 240)],
                "logs": [
                    *IN_ORDER,
                    claim(FAR, 3, "wanted"),
                    claim(HOME, 4, "given"),
                    lock(HOME, 5, ("again", "third", "fourth"), 2),
                ],
            },
            finds=({"severity": "high", "block_number": 5, "entities": {"victim": "third"}},),
        ),
        Example(
            says="three swaps of one account are called off within a day",
            tables={
                "blocks": [at(HOME, 1, 0), at(HOME, 2, DAY), at(HOME, 3, 2 * DAY)],
                "logs": [
                    *CALLED_OFF,
                    *(refund(HOME, 2, f"wanted {n}", n) for n in range(3)),
                    *(refund(HOME, 3, f"given {n}", n) for n in range(3)),
                ],
            },
            finds=({"severity": "low", "block_number": 2, "entities": {"account": "grief"}},),
        ),
        Example(
            says="a swap in the right order, claimed in time",
            tables={
                "blocks": [*BEGUN, at(FAR, 3, DAY - 8_640), at(HOME, 4, DAY - 8_000)],
                "logs": [*IN_ORDER, claim(FAR, 3, "wanted"), claim(HOME, 4, "given")],
            },
        ),
        Example(
            says="a swap that both call off, and an event that is cut off",
            tables={
                "blocks": [*BEGUN, at(FAR, 3, DAY), at(HOME, 4, 2 * DAY)],
                "logs": [
                    *IN_ORDER,
                    refund(FAR, 3, "wanted"),
                    refund(HOME, 4, "given"),
                    {**IN_ORDER[0], "block_number": 4, "data": b"\x01", "log_index": 9},
                ],
            },
        ),
    ),
)
