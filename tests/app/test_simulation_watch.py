"""New contracts tried out while watching: found before they are used, kept with their block, faults told."""

import asyncio
import io
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from chains import THIRDS, Node, alerts_ever, chain, standing, watcher
from town import Town, showing

from node_server import CHAIN_ID
from tocsin.app.backoff import Backoff
from tocsin.app.health import HealthBook
from tocsin.app.settings import Settings, parse
from tocsin.app.simulation import queue as simulation_queue
from tocsin.app.simulation.queue import MOST_FAILURES, SimulationQueue
from tocsin.app.simulation.simulation import DETECTOR
from tocsin.app.simulation.trial import NewContract
from tocsin.app.simulation.watch import MOST_BEHIND, Offering, SimulationWatch
from tocsin.app.triage.standing import standing_alerts
from tocsin.app.watching.deliver import Deliverer
from tocsin.app.watching.live import run
from tocsin.app.watching.start import book_of, live
from tocsin.app.watching.watch import Unobserved, Watcher
from tocsin.app.watching.worker import Worker
from tocsin.chain.contract import Transaction
from tocsin.chain.header import Header
from tocsin.edge import clock
from tocsin.edge.logs import logger
from tocsin.edge.metrics import Metrics
from tocsin.edge.store.done import DoneBlock
from tocsin.edge.store.opening import Store
from tocsin.edge.store.schema import watching as schema
from tocsin.edge.store.store import add_findings, commit_block
from tocsin.model.alert import Stage
from tocsin.model.errors import EndpointUnavailable, NoCode, StoreUnavailable
from tocsin.model.finding import Entity, Finding, Place, Severity, hexadecimal

AT_ONCE = Backoff(first_seconds=0.001, longest_seconds=0.001, jitter=lambda: 1.0)
PATIENCE_SECONDS = 60.0
WATCHING = (
    "eth_chainId", "web3_clientVersion", "eth_getBlockByNumber", "eth_getBlockByHash", "eth_getBlockReceipts",
    "eth_getCode", "eth_getTransactionCount", "eth_getBalance", "eth_getStorageAt", "eth_call", "trace_block",
    "debug_traceBlockByHash", "txpool_content",
)  # fmt: skip


def place(header: Header, number: int) -> Place:
    return Place(
        chain_id=1,
        block_number=header.number,
        block_hash=hexadecimal(header.hash),
        transaction_hash=f"0x{number:064x}",
        transaction_index=0,
    )


def said(number: int, header: Header) -> Finding:
    return Finding(
        detector="attack-contract", place=place(header, number), severity=Severity.LOW, confidence=0.3, title="",
        summary="", entities=(Entity("attack_contract", f"0x{number:040x}"),),
    )  # fmt: skip


@dataclass
class Bench:
    """A watch on a chain in memory, whose simulations find something, or fail as they are told to."""

    node: Node
    watcher: Watcher
    queue: SimulationQueue
    watch: SimulationWatch
    metrics: Metrics
    errors: list[Exception] = field(default_factory=list)

    @property
    def store(self) -> Store:
        return self.watcher.store

    def follow(self, node: Node | None = None) -> None:
        if node is not None:
            self.watcher.reader = node
        head = asyncio.run(self.watcher.reader.head())
        asyncio.run(self.watcher.catch_up(head))

    def turn(self) -> bool:
        return asyncio.run(self.watch.turn())

    def found(self) -> list[tuple[int, bytes]]:
        return [(number, branch) for name, number, branch in standing(self.store) if name == DETECTOR]

    def told(self) -> list[str]:
        """The notices of simulations in the outbox."""
        query = sa.select(schema.outbox.c.kind).join(schema.findings).where(schema.findings.c.detector == DETECTOR)
        with self.store.engine.begin() as connection:
            return list(connection.scalars(query.order_by(schema.outbox.c.sequence)))

    def sample(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"tocsin_{name}", {"chain": "local", **labels})


@pytest.fixture
def bench(store: Store, monkeypatch: pytest.MonkeyPatch) -> Bench:
    node, metrics, log = Node(chain(6)), Metrics(lambda: 1.0), logger(io.StringIO(), ())
    book = HealthBook(store=store, clock=lambda: 1.0, log=log)
    queue = SimulationQueue(node=None, random=clock.dice())  # type: ignore[arg-type]  # nothing is asked
    watching = watcher(node, store, THIRDS, keep_blocks=2)
    watching.observer = Offering(queue, Unobserved())
    worker = Worker(
        watcher=watching, book=book, log=log, backoff=AT_ONCE, gap_backoff=AT_ONCE, count_failure=lambda _: None
    )
    deliverer = Deliverer(
        store=store, channels=(), book=book, metrics=metrics, log=log, backoff=AT_ONCE, clock=lambda: 1.0
    )
    watch = SimulationWatch(chain="local", worker=worker, queue=queue, deliverer=deliverer, metrics=metrics)
    made = Bench(node, watching, queue, watch, metrics)

    async def simulate(node: object, new: NewContract, **_: object) -> NewContract:
        if made.errors:
            raise made.errors.pop(0)
        return new

    def finding(new: NewContract, hash_: str | None) -> Finding:
        at = replace(place(new.head, 0), transaction_hash=hash_)
        return Finding(detector=DETECTOR, place=at, severity=Severity.HIGH, confidence=0.8, title="", summary="")

    monkeypatch.setattr(simulation_queue, "simulate_new_contract", simulate)
    monkeypatch.setattr(simulation_queue, "finding", finding)
    return made


@pytest.mark.parametrize("height", [1, 4], ids=["its header is not kept any more", "its header is kept"])
def test_what_is_found_is_added_to_its_block_and_told(bench: Bench, height: int) -> None:
    bench.follow()
    header = bench.node.chain[height]
    bench.queue.offer([said(7, header)], header)

    assert bench.turn()

    assert bench.found() == [(height, b"\x00")]
    assert bench.told() == ["finding"]
    assert bench.watch.deliverer.wake.is_set()
    assert bench.sample("simulations_total") == 1
    assert bench.sample("findings_total", detector=DETECTOR, severity="high") == 1
    assert not bench.turn()


def test_it_is_taken_back_with_its_block_and_tried_again_in_the_new_one(bench: Bench) -> None:
    bench.follow()
    header = bench.node.chain[5]
    bench.queue.offer([said(7, header)], header)
    bench.turn()
    # when a reorg puts the deployment into another block
    fork = Node(chain(8, fork=1, fork_at=5))
    bench.follow(fork)
    assert bench.found() == []
    assert bench.told() == ["finding", "retraction"]
    bench.queue.offer([said(7, fork.chain[6])], fork.chain[6])
    bench.turn()
    # then
    assert bench.found() == [(6, b"\x01")]


def test_what_is_found_in_a_block_that_was_orphaned_meanwhile_is_not_written(bench: Bench) -> None:
    bench.follow()
    header = bench.node.chain[5]
    bench.queue.offer([said(7, header)], header)
    one = bench.queue.take()
    assert one is not None
    bench.follow(Node(chain(8, fork=1, fork_at=5)))

    asyncio.run(bench.watch._tried(one, asyncio.run(bench.queue.tried(one))))

    assert (bench.found(), bench.told(), bench.watch.unwritten) == ([], [], None)
    assert bench.sample("findings_total", detector=DETECTOR, severity="high") is None


def test_nothing_is_written_where_the_new_branch_has_not_come_so_far(store: Store) -> None:
    """A block above the checkpoint has no header because it was orphaned, not because it is old."""
    headers = chain(3)
    for header in headers[:2]:
        commit_block(store, DoneBlock(chain_id=1, header=header), keep_blocks=2, now=1.0)
    gone = DoneBlock(chain_id=1, header=headers[2], findings=(said(7, headers[2]),))
    assert not add_findings(store, gone, now=1.0)
    assert standing(store) == []


def test_the_contracts_that_a_watcher_finds_are_offered(bench: Bench) -> None:
    outcome: Any = type("Outcome", (), {"findings": [said(7, bench.node.chain[3])]})
    observer = bench.watcher.observer
    observer.done(bench.node.chain[3], bench.node.chain[5], outcome)
    assert len(bench.queue) == 1
    observer.rolled_back(bench.node.chain[2], 0, deep=False)
    assert len(bench.queue) == 0


def test_what_fails_is_an_alert_until_something_succeeds_and_is_tried_again(bench: Bench) -> None:
    bench.follow()
    header = bench.node.chain[4]
    bench.queue.offer([said(7, header)], header)
    bench.errors = [EndpointUnavailable("node: no answer")] * 2

    bench.turn()
    bench.turn()
    assert alerts_ever(bench.store) == [("simulation", 2, False)]
    assert (bench.found(), bench.watch.failures) == ([], 2)

    bench.turn()
    assert alerts_ever(bench.store) == [("simulation", 2, True)]
    assert (bench.found(), bench.watch.failures) == ([(4, b"\x00")], 0)


def test_what_fails_again_and_again_is_dropped_and_that_is_an_alert(bench: Bench) -> None:
    bench.follow()
    header = bench.node.chain[4]
    bench.queue.offer([said(7, header)], header)
    bench.errors = [EndpointUnavailable("node: no answer")] * MOST_FAILURES

    for _ in range(MOST_FAILURES + 1):
        bench.turn()
    assert sorted(alerts_ever(bench.store)) == [("simulation", 1, False), ("simulation", MOST_FAILURES, False)]
    assert bench.sample("simulations_dropped_total") == 1

    bench.turn()  # none waits
    assert sorted(alerts_ever(bench.store)) == [("simulation", 1, True), ("simulation", MOST_FAILURES, False)]


def test_a_contract_that_destroyed_itself_is_no_failure(bench: Bench) -> None:
    bench.follow()
    bench.queue.offer([said(7, bench.node.chain[4])], bench.node.chain[4])
    bench.errors = [NoCode("there is no code")]

    assert bench.turn()
    assert not bench.turn()
    assert (alerts_ever(bench.store), bench.found()) == ([], [])


def test_what_is_found_while_the_store_is_away_is_written_when_it_is_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.follow()
    bench.queue.offer([said(7, bench.node.chain[4])], bench.node.chain[4])

    def away(*_: object, **__: object) -> bool:
        raise StoreUnavailable("no connection")

    with monkeypatch.context() as patched:
        patched.setattr("tocsin.app.simulation.watch.add_findings", away)
        bench.turn()
        bench.turn()
    assert alerts_ever(bench.store) == [("simulation", 2, False)]
    bench.turn()
    assert bench.found() == [(4, b"\x00")]
    assert alerts_ever(bench.store) == [("simulation", 2, True)]


def test_what_waited_when_it_stopped_is_tried_after_the_start(bench: Bench) -> None:
    # given what an earlier process stored and did not come to: in a block that is kept, and in one that is older
    bench.follow()
    for height in (2, 5):
        header = bench.node.chain[height]
        done = DoneBlock(chain_id=1, header=header, findings=(said(height, header),))
        assert add_findings(bench.store, done, now=1.0)
    # when
    while bench.turn():
        pass
    # then
    assert bench.found() == [(5, b"\x00")]
    # and the same again finds nothing new
    bench.watch.has_resumed = False
    bench.queue._taken.clear()
    assert bench.turn()
    assert bench.told() == ["finding"]


def test_nothing_is_tried_while_the_chain_is_far_behind(bench: Bench) -> None:
    bench.queue.offer([said(7, bench.node.chain[4])], bench.node.chain[4])
    assert not bench.turn()  # not begun
    bench.follow()
    bench.watch.worker.newest = chain(5 + MOST_BEHIND + 2)[-1]
    assert not bench.turn()
    bench.watch.worker.newest = chain(5 + MOST_BEHIND + 1)[-1]
    assert bench.turn()


# What follows is on a real node.


def settings(town: Town, url: str, folder: Path, more: str) -> Settings:
    watched = f"chain_id,address,kind,name,source\n,{town.bank.address},watched,bank,us\n"
    (folder / "watched.csv").write_text(watched)
    return parse(
        f"""
        [outbox]
        stdout = false
        file = "{folder}/notices.jsonl"
        [known]
        files = ["{folder}/watched.csv"]
        [[chain]]
        name = "local"
        chain_id = {CHAIN_ID}
        endpoints = ["{url}"]
        start = 0
        poll_seconds = 0.1
        requests_per_second = 100_000
        allow = ["attack-contract"]
        {more}
        """,
        "tocsin.toml",
        {},
    )


def notices(folder: Path) -> list[dict[str, Any]]:
    path = folder / "notices.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


async def came(holds: Callable[[], bool]) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not holds():  # noqa: ASYNC110 - it comes in files and tables
                await asyncio.sleep(0.05)
    return holds()


def during(given: Settings, store: Store, act: Callable[[], Awaitable[None]]) -> None:
    """Act while the chain of the settings is watched, once it is caught up with."""

    async def whole() -> None:
        log = logger(io.StringIO(), ())
        made = await live(given, store, Metrics(clock.now), log, book_of(store, log))
        watching = asyncio.create_task(run(made, until_caught_up=False))
        watcher = made.workers[0].watcher
        height = (await watcher.reader.head()).number
        try:
            assert await came(lambda: watcher.position is not None and watcher.position.checkpoint.number == height)
            await act()
        finally:
            watching.cancel()
            await asyncio.wait([watching])

    asyncio.run(whole())


@pytest.mark.anvil
def test_an_attackers_contract_is_found_before_it_is_used(town: Town, store: Store, tmp_path: Path) -> None:
    before = town.chain.balance(town.bank)

    def simulated() -> list[dict[str, Any]]:
        return [each["finding"] for each in notices(tmp_path) if each["finding"]["detector"] == DETECTOR]

    async def act() -> None:
        contract = await asyncio.to_thread(town.attackers_contract)
        assert await came(lambda: bool(simulated()))
        (told,) = simulated()
        assert told["severity"] == "critical"  # a watched bank would be emptied
        assert {"role": "attack_contract", "address": contract.address} in told["entities"]
        deployment = await asyncio.to_thread(
            town.chain.node.request, "eth_getTransactionReceipt", told["transaction_hash"]
        )
        assert (deployment["contractAddress"], deployment["blockHash"]) == (contract.address, told["block_hash"])
        selector = contract.by(town.attacker, "run").data
        assert told["values"]["selector"] == "0x" + selector[:4].hex()

    given = settings(town, town.chain.node.url, tmp_path, "simulate = true")
    during(given, store, act)

    assert town.chain.balance(town.bank) == before
    assert [name for name, _, _ in standing(store)] == ["attack-contract", DETECTOR]
    assert alerts_ever(store) == []
    # and both are one alert, which comes before the attack
    (alert,) = standing_alerts(given, store, now=clock.now(), hours=1.0)
    assert {reason.finding.detector for reason in alert.reasons} == {"attack-contract", DETECTOR}
    assert {reason.stage for reason in alert.reasons} == {Stage.PREPARATION}


@pytest.mark.anvil
def test_it_is_found_while_its_creation_waits_to_be_mined(town: Town, store: Store, tmp_path: Path) -> None:
    artefact = town.shelf.own("ReentrancyAttacker")
    creation = Transaction(
        sender=town.attacker, to=None, data=artefact.creation(town.bank.address), value=0, target=artefact
    )

    def simulated() -> list[dict[str, Any]]:
        return [each for each in notices(tmp_path) if each["finding"]["detector"] == DETECTOR]

    async def act() -> None:
        (waiting,) = await asyncio.to_thread(town.chain.submit, creation)
        assert await came(lambda: bool(simulated()))
        (told,) = simulated()
        assert told["kind"] == "pending"
        assert (told["finding"]["transaction_hash"], told["finding"]["block_hash"]) == (waiting, None)
        # and once more, with its block, when it is mined
        await asyncio.to_thread(town.chain.seal)
        assert await came(lambda: len(simulated()) == 2)
        assert [each["kind"] for each in simulated()] == ["pending", "finding"]

    during(settings(town, town.chain.node.url, tmp_path, "simulate = true\npending = true"), store, act)


@pytest.mark.anvil
def test_a_node_that_cannot_simulate_is_an_alert(town: Town, store: Store, tmp_path: Path) -> None:
    async def act() -> None:
        await asyncio.to_thread(town.attackers_contract)
        assert await came(lambda: bool(alerts_ever(store)))

    with showing(town, *WATCHING) as url:
        during(settings(town, url, tmp_path, "simulate = true"), store, act)

    with store.engine.begin() as connection:
        (alert,) = connection.execute(sa.select(schema.health_alerts)).all()
    assert alert.kind == "simulation"
    assert "debug_traceCall" in alert.detail
    assert [name for name, _, _ in standing(store)] == ["attack-contract"]


@pytest.mark.anvil
def test_nothing_is_simulated_unless_it_is_asked_for(town: Town, store: Store, tmp_path: Path) -> None:
    given = settings(town, town.chain.node.url, tmp_path, "")
    assert not given.chains[0].simulate

    async def act() -> None:
        await asyncio.to_thread(town.attackers_contract)
        assert await came(lambda: bool(standing(store)))
        await asyncio.sleep(2.0)

    with showing(town, *WATCHING) as url:
        during(settings(town, url, tmp_path, ""), store, act)

    assert [name for name, _, _ in standing(store)] == ["attack-contract"]
    assert alerts_ever(store) == []
