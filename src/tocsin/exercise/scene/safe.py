"""A Safe that two of three owners move, with a module through which a bot or any one owner may stop things at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.chain.contract import Account, Contract, Transaction
from tocsin.exercise.packages import SAFE
from tocsin.exercise.scene.people import People
from tocsin.exercise.stage import Library, Stage

ZERO = "0x" + "00" * 20
CALL, DELEGATE_CALL = 0, 1
"""Operations of `execTransaction`."""
THRESHOLD = 2
SALT = 7
SELECTOR_BYTES = 4


@dataclass(frozen=True, slots=True)
class SafeWallet:
    """The wallet, and what belongs to it."""

    wallet: Contract
    owners: tuple[Account, ...]
    module: Contract
    """EmergencyModule."""
    bot: Account
    multi_send: Contract
    factory: Contract
    singleton: Contract
    handler: Contract

    def executes(  # noqa: PLR0913 - what a Safe transaction is made of
        self,
        home: Stage,
        to: Contract,
        data: bytes,
        *,
        value: int = 0,
        operation: int = CALL,
        sender: Account | None = None,
        signers: Sequence[Account] = (),
    ) -> Transaction:
        """The transaction in which the Safe does this, signed by its first two owners unless `signers` are named."""
        signers = signers or self.owners[:THRESHOLD]
        sent = (to.address, value, data, operation, 0, 0, 0, ZERO, ZERO)
        digest = home.read(self.wallet, "getTransactionHash", *sent, home.read(self.wallet, "nonce"))
        in_order = sorted(signers, key=lambda account: int(account.address, 16))
        signatures = b"".join(home.sign(signer, digest) for signer in in_order)
        return self.wallet.by(sender or self.owners[0], "execTransaction", *sent, signatures)

    def batch(self, home: Stage, calls: Sequence[tuple[Contract, bytes]]) -> Transaction:
        """Several calls in one Safe transaction, through MultiSendCallOnly."""
        packed = b"".join(_packed(to, data) for to, data in calls)
        data = self.multi_send.encode("multiSend", packed)
        return self.executes(home, self.multi_send, data, operation=DELEGATE_CALL)

    def fires(self, target: Contract, function: str) -> Transaction:
        """The bot stops something at once, through the module."""
        return self.module.by(self.bot, "fire", target, target.encode(function))

    def allows(self, home: Stage, target: Contract, function: str) -> Transaction:
        """The Safe lets the module call this function without arguments from now on."""
        selector = target.encode(function)[:SELECTOR_BYTES]
        return self.executes(home, self.module, self.module.encode("allow", target, selector, True))


def deploy(home: Stage, library: Library, people: People) -> SafeWallet:
    """Deploy the wallet with its module enabled and its bot known."""
    founder = people.founder
    singleton = home.deploy(founder, library.published(SAFE, "SafeL2"), name="Safe singleton")
    handler = home.deploy(founder, library.published(SAFE, "CompatibilityFallbackHandler"))
    factory = home.deploy(founder, library.published(SAFE, "SafeProxyFactory"))
    multi_send = home.deploy(founder, library.published(SAFE, "MultiSendCallOnly"))
    wallet = create(home, founder, people.owners, factory=factory, singleton=singleton, handler=handler)
    home.names.note(wallet, "Safe")
    module = home.deploy(founder, library.own("EmergencyModule"), wallet, name="emergency module")
    safe = SafeWallet(wallet, people.owners, module, people.bot, multi_send, factory, singleton, handler)
    home.do(safe.executes(home, wallet, wallet.encode("enableModule", module)))
    home.do(safe.executes(home, module, module.encode("setBot", people.bot, True)))
    return safe


def create(
    home: Stage, by: Account, owners: Sequence[Account], *, factory: Contract, singleton: Contract, handler: Contract
) -> Contract:
    """A new Safe that two of these owners move."""
    setup = singleton.encode("setup", list(owners), THRESHOLD, ZERO, b"", handler, ZERO, 0, ZERO)
    receipt = home.do(factory.by(by, "createProxyWithNonce", singleton, setup, SALT))
    (made,) = factory.events("ProxyCreation", receipt) or factory.events("ProxyCreationL2", receipt)
    return Contract(made["proxy"], singleton.artefact)


def _packed(to: Contract, data: bytes) -> bytes:
    """One call as MultiSend reads it: operation, target, value, length, data."""
    return bytes([CALL]) + bytes.fromhex(to.address[2:]) + bytes(32) + len(data).to_bytes(32, "big") + data
