"""
The hash of a block from its header, and the roots over its transactions and receipts, from a node's JSON.

What a chain adds of its own (other header fields, its own kinds of transactions) is `Unprovable`: not wrong, but not
shown either. Formats: EIP-1559, 2930, 2718, 4895, 4844, 4788, 7685, 7702.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from eth_hash.auto import keccak

from tocsin.chain.proofs import rlp, trie
from tocsin.model.errors import MalformedInput

Json = Mapping[str, Any]


class Unprovable(MalformedInput):
    """It is of a kind whose encoding is not known here."""


def header_hash(block: Json) -> bytes:
    """The hash that the block has if its header is as the node says. Raises `MalformedInput`."""
    newer = [(name, read) for name, read in _NEWER if block.get(name) is not None]
    if newer != list(_NEWER[: len(newer)]):
        raise Unprovable("the header has other fields than those of Ethereum")
    return keccak(rlp.encode([read(block, name) for name, read in (*_FIRST, *newer)]))


def transactions_root(block: Json) -> bytes:
    """The root over the block's whole transactions. Raises `MalformedInput`, `Unprovable`."""
    return trie.list_root([transaction(each) for each in block["transactions"]])


def receipts_root(receipts: Sequence[Json]) -> bytes:
    """The root over all receipts of a block. Raises `MalformedInput`, `Unprovable`."""
    return trie.list_root([receipt(each) for each in receipts])


def transaction(told: Json) -> bytes:
    """A signed transaction as it is on the chain: its hash is the keccak of it. Raises `Unprovable`."""
    kind = quantity(told, "type") if told.get("type") is not None else 0
    fields = _TRANSACTIONS.get(kind)
    if fields is None or not isinstance(told, Mapping):
        raise Unprovable(f"transactions of type {kind:#x} are not known here")
    body = rlp.encode([read(told, name) for name, read in fields])
    return bytes([kind]) + body if kind else body


def transaction_hash(told: Json) -> bytes:
    """The hash that a transaction has if it is as the node says. Raises `Unprovable`."""
    return keccak(transaction(told))


def receipt(told: Json) -> bytes:
    """
    A receipt as its root hashes it: status, gas used up to it, bloom and logs. Raises `MalformedInput`, `Unprovable`.

    What a node adds to that (block, transaction, gas of this one alone, indexes, times) is not in it.
    """
    kind = quantity(told, "type") if told.get("type") is not None else 0
    if kind not in _TRANSACTIONS:
        raise Unprovable(f"receipts of type {kind:#x} are not known here")
    state = _number(told, "status") if told.get("status") is not None else data(told, "root")
    logs: rlp.Value = [_log(each) for each in told["logs"]]
    body = rlp.encode([state, _number(told, "cumulativeGasUsed"), data(told, "logsBloom"), logs])
    return bytes([kind]) + body if kind else body


def _log(told: Json) -> rlp.Value:
    return [data(told, "address"), _hashes(told, "topics"), data(told, "data")]


def quantity(told: Json, name: str) -> int:
    """A 0x number. Raises `MalformedInput`."""
    try:
        return int(told[name], 16)
    except (KeyError, TypeError, ValueError):
        raise MalformedInput(f"{name} is not a 0x number") from None


def data(told: Json, name: str) -> bytes:
    """0x bytes. Raises `MalformedInput`."""
    try:
        return _bytes(told[name])
    except KeyError:
        raise MalformedInput(f"{name} is missing") from None


def _bytes(text: Any) -> bytes:
    wrong = MalformedInput("what should be 0x bytes is not")
    if not isinstance(text, str) or not text.startswith("0x"):
        raise wrong
    try:
        return bytes.fromhex(text[2:])
    except ValueError:
        raise wrong from None


def _number(told: Json, name: str) -> bytes:
    return rlp.number(quantity(told, name))


def _to(told: Json, name: str) -> bytes:
    return b"" if told.get(name) is None else data(told, name)


def _parity(told: Json, name: str) -> bytes:
    return _number(told, name if told.get(name) is not None else "v")


def _access_list(told: Json, name: str) -> rlp.Value:
    return [[data(each, "address"), [_bytes(key) for key in each["storageKeys"]]] for each in told.get(name) or ()]


def _hashes(told: Json, name: str) -> rlp.Value:
    return [_bytes(each) for each in told[name]]


def _authorisations(told: Json, name: str) -> rlp.Value:
    return [
        [
            _number(each, "chainId"),
            data(each, "address"),
            _number(each, "nonce"),
            _parity(each, "yParity"),
            _number(each, "r"),
            _number(each, "s"),
        ]
        for each in told[name]
    ]


Fields = tuple[tuple[str, Callable[[Json, str], rlp.Value]], ...]
_FIRST: Fields = (
    ("parentHash", data),
    ("sha3Uncles", data),
    ("miner", data),
    ("stateRoot", data),
    ("transactionsRoot", data),
    ("receiptsRoot", data),
    ("logsBloom", data),
    ("difficulty", _number),
    ("number", _number),
    ("gasLimit", _number),
    ("gasUsed", _number),
    ("timestamp", _number),
    ("extraData", data),
    ("mixHash", data),
    ("nonce", data),
)
_NEWER: Fields = (
    ("baseFeePerGas", _number),
    ("withdrawalsRoot", data),
    ("blobGasUsed", _number),
    ("excessBlobGas", _number),
    ("parentBeaconBlockRoot", data),
    ("requestsHash", data),
)
"""Each came with a fork, in this order: a header has those up to its fork."""
_SENT: Fields = (("gas", _number), ("to", _to), ("value", _number), ("input", data))
_SIGNED: Fields = (("yParity", _parity), ("r", _number), ("s", _number))
_FEES: Fields = (
    ("chainId", _number),
    ("nonce", _number),
    ("maxPriorityFeePerGas", _number),
    ("maxFeePerGas", _number),
    *_SENT,
    ("accessList", _access_list),
)
_TRANSACTIONS: Mapping[int, Fields] = {
    0: (("nonce", _number), ("gasPrice", _number), *_SENT, ("v", _number), ("r", _number), ("s", _number)),
    1: (
        ("chainId", _number),
        ("nonce", _number),
        ("gasPrice", _number),
        *_SENT,
        ("accessList", _access_list),
        *_SIGNED,
    ),
    2: (*_FEES, *_SIGNED),
    3: (*_FEES, ("maxFeePerBlobGas", _number), ("blobVersionedHashes", _hashes), *_SIGNED),
    4: (*_FEES, ("authorizationList", _authorisations), *_SIGNED),
}
