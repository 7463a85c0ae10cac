"""Nomad's forged messages: whatever had arrived before is told of, on the paying chain alone."""

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from tocsin.chain.catalogue import datasets
from tocsin.chain.signatures import topic
from tocsin.detect.detectors.bridges.forged_bridge_transfer import detector
from tocsin.detect.engine import detect
from tocsin.intel.reference import LABELS, REFERENCE_COLUMNS
from tocsin.model.finding import Severity
from tocsin.tables.literal import frame, named

pytestmark = pytest.mark.recorded

RECEIVE = topic("Receive(uint64,address,address,address,uint256)")


def test_every_message_that_had_arrived_before_is_critical_and_no_other(recorded_data: Path) -> None:
    packed = (recorded_data / "bridges/nomad/receive_events.json.gz").read_bytes()
    events = sorted(json.loads(gzip.decompress(packed)), key=lambda e: (e["blockNumber"], e["transactionIndex"]))
    heights = {event["blockNumber"]: bytes.fromhex(event["blockHash"][2:]) for event in events}
    blocks = [{"block_number": n, "block_hash": hash_, "timestamp": n * 13} for n, hash_ in heights.items()]
    tables = {
        "blocks": frame(datasets()["blocks"].columns, blocks),
        "logs": frame(datasets()["logs"].columns, [log(event, n) for n, event in enumerate(events)]),
        LABELS: frame(REFERENCE_COLUMNS[LABELS], [{"chain_id": 1, "address": "router", "kind": "bridge"}]),
    }
    found = detect(tables, [detector], {}).findings

    ids = Counter(event["originAndNonce"] for event in events)
    assert len(events) > 1_000
    assert {finding.severity for finding in found} == {Severity.CRITICAL}
    assert len(found) == sum(times - 1 for times in ids.values())


def log(event: dict[str, str], index: int) -> dict[str, object]:
    """A Receive event as it stood on Ethereum; the data does not say who emitted it, nor at which index."""
    topics = (event["originAndNonce"], event["tokenAddress"], event["tokenRecipient"])
    return {
        "block_number": event["blockNumber"],
        "block_hash": bytes.fromhex(event["blockHash"][2:]),
        "transaction_index": event["transactionIndex"],
        "transaction_hash": bytes.fromhex(event["transactionHash"][2:]),
        "log_index": index,
        "address": named("router"),
        "topic0": RECEIVE,
        **{f"topic{n}": bytes.fromhex(each[2:]).rjust(32, b"\0") for n, each in enumerate(topics, 1)},
        "data": bytes(32) + int(event["amount"]).to_bytes(32, "big"),
    }
