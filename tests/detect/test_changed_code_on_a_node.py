"""Code that ends and comes again as something else, on a real node of before the Cancun upgrade."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mining import mined
from tocsin.app.known import from_files
from tocsin.chain.catalogue import derived
from tocsin.chain.codecs import tables
from tocsin.chain.recording import Recording
from tocsin.detect.detectors.preparation.changed_code import detector
from tocsin.detect.detectors.preparation.evasive_code import detector as evasive_code
from tocsin.detect.engine import detect
from tocsin.edge.anvil import Anvil, running
from tocsin.intel.reference import Beside
from tocsin.model.finding import Finding
from tocsin.tables.dataset import Tables

pytestmark = pytest.mark.anvil

FACTORY = "365f5f375f365f5ff500"
"""Creates what its call data says, with CREATE2 and salt zero."""
STORE = "0x" + "57" * 20
"""Holds the code that is copied."""
COPIER = f"73{STORE[2:]}3b805f5f73{STORE[2:]}3c5ff3"
"""Creation code that takes on whatever the store holds then."""
HARMLESS, HARMFUL = "33ff", "600133ff"
"""Code that ends when it is called, in two kinds."""


@pytest.fixture
def old_node(anvil_binary: Path) -> Iterator[Anvil]:
    with running(anvil_binary, 31337, ("--hardfork", "shanghai")) as node:
        yield node


def recorded(node: Anvil, block: str) -> Tables:
    asked = {"eth_getBlockByNumber": (block, True), "eth_getBlockReceipts": (block,), "trace_block": (block,)}
    answers = {method: json.dumps(node.request(method, *params)).encode() for method, params in asked.items()}
    return derived(tables([Recording(chain_id=node.chain_id, name=node.url, answers=answers)]))


def found_in(node: Anvil, blocks: list[str], known: Tables) -> list[Finding]:
    memories: dict[str, pl.DataFrame] = {}
    found: list[Finding] = []
    for block in blocks:
        outcome = detect(Beside(recorded(node, block), known), [detector], memories)
        assert not outcome.failures
        found += outcome.findings
        rows = outcome.remembered[detector.id]
        memories[detector.id] = pl.concat([memories[detector.id], rows]) if memories else rows
    return found


def sent(node: Anvil, **transaction: str) -> dict[str, Any]:
    return mined(node, gas="0x100000", **transaction)


@pytest.mark.parametrize(("watched", "severity"), [(True, "critical"), (False, "medium")])
def test_code_that_ends_and_comes_again_as_something_else(old_node: Anvil, watched: bool, severity: str) -> None:
    # given a contract that took its code from the store
    init = f"600a600c600039600a6000f3{FACTORY}"
    factory = sent(old_node, data="0x" + init)["contractAddress"]
    old_node.request("anvil_setCode", STORE, "0x" + HARMLESS)
    first = sent(old_node, to=factory, data="0x" + COPIER)
    made = recorded(old_node, first["blockNumber"])["created_contracts"]
    contract = "0x" + made["contract_address"][0].hex()
    # when it ends, and the store holds something else
    ended = sent(old_node, to=contract, data="0x")
    assert old_node.request("eth_getCode", contract, "latest") == "0x"
    old_node.request("anvil_setCode", STORE, "0x" + HARMFUL)
    again = sent(old_node, to=factory, data="0x" + COPIER)
    assert old_node.request("eth_getCode", contract, "latest") == "0x" + HARMFUL
    # then
    rows = f",{contract},watched,ours,us\n" if watched else ""
    known = from_files({"labels.csv": f"chain_id,address,kind,name,source\n{rows}".encode()})
    blocks = [each["blockNumber"] for each in (first, ended, again)]
    told = [(each.place.block_number, each.severity.word) for each in found_in(old_node, blocks, known)]
    heights = [int(block, 16) for block in blocks]
    capable = [(heights[0], "low"), (heights[2], "low")]
    expected = [*capable, (heights[2], severity), *([(heights[1], "critical")] if watched else [])]
    assert sorted(told) == sorted(expected)


def test_a_contract_that_asks_for_the_maker_is_told_by_its_real_code(anvil: Anvil) -> None:
    runtime = "4115600857600100" + "5b00"
    block = sent(anvil, data=f"0x600a600c600039600a6000f3{runtime}")["blockNumber"]

    (found,) = detect(recorded(anvil, block), [evasive_code], {}).findings

    assert (found.detector, found.severity.word) == ("evasive-code", "medium")
