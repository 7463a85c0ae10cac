"""What else is there to be used: a vault, a mixer, hash time locks, and a settable price."""

from dataclasses import dataclass

from tocsin.chain.contract import Contract
from tocsin.exercise.scene.people import ETHER, People
from tocsin.exercise.scene.tokens import DOLLAR, Tokens
from tocsin.exercise.scene.uniswap_v2 import MOST
from tocsin.exercise.stage import Library, Stage

DENOMINATION = 10 * ETHER
"""What the mixer takes at a time."""


@dataclass(frozen=True, slots=True)
class Services:
    """Contracts."""

    vault: Contract
    """ERC-4626 over USDR with virtual shares."""
    mixer: Contract
    hash_locks: Contract


def deploy(home: Stage, library: Library, people: People, tokens: Tokens) -> Services:
    """Deploy; the vault has a first depositor."""
    founder = people.founder
    services = Services(
        vault=home.deploy(founder, library.own("OffsetVault"), tokens.usdr, name="USDR vault"),
        mixer=home.deploy(founder, library.own("Mixer"), DENOMINATION, name="mixer"),
        hash_locks=home.deploy(founder, library.own("HashTimeLock"), name="hash time locks"),
    )
    home.do(tokens.usdr.by(founder, "approve", services.vault, MOST))
    home.do(services.vault.by(founder, "deposit", 100_000 * DOLLAR, founder))
    return services
