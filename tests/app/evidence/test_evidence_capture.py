"""When an alert joins an incident, what the chain's nodes say of it becomes evidence; no crash forgets it."""

import asyncio
import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from evidence_case import ADA, Case, case
from tocsin.app.backoff import Backoff
from tocsin.app.evidence import custody as evidence
from tocsin.app.evidence.asking import Asks
from tocsin.app.evidence.capture import Capture
from tocsin.app.evidence.recorded import RecordedWitness
from tocsin.chain import fitting
from tocsin.chain.recording import Recording
from tocsin.chain.rpc.json_rpc import Outcome, Request
from tocsin.chain.testimony import Place, Question, block_questions, heard
from tocsin.edge.anvil import Anvil
from tocsin.edge.nodes import connect
from tocsin.edge.store.health import open_alerts
from tocsin.edge.store.opening import Store, open_store
from tocsin.edge.store.schema.evidence import captures
from tocsin.model.errors import EndpointUnavailable, MethodUnknown, StoreUnavailable
from tocsin.respond.evidence.item import Item
from tocsin.respond.incident.events import AlertLinked

BACKOFF = Backoff(first_seconds=10.0, longest_seconds=100.0, jitter=lambda: 1.0)
COUNTER = "0x5f545f60010180805f5500"
"""Code that counts its calls in slot 0."""


@pytest.fixture
def here(store: Store, tmp_path: Path) -> Case:
    return case(store, tmp_path)


def alert(chain_id: int, number: int, block_hash: str, *transactions: str, name: str = "alert-1") -> AlertLinked:
    return AlertLinked(
        alert=name,
        title="Pool drained",
        severity="critical",
        detected_at=1.0,
        chain_id=chain_id,
        block_number=number,
        block_hash=block_hash,
        transactions=transactions,
    )


def capture(here: Case, witnesses: Mapping[int, Asks]) -> Capture:
    return Capture(desk=here.desk, witnesses=witnesses, backoff=BACKOFF)


def kept(here: Case) -> list[tuple[Item, dict[str, Any]]]:
    folder = evidence.kept_in(here.desk)
    return [(item, json.loads(folder.whole(item.sha256))) for item in evidence.listing(here.desk, ADA)]


def by_question(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["question"]: each for each in document["answers"]}


def health(here: Case) -> dict[str, str]:
    return {each.key: each.detail for each in open_alerts(here.desk.store.engine)}


class Silent:
    """A witness that cannot be asked, for as long as it likes."""

    def __init__(self, behind: Asks | None = None) -> None:
        self.behind = behind
        self.asked = 0

    async def ask(self, requests: Sequence[Request]) -> Mapping[str, Sequence[Outcome]]:
        self.asked += 1
        return {} if self.behind is None else await self.behind.ask(requests)


@pytest.mark.anvil
def test_an_attack_on_a_real_node_is_captured_whole_and_proven(here: Case, anvil: Anvil) -> None:
    victim, attacker = "0x" + "ab" * 20, anvil.request("eth_accounts")[0]
    anvil.request("anvil_setCode", victim, COUNTER)
    sent = anvil.request("eth_sendTransaction", {"from": attacker, "to": victim, "gas": "0x30000"})
    anvil.request("anvil_mine", "0x80")
    receipt = anvil.request("eth_getTransactionReceipt", sent)
    number = int(receipt["blockNumber"], 16)
    incident = here.declare(alert(anvil.chain_id, number, receipt["blockHash"], sent))

    async def watched() -> list[bool]:
        nodes = await connect([anvil.url, anvil.url.replace("127.0.0.1", "localhost")], chain_id=anvil.chain_id)
        try:
            follower = capture(here, {anvil.chain_id: nodes.witness()})
            return [await follower.once(), await follower.once()]
        finally:
            await nodes.close()

    assert asyncio.run(watched()) == [True, False]

    ((item, document),) = kept(here)
    said = by_question(document)
    assert item.incident == incident
    assert said["receipt"]["answer"]["transactionHash"] == sent
    assert len(said["block"]["said_by"]) == 2
    assert said["trace"]["answer"]["to"] == victim
    assert said[f"code {victim}"]["answer"] == COUNTER
    assert said[f"proof {victim}"]["answer"]["storageProof"][0]["value"] == "0x1"
    assert victim in said["state_diff"]["answer"]["post"]
    outcomes = {each["what"]: each["outcome"] for each in document["proofs"]}
    assert set(outcomes.values()) == {"PASS"}
    assert {"block header", "receipts", "transactions", f"proof {victim}", f"code {victim}"} <= set(outcomes)
    kinds = [entry.kind for entry in evidence.show(here.desk, ADA, item.id)[1]]
    assert kinds == ["collected", "finality_noted"]


@pytest.mark.anvil
def test_each_transaction_is_captured_with_the_block_that_it_is_in(here: Case, anvil: Anvil) -> None:
    """An alert is of the block of the loss; it names also what prepared it, blocks earlier, and what followed."""
    attacker = anvil.request("eth_accounts")[0]
    blocks = {}
    for _ in range(3):
        sent = anvil.request("eth_sendTransaction", {"from": attacker, "to": attacker, "value": "0x1"})
        anvil.request("anvil_mine")
        receipt = anvil.request("eth_getTransactionReceipt", sent)
        blocks[sent] = (int(receipt["blockNumber"], 16), receipt["blockHash"])
    first, loss, last = blocks
    incident = here.declare(alert(anvil.chain_id, *blocks[loss], *blocks))

    async def watched() -> None:
        nodes = await connect([anvil.url], chain_id=anvil.chain_id)
        try:
            follower = capture(here, {anvil.chain_id: nodes.witness()})
            await follower.once()
            another = alert(anvil.chain_id, *blocks[last], first, last, name="alert-2")
            await asyncio.to_thread(here.record, incident, another)
            await follower.once()
        finally:
            await nodes.close()

    asyncio.run(watched())

    found = kept(here)
    assert {document["transaction"]: document["block"]["hash"] for _, document in found} == {
        sent: block_hash for sent, (_, block_hash) in blocks.items()
    }
    assert len(found) == len(blocks), "what a second alert names again is captured once"
    assert {each["outcome"] for _, document in found for each in document["proofs"]} == {"PASS"}
    with here.desk.store.engine.begin() as connection:
        assert connection.scalar(sa.select(sa.func.count()).where(captures.c.done_at.is_(None))) == 0


@pytest.mark.recorded
def test_a_recorded_attack_is_captured_with_what_was_recorded(here: Case, recorded_data: Path) -> None:
    told = json.loads(gzip.decompress((recorded_data / "state/18000000.json.gz").read_bytes()))
    answers = {key: json.dumps(value).encode() for key, value in told.items() if key.startswith("eth_")}
    recording = Recording(chain_id=1, name="18000000", answers=answers)
    block = told["eth_getBlockByNumber"]
    transaction = block["transactions"][3]["hash"]
    here.declare(alert(1, 18_000_000, block["hash"], transaction))

    asyncio.run(capture(here, {1: RecordedWitness(recording)}).once())

    ((_, document),) = kept(here)
    said = by_question(document)
    outcomes = {each["what"]: each["outcome"] for each in document["proofs"]}
    assert {outcomes[what] for what in ("block header", "receipts", "transactions", "transaction", "receipt")} == {
        "PASS"
    }
    assert "MethodUnknown" in said["trace"]["absent"][0]["why"]
    assert health(here) == {}


@pytest.mark.recorded
def test_while_nobody_answers_it_waits_and_is_told_of_and_nothing_is_lost(here: Case, recorded_data: Path) -> None:
    told = json.loads(gzip.decompress((recorded_data / "state/18000000.json.gz").read_bytes()))
    answers = {key: json.dumps(value).encode() for key, value in told.items() if key.startswith("eth_")}
    silent = Silent()
    here.declare(alert(1, 18_000_000, told["eth_getBlockByNumber"]["hash"]))
    follower = capture(here, {1: silent})

    asyncio.run(follower.once())
    asyncio.run(follower.once())
    assert silent.asked == 1
    assert "could not answer" in health(here)["capture:1"]

    silent.behind = RecordedWitness(Recording(chain_id=1, name="18000000", answers=answers))
    here.clock.now += 60
    asyncio.run(follower.once())
    assert len(kept(here)) == 1
    assert health(here) == {}


def test_a_chain_without_nodes_is_told_of(here: Case) -> None:
    here.declare(alert(77, 5, "0x" + "11" * 32))

    asyncio.run(capture(here, {}).once())

    assert "no [[chain]]" in health(here)["capture:77"]


def test_an_alert_is_captured_once_however_often_the_journal_is_read(here: Case) -> None:
    block = "0x" + "11" * 32
    incident = here.declare(alert(77, 5, block, "0x" + "aa" * 32, "0x" + "bb" * 32))
    asyncio.run(capture(here, {}).once())
    here.record(incident, alert(77, 5, block, "0x" + "aa" * 32, name="alert-2"))

    asyncio.run(capture(here, {}).once())

    with here.desk.store.engine.begin() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(captures)) == 2


def test_a_crash_between_the_bytes_and_the_row_captures_it_again_and_keeps_one(
    here: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    block = {"hash": "0x" + "11" * 32, "number": "0x5", "transactions": []}
    answers = {"eth_getBlockByNumber": json.dumps(block).encode(), "eth_getBlockReceipts": b"[]"}
    witness = RecordedWitness(Recording(chain_id=7, name="small", answers=answers))
    here.declare(alert(7, 5, block["hash"]))  # type: ignore[arg-type] # text
    follower = capture(here, {7: witness})

    def crash(*_: object, **__: object) -> None:
        raise StoreUnavailable("killed")

    with monkeypatch.context() as patched:
        patched.setattr("tocsin.edge.store.captures.done", crash)
        assert not asyncio.run(follower.once())
    assert kept(here) == []

    assert asyncio.run(follower.once())
    assert len(kept(here)) == 1


def test_nodes_that_say_different_things_are_both_named() -> None:
    question = Question("code", (Request("eth_getCode"),), fitting.code)
    outcomes: dict[str, Outcome] = {
        "a": b'"0x01"',
        "b": b'"0x02"',
        "c": b' "0x02"',
        "d": MethodUnknown("no"),
        "e": EndpointUnavailable("away"),
        "f": b"null",
    }

    found = heard(question, question.ways[0], outcomes)

    assert (found.answer, found.said_by) == ("0x02", ("b", "c"))
    assert [name for name, _ in found.differs] == ["a"]
    assert [name for name, _ in found.absent] == ["d", "e", "f"]
    assert not found.is_open


@pytest.mark.parametrize("answer", ["[" * 1_500 + "]" * 1_500, '{"n": 9007199254740993}'])
def test_what_canonical_json_cannot_say_is_kept_as_it_came(answer: str) -> None:
    question = Question("trace", (Request("debug_traceTransaction"),), fitting.tree)

    found = heard(question, question.ways[0], {"a": answer.encode()})

    assert (found.answer, found.text) == (None, answer)


@pytest.mark.anvil
def test_a_rung_bell_captures_at_once(store: Store, tmp_path: Path, anvil: Anvil) -> None:
    anvil.request("anvil_mine")
    block = anvil.request("eth_getBlockByNumber", "latest", False)
    here = case(store, tmp_path)

    async def serve() -> None:
        bell = asyncio.Event()
        nodes = await connect([anvil.url], chain_id=anvil.chain_id)
        witnesses = {anvil.chain_id: nodes.witness()}
        capturing = Capture(desk=here.desk, witnesses=witnesses, backoff=BACKOFF, bell=bell)
        running = asyncio.create_task(capturing.run())
        await asyncio.sleep(0)
        await asyncio.to_thread(here.declare, alert(anvil.chain_id, int(block["number"], 16), block["hash"]))
        bell.set()
        async with asyncio.timeout(30):
            while not kept(here):  # noqa: ASYNC110 - the rows are what is waited for
                await asyncio.sleep(0.05)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        await nodes.close()

    asyncio.run(serve())
    assert kept(here)[0][1]["proofs"][0] == {
        "what": "block header",
        "outcome": "PASS",
        "says": "has the hash of the block",
    }


HASH, SENT = "0x" + "11" * 32, "0x" + "aa" * 32
HOSTILE: tuple[object, ...] = (
    [],
    7,
    "0x",
    {},
    {"transactionHash": SENT, "blockHash": HASH, "blockNumber": "0x" + "f" * 60, "logs": []},
    {"transactionHash": SENT, "blockHash": HASH, "blockNumber": "0x5", "logs": 7},
    {"transactionHash": SENT, "blockHash": HASH, "blockNumber": "0x5", "logs": [7]},
    {"transactionHash": "0x" + "bb" * 32, "blockHash": HASH, "blockNumber": "0x5", "logs": []},
    {"hash": HASH, "number": "0x6", "transactions": []},
    {"hash": HASH, "number": 5, "transactions": []},
    {"hash": "0x" + "22" * 32, "number": "0x5", "transactions": []},
)


@pytest.mark.parametrize("answer", HOSTILE)
def test_a_node_that_answers_something_else_is_told_of_and_stops_nothing(tmp_path: Path, answer: object) -> None:
    class Hostile:
        async def ask(self, requests: Sequence[Request]) -> Mapping[str, Sequence[Outcome]]:
            return {"hostile": [json.dumps(answer).encode()] * len(requests)}

    store = open_store(f"sqlite:///{tmp_path}/tocsin.db")
    here = case(store, tmp_path)
    here.declare(alert(7, 5, HASH, SENT))

    assert not asyncio.run(capture(here, {7: Hostile()}).once()) or kept(here) == []

    assert kept(here) == []
    assert "could not answer" in health(here)["capture:7"]
    store.close()


def test_a_lying_node_does_not_outvote_one_whose_answer_fits() -> None:
    (question, _) = block_questions(Place(5, HASH))
    mine = {"hash": HASH, "number": "0x5", "transactions": []}
    lie = json.dumps({**mine, "hash": SENT}).encode()

    found = heard(question, question.ways[0], {"a": lie, "b": json.dumps(mine).encode(), "c": lie})

    assert (found.answer, found.said_by) == (mine, ("b",))
    assert [name for name, _ in found.absent] == ["a", "c"]
