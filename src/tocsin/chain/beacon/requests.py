"""
What beacon nodes are asked, as values: a path of the Beacon API, and the key under which a recording keeps the answer.

Nothing here sends anything. What one answer tells (the newest slot, say) decides what is asked next.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from tocsin.chain.beacon import answers, keys
from tocsin.chain.beacon.events import TOPICS
from tocsin.model.errors import MalformedInput

EVENTS_PATH = f"/eth/v1/events?topics={','.join(TOPICS)}"
VALIDATORS_AT_ONCE = 64
"""The Beacon API takes no more in one question by GET."""
_IDENTIFIER = re.compile(r"[0-9]{1,20}|0x[0-9a-fA-F]{96}")
_NAME = re.compile(r"[^A-Za-z0-9._-]+")
LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a beacon node."""

    path: str
    body: bytes | None = None
    """What is posted; None to get."""

    def key(self, observer: str = "") -> str:
        """The key of its answer in a recording: its path, and which of several nodes was asked."""
        who = f"{keys.PREFIX}@{observer}" if observer else keys.PREFIX
        return f"{who}:{self.path.partition('?')[0]}"


CHAIN = Request("/eth/v1/config/deposit_contract")
"""Names the execution chain: a beacon node does not say its EIP-155 chain id otherwise."""
HEAD = Request("/eth/v1/beacon/headers/head")
NODE = tuple(Request(f"/eth/v1/node/{what}") for what in ("syncing", "peer_count", "version", "peers?state=connected"))
"""How the node itself is."""
FINALITY = Request("/eth/v1/beacon/states/head/finality_checkpoints")


def of_slot(slot: int) -> tuple[Request, ...]:
    """All blocks that a node knows of a slot, and the one on its chain whole. The second key names the slot."""
    return (Request(f"/eth/v1/beacon/headers?slot={slot}"), Request(f"/eth/v2/beacon/blocks/{slot}"))


def of_epoch(epoch: int, validators: Sequence[str] = ()) -> tuple[Request, ...]:
    """What changes once an epoch: how much attested before it, and what own validators have to do and did."""
    over = _of_epoch_over(epoch - 1, tuple(validators)) if epoch > 0 else ()
    if not validators:
        return over
    return (Request(f"/eth/v1/validator/duties/proposer/{epoch}"), _states(tuple(validators)), *over)


def _of_epoch_over(epoch: int, validators: tuple[str, ...]) -> tuple[Request, ...]:
    # Lighthouse tells from the state at the end of the epoch it is asked for: of one that goes on it has none.
    inclusion = Request(f"/lighthouse/validator_inclusion/{epoch}/global")
    if not (indices := _indices(validators)):
        return (inclusion,)
    return (inclusion, Request(f"/eth/v1/validator/liveness/{epoch}", msgspec.json.encode(indices)))


def _states(validators: tuple[str, ...]) -> Request:
    path = "/eth/v1/beacon/states/head/validators"
    if len(validators) <= VALIDATORS_AT_ONCE:
        return Request(f"{path}?id={','.join(validators)}")
    return Request(path, msgspec.json.encode({"ids": list(validators)}))


def _indices(validators: tuple[str, ...]) -> list[str]:
    """Liveness is only told by index."""
    return [one for one in validators if one.isdigit()]


def indices_by_key(answer: bytes, where: str) -> dict[str, str]:
    """The index of each public key in an answer about the states of validators. Raises `MalformedInput`."""
    found = answers.decode(answers.Validators, answer, where).data
    return {each.validator.pubkey.lower(): str(each.index) for each in found}


def is_validator(text: str) -> bool:
    """Whether this names a validator: its index, or its public key."""
    return _IDENTIFIER.fullmatch(text) is not None


def observer(host: str) -> str:
    """A node's name as it may stand in a key."""
    return _NAME.sub("-", host)[:LONGEST_NAME].strip("-") or "node"


class _Contract(msgspec.Struct, gc=False):
    chain_id: int


class _DepositContract(msgspec.Struct, gc=False):
    data: _Contract


def chain_id(answer: bytes, where: str) -> int:
    """The execution chain that a beacon node belongs to. Raises `MalformedInput`."""
    found = answers.decode(_DepositContract, answer, where).data.chain_id
    if not 0 < found < 2**63:
        raise MalformedInput(f"{where}: {found} is no chain id")
    return found


def newest_slot(answer: bytes, where: str) -> int:
    """The slot of the newest block. Raises `MalformedInput`."""
    slot = answers.decode(answers.OneHeader, answer, where).data.header.message.slot
    if not 0 <= slot < 2**64:
        raise MalformedInput(f"{where}: {slot} is no slot")
    return slot
