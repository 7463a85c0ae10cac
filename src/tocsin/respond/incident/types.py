"""
What kinds of incident there are, as a table: the first that fits is the one to take.

Tags of MITRE ATT&CK are techniques (https://attack.mitre.org/techniques/enterprise/). MITRE AADAPT
(https://aadapt.mitre.org) is named by the technique's name: its ids could not be checked. Some types fit none.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.model.errors import Unacceptable


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentType:
    """One kind of incident."""

    id: str
    name: str
    words: str
    """What it is, for whoever has to choose."""
    category: str
    """funds, keys, people, systems, chain, compliance or organisation."""
    attack: tuple[str, ...] = ()
    """Techniques of MITRE ATT&CK."""
    aadapt: tuple[str, ...] = ()
    """Techniques of MITRE AADAPT, by name."""


_ROWS = (
    IncidentType(
        id="exploit",
        name="Exploit of a contract",
        words="Somebody takes value out of a contract, or breaks it, by a flaw in its code or logic.",
        category="funds",
    ),
    IncidentType(
        id="bridge-exploit",
        name="Exploit of a bridge",
        words="Messages or proofs between chains are forged, or a token is minted without anything behind it.",
        category="funds",
    ),
    IncidentType(
        id="oracle-manipulation",
        name="Manipulated prices",
        words="A price that contracts rely on was moved, or is wrong, and somebody lives off it.",
        category="funds",
        aadapt=("Oracle Manipulation",),
    ),
    IncidentType(
        id="governance-takeover",
        name="Takeover of governance or control",
        words="Votes, roles, proxies or signers were taken over or changed by somebody who may not.",
        category="keys",
    ),
    IncidentType(
        id="hot-wallet-theft",
        name="Theft from a hot wallet",
        words="Funds leave a wallet of the organisation that nobody there sent.",
        category="funds",
        attack=("T1657",),
    ),
    IncidentType(
        id="key-compromise",
        name="Compromised key",
        words="Somebody else has, or may have, a private key, seed phrase or signing device.",
        category="keys",
        attack=("T1552.004",),
    ),
    IncidentType(
        id="front-end-hijack",
        name="Hijacked web page or domain",
        words="What users see and sign comes from somebody else: DNS, hosting, or code in the page.",
        category="systems",
        attack=("T1584.001",),
    ),
    IncidentType(
        id="supply-chain",
        name="Compromised supplier or dependency",
        words="A package, build, signing tool or supplier carries what an attacker put there.",
        category="systems",
        attack=("T1195",),
    ),
    IncidentType(
        id="phishing",
        name="Phishing or wallet drainer",
        words="Users or staff are made to sign, approve or hand over something.",
        category="people",
        attack=("T1566",),
    ),
    IncidentType(
        id="insider",
        name="Insider",
        words="Somebody with rights uses them against the organisation. Restrict it.",
        category="people",
        attack=("T1078",),
    ),
    IncidentType(
        id="data-breach",
        name="Data breach",
        words="Personal or confidential data were read, changed or lost.",
        category="systems",
        attack=("T1213",),
    ),
    IncidentType(
        id="extortion",
        name="Extortion",
        words="Somebody demands payment, for data, access, or silence.",
        category="organisation",
        attack=("T1657",),
    ),
    IncidentType(
        id="dependency-failure",
        name="Depeg or failure of a dependency",
        words="A stablecoin, bridge, oracle or protocol that is relied on loses its value or fails.",
        category="funds",
    ),
    IncidentType(
        id="consensus-fault",
        name="Fault of a chain",
        words="A chain reorganises deeply, does not become final, splits, or punishes own validators.",
        category="chain",
        aadapt=("Chain Reorganization",),
    ),
    IncidentType(
        id="malicious-token",
        name="Malicious token",
        words="A token that traps, cheats or abandons its buyers, or imitates another.",
        category="funds",
    ),
    IncidentType(
        id="social-account-takeover",
        name="Taken-over social account",
        words="Somebody else writes as the organisation, on X, Discord, Telegram or by e-mail.",
        category="people",
        attack=("T1586.001",),
    ),
    IncidentType(
        id="sanctions",
        name="Sanctions or laundering",
        words="Funds come from or go to sanctioned addresses or mixers, or are being laundered.",
        category="compliance",
        aadapt=("Layering", "Tumblers"),
    ),
    IncidentType(
        id="denial-of-service",
        name="Denial of service",
        words="A service, node, chain or contract cannot be used because somebody sees to that.",
        category="systems",
        attack=("T1498", "T1499"),
    ),
    IncidentType(
        id="infrastructure-outage",
        name="Outage",
        words="A node, host, provider or service is down, and nobody is known to have done it.",
        category="systems",
    ),
    IncidentType(
        id="vulnerability",
        name="Vulnerability",
        words="A flaw was found or reported, and nobody is known to have used it.",
        category="systems",
    ),
    IncidentType(
        id="suspicious-activity",
        name="Suspicious activity",
        words="Something is not as it should be, and nobody knows yet what it is. Take this where nothing fits.",
        category="systems",
    ),
    IncidentType(
        id="failed-authentication",
        name="Failed authentication",
        words="Logins or signatures fail more than they should.",
        category="systems",
        attack=("T1110",),
    ),
    IncidentType(
        id="policy-violation",
        name="Breach of a policy",
        words="A rule of the organisation was not kept, and no harm is known.",
        category="compliance",
    ),
    IncidentType(
        id="performance",
        name="Performance",
        words="Something is slow, late or dear.",
        category="systems",
    ),
    IncidentType(
        id="maintenance",
        name="Maintenance",
        words="Planned work that can look like an attack.",
        category="organisation",
    ),
    IncidentType(
        id="training",
        name="Training",
        words="An exercise, or a test of alerts.",
        category="organisation",
    ),
    IncidentType(
        id="informational",
        name="For information",
        words="Good to know; nobody has to do anything.",
        category="organisation",
    ),
)

TYPES: Mapping[str, IncidentType] = {row.id: row for row in _ROWS}
"""Every type by its id, in the order in which one is chosen where several fit."""
UNKNOWN = "suspicious-activity"
"""What it is while nobody knows."""


def type_of(id: str) -> IncidentType:  # noqa: A002 - the types' own word
    """The type with this id. Raises `Unacceptable`, with the nearest right spelling."""
    if id not in TYPES:
        near = difflib.get_close_matches(id, TYPES, n=1, cutoff=0)
        raise Unacceptable(f"no type {id[:50]!r}; did you mean {near[0]!r}? Known: {', '.join(TYPES)}")
    return TYPES[id]


_DETECTORS: Mapping[str, tuple[str, ...]] = {
    "exploit": (
        "emptied-contract",
        "forged-claim",
        "overflowing-amounts",
        "repeated-gain",
        "unallowed-transfer",
        "invariant-break",
        "watched-drain",
        "htlc-fault",
        "flash-loan-exploit",
        "large-profit",
        "read-only-reentrancy",
        "reentrancy",
        "abnormal-mint",
        "donated-backing",
        "share-inflation",
    ),
    "bridge-exploit": ("emptied-bridge", "forged-bridge-transfer", "unbacked-token"),
    "oracle-manipulation": (
        "oracle-fault",
        "profit-after-own-trade",
        "spread-price-manipulation",
        "price-manipulation",
    ),
    "governance-takeover": (
        "takeover",
        "bridge-validator-change",
        "borrowed-votes",
        "control-change",
        "governance-abuse",
        "late-initialisation",
        "multisig-change",
        "proxy-upgrade",
        "queued-payout",
    ),
    "key-compromise": ("key-compromise-drain", "keys-by-message"),
    "phishing": ("approval-drain", "address-poisoning", "ice-phishing", "nft-order-phishing", "signature-drain"),
    "consensus-fault": (
        "chain-reorg",
        "equivocation",
        "finality-delay",
        "inactive-validators",
        "low-participation",
        "missed-slots",
        "own-validators",
        "validator-slashing",
    ),
    "malicious-token": ("honeypot", "rug-pull"),
    "sanctions": ("laundering", "sanctioned-contact"),
    "denial-of-service": ("mempool-flood",),
    "infrastructure-outage": ("head-lag", "own-gaps", "rpc-disagreement", "few-peers", "peer-concentration"),
    "suspicious-activity": (
        "failed-call-burst",
        "gas-anomaly",
        "unseen-path",
        "volume-anomaly",
        "doubtful-vote",
        "attack-contract",
        "changed-code",
        "evasive-code",
        "similar-code",
        "suspicious-funding",
    ),
    "performance": ("base-fee-spike", "missed-proposal", "client-share"),
    "informational": (
        "matched-bridge-transfer",
        "arbitrage",
        "jit-liquidity",
        "liquidation",
        "sandwich",
        "flash-loan-use",
    ),
}
_TYPE_OF: Mapping[str, str] = {detector: kind for kind, some in _DETECTORS.items() for detector in some}


def type_of_detector(detector: str) -> str:
    """What it is when this detector speaks; one that we do not know, such as a rule, says that it is suspicious."""
    return _TYPE_OF.get(detector, UNKNOWN)
