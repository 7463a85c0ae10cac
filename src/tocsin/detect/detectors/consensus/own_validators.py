"""
Validators of the organisation are slashed, or leave.

## What it finds
Of the validators that the beacon node was asked about as the organisation's own; those to which the same happens in one
block are one finding.

* critical: slashed, and not yet paid out.
* high: leaving. The exit is announced, included in a block, or shows in the validator's status.
* low: out: exited, or with its stake being paid out.

Confidence 0.95 when two beacon nodes say so, 0.5 with one.

## Why it matters
A slashed validator loses stake every day until it is out, and its twin, if the key runs on two machines, makes it
worse. An exit cannot be taken back: whoever has the key can make one, and the stake is then idle for days or weeks.

## Blind spots
Whether an exit is wanted nobody can see: announce it. Balances that shrink are not looked at; see
`inactive-validators` for validators that do nothing. The sync committee's work is not read. Exits asked for by a
withdrawal contract (EIP-7002) show only in the status.

## Triage
Slashed: stop every machine that holds the key, all of them, then find out which ran twice; check the others of the same
set-up before they follow. Leaving and not wanted: the key is known to somebody else; secure the withdrawal address,
which an exit does not change, and renew every key kept in the same place.

## References
- https://eth2book.info/latest/part2/incentives/slashing/
- https://hackmd.io/ofFJ5gOmQpu1jjHilHbdQQ
"""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from tocsin.detect.detector import Detector, Example, Read
from tocsin.detect.detectors.consensus import _onsets
from tocsin.detect.detectors.consensus._listed import listed
from tocsin.detect.detectors.consensus._onsets import Graded
from tocsin.model.finding import Severity, Sighting
from tocsin.tables.dataset import Tables

SLASHED, LEAVING, OUT = "slashed", "leaving", "out"
_LEVELS: Mapping[str, Severity] = {SLASHED: Severity.CRITICAL, LEAVING: Severity.HIGH, OUT: Severity.LOW}
_SAYS: Mapping[str, tuple[str, str]] = {
    SLASHED: ("Own validators are slashed", "are slashed. They lose stake until they are out"),
    LEAVING: ("Own validators are leaving", "have announced their exit, which cannot be taken back"),
    OUT: ("Own validators are out", "have left and attest no more"),
}
_STATUS: Mapping[str, str] = {
    "active_slashed": SLASHED,
    "exited_slashed": SLASHED,
    "active_exiting": LEAVING,
    "exited_unslashed": OUT,
    "withdrawal_possible": OUT,
    "withdrawal_done": OUT,
}
"""By status in the Beacon API's words (reference: detection, section 4.39; the severities are this project's own)."""
_PAID_OUT = frozenset({"withdrawal_possible", "withdrawal_done"})


def grade(tables: Tables) -> Iterator[Graded]:
    """Each own validator that is slashed, leaving or out, as each block shows it."""
    saying: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row, problem in _problems(tables):
        saying.setdefault((row["chain_id"], row["block_hash"], row["validator_index"], problem), []).append(row)
    for (*_, index, problem), rows in saying.items():
        yield Graded(
            row=rows[0],
            subject=f"{problem}:{index}",
            level=_LEVELS[problem],
            value=index,
            observers=len({row["observer"] for row in rows}),
            detail=problem,
        )


def _problems(tables: Tables) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Rows of which each says that something is wrong with an own validator, and what."""
    rows = tables["own_validators"]
    for row in rows.iter_rows(named=True):
        problem = _problem(row)
        if problem is not None:
            yield row, problem
    if "voluntary_exits" in tables:
        own = set(rows.select("chain_id", "validator_index").rows())
        for row in tables["voluntary_exits"].iter_rows(named=True):
            if (row["chain_id"], row["validator_index"]) in own:
                yield row, LEAVING


def _problem(row: Mapping[str, Any]) -> str | None:
    """What is wrong with a validator. Who was slashed stays so for ever: when the stake is paid out it is over."""
    by_status = _STATUS.get(row["status"] or "")
    return SLASHED if row["is_slashed"] and row["status"] not in _PAID_OUT else by_status


def run(tables: Tables) -> Iterator[Sighting]:
    """A sighting for each block and each thing that begins in it."""
    found = sorted(_onsets.onsets(tables), key=_together)
    for _, rows in groupby(found, key=_together):
        group = list(rows)
        yield _sighting(group[0], sorted({row["value"] for row in group}), min(row["observers"] for row in group))


def _together(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["chain_id"], row["block_number"] or 0, row["block_hash"] or b"", row["detail"]


def _sighting(row: Mapping[str, Any], validators: list[int], observers: int) -> Sighting:
    title, said = _SAYS[row["detail"]]
    shown, more = listed(validators)
    return Sighting(
        place=_onsets.place(row),
        severity=Severity(row["level"]),
        confidence=_onsets.confidence(observers),
        title=title,
        summary=f"Validators {shown}{more} {said}.",
        values={"problem": row["detail"], "validators": len(validators), "validator_indices": shown},
        key=row["detail"],
    )


def _own(index: int, status: str = "active_ongoing", block: int = 1, **other: Any) -> dict[str, Any]:
    return {"validator_index": index, "status": status, "block_number": block, "is_slashed": False, **other}


detector = Detector(
    id="own-validators",
    severity=Severity.CRITICAL,
    reads={
        "own_validators": Read(columns=("observer", "validator_index", "status", "is_slashed")),
        "voluntary_exits": Read(columns=("observer", "validator_index"), optional=True),
    },
    memory=_onsets.memory_of(grade),
    run=run,
    examples=(
        Example(
            says="two are slashed in one block, and still are in the next",
            tables={
                "own_validators": [
                    _own(1, "active_slashed"),
                    _own(2, is_slashed=True),
                    _own(3),
                    _own(1, "active_slashed", 2),
                ]
            },
            finds=(
                {"severity": "critical", "confidence": 0.5, "values": {"validators": 2, "validator_indices": "1, 2"}},
            ),
        ),
        Example(
            says="an exit that is announced, then shows in the status; a stranger's exit",
            tables={
                "own_validators": [_own(1), _own(1, "active_exiting", 2)],
                "voluntary_exits": [{"validator_index": 1}, {"validator_index": 99}],
            },
            finds=({"severity": "high", "block_number": 1, "values": {"problem": "leaving", "validators": 1}},),
        ),
        Example(
            says="two nodes say so",
            tables={"own_validators": [_own(1, "active_slashed", observer=name) for name in ("one", "other")]},
            finds=({"severity": "critical", "confidence": 0.95},),
        ),
        Example(
            says="one is out",
            tables={"own_validators": [_own(5, "exited_unslashed")]},
            finds=({"severity": "low", "values": {"problem": "out"}},),
        ),
        Example(
            says="one that was slashed long ago is only out",
            tables={"own_validators": [_own(5, "withdrawal_done", is_slashed=True)]},
            finds=({"severity": "low", "values": {"problem": "out"}},),
        ),
        Example(says="all attest", tables={"own_validators": [_own(1), _own(2, is_live=True)]}),
    ),
)
