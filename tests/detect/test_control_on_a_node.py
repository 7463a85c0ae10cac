"""The control detectors on blocks of a real node, with the node itself answering what they ask."""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from mining import mined
from tocsin.chain.catalogue import derived
from tocsin.chain.codecs import tables
from tocsin.chain.recording import Recording
from tocsin.chain.signatures import topic
from tocsin.detect.detector import Detector
from tocsin.detect.detectors.control.control_change import detector as control_change
from tocsin.detect.detectors.control.proxy_upgrade import detector as proxy_upgrade
from tocsin.detect.engine import detect, settle
from tocsin.edge.anvil import Anvil
from tocsin.model.finding import Finding
from tocsin.model.lookups import Answers, Lookup
from tocsin.tables.literal import topic as word

pytestmark = pytest.mark.anvil

EMITTER = "600e600c600039600e6000f3" + "60403560203560003560006000a3"
"""Init code of a contract that logs the three words of its call data as topics, and that code itself."""
UPGRADED = topic("Upgraded(address)")
OWNERSHIP_TRANSFERRED = topic("OwnershipTransferred(address,address)")
NOBODY = "0x" + "5c" * 20


def test_an_implementation_without_code_is_critical(anvil: Anvil) -> None:
    proxy = _send(anvil, data="0x" + EMITTER)["contractAddress"]

    block = _log(anvil, proxy, UPGRADED, NOBODY, NOBODY)

    (finding,) = _found(anvil, proxy_upgrade, block)
    assert (finding.severity.word, _role(finding, "proxy")) == ("critical", proxy)


def test_an_implementation_with_code_is_high(anvil: Anvil) -> None:
    proxy, code = (_send(anvil, data="0x" + EMITTER)["contractAddress"] for _ in range(2))

    block = _log(anvil, proxy, UPGRADED, code, code)

    (finding,) = _found(anvil, proxy_upgrade, block)
    assert (finding.severity.word, _role(finding, "implementation")) == ("high", code)


def test_ownership_that_goes_to_an_account_that_never_sent_anything_is_critical(anvil: Anvil) -> None:
    vault = _send(anvil, data="0x" + EMITTER)["contractAddress"]
    owner = anvil.request("eth_accounts")[0]

    block = _log(anvil, vault, OWNERSHIP_TRANSFERRED, owner, NOBODY)

    (finding,) = _found(anvil, control_change, block)
    assert (finding.severity.word, _role(finding, "holder")) == ("critical", NOBODY)


def test_ownership_that_goes_to_a_contract_is_low(anvil: Anvil) -> None:
    vault, multisig = (_send(anvil, data="0x" + EMITTER)["contractAddress"] for _ in range(2))
    owner = anvil.request("eth_accounts")[0]

    block = _log(anvil, vault, OWNERSHIP_TRANSFERRED, owner, multisig)

    (finding,) = _found(anvil, control_change, block)
    assert finding.severity.word == "low"


def _send(node: Anvil, **transaction: str) -> dict[str, Any]:
    return mined(node, gas="0x100000", **transaction)


def _log(node: Anvil, contract: str, event: bytes, *arguments: str) -> str:
    data = event + b"".join(word(argument) for argument in arguments)
    block: str = _send(node, to=contract, data="0x" + data.hex())["blockNumber"]
    return block


def _found(node: Anvil, detector: Detector, block: str) -> tuple[Finding, ...]:
    asked = {
        "eth_getBlockByNumber": (block, True),
        "eth_getBlockReceipts": (block,),
        "trace_block": (block,),
    }
    answers = {method: json.dumps(node.request(method, *params)).encode() for method, params in asked.items()}
    recording = Recording(chain_id=node.chain_id, name=node.url, answers=answers)
    outcome = detect(derived(tables([recording])), [detector], {})
    settled = settle(outcome, {detector.id: detector}, _answers(node, outcome.lookups))
    assert settled.failures == ()
    return settled.findings


def _answers(node: Anvil, lookups: Iterable[Lookup]) -> Answers:
    return {lookup: node.request(lookup.method, *lookup.parameters) for lookup in lookups}


def _role(finding: Finding, role: str) -> str:
    return next(entity.address for entity in finding.entities if entity.role == role)
