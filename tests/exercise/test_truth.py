"""The truth of an attack: kept exactly, read strictly, added up without rounding."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.chain.contract import Account, Receipt
from tocsin.exercise.truth import ETHER_TOKEN, Loss, Step, Truth, Twin, loss, parse, parse_twin, render, step, told
from tocsin.model.errors import MalformedInput

ADDRESSES = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
HASHES = st.binary(min_size=32, max_size=32).map(lambda raw: "0x" + raw.hex())
LOSSES = st.builds(
    Loss,
    chain_id=st.integers(1, 2**63 - 1),
    token=ADDRESSES,
    victim=ADDRESSES,
    amount=st.integers(0, 2**256 - 1).map(str),
)
LOST = st.lists(LOSSES, max_size=3).map(tuple)
STEPS = st.builds(
    Step,
    says=st.text(max_size=40),
    chain_id=st.integers(1, 2**63 - 1),
    transaction=HASHES,
    block_number=st.integers(0, 2**63 - 1),
    lost=LOST,
    gone=LOST,
)
TRUTHS = st.builds(
    Truth,
    scenario=st.text(max_size=20),
    attackers=st.lists(ADDRESSES, max_size=3).map(tuple),
    victims=st.lists(ADDRESSES, max_size=3).map(tuple),
    steps=st.lists(STEPS, max_size=4).map(tuple),
    knowable=HASHES,
    names=st.dictionaries(ADDRESSES, st.text(max_size=20), max_size=3),
    symbols=st.dictionaries(ADDRESSES, st.tuples(st.text(max_size=6), st.integers(0, 255)), max_size=3),
    seed=st.text(max_size=10),
    made_with=st.dictionaries(st.text(max_size=10), st.text(max_size=10), max_size=3),
)
TWINS = st.builds(Twin, scenario=st.text(max_size=20), transactions=st.lists(HASHES, max_size=4).map(tuple))
ALICE, MALLORY = Account("alice", "0x" + "a1" * 20), Account("mallory", "0x" + "66" * 20)


def receipt(number: int, chain_id: int = 1) -> Receipt:
    return Receipt(
        chain_id=chain_id,
        hash=f"0x{number:064x}",
        block_number=number,
        index=0,
        is_done=True,
        gas_used=21_000,
        created=None,
        logs=(),
    )


@given(truth=TRUTHS)
def test_a_truth_is_the_same_after_it_was_written_and_read(truth: Truth) -> None:
    content = render(truth)

    assert parse(content, "truth.json") == truth
    assert render(parse(content, "truth.json")) == content


@given(twin=TWINS)
def test_so_is_what_belongs_to_a_twin(twin: Twin) -> None:
    assert parse_twin(render(twin), "twin.json") == twin


def test_it_could_be_known_from_the_first_step_unless_said_otherwise() -> None:
    steps = [
        step("prepares", receipt(1)),
        step("strikes", receipt(2), lost=[loss(receipt(2), "0x" + "7" * 40, ALICE, 5)]),
    ]

    by_default = told("drill", attackers=[MALLORY], victims=[ALICE], steps=steps)
    later = told("drill", attackers=[MALLORY], victims=[ALICE], steps=steps, knowable=receipt(2))

    assert (by_default.first, later.first) == (steps[0], steps[1])
    assert by_default.losing == steps[1]
    assert by_default.hashes == {receipt(1).hash, receipt(2).hash}
    assert (by_default.attackers, by_default.victims) == ((MALLORY.address,), (ALICE.address,))


def test_what_is_lost_is_gone_unless_said_otherwise() -> None:
    lost = loss(receipt(1), ETHER_TOKEN, ALICE, 5)

    assert step("takes", receipt(1), lost=[lost]).gone == (lost,)
    assert step("takes", receipt(1), lost=[lost], gone=[]).gone == ()


def test_losses_add_up_exactly_by_chain_and_token() -> None:
    most = 2**256 - 1
    near, far = receipt(1), receipt(1, chain_id=2)
    steps = [
        step("takes twice", near, lost=[loss(near, ETHER_TOKEN, ALICE, most), loss(near, ETHER_TOKEN, MALLORY, 1)]),
        step("takes far away", far, lost=[loss(far, ETHER_TOKEN, ALICE, 3)]),
    ]

    truth = told("drill", attackers=[MALLORY], victims=[ALICE], steps=steps)

    assert truth.lost == {(1, ETHER_TOKEN): most + 1, (2, ETHER_TOKEN): 3}


def test_without_a_loss_the_last_step_is_the_one_that_counts() -> None:
    steps = [step("tries", receipt(1)), step("fails", receipt(2))]

    assert told("drill", attackers=[MALLORY], victims=[], steps=steps).losing == steps[1]


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("knowable",), "0x12"),
        (("attackers",), ["0x" + "A" * 40]),
        (("attackers",), ["0x" + "a" * 40 + "\n"]),
        (("steps", 0, "lost", 0, "amount"), "-1"),
        (("steps", 0, "lost", 0, "amount"), "1e18"),
        (("steps", 0, "lost", 0, "amount"), 5),
        (("steps", 0, "lost", 0, "amount"), "9" * 79),
        (("steps", 0, "block_number"), "7"),
        (("steps",), None),
        (("symbols",), {"0x" + "a" * 40: ["USD"]}),
    ],
)
def test_a_file_that_is_no_truth_is_an_error_that_names_it(where: tuple[str | int, ...], value: object) -> None:
    lost = loss(receipt(1), ETHER_TOKEN, ALICE, 5)
    truth = told("drill", attackers=[MALLORY], victims=[ALICE], steps=[step("takes", receipt(1), lost=[lost])])
    found: Any = json.loads(render(truth))
    inner = found
    for key in where[:-1]:
        inner = inner[key]
    inner[where[-1]] = value

    with pytest.raises(MalformedInput, match=r"truth\.json: not the truth about a recorded attack"):
        parse(json.dumps(found).encode(), "truth.json")


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"scenario": 1}'])
def test_bytes_that_are_no_truth_are_an_error_that_names_the_file(content: bytes) -> None:
    with pytest.raises(MalformedInput, match=r"it\.json: "):
        parse(content, "it.json")
    with pytest.raises(MalformedInput, match=r"it\.json: "):
        parse_twin(content, "it.json")
