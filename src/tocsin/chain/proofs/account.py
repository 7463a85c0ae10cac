"""The state of an account after a block, proven against the block's state root (eth_getProof, EIP-1186)."""

from collections.abc import Mapping
from typing import Any

from eth_hash.auto import keccak

from tocsin.chain.proofs import rlp, trie
from tocsin.chain.proofs.block import data, quantity
from tocsin.model.errors import InconsistentInput, MalformedInput

NO_CODE = keccak(b"")
Json = Mapping[str, Any]


def check_account(told: Json, state_root: bytes) -> None:
    """Raise `InconsistentInput` unless the proof shows the account, and each slot, to be as the node says."""
    fields = [
        rlp.number(quantity(told, "nonce")),
        rlp.number(quantity(told, "balance")),
        data(told, "storageHash"),
        data(told, "codeHash"),
    ]
    found = trie.proven(state_root, keccak(data(told, "address")), _nodes(told, "accountProof"))
    if found is None and not _is_nothing(told):
        raise InconsistentInput("the proof shows that there is no such account")
    if found is not None and found != rlp.encode(fields):
        raise InconsistentInput("the proof shows other values of the account")
    for slot in told.get("storageProof") or ():
        _check_slot(slot, data(told, "storageHash"))


def _is_nothing(told: Json) -> bool:
    return (
        quantity(told, "nonce") == quantity(told, "balance") == 0
        and data(told, "codeHash") in (NO_CODE, bytes(32))
        and data(told, "storageHash") in (trie.EMPTY_ROOT, bytes(32))
    )


def _check_slot(slot: Json, root: bytes) -> None:
    key, value = quantity(slot, "key"), quantity(slot, "value")
    if root == bytes(32):
        root = trie.EMPTY_ROOT
    found = trie.proven(root, keccak(key.to_bytes(32, "big")), _nodes(slot, "proof"))
    if (found or rlp.encode(b"")) != rlp.encode(rlp.number(value)):
        raise InconsistentInput(f"the proof shows another value of slot {key:#x}")


def _nodes(told: Json, name: str) -> list[bytes]:
    nodes = told.get(name)
    if not isinstance(nodes, list):
        raise MalformedInput(f"{name} is not a list")
    return [data({name: node}, name) for node in nodes]
