"""Examples of signature-drain: what must fire, and what must stay quiet."""

from typing import Any

from tocsin.chain.signatures import selector
from tocsin.detect.detector import Asked, Example
from tocsin.tables import literal

_OLD, _BEFORE = 300_000, 84_000
"""A block height at which the chain is older than 30 days, and 30 days of blocks earlier."""
_DOLLARS = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
_DOLLAR = 10**6
_TRANSFER = selector("permitTransferFrom(((address,uint256),uint256,uint256),(address,uint256),address,bytes)")
_WITNESS = selector(
    "permitWitnessTransferFrom(((address,uint256)[],uint256,uint256),(address,uint256)[],address,bytes32,string,bytes)"
)
_DAI = selector("permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)")
_ONE_ON_CURVE = bytes.fromhex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
"""The generator's first coordinate: with it any number is a signature of somebody's."""


def _sent(sender: str, to: str, block: int = _OLD) -> dict[str, Any]:
    return {"block_number": block, "from_address": sender, "to_address": to}


def _taking(block: int = _OLD, **other: Any) -> dict[str, Any]:
    move = {"token_address": "coin", "standard": "erc20", "from_address": "alice", "to_address": "mallory"}
    return {"block_number": block, **move, "value": 900, **other}


def _signed_transfer(caller: str, **other: Any) -> dict[str, Any]:
    data = _TRANSFER + literal.words("coin", 900, 0, 0, "mallory", 900, "alice", 0)
    return {
        "block_number": _OLD, "from_address": caller, "to_address": "permit2", "selector": _TRANSFER, "input": data,
        **other,
    }  # fmt: skip


def _permit(block: int = _OLD, **other: Any) -> dict[str, Any]:
    row = {"token_address": "coin", "owner_address": "alice", "spender_address": "drainer", "kind": "permit"}
    return {"block_number": block, **row, "value": 900, **other}


def _allowance(**other: Any) -> dict[str, Any]:
    return _permit(kind="permit2", spender_address="mallory", value=2**160 - 1, expires_at=2**48 - 1, **other)


def _authorised(number: int, **other: Any) -> dict[str, Any]:
    signature = {"r": _ONE_ON_CURVE, "s": literal.topic(1 + number)}
    return {"block_number": _OLD, "authorisation_index": number, "delegate_address": "sweeper", **signature, **other}


_NOTHING: dict[Asked, str] = {("eth_call", "coin"): "0x" + "0" * 64, ("eth_call", _DOLLARS): "0x" + "0" * 64}
_ACCOUNT: dict[Asked, str] = {("eth_getCode", "mallory"): "0x"}
_NEW: dict[Asked, str] = {
    ("eth_getCode", "drainer"): "0x6001",
    ("eth_getCode", "drainer", _BEFORE): "0x",
    ("eth_getCode", "sweeper"): "0x6001",
    ("eth_getCode", "sweeper", _BEFORE): "0x",
}
_ESTABLISHED: dict[Asked, str] = {("eth_getCode", "drainer"): "0x6001"}
_FRUIT = {"token_address": "fruit"}
_PRICED: dict[str, Any] = {"prices": [{"chain_id": 1, "token_address": "coin", "dollars_per_unit": 1.0}]}
_SHORT = _signed_transfer("mallory")
_TO_ALICE = _sent("mallory", "alice")
_DELEGATED = {"block_number": _OLD, "delegate_address": "sweeper"}

EXAMPLES = (
    Example(
        says="a permit is used by a new contract that takes all; what it took is worth a lot",
        tables={
            "transactions": [_sent("mallory", "drainer")],
            "approvals": [_permit(token_address=_DOLLARS)],
            "transfers": [_taking(token_address=_DOLLARS, value=150_000 * _DOLLAR)],
        },
        answers=_NOTHING | _NEW,
        finds=(
            {
                "severity": "critical",
                "entities": {"attacker": "drainer", "victim": "alice"},
                "values": {"signed_for": "permit", "about_dollars": 150_000},
            },
        ),
    ),
    Example(
        says="the permit comes blocks before the taking, in the form that DAI has",
        tables={
            "transactions": [_sent("mallory", "coin", _OLD - 9), _sent("mallory", "coin")],
            "calls": [
                {
                    "block_number": _OLD - 9,
                    "from_address": "mallory",
                    "to_address": "coin",
                    "selector": _DAI,
                    "input": _DAI + literal.words("alice", "mallory", 0, 0, 1, 27, 0, 0),
                }
            ],
            "transfers": [_taking()],
            **_PRICED,
        },
        answers=_NOTHING | _ACCOUNT,
        finds=({"severity": "high", "block_number": _OLD, "entities": {"attacker": "mallory", "victim": "alice"}},),
    ),
    Example(
        says="a signature presented at Permit2 takes all",
        tables={
            "transactions": [_sent("mallory", "permit2")],
            "calls": [_SHORT],
            "transfers": [_taking()],
            **_PRICED,
        },
        answers=_NOTHING | _ACCOUNT,
        finds=({"severity": "high", "entities": {"attacker": "mallory", "victim": "alice"}},),
    ),
    Example(
        says="a batch with a witness is presented by the thief's contract, and the loot goes elsewhere",
        tables={
            "transactions": [_sent("mallory", "drainer")],
            "calls": [
                _signed_transfer("drainer", selector=_WITNESS, depth=1, call_index=1)
                | {"input": _WITNESS + literal.words(0, 0, "alice", 0)}
            ],
            "transfers": [_taking(to_address="elsewhere"), _taking(log_index=1) | _FRUIT],
            **_PRICED,
        },
        answers=_NOTHING | _NEW,
        finds=({"severity": "high", "entities": {"attacker": "drainer", "receiver": "elsewhere"}},),
    ),
    Example(
        says="an authorisation is sent by somebody who gets all tokens and the coin",
        tables={
            "transactions": [_TO_ALICE],
            "authorisations": [_DELEGATED],
            "transfers": [_taking(), _taking(token_address="0x" + "ee" * 20, standard="native", value=10**18)],
        },
        answers=_NOTHING | _NEW,
        finds=({"severity": "high", "values": {"signed_for": "EIP-7702"}},),
    ),
    Example(
        says="others call the taker a phisher: it is critical however old its contract is",
        tables={
            "transactions": [_sent("mallory", "drainer")],
            "approvals": [_permit()],
            "transfers": [_taking()],
            "labels": [{"chain_id": 1, "address": "mallory", "kind": "phishing"}],
        },
        answers=_NOTHING | _ESTABLISHED,
        finds=({"severity": "critical"},),
    ),
    Example(
        says="nobody can say what is left, or what is taken is hardly worth anything, or of unknown worth",
        tables={
            "transactions": [
                _sent("mallory", "permit2"),
                *(_sent("mallory", "drainer", _OLD + after) for after in (1, 2)),
            ],
            "calls": [_SHORT],
            "approvals": [_permit(_OLD + 1, token_address=_DOLLARS), _permit(_OLD + 2, owner_address="bob", **_FRUIT)],
            "transfers": [
                _taking(),
                _taking(_OLD + 1, token_address=_DOLLARS, value=20 * _DOLLAR),
                _taking(_OLD + 2, from_address="bob", **_FRUIT),
            ],
            **_PRICED,
        },
        answers={
            ("eth_call", _DOLLARS): "0x0",
            ("eth_call", "fruit"): "0x0",
            **_NEW,
            **{("eth_getCode", "drainer", _BEFORE + after): "0x" for after in (1, 2)},
        },
        finds=tuple({"severity": "medium", "block_number": _OLD + after} for after in range(3)),
    ),
    Example(
        says="a Permit2 allowance without limit or end is handed in by the account that may use it",
        tables={
            "transactions": [_sent("mallory", "permit2")],
            "approvals": [_allowance()],
            "blocks": [{"block_number": _OLD, "timestamp": 1_700_000_000}],
        },
        answers=_ACCOUNT,
        finds=({"severity": "medium", "values": {"kind": "Permit2 allowance"}},),
    ),
    Example(
        says="ten accounts take on the code of a new contract",
        tables={
            "transactions": [_sent("mallory", "sweeper")],
            "authorisations": [_authorised(number) for number in range(12)],
        },
        answers=_NEW,
        finds=({"severity": "medium", "values": {"kind": "fan-in", "owners": 10}},),
    ),
    Example(
        says="a merchant takes a price by permit; a relayer takes a fee",
        tables={
            "transactions": [_sent("mallory", "coin"), _sent("mallory", "alice", _OLD + 1)],
            "approvals": [_permit(spender_address="mallory", value=900)],
            "authorisations": [_DELEGATED | {"block_number": _OLD + 1}],
            "transfers": [_taking(), _taking(_OLD + 1, value=3)],
        },
        answers={("eth_call", "coin"): "0x" + f"{1_000:064x}", **_ACCOUNT, **_NEW},
    ),
    Example(
        says="an established contract moves all by permit, as bridges do; the owner's own transaction",
        tables={
            "transactions": [_sent("relayer", "drainer"), _sent("alice", "drainer", _OLD + 1)],
            "approvals": [_permit(), _permit(_OLD + 1)],
            "transfers": [_taking(), _taking(_OLD + 1)],
        },
        answers=_NOTHING | _ESTABLISHED,
    ),
    Example(
        says="what is signed for is swapped: the owner gets something",
        tables={
            "transactions": [_sent("mallory", "permit2")],
            "calls": [_SHORT],
            "transfers": [
                _taking(),
                _taking(value=7) | _FRUIT | {"from_address": "pool", "to_address": "alice"},
            ],
        },
        answers=_NOTHING | _ACCOUNT,
    ),
    Example(
        says="the permit was made long before, and the same account is paid by an ordinary approval",
        tables={
            "transactions": [_sent("mallory", "coin", _OLD - 11), _sent("mallory", "coin")],
            "approvals": [_permit(_OLD - 11, spender_address="mallory")],
            "transfers": [_taking()],
        },
        answers=_NOTHING | _ACCOUNT,
    ),
)
