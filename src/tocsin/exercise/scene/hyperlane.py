"""A real Hyperlane warp route: USDR as collateral at home, a synthetic token far away, two of three validators."""

from collections.abc import Sequence
from dataclasses import dataclass

from eth_abi.abi import decode
from eth_hash.auto import keccak

from tocsin.chain.artefact import Artefact
from tocsin.chain.contract import Account, Contract, Receipt, Transaction, address
from tocsin.chain.signatures import topic
from tocsin.exercise.packages import HYPERLANE
from tocsin.exercise.scene.people import People
from tocsin.exercise.scene.safe import ZERO
from tocsin.exercise.scene.tokens import DOLLAR, Tokens
from tocsin.exercise.scene.uniswap_v2 import MOST
from tocsin.exercise.stage import Library, Stage

NEEDED, VALIDATORS = 2, 3
MESSAGE_VERSION = 3
DISPATCH = topic("Dispatch(address,uint32,bytes32,bytes)")
TRANSFER = "transferRemote(uint32,bytes32,uint256)"
CHECKPOINT_ROOT = bytes([0x11]) * 32
"""The multisig only checks who signed the root, not which root it is."""
SENT_DOLLARS = 300_000
"""By the fourth user, when the route opens."""


@dataclass(frozen=True, slots=True)
class End:
    """One chain's part."""

    chain_id: int
    mailbox: Contract
    merkle_hook: Contract
    modules: Contract
    """The factory of interchain security modules."""


@dataclass(frozen=True, slots=True)
class Hyperlane:
    """The route, and who signs."""

    home: End
    far: End
    collateral: Contract
    """HypERC20Collateral at home: holds the USDR."""
    synthetic: Contract
    """HypERC20 far away."""
    validators: tuple[Account, ...]

    def delivered(self, to: Stage, relayer: Account, sent: Receipt) -> Transaction:
        """The transaction that delivers what this receipt dispatched on the other chain, validly signed."""
        (log,) = (log for log in sent.logs if log.topics[0] == DISPATCH)
        (message,) = decode(["bytes"], log.data)
        return self.process(to, relayer, message, self.validators[:NEEDED])

    def process(self, to: Stage, by: Account, message: bytes, signers: Sequence[Account]) -> Transaction:
        """Deliver a message on chain `to`, signed by these, whether or not it was ever dispatched."""
        origin, here = (self.far, self.home) if to.chain_id == self.home.chain_id else (self.home, self.far)
        return here.mailbox.by(by, "process", self._metadata(to, origin, message, signers), message)

    def message(self, origin: Stage, nonce: int, receiver: Account, amount: int) -> bytes:
        """A transfer as the route's end on chain `origin` would dispatch it."""
        away = origin.chain_id == self.far.chain_id
        source, target = (self.synthetic, self.collateral) if away else (self.collateral, self.synthetic)
        there = self.home.chain_id if away else self.far.chain_id
        head = bytes([MESSAGE_VERSION]) + nonce.to_bytes(4, "big") + origin.chain_id.to_bytes(4, "big")
        return (
            head
            + padded(source)
            + there.to_bytes(4, "big")
            + padded(target)
            + padded(receiver)
            + amount.to_bytes(32, "big")
        )

    def _metadata(self, stage: Stage, origin: End, message: bytes, signers: Sequence[Account]) -> bytes:
        """Merkle hook, root, index and signatures (Hyperlane, MessageIdMultisigIsmMetadata)."""
        index = message[1:5]
        domain = keccak(origin.chain_id.to_bytes(4, "big") + padded(origin.merkle_hook) + b"HYPERLANE")
        digest = keccak(domain + CHECKPOINT_ROOT + index + keccak(message))
        signatures = b"".join(stage.sign_message(signer, digest) for signer in signers)
        return padded(origin.merkle_hook) + CHECKPOINT_ROOT + index + signatures


def padded(of: Account | Contract | str) -> bytes:
    """An address as 32 bytes."""
    return bytes.fromhex(address(of)[2:]).rjust(32, b"\0")


def deploy(home: Stage, far: Stage, library: Library, people: People, tokens: Tokens) -> Hyperlane:
    """Deploy both ends, enrol them with one another, and send the first 300 000 USDR."""
    founder, validators = people.founder, people.validators[:VALIDATORS]
    near = _end(home, library, founder, validators)
    away = _end(far, library, people.far_founder, validators)
    artefact = library.published(HYPERLANE, "HypERC20Collateral")
    scale = _scale(artefact, 2)
    collateral = home.deploy(founder, artefact, tokens.usdr, *scale, near.mailbox, name="warp route collateral")
    home.do(collateral.by(founder, "initialize", ZERO, ZERO, founder))
    artefact = library.published(HYPERLANE, "HypERC20")
    values = (6, *_scale(artefact, 2), away.mailbox)
    synthetic = far.deploy(people.far_founder, artefact, *values, name="warp route synthetic")
    far.do(synthetic.by(founder, "initialize", 0, "hUSDR", "hUSDR", ZERO, ZERO, founder))
    home.do(collateral.by(founder, "enrollRemoteRouter", far.chain_id, padded(synthetic)))
    far.do(synthetic.by(founder, "enrollRemoteRouter", home.chain_id, padded(collateral)))
    route = Hyperlane(near, away, collateral, synthetic, validators)
    user = people.users[3]
    home.do(tokens.usdr.by(user, "approve", collateral, MOST))
    # The third user's neighbours have spent on the other bridge; this one still holds 200 000.
    home.do(tokens.usdr.by(founder, "transfer", user, SENT_DOLLARS * DOLLAR))
    sent = home.do(collateral.by(user, TRANSFER, far.chain_id, padded(user), SENT_DOLLARS * DOLLAR))
    far.do(route.delivered(far, people.relayer, sent))
    return route


def _end(stage: Stage, library: Library, founder: Account, validators: Sequence[Account]) -> End:
    def create(name: str, *values: object) -> Contract:
        return stage.deploy(founder, library.published(HYPERLANE, name), *values)

    mailbox = create("Mailbox", stage.chain_id)
    merkle_hook = create("MerkleTreeHook", mailbox)
    modules = create("StaticMessageIdMultisigIsmFactory")
    module = security_module(stage, modules, founder, validators)
    required = create("TestPostDispatchHook")
    stage.do(mailbox.by(founder, "initialize", founder, module, merkle_hook, required))
    return End(stage.chain_id, mailbox, merkle_hook, modules)


def security_module(stage: Stage, modules: Contract, by: Account, validators: Sequence[Account]) -> str:
    """The address of a module that wants two of these validators, deployed."""
    stage.do(modules.by(by, "deploy(address[],uint8)", list(validators), NEEDED))
    return str(stage.read(modules, "getAddress(address[],uint8)", [each.address for each in validators], NEEDED))


def _scale(artefact: Artefact, others: int) -> tuple[int, ...]:
    """Newer routes take a scale, of one or two numbers: one to one. `others` counts the other parameters."""
    made = next(entry for entry in artefact.entries if entry.type == "constructor")
    return (1,) * (len(made.inputs) - others)
