"""Recall on the forged messages of one emptied bridge: alone, and with the other ends known to have sent nothing."""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl
from measuring import DATA, HEAD, row

from tocsin.app.watching.memories import Memories
from tocsin.chain.catalogue import datasets
from tocsin.chain.signatures import topic
from tocsin.detect.detectors.bridges._messages import BEAT_SECONDS
from tocsin.detect.detectors.bridges.forged_bridge_transfer import detector
from tocsin.detect.engine import detect
from tocsin.intel.reference import LABELS, REFERENCE_COLUMNS
from tocsin.model.finding import Finding, Severity
from tocsin.tables.literal import frame

FOLDER = DATA / "bridges/nomad"
RECEIVE = topic("Receive(uint64,address,address,address,uint256)")
PROCESS = topic("Process(bytes32,bool,bytes)")
ROUTER = b"router".rjust(20, b"\0")
"""The data does not say who emitted Receive: one contract."""
EVENING, BLOCK_SECONDS = 1_659_389_000, 13
"""Nor has it times: about when the first block was made, and how far apart blocks were then."""
OTHER_ENDS = (1284, 2001, 9001)
"""Moonbeam, Milkomeda, Evmos: where the forged messages say they come from."""
DAY_SECONDS = 86_400
BLOCKS_AT_ONCE = 32
MOST_LOGS = 10_000
"""Nor where in its block a Receive stands: behind everything else, in the order of the file."""

Rows = Sequence[Mapping[str, Any]]


def nomad() -> list[str]:
    """Recall on Nomad's forged messages; every one of them is forged."""
    received, processed = (_events(name) for name in ("receive_events", "process_events"))
    transactions = {each["transactionHash"] for each in (*received, *processed)}
    lines = ["## Nomad bridge (forged messages on Ethereum, where it is labelled as a bridge; high or more)", "", *HEAD]
    ends = (("Ethereum alone: repeated messages", ()), ("other ends watched, nothing sent there", OTHER_ENDS))
    for name, empty in ends:
        found = [f for f in _found(received, processed, empty) if f.severity >= Severity.HIGH]
        hit = {finding.place.transaction_hash for finding in found}
        messages = {(f.place.transaction_hash, str(f.values["message_id"]), f.key.rpartition(":")[2]) for f in found}
        lines.append(row(f"{name}, transactions", len(hit & transactions), len(transactions), "transactions"))
        lines.append(row(f"{name}, messages with an amount", len(messages), len(received), "messages"))
    return [*lines, ""]


def _events(name: str) -> Rows:
    found: Rows = json.loads(gzip.decompress((FOLDER / f"{name}.json.gz").read_bytes()))
    return found


def _found(received: Rows, processed: Rows, empty: Iterable[int]) -> list[Finding]:
    """What is found in the blocks, one batch after the other, as a scan of all chains in the order of time would."""
    memories, found = Memories({detector.id: detector}), list[Finding]()
    for chain, tables in _batches(received, processed, empty):
        height = tables["blocks"]["block_number"].min()
        outcome = detect(tables, [detector], memories.before(chain, height if isinstance(height, int) else None))
        if outcome.failures:
            raise SystemExit(f"{detector.id}: {outcome.failures}")
        memories.add(chain, outcome)
        found.extend(outcome.findings)
    return found


def _batches(received: Rows, processed: Rows, empty: Iterable[int]) -> Iterator[tuple[int, dict[str, pl.DataFrame]]]:
    """First the empty chains, then Ethereum's blocks, so many at a time."""
    lowest, highest = (pick(int(each["blockNumber"]) for each in received) for pick in (min, max))
    last = EVENING + (highest - lowest) * BLOCK_SECONDS
    for chain in empty:
        yield chain, _tables(_beats(chain, EVENING - 2 * DAY_SECONDS, last + DAY_SECONDS), [])
    logs = [*(_receive(event, index) for index, event in enumerate(received)), *map(_process, processed)]
    heights = sorted({each["block_number"]: each["block_hash"] for each in logs}.items())
    for at in range(0, len(heights), BLOCKS_AT_ONCE):
        some = dict(heights[at : at + BLOCKS_AT_ONCE])
        times = {height: EVENING + (height - lowest) * BLOCK_SECONDS for height in some}
        blocks = [_block(1, height, times[height], hash_) for height, hash_ in some.items()]
        yield 1, _tables(blocks, [each for each in logs if each["block_number"] in some])


def _tables(blocks: Rows, logs: Rows) -> dict[str, pl.DataFrame]:
    known = [{"chain_id": 1, "address": ROUTER, "kind": "bridge"}]
    return {
        "blocks": frame(datasets()["blocks"].columns, blocks),
        "logs": frame(datasets()["logs"].columns, logs),
        LABELS: frame(REFERENCE_COLUMNS[LABELS], known),
    }


def _block(chain_id: int, height: int, time: int, hash_: bytes) -> Mapping[str, Any]:
    return {"chain_id": chain_id, "block_number": height, "timestamp": time, "block_hash": hash_}


def _beats(chain: int, first: int, last: int) -> Rows:
    """A chain on which nothing happens, seen all the time."""
    times = range(first - first % BEAT_SECONDS, last, BEAT_SECONDS)
    return [_block(chain, n, time, n.to_bytes(32, "big")) for n, time in enumerate(times, 1)]


def _log(event: Mapping[str, Any], index: int) -> dict[str, Any]:
    return {
        "chain_id": 1,
        "block_number": event["blockNumber"],
        "block_hash": _raw(event["blockHash"]),
        "transaction_index": event["transactionIndex"],
        "transaction_hash": _raw(event["transactionHash"]),
        "log_index": index,
    }


def _receive(event: Mapping[str, Any], index: int) -> dict[str, Any]:
    amount, provider = int(event["amount"]).to_bytes(32, "big"), _word(event["liquidityProvider"])
    return {
        **_log(event, MOST_LOGS + index),
        "address": ROUTER,
        "topic0": RECEIVE,
        "topic1": _word(event["originAndNonce"]),
        "topic2": _word(event["tokenAddress"]),
        "topic3": _word(event["tokenRecipient"]),
        "data": provider + amount,
    }


def _process(event: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **_log(event, int(event["logIndex"])),
        "address": _raw(event["contractAddress"]),
        "topic0": PROCESS,
        "topic1": _raw(event["messageHash"]),
        "topic2": int(event["success"]).to_bytes(32, "big"),
        "topic3": _raw(event["returnData"]),
    }


def _raw(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def _word(text: str) -> bytes:
    return _raw(text).rjust(32, b"\0")
