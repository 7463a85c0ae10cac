"""
The settings: each declared once, as a field with its type, default, bounds and help. Read from tocsin.toml.

A wrong file raises `SettingError` that names the file, the table and the setting, and the nearest right spelling.
"""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any, TypeVar

from tocsin.app.setting_values import Address, read_value
from tocsin.model.errors import SettingError
from tocsin.model.setting import NO_SECRET, Secret, setting

LARGEST_STORED = 2**63 - 1
DEFAULT_STORE = Secret("sqlite:///tocsin.db")
DEFAULT_LISTEN = Address("127.0.0.1", 9464)
DEFAULT_API = Address("127.0.0.1", 8420)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """Where findings and checkpoints are kept."""

    url: Secret = setting(  # noqa: RUF009 - `setting` only declares, and a Secret is frozen
        "sqlite:///FILE, or postgresql://USER:PASSWORD@HOST/DATABASE.", DEFAULT_STORE
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsSettings:
    """Where Prometheus reads this process's health."""

    listen: Address = setting(  # noqa: RUF009 - `setting` only declares, and an Address is frozen
        "HOST:PORT. Keep it on loopback: it asks for no password. Port 0 takes a free one.", DEFAULT_LISTEN
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxSettings:
    """Where notices of findings and retractions go, as JSON lines."""

    stdout: bool = setting("Write notices to standard output.", True)
    file: str = setting("Append notices to this file; empty for none.", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSettings:
    """What you know: labels of what you protect and of others, prices, announced changes."""

    files: tuple[str, ...] = setting(
        "Files, or directories of them; docs/reference/feeds has the formats. Read when tocsin starts.", ()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesSettings:
    """Rules of your own, run beside the detectors."""

    files: tuple[str, ...] = setting("Rule files, or directories of them; docs/rules.md says how to write one.", ())


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateSettings:
    """What you protect, who looks after it, who is on call, and how people are told."""

    file: str = setting("What you protect, and people and teams: docs/estate.md; empty for none.", "")
    check_hours: float = setting("How often `tocsin serve` holds it against the chains; 0 for never.", 6.0, least=0)
    on_call: str = setting("Schedules and escalation policies: docs/paging.md; empty for none.", "")
    channels: str = setting("How people and stakeholders are told: docs/channels.md; empty for none.", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class RespondSettings:
    """When alerts become incidents, and which duties to report there are."""

    open_from: str = setting("Alerts of this severity or worse open an incident, or join one.", "high")
    regimes: tuple[str, ...] = setting(
        "Regimes you are under, such as gdpr, dora, nis2: their clocks run. docs/reference/obligations has all.", ()
    )
    clocks: str = setting("Targets and duties of your own: docs/clocks.md; empty for the defaults.", "")
    countries: tuple[str, ...] = setting("Countries whose public holidays count, such as US or DE-BY.", ())
    heartbeat: Secret = setting(  # noqa: RUF009 - `setting` only declares, and a Secret is frozen
        "A URL that is asked for every minute while people can be paged: an outside watcher's.", NO_SECRET
    )
    roles: tuple[str, ...] = setting("Roles in an incident beside those that docs/incidents.md lists.", ())


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceSettings:
    """Where evidence is kept, and what proves when."""

    folder: str = setting("The folder of evidence; made at first use.", "evidence")
    key: str = setting("The Ed25519 key that signs the journal's checkpoints; made at first use.", "evidence/key.pem")
    time_stampers: tuple[str, ...] = setting("URLs of RFC 3161 time-stamping authorities; asked with digests only.", ())
    time_stamper_roots: str = setting("A PEM file of the authorities' root certificates.", "")
    most_bytes: int = setting("The largest piece of evidence that is taken.", 2**30, least=1, most=LARGEST_STORED)
    checkpoint_seconds: float = setting("How often the journal is signed and time-stamped, if it grew.", 300.0, least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeSettings:
    """The API, and who may use it."""

    listen: Address = setting(  # noqa: RUF009 - `setting` only declares, and an Address is frozen
        "HOST:PORT of the API. Put a proxy with TLS before it where it is not loopback. Port 0 takes a free one.",
        DEFAULT_API,
    )
    public_url: str = setting("How people reach it from outside: links in messages begin so.", "http://127.0.0.1:8420")
    oidc_issuer: str = setting("An OpenID Connect issuer that people log in with; empty for none.", "")
    oidc_client: str = setting("The client id there.", "")
    oidc_secret: Secret = setting("The client secret there.", NO_SECRET)  # noqa: RUF009 - a Secret is frozen
    oidc_groups: tuple[str, ...] = setting(
        'Which group there has which role here, as "GROUP=ROLE"; "*=ROLE" for everybody. Without a role: no entry.',
        (),
    )
    require_second_factor: bool = setting(
        "Without a second factor (one-time code or passkey) people may do nothing but set one up.", False
    )
    key: str = setting("The key that seals the secrets of one-time codes; made at first use.", "tocsin.key")
    proxies: tuple[str, ...] = setting(
        "Addresses of your proxies: what they say of a client's address is believed (X-Forwarded-For, -Proto).", ()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainSettings:
    """One chain to watch; repeat the table for more."""

    name: str = setting("What to call the chain in logs and metrics.")
    chain_id: int = setting(
        "EIP-155 chain id; endpoints that say another are refused.",
        least=1,
        most=LARGEST_STORED,
        because="the store and the tables hold it in 64 bits, and no chain that wallets can sign for is larger",
    )
    endpoints: tuple[Secret, ...] = setting("JSON-RPC URLs, best first; http(s) or ws(s).")
    start: str | int = setting(
        'First block, or "latest"; only used before there is a checkpoint.', "latest", least=0, most=LARGEST_STORED
    )
    keep_blocks: int = setting("How many done headers to keep, to see where a reorg forked.", 256, least=2, most=10_000)
    poll_seconds: float = setting("How often to ask for the head where there is no subscription.", 2.0, least=0.05)
    stalled_seconds: float = setting("How long without a new block until a health alert is opened.", 600.0, least=1)
    requests_per_second: float = setting("Most requests per second to each endpoint.", 50.0, least=0.1)
    pending: bool = setting(
        "Simulate what waits in the pools of the endpoints, every poll_seconds, and tell what is found before it is "
        "mined. It asks much of a node: use one of your own.",
        False,
    )
    simulate: bool = setting(
        "Try new contracts that look made for an attack out, up to 20 seconds each, and tell what a call of them would "
        "take. It asks much of a node: use one of your own, with debug_traceCall.",
        False,
    )
    beacon_urls: tuple[Secret, ...] = setting("Beacon API URLs of consensus nodes to ask too; http(s).", ())
    validators: tuple[str, ...] = setting("Indices or public keys of your validators, to ask beacon_urls about.", ())
    allow: tuple[str, ...] = setting("Ids of the detectors to run; empty for all.", ())
    deny: tuple[str, ...] = setting("Ids of detectors not to run.", ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything tocsin.toml says."""

    store: StoreSettings
    metrics: MetricsSettings
    outbox: OutboxSettings
    known: KnownSettings
    rules: RulesSettings
    estate: EstateSettings
    respond: RespondSettings
    evidence: EvidenceSettings
    serve: ServeSettings
    chains: tuple[ChainSettings, ...]


_TABLES: Mapping[str, type[Any]] = {
    "store": StoreSettings,
    "metrics": MetricsSettings,
    "outbox": OutboxSettings,
    "known": KnownSettings,
    "rules": RulesSettings,
    "estate": EstateSettings,
    "respond": RespondSettings,
    "evidence": EvidenceSettings,
    "serve": ServeSettings,
}
_CHAIN = "chain"
T = TypeVar("T")


def parse(text: str, name: str, environment: Mapping[str, str]) -> Settings:
    """The settings in the text of a file called `name`. Raises `SettingError`."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingError(f"{name}: not TOML: {error}") from None
    refuse_unknown(given, (*_TABLES, _CHAIN), f"{name}: table")
    chains = given.get(_CHAIN, [])
    if not isinstance(chains, list):
        raise SettingError(f"{name}: write [[chain]], with two brackets: there may be several")
    tables = {
        table: read_table(kind, given.get(table, {}), f"{name}: [{table}]", environment)
        for table, kind in _TABLES.items()
    }
    return Settings(
        **tables,
        chains=_distinct(
            [read_table(ChainSettings, c, f"{name}: [[chain]] {i}", environment) for i, c in enumerate(chains, 1)], name
        ),
    )


def reference() -> str:
    """The reference page of the settings, in Markdown."""
    tables = {**{f"[{name}]": kind for name, kind in _TABLES.items()}, f"[[{_CHAIN}]]": ChainSettings}
    return "# Settings\n\n" + "\n".join(_reference(title, kind) for title, kind in tables.items())


def rows(kind: type[Any]) -> list[str]:
    """The rows of a table of settings, in Markdown: name, default, meaning."""
    return [f"| `{f.name}` | {_shown(f)} | {f.metadata['says']} |" for f in fields(kind)]


def _reference(title: str, kind: type[Any]) -> str:
    return "\n".join(
        (f"## {title}\n", f"{kind.__doc__}\n", "| setting | default | meaning |", "|---|---|---|", *rows(kind), "")
    )


def _shown(declared: "Field[Any]") -> str:
    if declared.default is MISSING:
        return "required"
    value = declared.default
    return f"`{value.reveal if isinstance(value, Secret) else list(value) if isinstance(value, tuple) else value}`"


def read_table(kind: type[T], given: object, where: str, environment: Mapping[str, str]) -> T:
    """One table of settings as this class of declared settings. Raises `SettingError` that begins with `where`."""
    if not isinstance(given, dict):
        raise SettingError(f"{where}: must be a table")
    declared: dict[str, Field[Any]] = {f.name: f for f in fields(kind)}  # type: ignore[arg-type] # every kind is a dataclass
    refuse_unknown(given, tuple(declared), f"{where}: setting")
    for name, one in declared.items():
        if one.default is MISSING and name not in given:
            raise SettingError(f"{where}: {name} is missing: {one.metadata['says']}")
    return kind(
        **{name: read_value(declared[name], value, f"{where} {name}", environment) for name, value in given.items()}
    )


def refuse_unknown(given: Mapping[str, object], known: tuple[str, ...], where: str) -> None:
    """Raise `SettingError` for a name that is none of the known ones, with the nearest; `where` begins it."""
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0)
            raise SettingError(f"{where} {name!r} is unknown; did you mean {near[0]!r}? Known: {', '.join(known)}")


def _distinct(chains: list[ChainSettings], name: str) -> tuple[ChainSettings, ...]:
    if len({chain.chain_id for chain in chains}) != len(chains):
        raise SettingError(f"{name}: two [[chain]] tables have the same chain_id; put all endpoints of a chain in one")
    if len({chain.name for chain in chains}) != len(chains):
        raise SettingError(
            f"{name}: two [[chain]] tables have the same name; logs and metrics could not tell them apart"
        )
    return tuple(chains)
