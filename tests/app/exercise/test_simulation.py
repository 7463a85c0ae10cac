"""Contracts tried out on a real node: attackers' are found before they are used, honest ones not, nothing is done."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random

import polars as pl
import pytest

from node_server import Chain, Node, Refusal, over_http
from tocsin.app.exercise.arena import Arena
from tocsin.app.known import load
from tocsin.app.simulation.simulation import (
    Budget,
    Simulation,
    finding,
    pending_contract,
    simulate_new_contract,
    suspects,
)
from tocsin.app.simulation.trial import NewContract
from tocsin.chain.codecs.blocks import Transaction as Pending
from tocsin.chain.contract import Account, Contract, Transaction
from tocsin.chain.signatures import selector
from tocsin.cli.main import main
from tocsin.detect.known import KNOWN
from tocsin.edge.local_chain import ETHER, LocalChain
from tocsin.edge.nodes import Nodes, connect
from tocsin.edge.rpc.limits import Limits
from tocsin.exercise.catalogue import scenarios
from tocsin.exercise.play import Play
from tocsin.exercise.scenarios import oracle_aave, reentrancy_bank
from tocsin.exercise.scene.tokens import DOLLAR
from tocsin.intel.reference import LABELS, PRICES
from tocsin.intel.rows import labels, table
from tocsin.model.errors import DataMissing, EndpointRefused, MethodUnknown, NoCode
from tocsin.model.finding import Entity, Finding, Place, Severity
from tocsin.tables.dataset import Tables

pytestmark = pytest.mark.anvil
PLENTY = Limits(requests_per_second=100_000.0, burst_requests=100_000.0)


@pytest.fixture
def play(arena: Arena) -> Iterator[Play]:
    with arena.undone() as play:
        yield play


def knowing(play: Play, *watched: Contract) -> Tables:
    """What a dollar of the range is worth, and which contracts are watched."""
    usdr = bytes.fromhex(play.scene.tokens.usdr.address[2:])
    price = {"chain_id": play.home.chain_id, "token_address": usdr, "dollars_per_unit": 1 / DOLLAR}
    named = (
        {"chain_id": None, "address": bytes.fromhex(each.address[2:]), "kind": "watched", "name": "", "source": "test"}
        for each in watched
    )
    return {
        **KNOWN,
        PRICES: pl.concat([KNOWN[PRICES], table(PRICES, [price])]),
        LABELS: pl.concat([KNOWN[LABELS], labels(named)[LABELS]]),
    }


async def trying(nodes: Nodes, new: NewContract, known: Tables, budget: Budget, seed: int) -> Simulation:
    random = Random(seed)  # noqa: S311 - to be repeated
    return await simulate_new_contract(nodes, new, random=random, known=known, budget=budget)


def tried(
    chain: LocalChain,
    contract: str,
    deployer: Account | None,
    known: Tables = KNOWN,
    budget: Budget = Budget(seconds=60.0),  # noqa: B008 - a constant
    seed: int = 1,
) -> Simulation:
    async def once() -> Simulation:
        nodes = await connect([chain.node.url], limits=PLENTY)
        try:
            who = deployer.address if deployer else None
            new = NewContract(address=contract, deployer=who, head=await nodes.head())
            return await trying(nodes, new, known, budget, seed)
        finally:
            await nodes.close()

    return asyncio.run(once())


def drained_bank(play: Play) -> tuple[reentrancy_bank.Targets, Contract]:
    """A bank with a fault, and the attacker's contract against it, not yet used."""
    targets = reentrancy_bank.prepare(play)
    return targets, reentrancy_bank._deploy(play, targets, targets.banks[0])


def test_a_contract_that_would_empty_a_bank_is_found_and_nothing_is_done(play: Play) -> None:
    # given
    targets, contract = drained_bank(play)
    before = play.home.balance(targets.banks[0]), play.home.height()
    # when
    found = tried(play.home, contract.address, targets.attacker)
    # then
    assert found.severity == Severity.HIGH
    assert found.gain is not None
    assert found.gain.dollars > 200_000
    assert [loss.account.hex() for loss in found.gain.victims] == [targets.banks[0].address[2:]]
    assert (play.home.balance(targets.banks[0]), play.home.height()) == before
    # and what it says tells who and what, without the call that would do it
    told = finding(found)
    assert told is not None
    roles = {(entity.role, entity.address) for entity in told.entities}
    assert {("attack_contract", contract.address), ("suspected_victim", targets.banks[0].address)} <= roles
    assert found.attempt is not None
    data = found.attempt.data
    assert told.values["selector"] == "0x" + data[:4].hex()
    assert data.hex()[:72] not in json.dumps(told.to_json())
    # which does what was foretold
    play.home.do(Transaction(sender=targets.attacker, to=contract.address, data=data, value=10 * ETHER, gas=8_000_000))
    assert play.home.balance(targets.banks[0]) < before[0] // 10


def test_what_a_watched_account_would_lose_is_critical(play: Play) -> None:
    targets, contract = drained_bank(play)

    found = tried(play.home, contract.address, targets.attacker, knowing(play, targets.banks[0]))

    assert found.severity == Severity.CRITICAL
    told = finding(found)
    assert told is not None
    assert ("victim", targets.banks[0].address) in {(entity.role, entity.address) for entity in told.entities}
    assert "watched" in told.summary
    json.dumps(told.to_json())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_arguments_are_found_that_raise_a_price_and_borrow_against_it(play: Play, seed: int) -> None:
    attacker = play.home.account("attacker")
    contract = oracle_aave._deploy(play, attacker)

    found = tried(play.home, contract.address, attacker, knowing(play), seed=seed)

    assert found.severity == Severity.HIGH
    assert found.gain is not None
    reserve = play.scene.aave.receipt_tokens["usdr"]
    assert [loss.account.hex() for loss in found.gain.victims] == [reserve.address[2:]]


@pytest.mark.parametrize("name", ["oracle-aave", "oracle-flash-swap", "reentrancy-bank", "reentrancy-read-only"])
def test_honest_contracts_take_nothing_from_anybody(play: Play, name: str) -> None:
    # given the honest twin's contracts, before and after they are used
    scenario = scenarios()[name]
    height = play.home.height()
    scenario.twin(play, scenario.prepare(play))
    made = [
        (receipt["contractAddress"], receipt["from"])
        for number in range(height + 1, play.home.height() + 1)
        for receipt in play.home.node.request("eth_getBlockReceipts", hex(number))
        if receipt.get("contractAddress")
    ]
    contract, deployer = made[-1]
    # when
    found = tried(play.home, contract, Account("deployer", deployer), knowing(play), Budget(seconds=60, attempts=800))
    # then
    assert found.attempts > 100
    assert found.severity is None
    assert finding(found) is None


def test_code_that_hides_from_simulation_is_found_out(play: Play) -> None:
    # given code that does nothing where nobody makes the block, and elsewhere what the attacker's contract does
    targets, contract = drained_bank(play)
    run = selector("run()")
    head = bytes.fromhex("4115603b57") + b"\x5f\x35\x60\xe0\x1c\x63" + run + b"\x14\x60\x13\x57"
    body = b"\x5b\x36\x5f\x5f\x37\x5f\x5f\x36\x5f\x73" + bytes.fromhex(contract.address[2:]) + b"\x5a\xf4\x50\x00"
    code = (head + body).ljust(0x3B, b"\x00") + b"\x5b\x00"
    trap = "0x" + "7a" * 20
    play.home.put_code(trap, code, "trap")
    # when
    found = tried(play.home, trap, targets.attacker)
    # then
    assert found.severity == Severity.HIGH


def test_an_attack_that_has_to_be_prepared_first_is_found(play: Play) -> None:
    # given code that does what the attacker's contract does, once something else of it was called
    targets, contract = drained_bank(play)
    prepare, run = (
        b"\x80\x63" + selector("prepare()") + b"\x14\x60\x3b\x57",
        b"\x80\x63" + selector("run()") + b"\x14\x60\x41\x57",
    )
    forward = b"\x5b\x36\x5f\x5f\x37\x5f\x5f\x36\x5f\x73" + bytes.fromhex(contract.address[2:]) + b"\x5a\xf4\x50\x00"
    code = b"\x5f\x35\x60\xe0\x1c" + prepare + run + forward + bytes.fromhex("5b60015f5500" + "5b5f546019575f5ffd")
    trap = "0x" + "7b" * 20
    play.home.put_code(trap, code, "trap")
    # when
    found = tried(play.home, trap, targets.attacker)
    # then
    assert found.severity == Severity.HIGH
    assert found.first is not None
    assert (found.first.selector, found.attempt and found.attempt.selector) == (
        selector("prepare()"),
        selector("run()"),
    )
    told = finding(found)
    assert told is not None
    assert "after function" in told.summary


def test_an_owner_in_storage_is_called_as_where_the_deployer_is_unknown(play: Play) -> None:
    _, contract = drained_bank(play)

    found = tried(play.home, contract.address, None)

    assert found.callers  # the owner stands in the code, as an immutable
    assert found.severity == Severity.HIGH


def test_a_contract_that_is_not_mined_yet_is_tried_out(play: Play) -> None:
    # given
    targets = reentrancy_bank.prepare(play)
    creation = play.library.own("ReentrancyAttacker").creation(targets.banks[0].address)
    waiting = Pending(
        hash="0x" + "77" * 32, from_=targets.attacker.address, to=None, value="0x0", nonce="0x0",
        input="0x" + creation.hex(), gas=hex(5_000_000),
    )  # fmt: skip

    async def once() -> Simulation:
        nodes = await connect([play.home.node.url], limits=PLENTY)
        try:
            new = await pending_contract(nodes, waiting, await nodes.head())
            assert new is not None
            return await trying(nodes, new, KNOWN, Budget(), 1)
        finally:
            await nodes.close()

    # when
    found = asyncio.run(once())
    # then
    assert found.severity == Severity.HIGH
    assert play.home.node.request("eth_getCode", found.contract, "latest") == "0x"


def test_a_transaction_that_creates_nothing_has_no_contract_to_try(play: Play) -> None:
    people = play.scene.people
    paid = Pending(
        hash="0x" + "77" * 32, from_=people.users[0].address, to=people.users[1].address, value="0x1", nonce="0x0",
        input="0x", gas="0x5208",
    )  # fmt: skip

    async def once() -> NewContract | None:
        nodes = await connect([play.home.node.url], limits=PLENTY)
        try:
            return await pending_contract(nodes, paid, await nodes.head())
        finally:
            await nodes.close()

    assert asyncio.run(once()) is None


def test_time_and_attempts_are_bounded(play: Play) -> None:
    targets, contract = drained_bank(play)

    few = tried(play.home, contract.address, targets.attacker, budget=Budget(attempts=1, openings=0))
    late = tried(play.home, contract.address, targets.attacker, budget=Budget(seconds=0.0))

    assert (few.attempts, few.is_complete, few.severity) == (1, True, None)
    assert (late.attempts, late.is_complete, late.severity) == (0, False, None)


def test_no_code_and_a_node_that_cannot_trace_are_told(play: Play) -> None:
    targets, contract = drained_bank(play)
    with pytest.raises(NoCode, match="there is no code"):
        tried(play.home, targets.attacker.address, None)

    async def once(url: str) -> Simulation:
        nodes = await connect([url], limits=PLENTY)
        try:
            new = NewContract(address=contract.address, deployer=None, head=await nodes.head())
            return await trying(nodes, new, KNOWN, Budget(), 1)
        finally:
            await nodes.close()

    with refusing(play.home, "debug_traceCall") as url, pytest.raises(MethodUnknown, match="debug_traceCall"):
        asyncio.run(once(url))
    # and that every call is refused, or the state is gone, is not "nothing found"
    with refusing(play.home, "debug_traceCall", pruned) as url, pytest.raises(EndpointRefused, match="any of"):
        asyncio.run(once(url))
    with refusing(play.home, "eth_getCode", pruned) as url, pytest.raises(DataMissing, match="has the state") as gone:
        asyncio.run(once(url))
    assert not isinstance(gone.value, NoCode)


def pruned(*_: object) -> None:
    raise Refusal(-32000, "missing trie node")


@contextmanager
def refusing(chain: LocalChain, method: str, instead: Callable[..., None] | None = None) -> Iterator[str]:
    """The same node, as a provider shows it who has not this method, or does this instead."""
    methods = (
        "eth_chainId", "web3_clientVersion", "eth_getBlockByNumber", "eth_getCode", "eth_getStorageAt",
        "eth_call", "eth_getBalance", "debug_traceCall",
    )  # fmt: skip
    node = Node(Chain(1))
    node.methods = {name: partial(chain.node.request, name) for name in methods if name != method}
    node.methods |= {method: instead} if instead else {}
    with over_http(node):
        yield node.url


def test_findings_of_preparation_name_what_is_worth_trying(play: Play) -> None:
    targets, contract = drained_bank(play)
    place = Place(
        chain_id=play.home.chain_id, block_number=1, block_hash=None, transaction_hash=None, transaction_index=None
    )
    entities = (Entity("deployer", targets.attacker.address), Entity("attack_contract", contract.address))
    made = Finding(
        detector="attack-contract", place=place, severity=Severity.LOW, confidence=0.3, title="", summary="",
        entities=entities,
    )  # fmt: skip

    async def head() -> list[NewContract]:
        nodes = await connect([play.home.node.url], limits=PLENTY)
        try:
            return suspects([made, made], await nodes.head())
        finally:
            await nodes.close()

    (only,) = asyncio.run(head())
    assert (only.address, only.deployer) == (contract.address, targets.attacker.address)


def test_the_command_says_what_it_found(play: Play, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # given
    targets, contract = drained_bank(play)
    listed = tmp_path / "watched.csv"
    listed.write_text(f"chain_id,address,kind,name,source\n,{targets.banks[0].address},watched,bank,us\n")
    assert LABELS in load([listed])
    url, who = play.home.node.url, targets.attacker.address
    # when
    code = main(
        ["simulate", contract.address, "--rpc", url, "--from", who, "--known", str(listed), "--format", "json",
         "--fail-on", "high"]
    )  # fmt: skip
    # then
    assert code == 3
    told = json.loads(capsys.readouterr().out)
    assert (told["detector"], told["severity"]) == ("attack-simulation", "critical")


def test_the_command_says_that_nothing_clears_a_contract(play: Play, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["simulate", play.scene.tokens.weth.address, "--rpc", play.home.node.url, "--seconds", "5"])

    assert code == 0
    assert "does not clear" in capsys.readouterr().out
