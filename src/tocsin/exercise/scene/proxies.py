"""Contracts behind proxies, of both usual kinds."""

from dataclasses import dataclass

from tocsin.chain.contract import Contract
from tocsin.exercise.packages import OPENZEPPELIN
from tocsin.exercise.scene.governance import Governance
from tocsin.exercise.scene.people import People
from tocsin.exercise.scene.safe import SafeWallet
from tocsin.exercise.scene.tokens import DOLLAR, MILLION, Tokens
from tocsin.exercise.stage import Library, Stage

ADMIN_SLOT = 0xB53127684A568B3173AE13B9F8A6016E243E63B6E8EE1178D6A717850B5D6103
"""Where a transparent proxy keeps its administrator (ERC-1967)."""
HELD_DOLLARS = 2 * MILLION


@dataclass(frozen=True, slots=True)
class Proxies:
    """Contracts."""

    transparent: Contract
    """A treasury behind a TransparentUpgradeableProxy; the founder pays from it."""
    administrator: Contract
    """Its ProxyAdmin, which the Safe owns."""
    uups: Contract
    """A treasury that upgrades itself when its owner, the timelock, says so."""


def deploy(
    home: Stage, library: Library, people: People, tokens: Tokens, safe: SafeWallet, governance: Governance
) -> Proxies:
    """Deploy and fill both treasuries."""
    founder, treasury = people.founder, library.own("Treasury")
    code = home.deploy(founder, treasury, name="treasury code")
    begin = code.encode("initialize", founder)
    artefact = library.published(OPENZEPPELIN, "TransparentUpgradeableProxy")
    transparent = home.deploy(founder, artefact, code, safe.wallet, begin, name="treasury (transparent proxy)")
    begin = code.encode("initialize", governance.timelock)
    artefact = library.published(OPENZEPPELIN, "ERC1967Proxy")
    uups = home.deploy(founder, artefact, code, begin, name="treasury (UUPS proxy)")
    for proxy in (transparent, uups):
        home.do(tokens.usdr.by(founder, "transfer", proxy, HELD_DOLLARS * DOLLAR))
    administrator = Contract(
        "0x" + home.storage(transparent, ADMIN_SLOT)[-20:].hex(), library.published(OPENZEPPELIN, "ProxyAdmin")
    )
    home.names.note(administrator, "proxy administrator")
    return Proxies(transparent.at(treasury), administrator, uups.at(treasury))
