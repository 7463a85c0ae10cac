"""A lock-and-mint bridge of our own: USDR locked at home is minted far away when three of five validators sign."""

from collections.abc import Sequence
from dataclasses import dataclass

from eth_abi.abi import encode
from eth_hash.auto import keccak

from tocsin.chain.contract import Account, Contract, Receipt, Transaction
from tocsin.exercise.scene.people import People
from tocsin.exercise.scene.safe import SafeWallet
from tocsin.exercise.scene.tokens import DOLLAR, Tokens
from tocsin.exercise.scene.uniswap_v2 import MOST
from tocsin.exercise.stage import Library, Stage

NEEDED = 3
MESSAGE = ("string", "uint256", "uint256", "uint256", "address", "uint256")
"""What validators sign: kind, source chain, destination chain, nonce, receiver, amount."""
RELEASE, MINT = "release", "mint"
LOCKED_DOLLARS = 100_000
"""By each of the first three users, when the bridge opens."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """Both ends, and who signs."""

    home: Contract
    """BridgeHome: holds what is locked."""
    far: Contract
    """BridgeForeign: mints and burns, and is the token."""
    validators: tuple[Account, ...]
    home_chain: int
    far_chain: int

    def minted(self, stage: Stage, relayer: Account, locked: Receipt) -> Transaction:
        """The transaction that mints far away what this receipt locked, validly signed."""
        (event,) = self.home.events("Locked", locked)
        message = (event["nonce"], event["to"], event["amount"])
        return self.mint(stage, relayer, message, self.validators[:NEEDED])

    def released(self, stage: Stage, relayer: Account, burned: Receipt) -> Transaction:
        """The transaction that releases at home what this receipt burned, validly signed."""
        (event,) = self.far.events("Burned", burned)
        message = (event["nonce"], event["to"], event["amount"])
        return self.release(stage, relayer, message, self.validators[:NEEDED])

    def mint(self, stage: Stage, by: Account, message: tuple[int, str, int], signers: Sequence[Account]) -> Transaction:
        """Mint far away: the message is nonce, receiver, amount, whether or not anything was locked."""
        signatures = _signatures(stage, signers, (MINT, self.home_chain, self.far_chain, *message))
        return self.far.by(by, "mint", *message, signatures)

    def release(
        self, stage: Stage, by: Account, message: tuple[int, str, int], signers: Sequence[Account]
    ) -> Transaction:
        """Release at home: the message is nonce, receiver, amount, whether or not anything was burned."""
        signatures = _signatures(stage, signers, (RELEASE, self.far_chain, self.home_chain, *message))
        return self.home.by(by, "release", *message, signatures)


def _signatures(stage: Stage, signers: Sequence[Account], message: tuple[object, ...]) -> list[bytes]:
    digest = keccak(encode(MESSAGE, message))
    in_order = sorted(signers, key=lambda account: int(account.address, 16))
    return [stage.sign_message(signer, digest) for signer in in_order]


def deploy(home: Stage, far: Stage, library: Library, people: People, tokens: Tokens, safe: SafeWallet) -> Bridge:
    """Deploy both ends; at home the Safe administers it, far away the founder."""
    founder, validators = people.founder, list(people.validators)
    artefact = library.own("BridgeHome")
    values = (tokens.usdr, far.chain_id, validators, NEEDED, safe.wallet)
    near = home.deploy(founder, artefact, *values, name="bridge (home)")
    values_far = (home.chain_id, validators, NEEDED, founder)
    away = far.deploy(people.far_founder, library.own("BridgeForeign"), *values_far, name="bridged USDR")
    bridge = Bridge(near, away, people.validators, home.chain_id, far.chain_id)
    for user in people.users[:3]:
        home.do(tokens.usdr.by(user, "approve", near, MOST))
        locked = home.do(near.by(user, "lock", user, LOCKED_DOLLARS * DOLLAR))
        far.do(bridge.minted(far, people.relayer, locked))
    return bridge
