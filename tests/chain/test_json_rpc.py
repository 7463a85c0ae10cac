"""JSON-RPC as values: questions and answers, pacing, choosing methods, agreement. No network."""

import json
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.chain.header import Header
from tocsin.chain.rpc import agreement, json_rpc, methods, pacing, verify
from tocsin.chain.rpc.json_rpc import Request
from tocsin.model.errors import (
    EndpointRefused,
    EndpointsDisagree,
    InconsistentInput,
    InputError,
    MalformedInput,
    RemoteError,
)

NAME = "node"
HEADER = Header(number=5, hash=b"\x05" * 32, parent_hash=b"\x04" * 32, timestamp=1)
BLOCK = verify.Block(HEADER, ("0x" + "aa" * 32,), "0x01")


def result(number: int, value: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "result": value}


class TestAnswers:
    @given(st.permutations(range(5)), st.integers(1, 2**40), st.sets(st.integers(0, 4)))
    def test_are_matched_by_id_in_any_order_and_what_is_left_out_is_told(
        self, order: list[int], first: int, left_out: set[int]
    ) -> None:
        requests = [Request(f"method{number}") for number in range(5)]
        answers = [result(first + number, number) for number in order if number not in left_out]
        outcomes = json_rpc.parse(json.dumps(answers).encode(), requests, first, NAME)
        for number, outcome in enumerate(outcomes):
            assert isinstance(outcome, RemoteError) if number in left_out else outcome == str(number).encode()

    def test_stay_the_bytes_that_came(self) -> None:
        raw = b'{"id":1,"result":{"b": 1.50,"a":"\\u0041" , "n":123456789012345678901234567890}}'
        (outcome,) = json_rpc.parse(raw, [Request("m")], 1, NAME)
        assert outcome == b'{"b": 1.50,"a":"\\u0041" , "n":123456789012345678901234567890}'

    def test_of_null_are_answers(self) -> None:
        assert json_rpc.parse(json.dumps(result(1, None)).encode(), [Request("m")], 1, NAME) == [b"null"]

    @given(
        st.binary(max_size=200) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(msgspec.json.encode)
    )
    def test_of_any_bytes_have_an_outcome_or_a_named_error(self, data: bytes) -> None:
        try:
            outcomes = json_rpc.parse(data, [Request("m")], 1, NAME)
        except (InputError, RemoteError):
            return
        assert len(outcomes) == 1

    def test_of_an_error_show_bounded_printable_text(self) -> None:
        error = json_rpc.refusal(-1, "\x1b[31m" + "x" * 10_000, NAME)
        assert type(error) is EndpointRefused
        assert len(str(error)) < 300
        assert str(error).isprintable()

    @pytest.mark.parametrize(
        "raw", [b"1", b"null", b'"12"', b'"0x"', b'"0x-1"', b'"0x1_0"', b'"0xg"', b'"0x' + b"f" * 99 + b'"']
    )
    def test_that_are_no_quantity_are_refused(self, raw: bytes) -> None:
        with pytest.raises(MalformedInput):
            json_rpc.quantity(raw, NAME)

    def test_of_one_question_are_asked_alone_and_of_several_together(self) -> None:
        assert json.loads(json_rpc.encode([Request("m", ("0x1", True))], 7)) == {
            "jsonrpc": "2.0",
            "id": 7,
            "method": "m",
            "params": ["0x1", True],
        }
        assert [each["id"] for each in json.loads(json_rpc.encode([Request("a"), Request("b")], 7))] == [7, 8]


class TestPacing:
    @given(
        st.floats(0.5, 1_000),
        st.integers(1, 50),
        st.lists(st.tuples(st.integers(1, 20), st.floats(0, 5)), min_size=1, max_size=50),
    )
    @settings(max_examples=60)
    def test_never_lets_more_through_than_rate_and_burst_allow(
        self, rate: float, burst: int, asks: list[tuple[int, float]]
    ) -> None:
        bucket, now, taken = pacing.full(rate, burst, 0.0), 0.0, 0
        for count, pause in asks:
            now += pause
            bucket, delay = pacing.take(bucket, count, now)
            taken += count
            assert taken <= burst + (now + delay) * rate + 1e-6 * taken + 1e-6

    def test_lets_a_burst_through_at_once(self) -> None:
        bucket, delay = pacing.take(pacing.full(2, 10, 0.0), 10, 0.0)
        assert delay == 0
        assert pacing.take(bucket, 1, 0.0)[1] == 0.5

    def test_is_not_confused_by_a_clock_that_goes_back(self) -> None:
        bucket, _ = pacing.take(pacing.full(1, 1, 100.0), 1, 100.0)
        assert pacing.take(bucket, 1, 50.0)[1] == 1

    @given(st.integers(0, 10_000), st.floats(0, 1), st.floats(allow_nan=False))
    def test_backs_off_longer_each_time_but_never_for_ever(self, failures: int, jitter: float, wish: float) -> None:
        once = pacing.after_failure(pacing.Backoff(failures), 0.0, jitter, retry_after=wish)
        assert 0 < once.until <= pacing.LONGEST_RETRY_AFTER_SECONDS
        assert once.failures == failures + 1

    def test_doubles(self) -> None:
        backoff, waits = pacing.Backoff(), []
        for _ in range(4):
            backoff = pacing.after_failure(backoff, 0.0, 1.0, first=1.0)
            waits.append(pacing.wait(backoff, 0.0))
        assert waits == [1, 2, 4, 8]


GETH = {methods.BLOCK, methods.RECEIPTS, methods.LOGS, methods.CALL_TRACER, methods.PRESTATE_DIFF}
ERIGON = {methods.BLOCK, methods.RECEIPTS, methods.TRACE_BLOCK, methods.TRACE_REPLAY}


@pytest.mark.parametrize(
    ("capable", "wanted", "keys", "blind"),
    [
        (GETH, methods.ORDINARY, {methods.BLOCK, methods.RECEIPTS, methods.CALL_TRACER}, set()),
        (
            GETH,
            methods.EVERYTHING,
            {methods.BLOCK, methods.RECEIPTS, methods.CALL_TRACER, methods.PRESTATE_DIFF},
            set(),
        ),
        (ERIGON, methods.ORDINARY, {methods.BLOCK, methods.RECEIPTS, methods.TRACE_BLOCK}, set()),
        (ERIGON, methods.EVERYTHING, {methods.BLOCK, methods.RECEIPTS, methods.TRACE_REPLAY}, set()),
        ({methods.BLOCK, methods.LOGS}, methods.ORDINARY, {methods.BLOCK, methods.LOGS}, {"calls"}),
        ({methods.BLOCK}, methods.EVERYTHING, {methods.BLOCK}, {"logs", "calls", "state_changes"}),
        (GETH, {"logs"}, {methods.RECEIPTS}, set()),
    ],
)
def test_the_fewest_methods_are_asked_for(
    capable: set[str], wanted: frozenset[str], keys: set[str], blind: set[str]
) -> None:
    plan = methods.plan(capable, wanted)
    assert set(plan.keys) == keys
    assert plan.blind == blind


class TestVerifying:
    @pytest.mark.parametrize("key", [key for key in methods.METHODS if key != methods.BLOCK])
    @given(
        st.binary(max_size=100)
        | st.recursive(
            st.none() | st.booleans() | st.integers(0, 9) | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["result", "trace", "hash", "txHash", "blockHash"]), inner, max_size=3
                )
            ),
        ).map(msgspec.json.encode)
    )
    @settings(max_examples=40)
    def test_any_bytes_are_wrong_by_name(self, key: str, raw: bytes) -> None:
        with pytest.raises((InputError, RemoteError)):
            verify.check(key, raw, BLOCK, NAME)

    @given(st.binary(max_size=100) | st.dictionaries(st.text(), st.text()).map(msgspec.json.encode))
    def test_a_header_of_any_bytes_is_none_or_wrong_by_name(self, raw: bytes) -> None:
        with suppress(InputError):
            assert verify.header(raw, NAME) is None

    def test_a_block_of_hashes_only_is_refused(self) -> None:
        raw = {
            "number": "0x5",
            "hash": "0x" + "05" * 32,
            "parentHash": "0x" + "04" * 32,
            "timestamp": "0x1",
            "transactions": ["0x" + "aa" * 32],
        }
        with pytest.raises(InconsistentInput, match="without full transactions"):
            verify.block(json.dumps(raw).encode(), HEADER, NAME)


class TestAgreement:
    @pytest.mark.parametrize(
        ("votes", "dissenters"),
        [
            ({"a": "5"}, ()),
            ({"a": "5", "b": "5"}, ()),
            ({"a": "5", "b": "5", "c": "6"}, ("c",)),
            ({"a": "5", "b": "5", "c": "6", "d": "7"}, ("c", "d")),
        ],
    )
    def test_of_most_is_enough(self, votes: dict[str, str], dissenters: tuple[str, ...]) -> None:
        assert agreement.dissenters(HEADER, _hashes(votes)) == dissenters

    @pytest.mark.parametrize(
        "votes", [{"a": "5", "b": "6"}, {"a": "5", "b": "6", "c": "6"}, {"a": "5", "b": "5", "c": "6", "d": "6"}]
    )
    def test_is_missing_when_as_many_say_something_else(self, votes: dict[str, str]) -> None:
        with pytest.raises(EndpointsDisagree, match="b says"):
            agreement.dissenters(HEADER, _hashes(votes))


def _hashes(votes: dict[str, str]) -> dict[str, bytes]:
    return {name: bytes([int(vote)]) * 32 for name, vote in votes.items()}
