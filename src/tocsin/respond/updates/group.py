"""Groups of stakeholders: who is told how things stand, how, and how far what they are told goes."""

from dataclasses import dataclass

from tocsin.respond.channels.tlp import Reach


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One address on one channel."""

    channel: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Stakeholders who are told the same."""

    name: str
    says: str
    """Who they are."""
    reach: Reach
    template: str
    """The text of the template."""
    to: tuple[Recipient, ...]
