"""People, and how each is reached."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One way to reach a person."""

    channel: str
    """The name of a channel in channels.toml."""
    address: str
    """What the channel needs to find the person: an e-mail address, a chat id, a telephone number."""
    after_seconds: int = 0
    """How long after the first way this one is tried, while nobody has answered."""
    is_for_urgent_only: bool = False
    """Used for P1 and P2 only, such as a voice call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of the organisation, or a stakeholder."""

    id: str
    """Short, lower-case, such as `ada`; the same as the user name in the API."""
    name: str
    time_zone: str = "UTC"
    """An IANA name, such as Europe/Zurich."""
    contacts: tuple[Contact, ...] = ()
    """In the order in which they are tried."""
    clearance: str = "amber"
    """The most confidential information this person may be sent (TLP 2.0)."""
    addresses: tuple[str, ...] = ()
    """The accounts this person signs with on chains, 0x and 40 lower-case digits each."""
