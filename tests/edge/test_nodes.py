"""A chain read from nodes that fail, lag, lie and change their minds, and from a real one."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any, TypeVar

import pytest

from node_server import CHAIN_ID, Chain, Node, Refusal, Reply, hang, over_http, status
from tocsin.chain import codecs
from tocsin.chain.header import Header
from tocsin.chain.recording import Recording
from tocsin.chain.rpc import methods
from tocsin.edge.anvil import Anvil
from tocsin.edge.nodes import Nodes, connect, recordings
from tocsin.edge.rpc.limits import Limits
from tocsin.edge.rpc.pool import Pool
from tocsin.model import lookups
from tocsin.model.errors import (
    DataMissing,
    EndpointRefused,
    EndpointsDisagree,
    EndpointUnavailable,
    InconsistentInput,
    MalformedInput,
    RateLimited,
    SettingError,
)

LIMITS = Limits(answer_seconds=10, first_backoff_seconds=0.01)
T = TypeVar("T")
CODE = lookups.code("0x" + "aa" * 20, block_number=2, chain_id=CHAIN_ID)
OTHER_CODE = lookups.code("0x" + "bb" * 20, block_number=2, chain_id=CHAIN_ID)


@pytest.fixture
def serving() -> Iterator[Callable[[Node], Node]]:
    with ExitStack() as stack:
        yield lambda node: stack.enter_context(over_http(node))


@pytest.fixture
def node(serving: Callable[[Node], Node]) -> Node:
    return serving(Node(Chain(10)))


@pytest.fixture
def other(serving: Callable[[Node], Node]) -> Node:
    return serving(Node(Chain(10)))


def using(nodes: Sequence[Node], act: Callable[[Nodes], Awaitable[T]], limits: Limits = LIMITS, **options: Any) -> T:
    async def once() -> T:
        reader = await connect([node.url for node in nodes], limits=limits, **options)
        try:
            return await act(reader)
        finally:
            await reader.close()

    return asyncio.run(once())


def record(*nodes: Node, number: int = 5, **options: Any) -> Recording:
    return using(nodes, lambda reader: reader.recording(nodes[0].chain.header(number)), **options)


class TestOneNode:
    def test_gives_head_and_headers(self, node: Node) -> None:
        async def act(reader: Nodes) -> list[Header | None]:
            return [await reader.head(), await reader.header(3), await reader.header(99)]

        assert using([node], act) == [node.chain.header(9), node.chain.header(3), None]

    def test_gives_a_block_as_a_recording_that_decodes(self, node: Node) -> None:
        recording = record(node)
        assert recording.methods == {methods.BLOCK, methods.RECEIPTS, methods.TRACE_BLOCK}
        assert recording.chain_id == CHAIN_ID
        tables = codecs.tables([recording])
        assert {name: len(tables[name]) for name in ("blocks", "transactions", "logs", "calls")} == {
            "blocks": 1,
            "transactions": 2,
            "logs": 2,
            "calls": 2,
        }

    def test_that_has_no_receipts_gives_logs_by_block_hash(self, node: Node) -> None:
        node.without("eth_getBlockReceipts").methods["eth_getLogs"] = lambda asked: (
            node.chain.logs(5) if asked == {"blockHash": node.chain.hash(5)} else node.chain.logs(6)
        )
        assert record(node).methods == {methods.BLOCK, methods.LOGS, methods.TRACE_BLOCK}

    def test_of_geth_s_kind_is_asked_for_frames_by_block_hash(self, node: Node) -> None:
        node.without("trace_block").methods["debug_traceBlockByHash"] = lambda block_hash, config: (
            node.chain.call_tracer(block_hash) if config["tracer"] == "callTracer" else {}
        )
        assert record(node).methods == {methods.BLOCK, methods.RECEIPTS, methods.CALL_TRACER}

    def test_whose_tracer_says_nothing_has_no_tracer(self, node: Node) -> None:
        node.without("trace_block").methods["debug_traceBlockByHash"] = lambda block_hash, _config: [
            each | {"result": {}} for each in node.chain.call_tracer(block_hash)
        ]

        async def act(reader: Nodes) -> tuple[Recording, frozenset[str]]:
            return await reader.recording(node.chain.header(5)), reader.blind

        recording, blind = using([node], act)
        assert recording.methods == {methods.BLOCK, methods.RECEIPTS}
        assert blind == {"calls"}

    def test_that_calls_itself_anvil_is_never_asked_for_a_debug_trace(self, node: Node) -> None:
        node.without("trace_block").methods["web3_clientVersion"] = lambda: "anvil/v1.7.1"
        assert record(node, wanted=methods.EVERYTHING).methods == {methods.BLOCK, methods.RECEIPTS}
        assert not any(method.startswith("debug_") for method in node.asked)

    def test_is_asked_what_it_can_do_once(self, node: Node) -> None:
        async def act(reader: Nodes) -> None:
            for number in range(3, 8):
                await reader.recording(node.chain.header(number))

        using([node], act)
        assert node.asked.count("web3_clientVersion") == 1
        assert node.asked.count("trace_block") == 1 + 5

    def test_that_learns_a_method_is_asked_for_it_again_later(self, node: Node) -> None:
        traces = node.methods.pop("trace_block")

        async def act(reader: Nodes) -> list[frozenset[str]]:
            before = await reader.recording(node.chain.header(4))
            node.methods["trace_block"] = traces
            await asyncio.sleep(0.06)
            after = await reader.recording(node.chain.header(5))
            return [after.methods - before.methods, before.methods - after.methods]

        limits = Limits(probe_again_seconds=0.05)
        assert using([node], act, limits) == [{methods.TRACE_BLOCK}, set()]

    def test_that_forgets_a_method_is_not_waited_for(self, node: Node) -> None:
        async def act(reader: Nodes) -> tuple[Recording, frozenset[str]]:
            await reader.recording(node.chain.header(4))
            node.without("trace_block")
            return await reader.recording(node.chain.header(5)), reader.blind

        recording, blind = using([node], act)
        assert recording.methods == {methods.BLOCK, methods.RECEIPTS}
        assert blind == {"calls"}

    def test_that_fails_now_and_then_is_asked_again(self, node: Node) -> None:
        async def act(reader: Nodes) -> Recording:
            await reader.recording(node.chain.header(4))
            node.tricks = [status(503), status(429)]
            return await reader.recording(node.chain.header(5))

        assert using([node], act).methods == {methods.BLOCK, methods.RECEIPTS, methods.TRACE_BLOCK}

    def test_that_goes_on_failing_is_an_error_and_shown(self, node: Node) -> None:
        async def act(reader: Nodes) -> None:
            node.tricks = [status(503)] * 10
            with pytest.raises(EndpointUnavailable, match="503"):
                await reader.recording(node.chain.header(5))
            (state,) = reader.states()
            assert (state.failures_in_a_row, state.errors) == (3, 3)
            assert state.retry_in_seconds > 0
            assert "503" in state.last_error

        using([node], act)

    def test_that_wants_to_be_left_alone_for_long_is_not_waited_for(self, node: Node) -> None:
        async def act(reader: Nodes) -> None:
            node.tricks = [status(429, Retry_After="60")]
            with pytest.raises(RateLimited):
                await reader.recording(node.chain.header(5))
            asked = node.messages
            with pytest.raises(EndpointUnavailable, match="too many requests"):
                await reader.head()
            assert node.messages == asked

        using([node], act)

    def test_is_asked_no_faster_than_it_may_be(self, node: Node) -> None:
        limits = Limits(requests_per_second=100, burst_requests=5)

        async def act(reader: Nodes) -> float:
            began = asyncio.get_running_loop().time()
            await asyncio.gather(*(reader.header(number % 10) for number in range(20)))
            return asyncio.get_running_loop().time() - began

        assert using([node], act, limits) >= (20 - 5) / 100

    def test_is_asked_in_pieces_when_an_answer_is_too_large(self, node: Node) -> None:
        asked = [lookups.code(f"0x{n:040x}", block_number=2, chain_id=CHAIN_ID) for n in range(8)]
        node.methods["eth_getCode"] = lambda *_: "0x" + "60" * 1_000
        answers = using([node], lambda reader: reader.answers(asked), Limits(answer_bytes=5_000))
        assert answers.keys() == set(asked)

    def test_that_takes_no_batches_is_asked_one_by_one(self, node: Node) -> None:
        def alone(reply: Reply) -> None:
            node.tricks.append(alone)
            if reply.body.startswith(b"["):
                said = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "no batches"}}
                reply.send(200, json.dumps(said).encode())
            else:
                reply.properly()

        node.tricks = [alone]
        assert record(node).methods == {methods.BLOCK, methods.RECEIPTS, methods.TRACE_BLOCK}

    def test_that_refuses_long_batches_by_status_is_asked_in_short_ones(self, node: Node) -> None:
        def short(reply: Reply) -> None:
            node.tricks.append(short)
            reply.send(400, b"batch limit") if reply.body.count(b"jsonrpc") > 2 else reply.properly()

        node.tricks = [short]
        assert record(node).methods == {methods.BLOCK, methods.RECEIPTS, methods.TRACE_BLOCK}


class TestAReorg:
    def test_of_the_block_that_is_asked_for_is_missing_data(self, node: Node) -> None:
        old = node.chain.header(5)
        node.chain = Chain(10, fork="b", fork_at=5)
        with pytest.raises(DataMissing, match="block 5 is not"):
            using([node], lambda reader: reader.recording(old))

    @pytest.mark.parametrize("method", ["eth_getBlockReceipts", "trace_block"])
    def test_between_a_block_and_what_belongs_to_it_is_never_mixed(self, node: Node, method: str) -> None:
        after = Chain(10, fork="b", fork_at=5)
        lagging = {"eth_getBlockReceipts": after.receipts, "trace_block": after.traces}[method]
        node.methods[method] = lambda number: (lagging if number == "0x5" else getattr(node.chain, lagging.__name__))(
            int(number, 16)
        )
        with pytest.raises(InconsistentInput, match="block 5"):
            record(node)

    def test_that_is_over_when_asked_again_is_no_failure(self, node: Node) -> None:
        after = Chain(10, fork="b", fork_at=5)
        numbers: list[str] = []

        def receipts(number: str) -> Any:
            numbers.append(number)
            return (after if numbers.count("0x5") == 1 and number == "0x5" else node.chain).receipts(int(number, 16))

        node.methods["eth_getBlockReceipts"] = receipts
        assert methods.RECEIPTS in record(node).methods

    def test_makes_answers_about_the_old_blocks_worthless(self, node: Node) -> None:
        async def act(reader: Nodes) -> list[str]:
            await reader.recording(node.chain.header(2))
            before = await reader.answers([CODE])
            node.methods["eth_getCode"] = lambda *_: "0x61"
            kept = await reader.answers([CODE])
            node.chain = Chain(10, fork="b", fork_at=2)
            await reader.recording(node.chain.header(2))
            after = await reader.answers([CODE])
            return [before[CODE], kept[CODE], after[CODE]]

        assert using([node], act) == ["0x60", "0x60", "0x61"]


class TestAnAnswerThatIsNotWhole:
    def test_but_for_a_transaction_of_the_chain_itself_is_whole(self, node: Node) -> None:
        """Polygon's state syncs have no gas, and not every node traces them."""
        whole = node.methods["eth_getBlockByNumber"]

        def block(number: str, full: bool) -> Any:
            found = whole(number, full)
            return {**found, "transactions": [*found["transactions"][:1], found["transactions"][1] | {"gas": "0x0"}]}

        node.methods["eth_getBlockByNumber"] = lambda number, full: (block if full else whole)(number, full)
        node.methods["trace_block"] = lambda number: node.chain.traces(int(number, 16))[:1]
        assert methods.TRACE_BLOCK in record(node).methods

    def test_of_receipts_is_refused(self, node: Node) -> None:
        node.methods["eth_getBlockReceipts"] = lambda number: (node.chain.receipts(int(number, 16)) or [])[
            : 1 if number == "0x5" else 2
        ]
        with pytest.raises(InconsistentInput, match="1 entries for 2 transactions"):
            record(node)

    def test_of_logs_that_the_bloom_filter_promises_is_refused(self, node: Node) -> None:
        node.without("eth_getBlockReceipts").methods["eth_getLogs"] = lambda asked: (
            [] if asked["blockHash"] == node.chain.hash(5) else node.chain.logs(6)
        )
        with pytest.raises(InconsistentInput, match="bloom"):
            record(node)

    def test_of_traces_is_refused(self, node: Node) -> None:
        node.methods["trace_block"] = lambda number: node.chain.traces(int(number, 16))[: 1 if number == "0x5" else 2]
        with pytest.raises(InconsistentInput, match="no call for 1 transactions"):
            record(node)

    def test_yet_is_asked_for_again(self, node: Node) -> None:
        """A node may have a block some moments before it has its receipts."""
        numbers: list[str] = []

        def receipts(number: str) -> Any:
            numbers.append(number)
            return None if numbers.count(number) == 1 and number == "0x5" else node.chain.receipts(int(number, 16))

        node.methods["eth_getBlockReceipts"] = receipts
        assert methods.RECEIPTS in record(node).methods


class TestSeveralNodes:
    def test_stand_in_for_one_another(self, node: Node, other: Node) -> None:
        async def act(reader: Nodes) -> Recording:
            await reader.head()
            node.tricks = [status(500)] * 10
            return await reader.recording(node.chain.header(5))

        recording = using([node, other], act)
        assert recording.name.endswith(other.url)
        assert recording.methods == {methods.BLOCK, methods.RECEIPTS, methods.TRACE_BLOCK}

    def test_start_while_one_hangs(self, node: Node, other: Node) -> None:
        node.tricks = [hang(0.5)] * 3
        limits = Limits(answer_seconds=0.2, first_backoff_seconds=0.01)
        assert using([node, other], lambda reader: reader.head(), limits).number == 9

    def test_are_not_kept_waiting_by_one_that_hangs(self, node: Node, other: Node) -> None:
        async def act(reader: Nodes) -> float:
            await reader.head()
            node.tricks = [hang(3)]
            began = asyncio.get_running_loop().time()
            assert (await reader.head()).number == 9
            return asyncio.get_running_loop().time() - began

        assert using([node, other], act) < 2.5

    def test_give_what_each_can(self, node: Node, other: Node) -> None:
        node.without("trace_block")
        other.without("eth_getBlockReceipts")
        recording = record(node, other)
        assert recording.methods == {methods.BLOCK, methods.RECEIPTS, methods.TRACE_BLOCK}
        assert recording.name == f"block 5 from {node.url} and {other.url}"

    def test_what_only_a_failing_one_has_is_not_left_out(self, node: Node, other: Node) -> None:
        node.without("trace_block")

        async def act(reader: Nodes) -> None:
            await reader.recording(node.chain.header(4))
            other.tricks = [status(500)] * 10
            with pytest.raises(EndpointUnavailable):
                await reader.recording(node.chain.header(5))

        using([node, other], act)

    def test_that_disagree_stop_the_reading(self, node: Node, other: Node) -> None:
        other.chain = Chain(10, fork="b", fork_at=5)
        with pytest.raises(EndpointsDisagree, match="block 5"):
            record(node, other)
        assert record(node, other, number=4).chain_id == CHAIN_ID

    def test_of_which_most_agree_go_on_and_the_other_is_shown(
        self, node: Node, other: Node, serving: Callable[[Node], Node]
    ) -> None:
        third = serving(Node(Chain(10, fork="b", fork_at=5)))

        async def act(reader: Nodes) -> list[int]:
            await reader.recording(node.chain.header(5))
            return [state.dissents for state in reader.states()]

        assert using([node, third, other], act) == [0, 1, 0]

    def test_one_that_stands_still_hides_no_block(self, node: Node, other: Node) -> None:
        node.chain = Chain(4)

        async def act(reader: Nodes) -> tuple[Header, Header | None, Recording]:
            head = await reader.head()
            return head, await reader.header(head.number), await reader.recording(head)

        head, header, recording = using([node, other], act)
        assert head == header == other.chain.header(9)
        assert recording.name.endswith(other.url)

    def test_one_of_another_chain_is_left_out_and_shown(self, node: Node, other: Node) -> None:
        other.methods["eth_chainId"] = lambda: "0x5"

        async def act(reader: Nodes) -> tuple[int, str]:
            await reader.recording(node.chain.header(5))
            return reader.chain_id, reader.states()[1].last_error

        chain_id, error = using([node, other], act, chain_id=CHAIN_ID)
        assert chain_id == CHAIN_ID
        assert "is of chain 5" in error

    def test_of_two_chains_are_not_mixed_when_nothing_says_which_it_is(self, node: Node, other: Node) -> None:
        other.methods["eth_chainId"] = lambda: "0x5"
        other.chain = Chain(100)

        async def act(reader: Nodes) -> tuple[int, Header]:
            return reader.chain_id, await reader.head()

        assert using([node, other], act) == (CHAIN_ID, node.chain.header(9))

    def test_all_of_another_chain_are_a_wrong_setting(self, node: Node) -> None:
        with pytest.raises(SettingError, match=f"is of chain {CHAIN_ID}, not 1"):
            using([node], lambda reader: reader.head(), chain_id=1)

    def test_that_do_not_answer_yet_may_come_later(self, node: Node) -> None:
        node.tricks = [status(503)]
        assert using([node], lambda reader: reader.head(), chain_id=CHAIN_ID).number == 9

    @pytest.mark.parametrize(
        "url", ["htp://key@example.org", "http://", "http://a:port/key", "key", "http://a/key\x00"]
    )
    def test_a_url_that_is_none_is_a_wrong_setting_that_does_not_repeat_it(self, url: str) -> None:
        with pytest.raises(SettingError) as wrong:
            asyncio.run(connect([url]))
        assert "key" not in str(wrong.value)

    def test_at_one_provider_are_told_apart_without_their_keys(self, node: Node) -> None:
        pool = Pool([f"{node.url}/first-secret", f"{node.url}/second-secret"], CHAIN_ID, LIMITS)
        assert [state.name for state in pool.states()] == [f"{node.url}/***#1", f"{node.url}/***#2"]


class TestAnswers:
    def test_are_asked_for_once(self, node: Node) -> None:
        async def act(reader: Nodes) -> None:
            await reader.answers([CODE, OTHER_CODE, CODE])
            await reader.answers([OTHER_CODE])

        using([node], act)
        assert node.asked.count("eth_getCode") == 2

    def test_that_one_node_refuses_another_may_give(self, node: Node, other: Node) -> None:
        def pruned(*_: object) -> None:
            raise Refusal(-32000, "missing trie node")

        node.methods["eth_getCode"] = pruned
        assert using([node, other], lambda reader: reader.answers([CODE])) == {CODE: "0x60"}

    def test_that_every_node_refuses_are_absent(self, node: Node) -> None:
        call = lookups.call("0x" + "aa" * 20, "0x313ce567", block_number=2, chain_id=CHAIN_ID)

        def reverted(*_: object) -> None:
            raise Refusal(3, "execution reverted")

        node.methods["eth_call"] = reverted
        assert using([node], lambda reader: reader.answers([call, CODE])) == {CODE: "0x60"}
        assert node.asked.count("eth_call") == 1

    def test_that_failed_are_an_error_and_not_absent(self, node: Node) -> None:
        def limited(*_: object) -> None:
            raise Refusal(-32005, "too fast")

        node.methods["eth_getCode"] = limited
        with pytest.raises(RateLimited):
            using([node], lambda reader: reader.answers([CODE]))

    def test_about_another_chain_are_absent(self, node: Node) -> None:
        elsewhere = lookups.code("0x" + "aa" * 20, block_number=2, chain_id=1)
        assert using([node], lambda reader: reader.answers([elsewhere])) == {}


def test_who_gave_a_block_that_cannot_be_read_is_left_alone_while_others_are_there(node: Node, other: Node) -> None:
    async def act(reader: Nodes) -> list[str]:
        header, names = node.chain.header(5), []
        for _ in range(3):
            names.append((await reader.recording(header)).name)
            reader.doubt(header, MalformedInput("data: '1' is not hexadecimal"))
        return names

    first, second, third = using([node, other], act)
    assert node.url in first
    assert other.url in second
    assert other.url in third  # nobody is left to ask instead
    assert len(set(using([node], act))) == 1


@pytest.mark.parametrize(
    ("bent", "says"),
    [({"hash": "0x123"}, "hashes or time are not hexadecimal"), (None, "no newest block; it may still be starting")],
)
def test_a_head_that_cannot_be_read_is_told_with_its_endpoint(
    node: Node, bent: dict[str, str] | None, says: str
) -> None:
    reads = node.methods["eth_getBlockByNumber"]
    node.methods["eth_getBlockByNumber"] = lambda *asked: None if bent is None else reads(*asked) | bent
    with pytest.raises(EndpointUnavailable, match=f"no endpoint answers: .*{says}"):
        using([node], lambda reader: reader.head())


def test_a_range_is_read_in_order_and_stops_at_what_is_not_there(node: Node) -> None:
    async def act(reader: Nodes) -> list[str]:
        stream = recordings(reader, range(6, 12))
        names = [(await anext(stream)).name.split()[1] for _ in range(4)]
        with pytest.raises(DataMissing, match="there is no block 10"):
            await anext(stream)
        return names

    assert using([node], act) == ["6", "7", "8", "9"]


@pytest.mark.anvil
@pytest.mark.parametrize("scheme", ["http", "ws"])
def test_a_real_node_s_blocks_decode_with_calls_and_state_changes(anvil: Anvil, scheme: str) -> None:
    sender, receiver, *_ = anvil.request("eth_accounts")
    payment = {"from": sender, "to": receiver, "value": "0x1", "gas": "0x5208"}
    anvil.request("evm_setAutomine", False)
    anvil.request("eth_sendTransaction", payment)
    anvil.request("eth_sendTransaction", payment)
    anvil.request("anvil_mine")

    async def act(reader: Nodes) -> tuple[Header, Recording]:
        head = await reader.head()
        return head, await reader.recording(head)

    async def once() -> tuple[Header, Recording]:
        reader = await connect([anvil.url.replace("http", scheme)], wanted=methods.EVERYTHING, limits=LIMITS)
        try:
            return await act(reader)
        finally:
            await reader.close()

    head, recording = asyncio.run(once())
    tables = codecs.tables([recording])
    assert tables["blocks"]["block_hash"].to_list() == [head.hash]
    assert {name: len(tables[name]) for name in ("transactions", "logs", "calls")} == {
        "transactions": 2,
        "logs": 0,
        "calls": 2,
    }
    assert set(tables["state_changes"]["kind"]) == {"balance", "nonce"}


class TestExtraDatasets:
    """State changes are asked for where they can be had, and never at the price of a block."""

    EXTRA = frozenset({"state_changes"})

    def test_come_with_the_block(self, node: Node) -> None:
        node.methods[methods.TRACE_REPLAY] = lambda number, _: node.chain.replays(int(number, 16))
        assert "state_changes" in codecs.tables([record(node, extra=self.EXTRA)])

    def test_a_node_without_them_gives_the_rest(self, node: Node) -> None:
        assert methods.given(record(node, extra=self.EXTRA).methods) == methods.ORDINARY

    def test_a_block_of_which_they_fail_is_given_without_and_the_next_are_not_asked_for_them(self, node: Node) -> None:
        def replay(number: str, _: object) -> object:
            if int(number, 16) == 7:
                raise Refusal(-32000, "out of memory")
            return node.chain.replays(int(number, 16))

        async def both(reader: Nodes) -> list[Recording]:
            return [await reader.recording(node.chain.header(number)) for number in (5, 7, 8)]

        node.methods[methods.TRACE_REPLAY] = replay
        found = using([node], both, extra=self.EXTRA)
        assert [methods.TRACE_REPLAY in recording.methods for recording in found] == [True, False, False]
        assert all(methods.given(recording.methods) >= methods.ORDINARY for recording in found)

    def test_what_is_wanted_outright_is_not_left_out(self, node: Node) -> None:
        def replay(number: str, _: object) -> object:
            if int(number, 16) == 5:
                raise Refusal(-32000, "out of memory")
            return node.chain.replays(int(number, 16))

        node.methods[methods.TRACE_REPLAY] = replay
        with pytest.raises(EndpointRefused, match="out of memory"):
            record(node, wanted=methods.EVERYTHING)


@pytest.mark.anvil
def test_a_real_reorg_takes_the_old_block_away(anvil: Anvil) -> None:
    anvil.request("anvil_mine", "0x5")

    async def act() -> None:
        reader = await connect([anvil.url], limits=LIMITS)
        try:
            before = await reader.head()
            await asyncio.to_thread(anvil.request, "anvil_reorg", 2, [])
            after = await reader.header(before.number)
            assert after is not None
            assert after.hash != before.hash
            with pytest.raises(DataMissing):
                await reader.recording(before)
            await reader.recording(after)
        finally:
            await reader.close()

    asyncio.run(act())
