"""Examples of code that changes."""

from typing import Any

from tocsin.detect.detector import Example
from tocsin.detect.detectors.preparation import _codes
from tocsin.tables import literal

_FIRST, _SECOND, _LASTING = "6001ff", "6002ff", "600100"
"""Code that destroys itself, in two kinds, and code that cannot."""
_COPIER = "5860208158601c335a63aaf10f428752fa158151803b80938091923cf3"
"""Asks its creator whose code to copy, and copies it."""
_WHOLE = "6003600c60003960036000f3" + _LASTING
"""Brings its code along."""
_WATCHED = [{"address": "governor", "kind": "watched"}]


def _made(block: int, code: str = _FIRST, **other: Any) -> dict[str, Any]:
    return {
        "block_number": block, "contract_address": "proposal", "creator_address": "factory",
        "sender_address": "mallory", "kind": "create2", "code": bytes.fromhex(code), **other,
    }  # fmt: skip


def _queued(block: int, target: str = "proposal") -> dict[str, Any]:
    return {
        "block_number": block, "address": "governor", "topic0": _codes.PROPOSED_ONE, "topic1": literal.topic(1),
        "topic2": literal.topic("mallory"), "data": literal.words(target, 10, 20, 128, 0),
    }  # fmt: skip


def _scheduled(block: int) -> dict[str, Any]:
    data = literal.words("proposal", 0, 160, 0, 3_600, 0)
    return {"block_number": block, "address": "timelock", "topic0": _codes.SCHEDULED, "data": data}


def _proposed(block: int) -> dict[str, Any]:
    head = literal.words(1, "mallory", 288, 0, 0, 0, 10, 20, 0)
    data = head + literal.words(2, "other", "proposal")
    return {"block_number": block, "address": "governor", "topic0": _codes.PROPOSED, "data": data}


def _end(block: int, account: str = "proposal") -> dict[str, Any]:
    return {
        "block_number": block, "call_index": 1, "call_type": "selfdestruct", "from_address": account,
        "to_address": "mallory",
    }  # fmt: skip


EXAMPLES = (
    Example(
        says="what is voted on destroys itself and comes again as something else",
        tables={
            "created_contracts": [_made(1), _made(4, _SECOND)],
            "logs": [_queued(2)],
            "calls": [_end(3)],
            "labels": _WATCHED,
        },
        finds=(
            {"block_number": 3, "severity": "critical", "entities": {"contract": "proposal", "queued_at": "governor"}},
            {"block_number": 4, "severity": "critical", "values": {"codes_before": 1, "queued": True}},
        ),
    ),
    Example(
        says="the target of a queued operation, and one of several targets, come into being afterwards",
        tables={
            "created_contracts": [_made(2, _LASTING), _made(4, _LASTING, contract_address="other")],
            "logs": [_scheduled(1), _proposed(3)],
        },
        finds=({"block_number": 2, "severity": "medium"}, {"block_number": 4, "severity": "medium"}),
    ),
    Example(
        says="other code at an address that nobody is known to rely on",
        tables={"created_contracts": [_made(1), _made(2, _SECOND)]},
        finds=({"block_number": 2, "severity": "medium", "confidence": 0.95},),
    ),
    Example(
        says="a watched contract destroys itself",
        tables={"calls": [_end(1, "vault")], "labels": [{"address": "vault", "kind": "watched"}]},
        finds=({"severity": "critical", "entities": {"contract": "vault"}},),
    ),
    Example(
        says="creation code that copies what another contract holds",
        tables={
            "calls": [
                {"call_type": "create2", "from_address": "factory", "to_address": "chameleon",
                 "input": bytes.fromhex(_COPIER)}
            ]
        },
        finds=({"severity": "low", "entities": {"factory": "factory", "contract": "chameleon"}},),
    ),
    Example(
        says="the same code again, other code elsewhere, an end that nobody relied on, and one that was undone",
        tables={
            "created_contracts": [_made(1), _made(2), _made(3, _SECOND, contract_address="other")],
            "calls": [_end(5), {**_end(6, "vault"), "reverted": True}],
            "labels": [{"address": "vault", "kind": "watched"}],
        },
    ),
    Example(
        says="created before it is queued, and created by CREATE2 with all its code",
        tables={
            "created_contracts": [_made(1)],
            "logs": [_queued(2)],
            "calls": [{"call_type": "create2", "to_address": "proposal", "input": bytes.fromhex(_WHOLE)}],
        },
    ),
)  # fmt: skip
