"""
The estate: what the organisation protects, whose it is, what it hangs on, and who can contain it.

Here are the values and what is asked of them. `reading` makes them of TOML, `impact` tells a hit in words.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cached_property

from tocsin.respond.people import Person


class AssetKind(StrEnum):
    """What an asset is; also the name of its table in estate.toml."""

    CONTRACT = "contract"
    WALLET = "wallet"
    SAFE = "safe"
    BRIDGE = "bridge"
    POOL = "pool"
    TOKEN = "token"  # noqa: S105 - a kind of asset, no secret
    ORACLE = "oracle"
    NODE = "node"
    HOST = "host"
    APPLICATION = "application"

    @property
    def is_on_chain(self) -> bool:
        """Whether it has a chain and an address."""
        return self not in (AssetKind.NODE, AssetKind.HOST, AssetKind.APPLICATION)


class Criticality(StrEnum):
    """How bad it is when an asset is harmed."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """From 0, the higher the worse."""
        return list(Criticality).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Containment:
    """One way to keep an asset from further harm, and who can take it."""

    how: str
    """Of `HOWS`."""
    by: str
    """The id of a person, a team, or the Safe, wallet, host or application that does it."""
    call: str = ""
    """On a chain: the function to call, such as `pause()`."""
    on: str = ""
    """The id of the asset to call, where it is another than the one contained: an access manager, a guardian."""
    takes_seconds: int | None = None
    """How long it takes from the decision, as far as was tried."""
    note: str = ""
    asset: str = ""
    """The id of the asset that is contained."""


HOWS: Mapping[str, str] = {
    "pause": "pause it",
    "revoke": "revoke a role",
    "cancel": "cancel what is queued",
    "trip_breaker": "trip the circuit breaker",
    "lower_limits": "lower its limits",
    "freeze": "freeze it",
    "upgrade": "upgrade it to a version that stops all calls",
    "move_funds": "move the funds to safety",
    "rotate_keys": "rotate its keys",
    "isolate": "cut it off from the network",
    "block": "block traffic to it",
    "disable_access": "disable an account's access to it",
    "take_offline": "take it offline",
    "fail_over": "switch to another one",
    "other": "see the note",
}
"""Ways to contain, and how each reads in a sentence (reference: incident response, 7.1 and 8)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a chain should say of an asset; what is None is not compared."""

    code_hash: str | None = None
    """Keccak-256 of the code, 0x and 64 digits."""
    implementation: str | None = None
    """Where a proxy sends its calls."""
    beacon: str | None = None
    """What a proxy asks for its implementation (EIP-1967)."""
    admin: str | None = None
    """Who may upgrade a proxy (EIP-1967)."""
    owner: str | None = None
    """What `owner()` answers."""
    threshold: int | None = None
    """How many signers of a Safe must sign."""
    signers: tuple[str, ...] | None = None
    """The owners of a Safe, in any order."""
    modules: tuple[str, ...] | None = None
    """The modules of a Safe, in any order; with none, nothing but signatures moves its funds."""
    guard: str | None = None
    """The guard of a Safe; the zero address for none."""
    symbol: str | None = None
    decimals: int | None = None
    description: str | None = None
    """What an oracle's `description()` answers."""
    most_seconds_old: int | None = None
    """How old an oracle's newest answer may be."""

    @property
    def controllers(self) -> tuple[str, ...]:
        """The addresses that can change it or speak for it."""
        single = (self.implementation, self.beacon, self.admin, self.owner, self.guard)
        return (*(one for one in single if one), *(self.signers or ()), *(self.modules or ()))

    @property
    def given(self) -> dict[str, str | int | tuple[str, ...]]:
        """What is to be compared, by name."""
        return {one.name: value for one in fields(self) if (value := getattr(self, one.name)) is not None}


NOTHING_EXPECTED = Expected()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """Something the organisation protects. Ids are unique in the whole estate."""

    id: str
    kind: AssetKind
    name: str
    owner: str
    """The id of an organisation, a team or a person."""
    criticality: Criticality
    chain_id: int | None = None
    address: str | None = None
    """0x and 40 lower-case digits."""
    url: str = ""
    """Of a node, a host or an application; `${NAME}` stands for an environment variable and is kept so."""
    depends_on: tuple[str, ...] = ()
    """Ids of assets that, harmed, harm this one."""
    containment: tuple[Containment, ...] = ()
    """Best first."""
    holds: tuple[str, ...] = ()
    """What its value is counted in: `native`, ids of tokens here, addresses of tokens. Empty: what is well known."""
    expected: Expected = NOTHING_EXPECTED
    runbook: str = ""
    """Where it is written what to do."""
    note: str = ""

    @property
    def place(self) -> tuple[int, str] | None:
        """Chain id and address; None for what is on no chain."""
        return None if self.chain_id is None or self.address is None else (self.chain_id, self.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """Who owns, or somebody outside who must be told or asked."""

    id: str
    name: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """People who look after something together."""

    id: str
    name: str
    members: tuple[str, ...] = ()
    """Ids of people."""
    lead: str = ""
    """The id of the member who decides; empty for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """What of the estate something touches."""

    directly: tuple[Asset, ...] = ()
    """The worst first."""
    depending: tuple[Asset, ...] = ()
    """What hangs on those, the nearest first; of equally near ones the worst."""

    @property
    def assets(self) -> tuple[Asset, ...]:
        """All of them."""
        return (*self.directly, *self.depending)

    @property
    def criticality(self) -> Criticality | None:
        """The worst of all; None where nothing is hit."""
        return max((asset.criticality for asset in self.assets), key=lambda each: each.rank, default=None)

    @property
    def owners(self) -> tuple[str, ...]:
        """The ids of those whose it is, each once."""
        return tuple(dict.fromkeys(asset.owner for asset in self.assets))

    @property
    def containment(self) -> tuple[Containment, ...]:
        """How what is hit can be contained, what is hit directly first."""
        return tuple(way for asset in self.assets for way in asset.containment)


@dataclass(frozen=True, kw_only=True)
class Estate:
    """Everything of it, by id."""

    assets: Mapping[str, Asset] = field(default_factory=dict)
    people: Mapping[str, Person] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    organisations: Mapping[str, Organisation] = field(default_factory=dict)

    def at(self, chain_id: int | None, address: str) -> tuple[Asset, ...]:
        """The assets at an address, in any letters; on every chain where the chain is not known."""
        found = self._by_address.get(address.lower(), ())
        return tuple(asset for asset in found if chain_id in (None, asset.chain_id))

    def hit(self, places: Iterable[tuple[int | None, str]]) -> Hit:
        """What is at these places, and what hangs on it over any number of steps."""
        found = {asset.id: asset for chain_id, address in places for asset in self.at(chain_id, address)}
        return self.hit_assets(found)

    def hit_assets(self, ids: Iterable[str]) -> Hit:
        """Like `hit`, for assets by id; ids of nothing are left out."""
        directly = {each: self.assets[each] for each in ids if each in self.assets}
        worst_first = sorted(directly.values(), key=_worst_first)
        return Hit(directly=tuple(worst_first), depending=tuple(self._depending(directly)))

    def members(self, owner: str) -> tuple[Person, ...]:
        """The people behind an id: the person, or those of the team, its lead first; none behind another id."""
        if owner in self.people:
            return (self.people[owner],)
        if owner not in self.teams:
            return ()
        team = self.teams[owner]
        return tuple(self.people[each] for each in dict.fromkeys((team.lead, *team.members)) if each)

    def name_of(self, item: str) -> str:
        """What the owner of an id is called; the id where there is nothing of it."""
        for kept in (self.assets, self.people, self.teams, self.organisations):
            if item in kept:
                return str(kept[item].name)
        return item

    def signer(self, address: str) -> Person | None:
        """The person who signs with this address."""
        return self._signers.get(address.lower())

    def hangs_on(self, asset: Asset) -> tuple[str, ...]:
        """The ids of what an asset depends on: what it names, and the assets whose address controls it."""
        controlled = (found for address in asset.expected.controllers for found in self.at(asset.chain_id, address))
        implied = (found.id for found in controlled if found.id != asset.id)
        return tuple(dict.fromkeys((*asset.depends_on, *implied)))

    def _depending(self, directly: Mapping[str, Asset]) -> Iterator[Asset]:
        seen, waiting = set(directly), deque([tuple(directly)])
        while waiting:
            step = {each for near in waiting.popleft() for each in self._dependants.get(near, ()) if each not in seen}
            seen |= step
            yield from sorted((self.assets[each] for each in step), key=_worst_first)
            if step:
                waiting.append(tuple(step))

    @cached_property
    def _by_address(self) -> Mapping[str, tuple[Asset, ...]]:
        found: defaultdict[str, list[Asset]] = defaultdict(list)
        for asset in self.assets.values():
            if asset.address is not None:
                found[asset.address].append(asset)
        return {address: tuple(there) for address, there in found.items()}

    @cached_property
    def _dependants(self) -> Mapping[str, tuple[str, ...]]:
        found: defaultdict[str, list[str]] = defaultdict(list)
        for asset in self.assets.values():
            for needed in self.hangs_on(asset):
                found[needed].append(asset.id)
        return {needed: tuple(there) for needed, there in found.items()}

    @cached_property
    def _signers(self) -> Mapping[str, Person]:
        return {address: person for person in self.people.values() for address in person.addresses}


def _worst_first(asset: Asset) -> tuple[int, str]:
    return (-asset.criticality.rank, asset.id)


EMPTY = Estate()
"""Where nobody has said what is protected."""
