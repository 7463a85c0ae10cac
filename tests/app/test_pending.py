"""What waits to be mined on a real node: an attack is told before it is mined, what is ordinary is not."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
from town import Town, passed_on, showing

from node_server import CHAIN_ID, Chain, Node, over_http
from tocsin.app.pending.pending import PendingLook, PendingView
from tocsin.chain.contract import Transaction
from tocsin.detect.catalogue import detectors
from tocsin.edge.local_chain import ETHER
from tocsin.edge.nodes import connect
from tocsin.model.errors import MalformedInput, MethodUnknown

T = TypeVar("T")
FORWARDED = (
    "eth_chainId", "web3_clientVersion", "eth_getBlockByNumber", "eth_getCode", "eth_getTransactionCount", "eth_call",
    "eth_getTransactionByHash", "eth_newPendingTransactionFilter", "eth_getFilterChanges", "txpool_content",
    "debug_traceCall",
)  # fmt: skip


def viewing(url: str, act: Callable[["Viewer"], Awaitable[T]], **options: Any) -> T:
    async def once() -> T:
        reader = await connect([url], chain_id=CHAIN_ID)
        try:
            view = PendingView(reader=reader, pool=reader.mempool(), detectors=detectors(), **options)
            return await act(Viewer(view))
        finally:
            await reader.close()

    return asyncio.run(once())


@dataclass
class Viewer:
    view: PendingView

    async def look(self) -> PendingLook:
        return await self.view.look(await self.view.reader.head(), {})


def look(url: str, **options: Any) -> PendingLook:
    return viewing(url, Viewer.look, **options)


def told(found: PendingLook) -> set[tuple[str, str | None]]:
    return {(finding.detector, finding.place.transaction_hash) for finding in found.findings}


def test_an_attack_is_told_before_it_is_mined(town: Town) -> None:
    # given
    contract = town.attackers_contract()
    before = town.chain.balance(town.bank)
    (attack,) = town.chain.submit(town.attack(contract))
    # when
    found = look(town.chain.node.url)
    # then it is not done yet
    assert town.chain.balance(town.bank) == before
    assert ("reentrancy", attack) in told(found)
    (finding,) = (each for each in found.findings if each.detector == "reentrancy")
    assert finding.title.startswith("Pending: ")
    assert "not mined yet" in finding.summary
    assert "pending" in finding.labels
    assert (finding.place.block_hash, finding.place.block_number, finding.place.transaction_index) == (None,) * 3
    assert contract.address in {entity.address for entity in finding.entities}
    assert not found.trouble
    assert not found.failures


def test_what_is_ordinary_is_not_told(town: Town) -> None:
    paid = Transaction(sender=town.customer, to=town.attacker.address, data=b"", value=ETHER, target=None)
    town.chain.submit(
        paid, town.bank.by(town.customer, "deposit", value=ETHER), town.bank.by(town.customer, "withdraw")
    )

    found = look(town.chain.node.url)

    assert (found.findings, found.simulated, found.left, found.undue) == ((), 3, 0, 0)


def test_what_hangs_on_an_earlier_one_in_the_queue_is_simulated_after_it(town: Town) -> None:
    # given a contract that is only there when the transaction before the attack has created it
    snapshot = town.chain.snapshot()
    contract = town.attackers_contract()
    town.chain.restore(snapshot)
    creation = town.shelf.own("ReentrancyAttacker")
    created = Transaction(
        sender=town.attacker, to=None, data=creation.creation(town.bank.address), value=0, target=creation
    )
    # when
    _, attack = town.chain.submit(created, town.attack(contract))
    # then
    assert town.chain.node.request("eth_getCode", contract.address, "latest") == "0x"
    assert ("reentrancy", attack) in told(look(town.chain.node.url))


def test_each_is_said_once_and_forgotten_when_mined(town: Town) -> None:
    contract = town.attackers_contract()

    async def story(viewer: Viewer) -> list[PendingLook]:
        looks = []
        for _ in range(2):  # two attacks, each looked at twice on one block, and again on the next
            await asyncio.to_thread(town.chain.submit, town.attack(contract))
            looks += [await viewer.look(), await viewer.look()]
            await asyncio.to_thread(town.chain.seal)
            looks.append(await viewer.look())
        assert not viewer.view._said
        assert not viewer.view._seen
        return looks

    looks = viewing(town.chain.node.url, story)

    assert [each.simulated for each in looks] == [1, 0, 0, 1, 0, 0]
    assert [bool(each.findings) for each in looks] == [True, False, False, False, False, False]


def test_the_dearest_come_first_and_the_rest_is_counted(town: Town) -> None:
    contract = town.attackers_contract()
    paid = Transaction(sender=town.customer, to=town.attacker.address, data=b"", value=30 * ETHER, target=None)
    town.chain.submit(paid)
    (attack,) = town.chain.submit(town.attack(contract))

    found = look(town.chain.node.url, most_transactions=1)

    assert ("reentrancy", attack) in told(found)
    assert (found.simulated, found.left) == (1, 1)


def test_a_node_that_only_filters_shows_what_comes_from_then_on(town: Town) -> None:
    contract = town.attackers_contract()

    async def story(viewer: Viewer) -> list[PendingLook]:
        before = await viewer.look()
        (attack,) = await asyncio.to_thread(town.chain.submit, town.attack(contract))
        after = await viewer.look()
        assert ("reentrancy", attack) in told(after)
        await asyncio.to_thread(town.chain.seal)
        return [before, after, await viewer.look()]

    with showing(town, *(name for name in FORWARDED if name != "txpool_content")) as url:
        assert [each.simulated for each in viewing(url, story)] == [0, 1, 0]


@pytest.mark.parametrize(
    "lacking", [("txpool_content", "eth_newPendingTransactionFilter"), ("debug_traceCall",)], ids=["pool", "simulation"]
)
def test_a_node_that_does_not_show_it_is_blind_not_quiet(town: Town, lacking: tuple[str, ...]) -> None:
    town.chain.submit(town.bank.by(town.customer, "withdraw"))

    with (
        showing(town, *(name for name in FORWARDED if name not in lacking)) as url,
        pytest.raises(MethodUnknown, match=lacking[0]),
    ):
        look(url)


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("txpool_content", {"pending": []}),
        ("txpool_content", {"pending": {"0x": {"0": {"hash": "0x"}}}}),
        ("txpool_content", None),
        ("debug_traceCall", {}),
        ("debug_traceCall", None),
        ("debug_traceCall", {"type": "CALL", "from": "nobody", "pre": {}, "post": {}}),
    ],
)
def test_nonsense_is_a_named_error(town: Town, method: str, answer: object) -> None:
    town.chain.submit(town.bank.by(town.customer, "withdraw"))
    node = Node(Chain(1))
    node.methods = {name: passed_on(town, name) for name in FORWARDED} | {method: lambda *_: answer}

    with over_http(node), pytest.raises(MalformedInput, match=r"pending|txpool_content|debug_traceCall"):
        look(node.url)
