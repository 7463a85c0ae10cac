"""Slots and epochs: arithmetic that holds for every chain."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.chain.beacon.answers import Header
from tocsin.chain.beacon.roots import root_of
from tocsin.chain.beacon.slots import CLOCKS, SLOTS_PER_EPOCH, SlotClock, slots_per_epoch
from tocsin.model.errors import MalformedInput

clocks = st.sampled_from(list(CLOCKS.values()))
slots = st.integers(0, 2**48)
MERGE = 1_663_224_179
"""When Ethereum's first block after proof of work was made: block 15 537 394, of slot 4 700 013."""


@given(clocks, slots)
def test_a_slot_is_the_one_that_begins_when_it_begins(clock: SlotClock, slot: int) -> None:
    assert clock.slot_at(clock.starts_at(slot)) == slot


@given(clocks, st.integers(-(2**40), 2**48))
def test_a_time_within_a_slot_or_before_genesis_is_of_none(clock: SlotClock, seconds: int) -> None:
    slot = clock.slot_at(seconds)
    is_start = seconds >= clock.genesis_seconds and (seconds - clock.genesis_seconds) % clock.seconds_per_slot == 0
    assert (slot is not None) == is_start
    assert slot is None or clock.starts_at(slot) == seconds


@given(clocks, slots)
def test_an_epoch_holds_its_slots(clock: SlotClock, slot: int) -> None:
    epoch = clock.epoch_of(slot)
    assert clock.first_slot(epoch) <= slot < clock.first_slot(epoch + 1)
    assert clock.first_slot(epoch + 1) - clock.first_slot(epoch) == clock.slots_per_epoch


@given(clocks, slots, slots)
def test_time_goes_on(clock: SlotClock, one: int, other: int) -> None:
    assert (one < other) == (clock.starts_at(one) < clock.starts_at(other))
    assert one > other or clock.epoch_of(one) <= clock.epoch_of(other)


def test_ethereum_counts_from_its_genesis() -> None:
    assert CLOCKS[1].slot_at(MERGE) == 4_700_013
    assert CLOCKS[1].slot_at(MERGE + 1) is None
    assert (slots_per_epoch(1), slots_per_epoch(100), slots_per_epoch(990_001)) == (32, 16, SLOTS_PER_EPOCH)


NOTHING = "0x" + "00" * 32


def test_a_header_hashes_to_its_root() -> None:
    genesis = Header(
        slot=0,
        proposer_index=0,
        parent_root=NOTHING,
        state_root="0x7e76880eb67bbdc86250aa578958e9d0675e64e714337855204fb5abaaf82c2b",
        body_root="0xccb62460692be0ec813b56be97f68a82cf57abc102e27bf49ebf4190ff22eedd",
    )
    known = "4d611d5b93fdab69013a7f0a2f961caca0c853f87cfe9595fe50038163079360"
    assert root_of(genesis, "Ethereum").hex() == known


@pytest.mark.parametrize(("slot", "parent"), [(-1, NOTHING), (2**64, NOTHING), (0, "0x12"), (0, "0x" + "zz" * 32)])
def test_what_is_no_header_has_no_root(slot: int, parent: str) -> None:
    with pytest.raises(MalformedInput, match="the node"):
        root_of(Header(slot, 0, parent, NOTHING, NOTHING), "the node")
