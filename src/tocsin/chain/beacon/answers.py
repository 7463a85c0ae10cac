"""
What beacon nodes answer about the chain and its validators, as typed values.

Built after the public Beacon API specification (github.com/ethereum/beacon-APIs): numbers come as decimal text there,
and as numbers from some clients; both are read. Fields that no table needs are not read.
"""

from collections.abc import Hashable
from functools import cache
from typing import Any, TypeVar, cast

import msgspec

from tocsin.model.errors import MalformedInput

T = TypeVar("T")


class Header(msgspec.Struct, gc=False):
    """A beacon block's header without its signature."""

    slot: int
    proposer_index: int
    parent_root: str
    state_root: str
    body_root: str


class SignedHeader(msgspec.Struct, gc=False):
    """A header and, unread, its signature."""

    message: Header


class HeaderEntry(msgspec.Struct, gc=False):
    """A header as the node knows it."""

    root: str
    header: SignedHeader
    canonical: bool | None = None


class Headers(msgspec.Struct, gc=False):
    """`headers`: those of a slot, which may be more than one."""

    data: list[HeaderEntry]


class OneHeader(msgspec.Struct, gc=False):
    """`headers/{block_id}`."""

    data: HeaderEntry


class Checkpoint(msgspec.Struct, gc=False):
    """An epoch and the root of its first block."""

    epoch: int
    root: str


class AttestationData(msgspec.Struct, gc=False):
    """What an attestation votes for; only the slot and the target are read."""

    slot: int
    target: Checkpoint


class IndexedAttestation(msgspec.Struct, gc=False):
    """An attestation with the validators who signed it."""

    attesting_indices: list[int]
    data: AttestationData


class AttesterSlashing(msgspec.Struct, gc=False):
    """Two attestations that contradict each other: whoever signed both is slashed."""

    attestation_1: IndexedAttestation
    attestation_2: IndexedAttestation


class ProposerSlashing(msgspec.Struct, gc=False):
    """Two headers of one proposer for one slot."""

    signed_header_1: SignedHeader
    signed_header_2: SignedHeader


class VoluntaryExit(msgspec.Struct, gc=False):
    """Who leaves, and from when."""

    epoch: int
    validator_index: int


class SignedExit(msgspec.Struct, gc=False):
    """An exit and, unread, its signature."""

    message: VoluntaryExit


class SyncAggregate(msgspec.Struct, gc=False):
    """Who of the sync committee signed, as bits."""

    sync_committee_bits: str


class Payload(msgspec.Struct, gc=False):
    """The execution block, or its header, in a beacon block."""

    block_number: int
    block_hash: str


class Body(msgspec.Struct, gc=False):
    """The parts of a block's body that are read."""

    graffiti: str | None = None
    proposer_slashings: list[ProposerSlashing] = []
    attester_slashings: list[AttesterSlashing] = []
    voluntary_exits: list[SignedExit] = []
    sync_aggregate: SyncAggregate | None = None
    execution_payload: Payload | None = None
    execution_payload_header: Payload | None = None


class BeaconBlock(msgspec.Struct, gc=False):
    """A beacon block. Its root is not in it: a header of the same slot, parent and proposer tells."""

    slot: int
    proposer_index: int
    parent_root: str
    state_root: str
    body: Body


class SignedBlock(msgspec.Struct, gc=False):
    """A block and, unread, its signature."""

    message: BeaconBlock


class OneBlock(msgspec.Struct, gc=False):
    """`blocks/{block_id}`."""

    data: SignedBlock


class Checkpoints(msgspec.Struct, gc=False):
    """What is justified and finalised."""

    current_justified: Checkpoint
    finalized: Checkpoint


class Finality(msgspec.Struct, gc=False):
    """`finality_checkpoints`."""

    data: Checkpoints


class ValidatorKeys(msgspec.Struct, gc=False):
    """The part of a validator's record that is read."""

    pubkey: str
    slashed: bool = False


class ValidatorEntry(msgspec.Struct, gc=False):
    """One validator's state."""

    index: int
    balance: int
    status: str
    validator: ValidatorKeys


class Validators(msgspec.Struct, gc=False):
    """`validators`."""

    data: list[ValidatorEntry]


class LivenessEntry(msgspec.Struct, gc=False):
    """Whether a validator was seen in an epoch."""

    index: int
    is_live: bool


class Liveness(msgspec.Struct, gc=False):
    """`liveness/{epoch}`."""

    data: list[LivenessEntry]


class Duty(msgspec.Struct, gc=False):
    """Who may propose in a slot."""

    pubkey: str
    validator_index: int
    slot: int


class Duties(msgspec.Struct, gc=False):
    """`duties/proposer/{epoch}`."""

    data: list[Duty]


class GlobalInclusion(msgspec.Struct, gc=False):
    """How much of the active balance attested, in gwei."""

    current_epoch_active_gwei: int
    previous_epoch_target_attesting_gwei: int
    previous_epoch_active_gwei: int | None = None


class Inclusion(msgspec.Struct, gc=False):
    """Lighthouse's `validator_inclusion/{epoch}/global`."""

    data: GlobalInclusion


@cache
def _decoder(type_: Hashable) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(type_, strict=False)


def decode(type_: type[T], data: bytes, where: str) -> T:
    """The answer as this type. Raises `MalformedInput` that says where it is wrong."""
    try:
        value: T = _decoder(cast("Hashable", type_)).decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedInput(f"{where}: {error}") from error
    return value
