"""Findings keep their identity and their exact values on the way to JSON."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.finding import Entity, Finding, Place, Severity

HASH, BLOCK = "0x" + "1" * 64, "0x" + "2" * 64
PLACE = Place(chain_id=1, block_number=5, block_hash=BLOCK, transaction_hash=HASH, transaction_index=0)
FINDING = Finding(
    detector="d", place=PLACE, severity=Severity.HIGH, confidence=0.5, title="t", summary="s", values={"amount": 1}
)


@given(st.integers(-(2**256), 2**256))
def test_no_reader_can_round_an_amount(amount: int) -> None:
    shown = json.loads(json.dumps(replace(FINDING, values={"amount": amount, "several": [amount]}).to_json()))
    assert (int(shown["values"]["amount"]), int(shown["values"]["several"][0])) == (amount, amount)


def test_who_sees_it_and_how_sure_they_are_does_not_change_which_finding_it_is() -> None:
    assert replace(FINDING, severity=Severity.LOW, confidence=1.0, title="other").id == FINDING.id


def test_another_block_key_or_detector_is_another_finding() -> None:
    others = [
        replace(FINDING, place=replace(PLACE, block_hash=HASH)),
        replace(FINDING, place=replace(PLACE, chain_id=2)),
        replace(FINDING, key="pool"),
        replace(FINDING, detector="e"),
    ]
    assert len({each.id for each in (FINDING, *others)}) == 5


def test_a_label_is_shown_only_where_there_is_one() -> None:
    entities = (Entity("owner", "0x1"), Entity("owner", "0x2", "somebody"))
    shown = replace(FINDING, entities=entities).to_json()["entities"]
    assert shown == [{"role": "owner", "address": "0x1"}, {"role": "owner", "address": "0x2", "label": "somebody"}]
