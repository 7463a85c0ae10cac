"""OpenZeppelin governance: votes in checkpoints, a governor, a timelock of an hour."""

from dataclasses import dataclass

from tocsin.chain.contract import Contract
from tocsin.exercise.packages import OPENZEPPELIN
from tocsin.exercise.scene.people import ETHER, People
from tocsin.exercise.scene.safe import ZERO, SafeWallet
from tocsin.exercise.scene.tokens import DOLLAR, MILLION, Tokens
from tocsin.exercise.stage import Library, Stage

DELAY_SECONDS = 3_600
VOTING_BLOCKS = 50
"""As RangeGovernor has it."""
TREASURY_DOLLARS = 5 * MILLION
DELEGATED = 900_000 * ETHER
"""Votes of the first user, so that proposals can pass: the quorum is 4 % of ten million."""


@dataclass(frozen=True, slots=True)
class Governance:
    """Contracts."""

    governor: Contract
    timelock: Contract
    """Holds five million USDR and owns what governance owns."""


def deploy(home: Stage, library: Library, people: People, tokens: Tokens, safe: SafeWallet) -> Governance:
    """Deploy; the Safe may cancel; the first user holds votes enough."""
    founder = people.founder
    artefact = library.published(OPENZEPPELIN, "TimelockController")
    timelock = home.deploy(founder, artefact, DELAY_SECONDS, [], [ZERO], founder, name="timelock")
    governor = home.deploy(founder, library.own("RangeGovernor"), tokens.rgov, timelock, name="governor")
    grants = (("PROPOSER_ROLE", governor), ("CANCELLER_ROLE", governor), ("CANCELLER_ROLE", safe.wallet))
    for role, holder in grants:
        home.do(timelock.by(founder, "grantRole", home.read(timelock, role), holder))
    home.do(tokens.usdr.by(founder, "mint", timelock, TREASURY_DOLLARS * DOLLAR))
    voter = people.users[0]
    home.do(tokens.rgov.by(founder, "transfer", voter, DELEGATED))
    home.do(tokens.rgov.by(voter, "delegate", voter))
    return Governance(governor, timelock)
