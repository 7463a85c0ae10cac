"""
What every detector must satisfy, whatever it detects.

`yield_checks` gives each detector, inside tocsin or from elsewhere, the same suite: its examples hold; row
order, extra columns and cuts at block boundaries change nothing; unrelated copies give as many times the
findings; empty input is quiet; a replay gives the same; it reads only what it declares; it is blind, by name,
when a dataset is missing; malformed values raise nothing but a failure by name.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, TypeAlias

import polars as pl

from tocsin.chain.catalogue import datasets
from tocsin.detect.detector import Answered, Detector, Example
from tocsin.detect.engine import Outcome, detect, exactly, settle
from tocsin.detect.known import KNOWN
from tocsin.intel.reference import REFERENCE_COLUMNS, is_reference
from tocsin.model.finding import Finding
from tocsin.model.lookups import Lookup
from tocsin.tables.columns import PLACE
from tocsin.tables.literal import address, frame, renamed

Frames: TypeAlias = dict[str, pl.DataFrame]
Check: TypeAlias = Callable[[], None]

COPIES = 300
"""How many unrelated copies the growth check makes."""
BLOCKS_APART = 1_000
"""Blocks between two copies."""


def yield_checks(detector: Detector) -> Iterator[tuple[str, Check]]:
    """Yield (name, check) for each thing this detector must satisfy. A check raises AssertionError."""
    yield "an-example-fires", partial(check_has, detector, fires=True)
    yield "an-example-is-quiet", partial(check_has, detector, fires=False)
    yield "empty-input-is-quiet", partial(check_empty, detector)
    yield "missing-input-is-blind", partial(check_blind, detector)
    yield "stand-ins-are-not-missed", partial(check_stand_ins, detector)
    for example in detector.examples:
        for label, check in _ON_EXAMPLES.items():
            yield f"{label}: {example.says}", partial(check, detector, example)


def check_has(detector: Detector, *, fires: bool) -> None:
    """The examples show both what it finds and what it leaves alone."""
    assert any(bool(example.finds) is fires for example in detector.examples)


def check_empty(detector: Detector) -> None:
    """No input rows, no findings."""
    assert not _found(detector, build(detector, {}), {})


def check_blind(detector: Detector) -> None:
    """A dataset that is not there makes it say so, wholly or in part."""
    for name, read in detector.reads.items():
        gone = (*([read.instead_of] if read.instead_of else []), name)
        frames = {other: rows for other, rows in build(detector, {}).items() if other not in gone}
        (blind,) = detect(frames, [detector], {}).blind
        assert set(blind.missing) == set(gone)
        assert blind.wholly is not all(detector.reads[other].optional for other in gone)


def check_stand_ins(detector: Detector) -> None:
    """What stands in for a dataset is not missed while that one is there."""
    stand_ins = {name for name, read in detector.reads.items() if read.instead_of}
    frames = {name: rows for name, rows in build(detector, {}).items() if name not in stand_ins}
    assert not detect(frames, [detector], {}).blind


def check_example(detector: Detector, example: Example) -> None:
    """It finds what the example says, in the order of the chain, and nothing else."""
    found = _found(detector, build(detector, example.tables), example.answers)
    shown = "\n".join(str(finding.to_json()) for finding in found) or "nothing"
    assert len(found) == len(example.finds), f"expected {len(example.finds)} findings, got {len(found)}:\n{shown}"
    left = list(found)
    for expected in example.finds:
        match = next((finding for finding in left if agrees(finding, expected)), None)
        assert match is not None, f"no finding agrees with {dict(expected)}; there is:\n{shown}"
        left.remove(match)


def check_identity(detector: Detector, example: Example) -> None:
    """No two findings of one input have the same id."""
    found = _found(detector, build(detector, example.tables), example.answers)
    assert max(Counter(finding.id for finding in found).values(), default=1) == 1


def check_order(detector: Detector, example: Example) -> None:
    """Row order changes nothing."""
    frames = build(detector, example.tables)
    _same(detector, example, frames, {name: rows.reverse() for name, rows in frames.items()})


def check_extra_columns(detector: Detector, example: Example) -> None:
    """A column nobody asked for changes nothing."""
    frames = build(detector, example.tables)
    _same(detector, example, frames, {name: rows.with_columns(unasked=pl.lit(1)) for name, rows in frames.items()})


def check_declared(detector: Detector, example: Example) -> None:
    """The columns it declares are all it needs."""
    frames = build(detector, example.tables)
    _same(detector, example, frames, {name: exactly(detector.reads[name], rows) for name, rows in frames.items()})


def check_replay(detector: Detector, example: Example) -> None:
    """The same input again gives the same."""
    frames = build(detector, example.tables)
    _same(detector, example, frames, frames)


def check_split(detector: Detector, example: Example) -> None:
    """Fed block by block, with what it remembers carried along, it finds what it finds in the whole."""
    frames = build(detector, example.tables)
    whole = _found(detector, frames, example.answers)
    beside = {name: rows for name, rows in frames.items() if is_reference(name)}
    placed = {name: rows for name, rows in frames.items() if name not in beside}
    heights = sorted({height for rows in placed.values() for height in rows["block_number"].drop_nulls().to_list()})
    memory: Mapping[str, pl.DataFrame] = {}
    pieces: list[Finding] = []
    for height in heights:
        block = {name: rows.filter(pl.col("block_number") == height) for name, rows in placed.items()} | beside
        outcome = _outcome(detector, block, example.answers, memory)
        memory = {name: pl.concat([*([memory[name]] if name in memory else []), rows])
                  for name, rows in outcome.remembered.items()}  # fmt: skip
        pieces.extend(outcome.findings)
    if heights:
        assert _comparable(pieces) == _comparable(whole)


def check_growth(detector: Detector, example: Example) -> None:
    """Many unrelated copies give as many times the findings: no silent cap, no join that explodes."""
    frames = build(detector, example.tables)
    grown = {name: pl.concat([_copy(rows, number) for number in range(1, COPIES + 1)]) for name, rows in frames.items()}
    grown |= {name: grown[name].unique() for name in frames if is_reference(name)}
    answers = _Copies(example.answers, range(1, COPIES + 1))
    found = settle(detect(grown, [detector], {}), {detector.id: detector}, answers).findings
    assert len(found) == COPIES * len(example.finds)


HOSTILE_BYTES = (b"", b"\x00\x01\x02", b"\xff" * 100, b"\xff" * 31 + b"\x20" * 1_000)
"""What an attacker may put where call data, log data or output is expected: nothing, too little, nonsense."""


def check_hostile(detector: Detector, example: Example) -> None:
    """Nonsense in call data, log data and amounts up to 2^256 - 1 never make it raise."""
    frames = build(detector, example.tables)
    for junk in HOSTILE_BYTES:
        hostile = {name: _hostile(name, rows, junk) for name, rows in frames.items()}
        _found(detector, hostile, example.answers)


def _hostile(name: str, rows: pl.DataFrame, junk: bytes) -> pl.DataFrame:
    if is_reference(name):
        return rows
    columns = datasets()[name].columns
    loose = [column for column in rows.columns if columns[column].unit == "bytes" and column != "selector"]
    exact = [column for column in rows.columns if column.endswith("_binary")]
    return rows.with_columns(
        *(pl.lit(junk).alias(column) for column in loose),
        *(pl.lit(b"\xff" * 32).alias(column) for column in exact),
        *(pl.lit(float(2**256)).alias(column.removesuffix("_binary") + "_f64") for column in exact),
    )


_ON_EXAMPLES: Mapping[str, Callable[[Detector, Example], None]] = {
    "example": check_example,
    "distinct-ids": check_identity,
    "row-order": check_order,
    "extra-columns": check_extra_columns,
    "declared-columns": check_declared,
    "replay": check_replay,
    "split": check_split,
    "growth": check_growth,
    "hostile-bytes": check_hostile,
}


def build(detector: Detector, tables: Mapping[str, Any]) -> Frames:
    """
    The frames an example describes, empty ones included, with all columns of their datasets.

    An example that fills a stand-in and not what it stands in for is one where that is missing.
    """
    if unread := set(tables) - set(detector.reads):
        raise KeyError(f"{detector.id}: an example fills {sorted(unread)}, which it does not read")
    replaced = {detector.reads[name].instead_of for name in tables} - set(tables)
    return {name: _filled(name, tables) for name in detector.reads if name not in replaced}


def _filled(name: str, tables: Mapping[str, Any]) -> pl.DataFrame:
    if is_reference(name):
        return frame(REFERENCE_COLUMNS[name], tables[name]) if name in tables else KNOWN[name]
    return frame(datasets()[name].columns, tables.get(name, ()))


def agrees(finding: Finding, expected: Mapping[str, Any]) -> bool:
    """Whether a finding has all that is expected of it. Names stand for the addresses they make."""
    shown = finding.to_json()
    roles: dict[str, list[str]] = {}
    for entity in finding.entities:
        roles.setdefault(entity.role, []).append(entity.address)
    for field, wanted in expected.items():
        if field == "entities":
            if not all(_as_address(name) in roles.get(role, []) for role, name in wanted.items()):
                return False
        elif field == "values":
            if not all(_plain(shown["values"].get(name)) == _plain(value) for name, value in wanted.items()):
                return False
        elif shown[field] != wanted:
            return False
    return True


def _as_address(name: str) -> str:
    return name if name.startswith("0x") else address(name)


def _plain(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value)


def _found(detector: Detector, frames: Frames, answers: Answered) -> tuple[Finding, ...]:
    return _outcome(detector, frames, answers, {}).findings


def _outcome(
    detector: Detector,
    frames: Frames,
    answers: Answered,
    memory: Mapping[str, pl.DataFrame],
) -> Outcome:
    outcome = detect(frames, [detector], memory)
    settled = settle(outcome, {detector.id: detector}, _Copies(answers, (0,)))
    for failure in settled.failures:
        raise AssertionError(f"{detector.id} raised") from failure.error
    return settled


class _Copies(dict[Lookup, str]):
    """Answers by method, the address a question is about and, where the example says so, the block it is about."""

    def __init__(self, answers: Answered, copies: Iterable[int]) -> None:
        super().__init__()
        self._answers = {
            (method, _renamed_address(name, copy), *(hex(height + copy * BLOCKS_APART) for height in heights)): answer
            for copy in copies
            for (method, name, *heights), answer in answers.items()
        }

    def get(self, lookup: Lookup, default: Any = None) -> Any:
        asked = (lookup.method, lookup.parameters[0])
        return self._answers.get((*asked, lookup.parameters[-1]), self._answers.get(asked, default))

    def __contains__(self, lookup: object) -> bool:
        return isinstance(lookup, Lookup) and self.get(lookup) is not None

    def __getitem__(self, lookup: Lookup) -> str:
        if lookup not in self:
            raise KeyError(lookup)
        return str(self.get(lookup))


def _renamed_address(name: str, copy: int) -> str:
    plain = _as_address(name)
    return plain if name.startswith("0x") else plain[:6] + f"{copy:04x}" + plain[10:]


def _same(detector: Detector, example: Example, one: Frames, other: Frames) -> None:
    before, after = _found(detector, one, example.answers), _found(detector, other, example.answers)
    assert _comparable(after) == _comparable(before)


def _comparable(found: Iterable[Finding]) -> list[str]:
    return sorted(str(finding.to_json()) for finding in found)


def _copy(rows: pl.DataFrame, number: int) -> pl.DataFrame:
    return renamed(rows, number).with_columns(
        pl.col(name) + number * BLOCKS_APART for name in ("block_number",) if name in PLACE and name in rows.columns
    )
