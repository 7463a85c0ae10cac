"""The events by which control over a contract moves, and the roles that matter most."""

from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.chain.signatures import topic


@dataclass(frozen=True, slots=True)
class Event:
    """What one event says: which arguments hold what."""

    name: str
    title: str
    holder: int
    previous: int | None = None
    role: int | None = None
    widens: bool = True
    """False where control is only taken away."""


EVENTS: Mapping[bytes, Event] = {
    topic("OwnershipTransferred(address,address)"): Event(
        "OwnershipTransferred", "Ownership was handed over", 1, previous=0
    ),
    topic("OwnershipTransferStarted(address,address)"): Event(
        "OwnershipTransferStarted", "Ownership is about to be handed over", 1, previous=0
    ),
    topic("AdminChanged(address,address)"): Event("AdminChanged", "The administrator was changed", 1, previous=0),
    topic("RoleGranted(bytes32,address,address)"): Event("RoleGranted", "A role was granted", 1, role=0),
    topic("RoleRevoked(bytes32,address,address)"): Event("RoleRevoked", "A role was revoked", 1, role=0, widens=False),
}
ROLE_ADMIN_CHANGED = topic("RoleAdminChanged(bytes32,bytes32,bytes32)")

DEFAULT_ADMIN = bytes(32)
POWERFUL_ROLES: Mapping[bytes, str] = {
    DEFAULT_ADMIN: "DEFAULT_ADMIN_ROLE",
    **{
        topic(name): name
        for name in ("ADMIN_ROLE", "OWNER_ROLE", "MINTER_ROLE", "UPGRADER_ROLE", "GOVERNOR_ROLE", "PROPOSER_ROLE",
                     "TIMELOCK_ADMIN_ROLE", "WITHDRAWER_ROLE", "BRIDGE_ROLE")
    },
}  # fmt: skip
"""Roles that can take funds or let others do so, by the hash of their usual names in OpenZeppelin's contracts."""

ROLE_ADMIN = Event("RoleAdminChanged", "A role was put under another role", 0, role=0)
