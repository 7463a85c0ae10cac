"""Hashes and roots worked out from a node's JSON, held against what the chain itself says."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tocsin.chain.proofs import account, block, rlp, trie
from tocsin.edge.anvil import Anvil
from tocsin.model.errors import InputError

TREES = some.recursive(some.binary(max_size=80), lambda inner: some.lists(inner, max_size=6), max_leaves=30)


@pytest.fixture
def mainnet(recorded_data: Path) -> dict[str, Any]:
    """Block 18 000 000, with transactions of three types, and its receipts."""
    recorded: dict[str, Any] = json.loads(gzip.decompress((recorded_data / "state/18000000.json.gz").read_bytes()))
    return recorded


@pytest.mark.recorded
def test_the_hash_and_roots_of_a_real_block_are_those_the_chain_says(mainnet: dict[str, Any]) -> None:
    of = mainnet["eth_getBlockByNumber"]

    assert block.header_hash(of).hex() == of["hash"][2:]
    assert block.transactions_root(of).hex() == of["transactionsRoot"][2:]
    assert block.receipts_root(mainnet["eth_getBlockReceipts"]).hex() == of["receiptsRoot"][2:]


@pytest.mark.recorded
def test_every_real_transaction_has_the_hash_it_is_known_by(mainnet: dict[str, Any]) -> None:
    told = mainnet["eth_getBlockByNumber"]["transactions"]

    assert [block.transaction_hash(each).hex() for each in told] == [each["hash"][2:] for each in told]


@pytest.mark.recorded
def test_one_changed_receipt_is_another_root(mainnet: dict[str, Any]) -> None:
    receipts = mainnet["eth_getBlockReceipts"]
    next(each for each in receipts if each["logs"])["logs"][0]["data"] = "0x" + "ff" * 32

    assert block.receipts_root(receipts).hex() != mainnet["eth_getBlockByNumber"]["receiptsRoot"][2:]


def test_what_is_of_an_unknown_kind_is_not_called_proven() -> None:
    with pytest.raises(block.Unprovable, match="0x7e"):
        block.transaction({"type": "0x7e"})
    with pytest.raises(block.Unprovable, match="other fields"):
        block.header_hash({"withdrawalsRoot": "0x00"})


@pytest.mark.anvil
def test_accounts_and_slots_of_a_real_node_are_proven_against_its_state_root(anvil: Anvil) -> None:
    holder, stranger = "0x" + "ab" * 20, "0x" + "cd" * 20
    anvil.request("anvil_setBalance", holder, "0x1234")
    for slot in range(20):
        anvil.request("anvil_setStorageAt", holder, hex(slot), "0x" + f"{slot + 1:064x}")
    anvil.request("anvil_mine")
    of = anvil.request("eth_getBlockByNumber", "latest", True)
    root = bytes.fromhex(of["stateRoot"][2:])
    slots = [f"0x{number:064x}" for number in (0, 7, 99)]

    told = anvil.request("eth_getProof", holder, slots, of["number"])

    assert block.header_hash(of).hex() == of["hash"][2:]
    account.check_account(told, root)
    account.check_account(anvil.request("eth_getProof", stranger, [], of["number"]), root)
    told["storageProof"][1]["value"] = "0x9"
    with pytest.raises(InputError, match="slot 0x7"):
        account.check_account(told, root)
    told["balance"] = "0x99"
    with pytest.raises(InputError, match="other values"):
        account.check_account(told, root)
    with pytest.raises(InputError, match="does not lead"):
        account.check_account(told, bytes(32))


@given(TREES)
def test_what_is_encoded_is_decoded_to_the_same(value: rlp.Value) -> None:
    assert rlp.decode(rlp.encode(value)) == value


@given(some.binary(max_size=80))
def test_bytes_are_an_encoding_of_one_value_or_refused(data: bytes) -> None:
    try:
        value = rlp.decode(data)
    except InputError:
        return
    assert rlp.encode(value) == data


@given(some.lists(some.binary(min_size=1, max_size=40), min_size=1, max_size=200))
def test_the_root_over_a_list_depends_on_every_value(values: list[bytes]) -> None:
    changed = [*values[:-1], values[-1] + b"x"]

    assert trie.list_root(values) != trie.list_root(changed)


def test_the_root_over_nothing_is_the_one_the_yellow_paper_has() -> None:
    assert trie.list_root([]).hex() == "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"


@given(some.lists(some.binary(max_size=60), max_size=5))
def test_nodes_that_are_not_of_a_proof_are_refused(nodes: list[bytes]) -> None:
    with pytest.raises(InputError):
        trie.proven(bytes(32), bytes(32), nodes)
