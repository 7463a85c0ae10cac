"""Who acts in a transaction."""

import polars as pl
import pytest

from tocsin.chain.catalogue import datasets, derived
from tocsin.chain.signatures import selector
from tocsin.detect.actors import clusters, find, receivers
from tocsin.tables.literal import frame, named

ROUTER = "0x7a250d5630b4cf539739df2c5dacb4c659f2488d"
WETH = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"
TRANSFER = selector("transfer(address,uint256)")
ETHER = 10**18


def calls(*rows):
    """A call tree from (depth, index, end, type, caller, callee, selector, value)."""
    names = ("depth", "call_index", "subtree_end", "call_type", "from_address", "to_address", "selector", "value")
    return frame(datasets()["calls"].columns, [dict(zip(names, row, strict=True)) for row in rows])


def members(table, **more):
    """The members of a call tree by role, as names."""
    found = clusters({"calls": table, **more})
    known = {named(name): name for name in ("alice", "helper", "child", "grandchild", "bank", "friend")}
    return sorted(
        (row["role"], known.get(row["account_address"], row["account_address"].hex()))
        for row in found.iter_rows(named=True)
    )


def test_sender_and_the_contract_that_works_for_her():
    tree = calls((0, 0, 2, "call", "alice", "helper", b"abcd", 0), (1, 1, 2, "call", "helper", "bank", b"abcd", 0))
    assert members(tree) == [("called", "helper"), ("sender", "alice")]


def test_a_contract_that_makes_no_call_is_used_and_does_not_act():
    assert members(calls((0, 0, 1, "call", "alice", "bank", b"abcd", 0))) == [("sender", "alice")]


@pytest.mark.parametrize("callee", [ROUTER, WETH])
def test_public_routers_and_well_known_tokens_act_for_nobody(callee):
    tree = calls((0, 0, 2, "call", "alice", callee, b"abcd", 0), (1, 1, 2, "call", callee, "bank", b"abcd", 0))
    assert members(tree) == [("sender", "alice")]


def test_a_contract_called_as_a_token_is_a_token():
    tree = calls((0, 0, 2, "call", "alice", "bank", TRANSFER, 0), (1, 1, 2, "call", "bank", "friend", b"abcd", 0))
    assert members(tree) == [("sender", "alice")]


def test_what_members_create_is_a_member_however_deep():
    tree = calls(
        (0, 0, 3, "create", "alice", "helper", None, 0),
        (1, 1, 3, "create2", "helper", "child", None, 0),
        (2, 2, 3, "create", "child", "grandchild", None, 0),
    )
    assert members(tree) == [
        ("created", "child"),
        ("created", "grandchild"),
        ("created", "helper"),
        ("sender", "alice"),
    ]


def test_what_others_create_is_not():
    tree = calls(
        (0, 0, 3, "call", "alice", ROUTER, b"abcd", 0),
        (1, 1, 3, "call", ROUTER, "bank", b"abcd", 0),
        (2, 2, 3, "create2", "bank", "child", None, 0),
    )
    assert members(tree) == [("sender", "alice")]


def test_a_called_contract_that_pays_its_caller_is_the_one_that_lost():
    tree = calls((0, 0, 2, "call", "alice", "bank", b"abcd", 0), (1, 1, 2, "call", "bank", "alice", None, 100 * ETHER))
    profits = derived({"calls": tree})["profits"]
    assert members(tree) == [("called", "bank"), ("sender", "alice")]
    assert members(tree, profits=profits) == [("sender", "alice")]


def test_silent_accounts_that_members_pay_are_receivers():
    tree = calls(
        (0, 0, 4, "call", "alice", "helper", b"abcd", 0),
        (1, 1, 3, "call", "helper", "bank", b"abcd", ETHER),
        (2, 2, 3, "call", "bank", "helper", None, 2 * ETHER),
        (1, 3, 4, "call", "helper", "friend", None, ETHER),
    )
    found = receivers(clusters({"calls": tree}), tree, derived({"calls": tree})["transfers"])
    assert found["account_address"].to_list() == [named("friend")]
    assert found["role"].to_list() == ["receiver"]


def test_a_reverted_transaction_has_no_actors_to_speak_of():
    tree = calls((0, 0, 1, "call", "alice", "helper", b"abcd", 0)).with_columns(reverted=pl.lit(value=True))
    assert clusters({"calls": tree}).is_empty()


def test_transactions_without_hashes_of_a_block_still_group():
    tree = calls(
        (0, 0, 2, "call", "alice", "helper", b"abcd", 0), (1, 1, 2, "create", "helper", "child", None, 0)
    ).with_columns(block_hash=pl.lit(None, dtype=pl.Binary()))
    assert members(tree) == [("called", "helper"), ("created", "child"), ("sender", "alice")]


def transactions(**cells):
    """One transaction as the block tells of it."""
    row = {"from_address": "alice", "to_address": "helper", "input": b"abcdefgh", "success": True, **cells}
    return {"transactions": frame(datasets()["transactions"].columns, [row])}


def test_without_a_call_tree_a_contract_called_with_data_is_assumed_to_act():
    (cluster,) = find(transactions()).values()
    assert (cluster.sender, cluster.called) == (named("alice"), named("helper"))


@pytest.mark.parametrize("cells", [{"input": b""}, {"input": TRANSFER + bytes(64)}, {"to_address": ROUTER}])
def test_payments_tokens_and_routers_do_not(cells):
    (cluster,) = find(transactions(**cells)).values()
    assert cluster.contracts == ()


def test_a_creation_makes_its_contract_a_member():
    (cluster,) = find(transactions(to_address=None, contract_address="child")).values()
    assert cluster.created == (named("child"),)


def test_a_failed_transaction_has_no_cluster():
    assert find(transactions(success=False)) == {}


def test_with_neither_calls_nor_transactions_nobody_is_known():
    assert find({}) == {}
