"""Accounts, contracts, and what is sent to them, as values. Whoever has a node sends them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tocsin.chain.artefact import Artefact, Log


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who signs."""

    name: str
    address: str
    """0x and 40 lower-case hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class Authorisation:
    """A signed EIP-7702 authorisation: the signer lets code act as its own."""

    chain_id: int
    address: str
    """Of the code."""
    nonce: int
    y_parity: int
    r: int
    s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """What an account is to send."""

    sender: Account
    to: str | None
    """None creates a contract."""
    data: bytes = b""
    value: int = 0
    """Wei."""
    gas: int | None = None
    """None leaves it to whoever sends it."""
    target: Artefact | None = None
    """The interface with which a revert can be put into words."""
    authorisations: tuple[Authorisation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a transaction."""

    chain_id: int
    hash: str
    block_number: int
    index: int
    is_done: bool
    """False where it reverted."""
    gas_used: int
    created: str | None
    logs: tuple[Log, ...]


@dataclass(frozen=True)
class Contract:
    """An address with the interface it has."""

    address: str
    """0x and 40 lower-case hexadecimal digits."""
    artefact: Artefact

    def by(self, sender: Account, function: str, *values: Any, value: int = 0, gas: int | None = None) -> Transaction:
        """The transaction in which `sender` calls a function; accounts and contracts among the values are addresses."""
        data = self.encode(function, *values)
        return Transaction(sender=sender, to=self.address, data=data, value=value, gas=gas, target=self.artefact)

    def encode(self, function: str, *values: Any) -> bytes:
        """The call data of a function."""
        return self.artefact.encode(function, *(plain(each) for each in values))

    def events(self, name: str, receipt: Receipt) -> list[dict[str, Any]]:
        """What it emitted under this name, each event as its parameters by name."""
        return self.artefact.events(name, (log for log in receipt.logs if log.address == self.address))

    def at(self, artefact: Artefact) -> "Contract":
        """The same address with another interface: what stands behind a proxy."""
        return Contract(self.address, artefact)


def pay(sender: Account, to: "Account | Contract | str", wei: int) -> Transaction:
    """A payment in the native coin."""
    return Transaction(sender=sender, to=address(to), value=wei)


def address(of: Account | Contract | str) -> str:
    """The address of an account or a contract."""
    return of.lower() if isinstance(of, str) else of.address


def plain(value: Any) -> Any:
    """The value with every account and contract in it replaced by its address."""
    if isinstance(value, Account | Contract):
        return value.address
    if isinstance(value, list | tuple):
        return type(value)(plain(each) for each in value)
    return value


@dataclass(slots=True)
class NameBook:
    """What addresses are called, for people to read."""

    names: dict[str, str] = field(default_factory=dict)

    def note(self, of: Account | Contract | str, name: str) -> None:
        """Call an address so, unless it has a name."""
        self.names.setdefault(address(of), name)

    def as_mapping(self) -> Mapping[str, str]:
        """Name by address."""
        return dict(self.names)
