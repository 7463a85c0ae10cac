"""Examples of governance-abuse: what must fire, and what must stay quiet."""

from typing import Any

from tocsin.detect.detector import Answered, Example
from tocsin.detect.detectors.control._proposals import CALLED, CREATED, EXECUTED, MIN_DELAY_CHANGE, NO_CODE, SCHEDULED
from tocsin.model.lookups import CODE_HASH
from tocsin.tables import literal


def _log(block: int, event: bytes, *words: str | int, index: int = 0, by: str = "timelock") -> dict[str, Any]:
    return {
        "block_number": block, "address": by, "topic0": event, "log_index": index,
        "topic1": literal.topic("operation") if event in (SCHEDULED, CALLED) else None,
        "topic2": literal.topic(0) if event in (SCHEDULED, CALLED) else None,
        "data": literal.words(*words),
    }  # fmt: skip


def _scheduled(block: int, delay: int, index: int = 0) -> dict[str, Any]:
    return _log(block, SCHEDULED, "payload", 0, 160, 0, delay, 0, index=index)


def _called(block: int, index: int = 5) -> dict[str, Any]:
    return _log(block, CALLED, "payload", 0, 96, 0, index=index)


def _change(block: int, before: int, after: int) -> dict[str, Any]:
    return _log(block, MIN_DELAY_CHANGE, before, after, index=2)


def _proposed(block: int) -> dict[str, Any]:
    words = (7, "mallory", 9 * 32, 0, 0, 0, block, block + 50, 0, 1, "payload")
    return _log(block, CREATED, *words, by="governor")


def _executed(block: int) -> dict[str, Any]:
    return _log(block, EXECUTED, 7, index=9, by="governor")


def _codes(*codes: tuple[int, str]) -> Answered:
    return {(CODE_HASH, "payload", block): code for block, code in codes}


_OURS = [{"address": "timelock", "kind": "watched"}, {"address": "governor", "kind": "own"}]
_SAME, _OTHER = "0x" + "11" * 32, "0x" + "22" * 32

EXAMPLES = (
    Example(
        says="the code of what was queued is another one when it is called",
        tables={"logs": [_scheduled(10, 3_600), _called(400)], "labels": _OURS},
        answers=_codes((10, _SAME), (399, _OTHER), (400, NO_CODE)),
        finds=({"severity": "critical", "confidence": 0.9, "entities": {"attacker": "payload"}},),
    ),
    Example(
        says="the same for a governor's proposal; code where none was is medium",
        tables={"logs": [_proposed(10), _executed(400), _scheduled(11, 60), _called(400)], "labels": _OURS},
        answers={**_codes((10, _SAME), (399, _SAME), (400, _OTHER)), **_codes((11, NO_CODE))},
        finds=(
            {"severity": "critical", "entities": {"governance": "governor"}},
            {"severity": "medium", "entities": {"governance": "timelock"}},
        ),
    ),
    Example(
        says="the delay is lowered to nothing, and something is queued and carried out at once",
        tables={"logs": [_scheduled(10, 0), _change(10, 3_600, 0), _called(10)], "labels": _OURS},
        finds=(
            {"severity": "critical", "values": {"seconds_before": 3_600, "seconds_after": 0}},
            {"severity": "critical", "values": {"delay_lowered": True}},
        ),
    ),
    Example(
        says="a delay is halved, or lowered a little; a proposal is made and carried out in one transaction",
        tables={
            "logs": [_change(1, 172_800, 86_400), _change(2, 172_800, 90_000), _proposed(3), _executed(3)],
            "labels": _OURS,
        },
        finds=({"severity": "high"}, {"severity": "medium"}, {"severity": "critical"}),
    ),
    Example(
        says="of what nobody labelled: other code, a delay lowered to nothing, a proposal carried out at once",
        tables={"logs": [_scheduled(10, 3_600), _called(400), _change(401, 3_600, 0), _proposed(402), _executed(402)]},
        answers=_codes((10, _SAME), (399, _OTHER), (400, NO_CODE)),
        finds=({"severity": "high"}, {"severity": "medium"}, {"severity": "medium"}),
    ),
    Example(
        says="a timelock without a delay does what it is told",
        tables={"logs": [_scheduled(10, 0), _called(10)]},
        finds=({"severity": "low"},),
    ),
    Example(
        says="what was queued is carried out as it was; a delay is set, or raised; a payload ends itself",
        tables={
            "logs": [_change(9, 0, 60), _change(10, 3_600, 7_200), _scheduled(10, 3_600), _called(400)],
        },
        answers=_codes((10, _SAME), (399, _SAME), (400, NO_CODE)),
    ),
    Example(says="nobody answers", tables={"logs": [_scheduled(10, 3_600), _called(400)]}),
)
