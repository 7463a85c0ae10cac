"""The network beside the blocks: beacon nodes as a source, in recordings, and while watching."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from chains import Node as BlockNode
from chains import recent_headers, standing

from beacon_server import GENESIS, Chain, Node, serving
from tocsin.app.asked import asked
from tocsin.app.look import decode
from tocsin.app.pipeline import examine
from tocsin.app.scan import Looked, scan
from tocsin.app.sources import Request, pieces, title, units
from tocsin.app.watching import network
from tocsin.app.watching.network import Beacon, WithNetwork, beacons, with_network
from tocsin.app.watching.watch import Watcher
from tocsin.chain import codecs
from tocsin.chain.beacon.events import Message
from tocsin.chain.catalogue import datasets, derived
from tocsin.chain.header import Header
from tocsin.chain.recording import Recording
from tocsin.detect.catalogue import detectors
from tocsin.detect.engine import Outcome
from tocsin.edge.beacon import BeaconNode, Limits
from tocsin.edge.rpc.endpoint import Endpoint, Status
from tocsin.edge.rpc.limits import Limits as EndpointLimits
from tocsin.edge.store import gaps, health
from tocsin.edge.store.opening import Store
from tocsin.edge.store.values import Gap, HealthAlert
from tocsin.model.errors import SettingError, UserError

KEY = "0123456789abcdef-secret"
WELL = Endpoint("https://node.example/v3/0123456789", 1, EndpointLimits()).status()


@pytest.fixture
def node() -> Iterator[Node]:
    with serving(Node(Chain(100, empty=frozenset({90, 91}), twice=98)), path=f"/{KEY}") as running:
        yield running


def found(request: Request, *names: str) -> list[dict[str, Any]]:
    """What detectors find in a source, all of which can be read."""
    chosen = {name: detectors()[name] for name in names} if names else detectors()
    results = list(scan(pieces(request), chosen))
    assert all(isinstance(result, Looked) and not result.failures for result in results), results
    return [finding.to_json() for result in results if isinstance(result, Looked) for finding in result.findings]


def test_a_look_at_a_beacon_node_finds_what_is_wrong_now(node: Node) -> None:
    node.chain.final_epoch = 0
    node.chain.head = 400
    node.syncing = {"is_optimistic": True}
    node.peers = [{"peer_id": "p", "last_seen_p2p_address": "/ip4/8.8.8.8/tcp/1", "state": "connected"}]
    node.inclusion = {"current_epoch_active_gwei": 300, "previous_epoch_target_attesting_gwei": 199}
    request = Request(source=f"beacon+{node.url}")
    severities = {one["detector"]: one["severity"] for one in found(request)}
    assert severities == {
        "finality-delay": "high",
        "low-participation": "critical",
        "head-lag": "medium",
        "few-peers": "medium",
    }


def test_a_range_of_slots_is_read_in_order_and_empty_ones_give_nothing(node: Node) -> None:
    request = Request(source=f"beacon+{node.url}", first_block=88, last_block=10_000)
    batches = list(pieces(request))
    assert [piece.source.rpartition(" ")[2] for piece in batches] == [
        str(n) for n in range(88, 101) if n not in {90, 91}
    ]
    (finding,) = found(request)
    assert (finding["detector"], finding["values"]["slot"]) == ("equivocation", "98")
    assert finding["block_number"] == node.chain.number(98)


def test_the_key_in_a_url_is_not_shown(node: Node) -> None:
    request = Request(source=f"beacon+{node.url}", first_block=1, last_block=1)
    assert KEY not in title(request)
    assert all(KEY not in piece.source for piece in pieces(request))
    assert units(request) == 1


@pytest.mark.parametrize(("first", "last"), [(9, 8), (None, 8)])
def test_a_range_that_is_none_is_refused(node: Node, first: int | None, last: int) -> None:
    with pytest.raises(UserError, match="--"):
        list(pieces(Request(source=f"beacon+{node.url}", first_block=first, last_block=last)))


def test_a_recording_with_beacon_answers_is_scanned(tmp_path: Path) -> None:
    head = Chain(100)
    recording = {
        "chain_id": 1,
        "beacon:/eth/v1/beacon/headers/{block_id}": {"data": head.entries(100)[0]},
        "beacon:/eth/v2/beacon/blocks/{block_id}": head.block(100),
        "beacon:/eth/v1/events": [
            {
                "event": "chain_reorg",
                "data": {
                    "slot": "100",
                    "depth": "7",
                    "old_head_block": "0x" + "11" * 32,
                    "new_head_block": "0x" + "22" * 32,
                    "epoch": "3",
                },
            }
        ],
    }
    (tmp_path / "one.json").write_text(json.dumps(recording))
    (finding,) = found(Request(source=str(tmp_path)), "chain-reorg", "equivocation")
    assert (finding["severity"], finding["values"]["depth_slots"]) == ("high", "7")
    assert "without:finality" in finding["labels"]
    assert finding["block_hash"] == head.block(100)["data"]["message"]["body"]["execution_payload"]["block_hash"]  # type: ignore[index]


NETWORK = {name for name, dataset in datasets().items() if dataset.asked_of}


def test_nobody_is_blind_to_what_was_not_asked() -> None:
    blocks_only = derived({"blocks": datasets()["blocks"].empty})
    left_out = detectors().keys() - asked(blocks_only, detectors()).keys()
    assert left_out
    assert all(set(detectors()[name].lacking(blocks_only)) <= NETWORK for name in left_out)
    assert {"reentrancy", "missed-slots"} <= asked(blocks_only, detectors()).keys()


def test_what_beacon_nodes_do_not_tell_is_named() -> None:
    there = {name: datasets()[name].empty for name in ("blocks", "finality")}
    kept = asked(there, detectors())
    assert {"finality-delay", "low-participation", "chain-reorg"} <= kept.keys()
    assert "own-validators" not in kept
    assert "peer-concentration" not in kept


def test_a_look_at_the_network_is_not_blind_to_blocks() -> None:
    kept = asked({name: datasets()[name].empty for name in ("finality", "node_status")}, detectors())
    assert {"finality-delay", "head-lag", "low-participation"} <= kept.keys()
    assert not {"reentrancy", "missed-slots", "rug-pull"} & kept.keys()


def test_what_lacks_of_blocks_is_named() -> None:
    kept = asked({"logs": datasets()["logs"].empty}, detectors())
    assert {"reentrancy", "missed-slots", "rug-pull"} <= kept.keys()


def test_who_chose_nothing_else_is_told_that_it_is_blind() -> None:
    only = {"finality-delay": detectors()["finality-delay"]}
    assert asked({}, only) == only


def header(slot: int, node: Node) -> Header:
    block: Any = node.chain.block(slot)
    payload = block["data"]["message"]["body"]["execution_payload"]
    own, parent = (bytes.fromhex(text[2:]) for text in (payload["block_hash"], "0x" + "00" * 32))
    return Header(number=int(payload["block_number"]), hash=own, parent_hash=parent, timestamp=GENESIS + 12 * slot)


@dataclass
class Blocks(BlockNode):
    """Blocks in memory, with the states of endpoints."""

    endpoints: list[Status] = field(default_factory=list)

    async def recording(self, header: Header) -> Recording:
        block = {
            "number": hex(header.number),
            "hash": "0x" + header.hash.hex(),
            "parentHash": "0x" + header.parent_hash.hex(),
            "timestamp": hex(header.timestamp),
        }
        return Recording(chain_id=1, name="node", answers={"eth_getBlockByNumber": json.dumps(block).encode()})

    def states(self) -> Sequence[Status]:
        return self.endpoints


@dataclass
class Scene:
    """A reader with a beacon node beside it, at a moment."""

    node: Node
    now: float
    blocks: Blocks
    troubles: Callable[[], Sequence[Any]] = tuple
    validators: tuple[str, ...] = ()

    def using(self, act: Callable[[WithNetwork], Any]) -> Any:
        async def once() -> Any:
            client = BeaconNode(self.node.url, Limits(answer_seconds=5, first_backoff_seconds=30))
            reader = WithNetwork(
                reader=self.blocks,
                beacons=(Beacon(client, ""),),
                validators=self.validators,
                clock=lambda: self.now,
                troubles=self.troubles,
            )
            try:
                return await act(reader)
            finally:
                await reader.close()

        return asyncio.run(once())


def scene(node: Node, slot: int = 100, **more: Any) -> Scene:
    return Scene(node, GENESIS + 12 * slot + 3, Blocks([header(slot, node)]), **more)


def outcome(recording: Recording) -> Outcome:
    return examine(derived(codecs.tables([recording])), detectors(), {}, lambda _: {})


def test_a_fresh_block_comes_with_what_the_network_says(node: Node) -> None:
    node.chain.final_epoch = 0
    node.chain.head = 300
    at = header(300, node)
    told = scene(node, 300).using(lambda reader: reader.recording(at))
    tables = codecs.tables([told])
    assert tables["beacon_blocks"]["slot"].to_list() == [300]
    assert set(tables["finality"]["block_hash"]) == {at.hash}
    findings = outcome(told).findings
    assert {"finality-delay", "few-peers"} <= {finding.detector for finding in findings}
    assert all(finding.place.block_hash == "0x" + at.hash.hex() for finding in findings)


def test_a_block_that_is_caught_up_with_comes_as_it_is(node: Node) -> None:
    late = scene(node)
    late.now += 600
    told = late.using(lambda reader: reader.recording(header(100, node)))
    assert told.methods == {"eth_getBlockByNumber"}
    assert not node.asked


def test_a_block_that_is_tried_again_is_told_the_same(node: Node) -> None:
    async def act(reader: WithNetwork) -> tuple[Recording, Recording, int]:
        first = await reader.recording(header(100, node))
        questions = len(node.asked)
        return first, await reader.recording(header(100, node)), len(node.asked) - questions

    first, second, more = scene(node).using(act)
    assert first == second
    assert more == 0


def test_what_is_asked_once_an_epoch_is_asked_once(node: Node) -> None:
    node.dead = frozenset({"8"})
    at = scene(node, 99, validators=("7", "8"))

    node.inclusion = {"current_epoch_active_gwei": 9, "previous_epoch_target_attesting_gwei": 6}

    async def act(reader: WithNetwork) -> list[Recording]:
        return [await reader.recording(header(slot, node)) for slot in (97, 98, 99)]

    told = [codecs.tables([each]) for each in at.using(act)]
    first, *later = (tables["own_validators"] for tables in told)
    assert first.select("epoch", "is_live").rows() == [(2, True), (2, False)]
    assert all(rows.is_empty() for rows in later)  # there, so that nobody is blind; who was live is told once
    assert all(tables["participation"]["epoch"].to_list() == [1] for tables in told)  # the last of which all is in
    assert len([path for path in node.asked if "liveness" in path or "inclusion" in path]) == 2


def test_who_is_named_by_a_public_key_is_asked_about_by_index_once_it_is_known(node: Node) -> None:
    key = "0x" + "Ab" * 48
    node.validators = [
        {"index": "7", "balance": "32", "status": "active_ongoing", "validator": {"pubkey": key.lower()}},
    ]
    node.dead = frozenset({"7"})

    async def act(reader: WithNetwork) -> list[Recording]:
        return [await reader.recording(header(slot, node)) for slot in (63, 64)]

    first, second = (codecs.tables([told])["own_validators"] for told in scene(node, 64, validators=(key,)).using(act))
    assert first["is_live"].to_list() == [None]
    assert second.select("validator_index", "is_live").rows() == [(7, None), (7, False)]


def test_no_detector_of_the_network_is_blind_between_the_first_blocks_of_epochs(node: Node) -> None:
    node.inclusion = {"current_epoch_active_gwei": 9, "previous_epoch_target_attesting_gwei": 6}

    async def act(reader: WithNetwork) -> list[Recording]:
        return [await reader.recording(header(slot, node)) for slot in (97, 98)]

    for told in scene(node, 98, validators=("7",)).using(act):
        assert not {"low-participation", "missed-proposal"} & {each.detector for each in outcome(told).blind}


def test_a_turn_that_is_missed_is_found_while_watching(node: Node) -> None:
    slots = (88, 89, 92)  # 90 and 91 are empty
    at = scene(node, 92, validators=("1090",))
    node.validators = [
        {"index": "1090", "balance": "32", "status": "active_ongoing", "validator": {"pubkey": "0x" + "aa" * 48}}
    ]

    async def act(reader: WithNetwork) -> list[Recording]:
        return [await reader.recording(header(slot, node)) for slot in slots]

    only = {"missed-proposal": detectors()["missed-proposal"]}
    memories: dict[str, Any] = {}
    seen = []
    for told in at.using(act):
        found_here = examine(derived(codecs.tables([told])), only, memories, lambda _: {})
        seen += [finding.values["slot"] for finding in found_here.findings]
        memories = {name: pl.concat([memories[name], rows]) if name in memories else rows
                    for name, rows in found_here.remembered.items()}  # fmt: skip
    assert seen == [90]


def test_events_are_not_lost_when_the_questions_fail(node: Node) -> None:
    change = {"slot": "98", "depth": "3", "old_head_block": "0x" + "1" * 64, "new_head_block": "0x" + "2" * 64}
    event = Message("chain_reorg", json.dumps({**change, "epoch": "3"}).encode())

    async def act(reader: WithNetwork) -> tuple[Recording, Recording]:
        reader.beacons[0].listening = asyncio.create_task(asyncio.sleep(60))
        reader.beacons[0].heard.append(event)
        node.tricks.append(lambda handler: handler.reply(500, b"{}"))
        failed = await reader.recording(header(97, node))
        reader.beacons[0].node.worked()  # the time it is left alone is over
        return failed, await reader.recording(header(98, node))

    failed, told = scene(node, 98).using(act)
    assert "reorgs" not in codecs.tables([failed])
    assert codecs.tables([told])["reorgs"]["depth"].to_list() == [3]


def test_an_event_that_is_nonsense_is_in_the_way_once(node: Node) -> None:
    change = {"slot": "98", "depth": str(2**64), "old_head_block": "0x", "new_head_block": "0x", "epoch": "3"}

    async def act(reader: WithNetwork) -> tuple[Recording, Recording]:
        reader.beacons[0].listening = asyncio.create_task(asyncio.sleep(60))
        reader.beacons[0].heard.append(Message("chain_reorg", json.dumps(change).encode()))
        failed = await reader.recording(header(97, node))
        reader.beacons[0].node.worked()
        return failed, await reader.recording(header(98, node))

    failed, told = scene(node, 98).using(act)
    assert "finality" not in codecs.tables([failed])
    assert "finality" in codecs.tables([told])


def test_events_are_told_with_the_next_block(node: Node) -> None:
    async def act(reader: WithNetwork) -> Recording:
        await reader.recording(header(97, node))
        await asyncio.to_thread(node.listened_to, 1)
        change = {"slot": "98", "depth": "3", "old_head_block": "0x" + "1" * 64, "new_head_block": "0x" + "2" * 64}
        node.push("chain_reorg", {**change, "epoch": "3"})
        async with asyncio.timeout(10):
            while not reader.beacons[0].heard:  # noqa: ASYNC110 - it is another thread's doing
                await asyncio.sleep(0.01)
        return await reader.recording(header(98, node))

    told = scene(node, 98).using(act)
    assert codecs.tables([told])["reorgs"]["depth"].to_list() == [3]
    assert "chain-reorg" in {finding.detector for finding in outcome(told).findings}


LIES: list[Callable[[Any], None]] = [
    lambda handler: handler.reply(500, b"{}"),
    lambda handler: handler.reply(200, b'{"data": {"head_slot": "x"}}'),
    lambda handler: handler.reply(200, b"no JSON"),
]


@pytest.mark.parametrize("lie", LIES)
def test_a_beacon_node_that_fails_or_lies_holds_nothing_up_and_is_shown(node: Node, lie: Callable[[Any], None]) -> None:
    async def act(reader: WithNetwork) -> tuple[Recording, Status, int]:
        reader.beacons[0].listening = asyncio.create_task(
            asyncio.sleep(60)
        )  # so that the trick is played to a question
        node.tricks.append(lie)
        told = await reader.recording(header(99, node))
        asked_so_far = len(node.asked)
        await reader.recording(header(100, node))
        return told, reader.states()[-1], len(node.asked) - asked_so_far

    told, state, more = scene(node).using(act)
    assert not {key for key in told.methods if key.startswith("beacon")}
    assert (state.failures_in_a_row, state.errors) == (1, 1)
    assert state.last_error
    assert KEY not in state.last_error
    assert more == 0  # it is left alone for a while


def test_a_beacon_node_that_is_slow_is_not_waited_for(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "PATIENCE_SECONDS", 0.2)

    async def act(reader: WithNetwork) -> tuple[Recording, Status]:
        reader.beacons[0].listening = asyncio.create_task(asyncio.sleep(60))
        node.tricks.append(lambda handler: time.sleep(0.5) or handler.reply(200, b"{}"))
        return await reader.recording(header(100, node)), reader.states()[-1]

    told, state = scene(node).using(act)
    assert not {key for key in told.methods if key.startswith("beacon")}
    assert "did not tell of block" in state.last_error


def test_a_beacon_node_that_has_the_block_a_moment_later_is_asked_again(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "LATE_SECONDS", 0.3)
    node.chain.head = 99

    async def arrive() -> None:
        async with asyncio.timeout(10):
            while not any(path.endswith("/blocks/100") for path in node.asked):  # noqa: ASYNC110 - another thread's doing
                await asyncio.sleep(0.01)
        node.chain.head = 100

    async def act(reader: WithNetwork) -> Recording:
        told, _ = await asyncio.gather(reader.recording(at), arrive())
        return told

    at = replace(header(99, node), timestamp=GENESIS + 12 * 100)
    assert codecs.tables([scene(node, 99).using(act)])["beacon_blocks"]["slot"].to_list() == [100]


def test_an_endpoint_that_falls_behind_is_found(node: Node) -> None:
    at = scene(node)
    number = header(100, node).number
    behind = [
        replace(WELL, name=f"https://{name}", head_number=head) for name, head in (("a", number), ("b", number - 11))
    ]
    at.blocks.endpoints = [*behind, replace(WELL, name="https://c", head_number=1, failures_in_a_row=3)]
    told = at.using(lambda reader: reader.recording(header(100, node)))
    (lag,) = [finding for finding in outcome(told).findings if finding.detector == "head-lag"]
    assert (lag.values["node"], lag.values["behind"], lag.severity.word) == ("https://b", 11, "high")


def test_endpoints_on_different_branches_are_found(node: Node) -> None:
    at = scene(node, 99)

    async def act(reader: WithNetwork) -> list[Recording]:
        told = []
        for slot in (97, 98, 99):
            number = header(slot, node).number
            at.blocks.endpoints = [
                replace(WELL, name=f"https://{name}", head_number=number, head_hash=bytes([slot, branch]) * 16)
                for branch, name in enumerate("ab")
            ]
            told.append(await reader.recording(header(slot, node)))
        return told

    tables = derived(codecs.tables(at.using(act)))
    only = {"rpc-disagreement": detectors()["rpc-disagreement"]}
    (finding,) = examine(tables, only, {}, lambda _: {}).findings
    assert finding.values["nodes"] == ("https://a", "https://b")
    assert finding.place.block_number == header(99, node).number


def test_what_the_store_knows_to_be_undone_is_found(store: Store, node: Node) -> None:
    key = gaps.failing_key(1, "arbitrage")
    failed = HealthAlert(key=key, kind="detector-failure", chain_id=1, detail="", times=2)
    health.open_alert(store.engine, failed, now=GENESIS)
    gap = Gap(chain_id=1, first=5, last=9, detector="arbitrage", reason="KeyError", attempts=1)
    gaps.note_undone(store.engine, gap)
    told_by = HealthAlert(key="channel:file", kind="delivery", chain_id=None, detail="", times=3)
    health.open_alert(store.engine, told_by, now=GENESIS)
    other = HealthAlert(key="chain:2:stalled", kind="stalled", chain_id=2, detail="", times=1)
    health.open_alert(store.engine, other, now=GENESIS)
    blocks, now = Blocks([header(100, node)]), GENESIS + 12 * 100 + 3

    async def act() -> Recording:
        reader = with_network(blocks, beacon_urls=(), validators=(), store=store, clock=lambda: now)
        return await reader.recording(header(100, node))

    found_ = {one.values["kind"]: one for one in outcome(asyncio.run(act())).findings if one.detector == "own-gaps"}
    assert {kind: one.severity.word for kind, one in found_.items()} == {"failure": "medium", "undelivered": "high"}
    assert (found_["failure"].values["subject"], found_["failure"].values["blocks"]) == ("arbitrage", "blocks 5 to 9")
    assert found_["undelivered"].values["age_seconds"] == 1_203


def test_while_watching_it_is_told_once_and_goes_with_its_block(store: Store, node: Node) -> None:
    node.chain.final_epoch = 0
    node.chain.head = 300
    line = [header(slot, node) for slot in (298, 299, 300)]
    line = [replace(one, parent_hash=before.hash) for before, one in zip([line[0], *line], line, strict=False)]
    at = Scene(node, GENESIS + 12 * 300 + 3, Blocks(line))
    watched = {name: detectors()[name] for name in ("finality-delay", "few-peers")}

    async def act(reader: WithNetwork) -> None:
        for head in line:  # as the heads come
            watcher = Watcher(
                reader=reader,
                store=store,
                decode=decode,
                detectors=watched,
                clock=lambda: 1.0,
                keep_blocks=64,
                start=None,
            )
            at.blocks.chain = [head]
            await watcher.catch_up(head)

    at.using(act)
    assert [(name, number) for name, number, _ in standing(store)] == [
        ("finality-delay", line[0].number),
        ("few-peers", line[0].number),
    ]
    assert [one.number for one in recent_headers(store)] == [one.number for one in line]


def test_beacon_nodes_are_told_apart_and_validators_checked() -> None:
    assert [each.observer for each in beacons(["http://127.0.0.1:5052"], ["7"])] == [""]
    two = beacons(["http://127.0.0.1:5052", "http://user:pass@host.example/x"], ["0x" + "ab" * 48])
    assert [each.observer for each in two] == ["1-127.0.0.1-5052", "2-host.example"]
    for wrong in ("x", "-1", "0x12", "1,2"):
        with pytest.raises(SettingError, match="neither an index nor a public key"):
            beacons([], [wrong])
