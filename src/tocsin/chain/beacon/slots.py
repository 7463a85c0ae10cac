"""
Slots and epochs: how a proof-of-stake chain counts time.

A slot is the time in which one validator may propose one block; an epoch is the slots in which every validator attests
once. An execution block's timestamp is exactly the start of its slot, so that slots are known without a consensus node.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotClock:
    """How one chain counts slots."""

    genesis_seconds: int
    """When slot 0 began, in seconds since 1970."""
    seconds_per_slot: int
    slots_per_epoch: int

    def slot_at(self, seconds: int) -> int | None:
        """The slot that begins at this moment; None where none does: no block of this chain has such a timestamp."""
        slot, rest = divmod(seconds - self.genesis_seconds, self.seconds_per_slot)
        return slot if slot >= 0 and rest == 0 else None

    def starts_at(self, slot: int) -> int:
        """When a slot begins, in seconds since 1970."""
        return self.genesis_seconds + slot * self.seconds_per_slot

    def epoch_of(self, slot: int) -> int:
        """The epoch a slot is in."""
        return slot // self.slots_per_epoch

    def first_slot(self, epoch: int) -> int:
        """The slot an epoch begins with."""
        return epoch * self.slots_per_epoch


CLOCKS: Mapping[int, SlotClock] = {
    chain_id: SlotClock(genesis_seconds=genesis, seconds_per_slot=seconds, slots_per_epoch=slots)
    for chain_id, genesis, seconds, slots in (
        (1, 1_606_824_023, 12, 32),
        (100, 1_638_993_340, 5, 16),
        (17_000, 1_695_902_400, 12, 32),
        (560_048, 1_742_213_400, 12, 32),
        (11_155_111, 1_655_733_600, 12, 32),
    )
}
"""By chain id: Ethereum, Gnosis, Holesky, Hoodi, Sepolia, as their published configurations have it."""

SLOTS_PER_EPOCH = 32
"""Of Ethereum, and of any chain that is not known to count otherwise (reference: detection, section 4.39)."""


def slots_per_epoch(chain_id: int) -> int:
    """How many slots an epoch of this chain has."""
    clock = CLOCKS.get(chain_id)
    return SLOTS_PER_EPOCH if clock is None else clock.slots_per_epoch
