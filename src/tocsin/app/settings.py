"""
The settings: each declared once, as a field with its type, default, bounds and help. Read from tocsin.toml.

A wrong file raises `SettingError` that names the file, the table and the setting, and the nearest right spelling.
"""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, TypeVar

from tocsin.app.setting_values import Address, Secret, read_value
from tocsin.model.errors import SettingError

LARGEST_STORED = 2**63 - 1
DEFAULT_STORE = Secret("sqlite:///tocsin.db")
DEFAULT_LISTEN = Address("127.0.0.1", 9464)


def setting(
    says: str, default: Any = MISSING, *, least: float | None = None, most: float | None = None, because: str = ""
) -> Any:
    """Declare one setting; without a default it must be given. `because` is why it has bounds, where nobody guesses."""
    return field(default=default, metadata={"says": says, "least": least, "most": most, "because": because})


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
    chains: tuple[ChainSettings, ...]


_TABLES = {
    "store": StoreSettings,
    "metrics": MetricsSettings,
    "outbox": OutboxSettings,
    "known": KnownSettings,
    "rules": RulesSettings,
}
_CHAIN = "chain"
T = TypeVar("T", StoreSettings, MetricsSettings, OutboxSettings, KnownSettings, RulesSettings, ChainSettings)


def parse(text: str, name: str, environment: Mapping[str, str]) -> Settings:
    """The settings in the text of a file called `name`. Raises `SettingError`."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingError(f"{name}: not TOML: {error}") from None
    _refuse_unknown(given, (*_TABLES, _CHAIN), f"{name}: table")
    chains = given.get(_CHAIN, [])
    if not isinstance(chains, list):
        raise SettingError(f"{name}: write [[chain]], with two brackets: there may be several")
    return Settings(
        store=_table(StoreSettings, given.get("store", {}), f"{name}: [store]", environment),
        metrics=_table(MetricsSettings, given.get("metrics", {}), f"{name}: [metrics]", environment),
        outbox=_table(OutboxSettings, given.get("outbox", {}), f"{name}: [outbox]", environment),
        known=_table(KnownSettings, given.get("known", {}), f"{name}: [known]", environment),
        rules=_table(RulesSettings, given.get("rules", {}), f"{name}: [rules]", environment),
        chains=_distinct(
            [_table(ChainSettings, c, f"{name}: [[chain]] {i}", environment) for i, c in enumerate(chains, 1)], name
        ),
    )


def reference() -> str:
    """The reference page of the settings, in Markdown."""
    tables = {**{f"[{name}]": kind for name, kind in _TABLES.items()}, f"[[{_CHAIN}]]": ChainSettings}
    return "# Settings\n\n" + "\n".join(_reference(title, kind) for title, kind in tables.items())


def _reference(title: str, kind: type[Any]) -> str:
    rows = [f"| `{f.name}` | {_shown(f)} | {f.metadata['says']} |" for f in fields(kind)]
    return "\n".join(
        (f"## {title}\n", f"{kind.__doc__}\n", "| setting | default | meaning |", "|---|---|---|", *rows, "")
    )


def _shown(declared: "Field[Any]") -> str:
    if declared.default is MISSING:
        return "required"
    value = declared.default
    return f"`{value.reveal if isinstance(value, Secret) else list(value) if isinstance(value, tuple) else value}`"


def _table(kind: type[T], given: object, where: str, environment: Mapping[str, str]) -> T:
    if not isinstance(given, dict):
        raise SettingError(f"{where}: must be a table")
    declared = {f.name: f for f in fields(kind)}
    _refuse_unknown(given, tuple(declared), f"{where}: setting")
    for name, one in declared.items():
        if one.default is MISSING and name not in given:
            raise SettingError(f"{where}: {name} is missing: {one.metadata['says']}")
    return kind(
        **{name: read_value(declared[name], value, f"{where} {name}", environment) for name, value in given.items()}
    )


def _refuse_unknown(given: Mapping[str, object], known: tuple[str, ...], where: str) -> None:
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
