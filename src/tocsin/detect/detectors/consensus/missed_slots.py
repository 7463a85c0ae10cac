"""
Many slots pass without a block.

## What it finds
The share of empty slots among the last 32 and the last 64, whichever is higher, looked at when a block comes after an
empty slot. One finding when it begins and one when it gets worse.

* high: more than a quarter.
* medium: more than a tenth. About one slot in a hundred is empty when all is well.

Slots are read off the timestamps of execution blocks, exactly: no beacon node is needed.

## Why it matters
Empty slots mean that proposers are offline, cut off or attacked, or that their blocks come too late. Everything
on-chain is slower and dearer meanwhile, liquidations and oracle updates included.

## Blind spots
Only chains whose slots are known: Ethereum, Gnosis, Holesky, Hoodi, Sepolia. Only blocks that follow one another
without a hole. While no block comes at all there is nothing to look at: the watching says that the chain stands still.
Whose turn the empty slots were is not told here. Test networks are often like this: `deny` it there.

## Triage
Compare with a public explorer. See `finality-delay` and `low-participation`: if validators are gone, these follow. If
only this node misses blocks that others have, it is the node.

## References
- https://eth2book.info/latest/part2/building_blocks/randomness/
- https://github.com/ethereum/consensus-specs
"""

from collections.abc import Iterator, Sequence
from typing import Any

from tocsin.chain.beacon.slots import CLOCKS
from tocsin.detect.detector import MEMORY, Detector, Example, Memory, Read
from tocsin.detect.detectors.consensus import _onsets, _slot_gaps
from tocsin.detect.detectors.consensus._slot_gaps import NEW, READ, REMEMBERED, Block, Chain
from tocsin.model.finding import Severity, Sighting
from tocsin.tables.dataset import Tables

WINDOWS_SLOTS = (32, 64)
MEDIUM_PERCENT, HIGH_PERCENT = 10, 25
"""Of the slots of a window (reference: detection, section 4.39)."""
QUIET_SLOTS = 64
"""So many slots in which it is not as bad, and it is over (design)."""
WINDOW_BLOCKS = max(WINDOWS_SLOTS) + QUIET_SLOTS
CONFIDENCE = 0.95
"""Every node that has these blocks agrees on their timestamps."""


def run(tables: Tables) -> Iterator[Sighting]:
    """A sighting where the share of empty slots rises above a threshold."""
    if not _slot_gaps.may_be_missing(tables[MEMORY]):
        return
    chain = Chain(tables[MEMORY])
    for row in tables[NEW].sort("chain_id", "block_number", "block_hash").iter_rows(named=True):
        newest = next(chain.back_from(row), None)
        if newest is not None and newest.missed:
            yield from _judged(_back(chain, row))


def _back(chain: Chain, row: dict[str, Any]) -> list[Block]:
    """A block and those before it, as far as any of them matters."""
    blocks: list[Block] = []
    for block in chain.back_from(row):
        if blocks and blocks[0].slot - block.slot > WINDOW_BLOCKS:
            break
        blocks.append(block)
    return blocks


def _judged(blocks: Sequence[Block]) -> Iterator[Sighting]:
    missed, window = _worst(blocks)
    severity = _severity(missed, window)
    earlier = (
        _severity(*_worst(blocks[number:]))
        for number, block in enumerate(blocks)
        if number and block.missed and blocks[0].slot - block.slot <= QUIET_SLOTS
    )
    if severity is not None and all(level is None or level < severity for level in earlier):
        yield _sighting(blocks[0], missed, window, severity)


def _worst(blocks: Sequence[Block]) -> tuple[int, int]:
    """Empty slots and the window they were counted in, where the share is highest; only of windows known whole."""
    newest, oldest = blocks[0].slot, blocks[-1].slot - blocks[-1].missed
    found = [(0, WINDOWS_SLOTS[0])]
    for window in WINDOWS_SLOTS:
        first = newest - window + 1
        if oldest <= first:
            there = sum(block.slot >= first for block in blocks)
            found.append((window - there, window))
    return max(found, key=lambda pair: (pair[0] / pair[1], pair[1]))


def _severity(missed: int, window: int) -> Severity | None:
    if 100 * missed > HIGH_PERCENT * window:
        return Severity.HIGH
    return Severity.MEDIUM if 100 * missed > MEDIUM_PERCENT * window else None


def _sighting(block: Block, missed: int, window: int, severity: Severity) -> Sighting:
    return Sighting(
        place=_onsets.place(block.row),
        severity=severity,
        confidence=CONFIDENCE,
        title=f"{missed} of the last {window} slots are empty",
        summary=f"Up to slot {block.slot}, {missed} of {window} slots passed without a block "
        f"({100 * missed // window} %); about 1 % is normal.",
        values={"missed_slots": missed, "window_slots": window, "slot": block.slot},
        key="missed-slots",
    )


_CLOCK = CLOCKS[1]


def _blocks(slots: Sequence[int], chain_id: int = 1) -> list[dict[str, Any]]:
    """Blocks in these slots, each on the one before."""
    return [
        {
            "chain_id": chain_id,
            "block_number": number + 1,
            "block_hash": f"block-{number + 1}",
            "parent_hash": f"block-{number}",
            "timestamp": _CLOCK.starts_at(5_000_000 + slot),
        }
        for number, slot in enumerate(slots)
    ]


_FULL = list(range(70))

detector = Detector(
    id="missed-slots",
    severity=Severity.HIGH,
    reads={"blocks": Read(columns=READ)},
    memory=Memory(
        columns=REMEMBERED,
        window_blocks=WINDOW_BLOCKS,
        remember=_slot_gaps.remember,
        prepare=_slot_gaps.prepare,
    ),
    run=run,
    examples=(
        Example(
            says="four of 32 slots are empty, then nine: once for each",
            tables={"blocks": _blocks([*_FULL, 74, 75, 81, 82])},
            finds=(
                {"severity": "medium", "values": {"missed_slots": 4, "window_slots": 32, "slot": 5_000_074}},
                {"severity": "high", "values": {"missed_slots": 9, "window_slots": 32, "slot": 5_000_081}},
            ),
        ),
        Example(
            says="seven of 64, spread out",
            tables={"blocks": _blocks([slot for slot in range(140) if slot % 10])},
            finds=({"severity": "medium", "values": {"missed_slots": 4, "window_slots": 32}},),
        ),
        Example(
            says="one empty slot in thirty is nothing; of a chain whose slots are not known nothing is said",
            tables={"blocks": [*_blocks([s for s in range(140) if s % 30]), *_blocks([*_FULL, 99], chain_id=990_001)]},
        ),
        Example(says="too few blocks to say", tables={"blocks": _blocks([0, 1, 9, 10])}),
    ),
)
