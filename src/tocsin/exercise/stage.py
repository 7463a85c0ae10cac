"""
What scenarios, traffic and the scene are given to act on: chains, and published or own contracts. As protocols, because
whoever plays them brings the real thing and nothing here starts a program or opens a file.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from tocsin.chain.artefact import Artefact
from tocsin.chain.contract import Account, Authorisation, Contract, NameBook, Receipt, Transaction
from tocsin.exercise.packages import Package


class Stage(Protocol):
    """One chain of the range. Blocks are made only when something is sent, 12 s apart unless time is let pass."""

    @property
    def chain_id(self) -> int:
        """EIP-155 chain id."""

    @property
    def names(self) -> NameBook:
        """What addresses are called."""

    def now(self) -> int:
        """Timestamp of the last block, seconds since 1970."""

    def height(self) -> int:
        """Number of the last block."""

    def account(self, name: str, wei: int = ...) -> Account:
        """An account whose key follows from the seed and its name alone, with so much native coin."""

    def keyed(self, name: str, key: int) -> Account:
        """An account with a key of the caller's choice: for those who search for an address."""

    def deploy(self, by: Account, artefact: Artefact, *values: Any, value: int = 0, name: str = "") -> Contract:
        """Create a contract in a block of its own. Raises `CallReverted`."""

    def creation(self, contract: Contract) -> Receipt:
        """The receipt of a contract that `deploy` created."""

    def do(self, transaction: Transaction) -> Receipt:
        """Send it in a block of its own. Raises `CallReverted`, with the reason, where it reverts."""

    def mine(self, *transactions: Transaction) -> tuple[Receipt, ...]:
        """Send them in one block, in this order; they may revert."""

    def refused(self, transaction: Transaction) -> str:
        """Why it would revert now. Raises `ScenarioBroken` where it would not."""

    def read(self, contract: Contract, function: str, *values: Any) -> Any:
        """What a view function returns now. Raises `CallReverted`."""

    def balance(self, of: Account | Contract | str) -> int:
        """Wei."""

    def storage(self, of: Contract | str, slot: int) -> bytes:
        """The 32 bytes in a storage slot now."""

    def put_code(self, address: str, code: bytes, name: str) -> None:
        """Place code at an address: for contracts whose address is fixed everywhere."""

    def pass_time(self, seconds: int) -> None:
        """What comes next, on either chain, comes so much later."""

    def sign(self, account: Account, digest: bytes) -> bytes:
        """65 bytes r, s, v over a 32-byte digest, as contracts recover them."""

    def sign_message(self, account: Account, message: bytes) -> bytes:
        """The same over a personal message (EIP-191)."""

    def sign_typed(self, account: Account, message: Mapping[str, Any]) -> bytes:
        """The same over typed data (EIP-712): `types`, `primaryType`, `domain`, `message`."""

    def authorise(self, account: Account, code: Contract | str) -> Authorisation:
        """A signed authorisation that lets this code act as the account (EIP-7702)."""


class Library(Protocol):
    """Compiled contracts by name."""

    def own(self, name: str) -> Artefact:
        """One of the range's own contracts. Raises `DataMissing`."""

    def published(self, package: Package, name: str) -> Artefact:
        """A contract of a package. Raises `DataMissing`."""

    def content(self, package: Package, path: str) -> bytes:
        """A file of a package, by its path below the package's folder. Raises `DataMissing`."""
