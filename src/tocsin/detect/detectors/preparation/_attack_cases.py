"""Examples of deployments: code that is nothing but what a reader of code looks for."""

from typing import Any

from tocsin.chain.signatures import selector
from tocsin.detect.detector import Example
from tocsin.detect.detectors.preparation import _funding
from tocsin.tables import literal
from tocsin.tables.columns import NATIVE
from tocsin.tables.literal import Rows

STAGE = "stage:preparation"


def _code(*parts: bytes) -> bytes:
    """Runtime code that answers to one selector after the other."""
    return b"\x60\x00\x35\x60\xe0\x1c" + b"".join(parts) + b"\x00"


def _answers_to(function: str) -> bytes:
    return b"\x80\x63" + selector(function) + b"\x14\x61\x00\x20\x57"


_LOAN = _answers_to("receiveFlashLoan(address[],uint256[],uint256[],bytes)")
_NAMES_BANK = b"\x73" + literal.named("bank")


def _deployed(runtime: bytes | None, block: int = 3, **other: Any) -> dict[str, Any]:
    return {
        "block_number": block, "contract_address": "thief", "creator_address": "mallory", "sender_address": "mallory",
        "kind": "create", "code": runtime, "call_index": 0, **other,
    }  # fmt: skip


def _sent(nonce: int, block: int = 3, data: bytes = b"") -> dict[str, Any]:
    return {"block_number": block, "from_address": "mallory", "nonce": nonce, "input": data, "success": True}


_WATCHED = [{"address": "bank", "kind": "watched"}]
_MIXED: dict[str, Rows] = {
    "logs": [{"address": "pool", "topic0": _funding.WITHDRAWAL, "data": literal.words("mallory", 7, 0)}],
    "transfers": [
        {"token_address": NATIVE, "standard": "native", "from_address": "pool", "to_address": "mallory",
         "value": 10**18}
    ],
}  # fmt: skip

EXAMPLES = (
    Example(
        says="a new account deploys what takes flash loans and names a watched contract",
        tables={
            "created_contracts": [_deployed(_code(_LOAN, _NAMES_BANK))],
            "transactions": [_sent(0)],
            "labels": _WATCHED,
        },
        finds=(
            {
                "severity": "medium",
                "confidence": 0.5,
                "entities": {"deployer": "mallory", "attack_contract": "thief", "target": "bank"},
                "values": {"names_watched": True, "sent_before": 0},
            },
        ),
    ),
    Example(
        says="the watched contract stands among the arguments of the deployment, and there are no callbacks",
        tables={
            "created_contracts": [_deployed(_code())],
            "transactions": [_sent(1, data=b"\x60\x80" + literal.words("bank"))],
            "labels": _WATCHED,
        },
        finds=({"severity": "medium", "entities": {"target": "bank"}},),
    ),
    Example(
        says="the same by a contract's creation, paid out of a mixer",
        tables={
            **_MIXED,
            "created_contracts": [_deployed(_code(), creator_address="factory", call_index=4)],
            "calls": [{"block_number": 3, "call_index": 4, "call_type": "create", "input": literal.words("bank")}],
            "transactions": [_sent(40)],
            "labels": _WATCHED,
        },
        finds=(
            {
                "severity": "high",
                "confidence": 0.7,
                "entities": {"source": "pool", "target": "bank"},
                "values": {"origin": "mixer"},
            },
        ),
    ),
    Example(
        says="money from a mixer and callbacks; nobody is known to be the target",
        tables={**_MIXED, "created_contracts": [_deployed(_code(_LOAN))], "transactions": [_sent(40)]},
        finds=({"severity": "medium", "labels": [STAGE]},),
    ),
    Example(
        says="a new account deploys what takes flash loans",
        tables={"created_contracts": [_deployed(_code(_LOAN))], "transactions": [_sent(2)]},
        finds=({"severity": "low"},),
    ),
    Example(
        says="without the call tree the code is asked for",
        tables={"created_contracts": [_deployed(None, call_index=None)], "transactions": [_sent(0)]},
        answers={("eth_getCode", "thief"): "0x" + _code(_LOAN).hex()},
        finds=({"severity": "low"},),
    ),
    Example(
        says="a well-used account deploys a bot, a new one what needs no loan, an unknown one a minimal proxy",
        tables={
            "created_contracts": [
                _deployed(_code(_LOAN)),
                _deployed(_code(_answers_to("run()")), block=4),
                _deployed(
                    bytes.fromhex("363d3d373d3d3d363d73")
                    + literal.named("bank")
                    + bytes.fromhex("5af43d82803e903d91602b57fd5bf3"),
                    block=5,
                ),
            ],
            "transactions": [_sent(90), _sent(0, 4), _sent(0, 5)],
            "labels": _WATCHED,
        },
    ),
    Example(
        says="one of the organisation's own accounts deploys",
        tables={
            "created_contracts": [_deployed(_code(_LOAN, _NAMES_BANK))],
            "transactions": [_sent(0)],
            "labels": [*_WATCHED, {"address": "mallory", "kind": "own"}],
        },
    ),
    Example(
        says="code that nobody could look up",
        tables={"created_contracts": [_deployed(None, call_index=None)], "transactions": [_sent(0)]},
    ),
)
