"""Monitor and network files of OpenZeppelin Monitor, from JSON: every field that is not known is kept to be told."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from tocsin.chain.deep_json import bounded
from tocsin.model.errors import RuleError

KNOWN = frozenset({
    "name", "paused", "networks", "addresses", "match_conditions", "trigger_conditions", "triggers",
    "chain_configurations",
})  # fmt: skip
STATUSES = ("Any", "Success", "Failure")
LARGEST_TEXT = 4_000_000
MOST_MONITORS = 1_000


@dataclass(frozen=True, slots=True)
class Contract:
    """An address that is watched."""

    address: str
    spec: Sequence[Mapping[str, Any]] | None
    """Its ABI; None where it was not given."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A function or an event."""

    signature: str
    expression: str


@dataclass(frozen=True, slots=True)
class TransactionCondition:
    """A status and an expression."""

    status: str
    expression: str


@dataclass(frozen=True, slots=True)
class Network:
    """A chain as a network file has it."""

    chain_id: int
    confirmation_blocks: int = 0
    """How many blocks a monitor waits."""
    skips: bool = False
    """Whether it says how many blocks are looked at after a pause; older ones are skipped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """One monitor."""

    file: str
    name: str
    paused: bool
    networks: tuple[str, ...]
    contracts: tuple[Contract, ...]
    functions: tuple[Condition, ...]
    events: tuple[Condition, ...]
    transactions: tuple[TransactionCondition, ...]
    triggers: tuple[str, ...]
    filters: int
    """How many filter scripts there are."""
    configured: bool
    """Whether there are settings for chains of another kind."""
    unknown: tuple[str, ...]


def monitors(text: str, file: str) -> Iterator[Monitor]:
    """The monitors of one file: one, or a list. Raises `RuleError`."""
    found = _json(text, file)
    listed = found if isinstance(found, list) else [found]
    if len(listed) > MOST_MONITORS:
        raise RuleError(f"{file}: more than {MOST_MONITORS} monitors")
    for each in listed:
        yield _Reader(file).monitor(each)


def networks(files: Iterable[tuple[str, str]]) -> dict[str, Network]:
    """The networks of these files by slug. Those of other kinds than EVM are left out. Raises `RuleError`."""
    found: dict[str, Network] = {}
    for file, text in files:
        given = _json(text, file)
        if not isinstance(given, dict) or not isinstance(given.get("slug"), str):
            raise RuleError(f"{file}: is no network file: it has no slug")
        chain_id = given.get("chain_id")
        if given.get("network_type", "EVM") == "EVM" and isinstance(chain_id, int) and 0 < chain_id < 2**63:
            waits = given.get("confirmation_blocks")
            found[given["slug"]] = Network(chain_id, waits if isinstance(waits, int) else 0, "max_past_blocks" in given)
    return found


def _json(text: str, file: str) -> Any:
    if len(text) > LARGEST_TEXT:
        raise RuleError(f"{file}: longer than {LARGEST_TEXT} characters")
    try:
        return bounded(lambda: json.loads(text))
    except ValueError as error:
        raise RuleError(f"{file}: not JSON: {error}") from None
    except RecursionError:
        raise RuleError(f"{file}: lists and maps too deep inside one another") from None


@dataclass(slots=True)
class _Reader:
    """Reads one monitor, and notes what it does not know."""

    file: str
    unknown: list[str] = field(default_factory=list)

    def monitor(self, node: Any) -> Monitor:
        """The monitor a JSON value is."""
        top = self._map(node, "a monitor", KNOWN)
        conditions = self._map(
            top.get("match_conditions", {}), "match_conditions", frozenset({"functions", "events", "transactions"})
        )
        return Monitor(
            file=self.file,
            name=self._text(top.get("name"), "name"),
            paused=bool(top.get("paused", False)),
            networks=tuple(self._text(each, "networks") for each in self._list(top, "networks")),
            contracts=tuple(self._contract(each) for each in self._list(top, "addresses")),
            functions=tuple(self._condition(each, "functions") for each in self._list(conditions, "functions")),
            events=tuple(self._condition(each, "events") for each in self._list(conditions, "events")),
            transactions=tuple(self._transaction(each) for each in self._list(conditions, "transactions")),
            triggers=tuple(self._text(each, "triggers") for each in self._list(top, "triggers")),
            filters=len(self._list(top, "trigger_conditions")),
            configured=bool(self._list(top, "chain_configurations")),
            unknown=tuple(self.unknown),
        )

    def _contract(self, node: Any) -> Contract:
        given = self._map(node, "addresses", frozenset({"address", "contract_spec"}))
        spec = given.get("contract_spec")
        if spec is not None and not (isinstance(spec, list) and all(isinstance(each, dict) for each in spec)):
            self._refuse("addresses.contract_spec", "must be an ABI, or null")
        return Contract(self._text(given.get("address"), "addresses.address").lower(), spec)

    def _condition(self, node: Any, where: str) -> Condition:
        given = self._map(node, where, frozenset({"signature", "expression"}))
        return Condition(self._text(given.get("signature"), f"{where}.signature"), self._expression(given, where))

    def _transaction(self, node: Any) -> TransactionCondition:
        given = self._map(node, "transactions", frozenset({"status", "expression"}))
        status = self._text(given.get("status", "Any"), "transactions.status")
        if status not in STATUSES:
            self._refuse("transactions.status", f"is {status!r}, not one of {', '.join(STATUSES)}")
        return TransactionCondition(status, self._expression(given, "transactions"))

    def _expression(self, given: Mapping[str, Any], where: str) -> str:
        found = given.get("expression")
        return "" if found is None else self._text(found, f"{where}.expression")

    def _map(self, node: Any, where: str, known: frozenset[str]) -> Mapping[str, Any]:
        if not isinstance(node, dict):
            self._refuse(where, "must be a JSON object")
        self.unknown += [f"{where}: {name}" if known is not KNOWN else name for name in node if name not in known]
        return node

    def _list(self, given: Mapping[str, Any], name: str) -> list[Any]:
        found = given.get(name) or []
        if not isinstance(found, list):
            self._refuse(name, "must be a list")
        return found

    def _text(self, node: Any, where: str) -> str:
        if not isinstance(node, str) or not node.strip():
            self._refuse(where, "must be a text")
        return node.strip()

    def _refuse(self, where: str, says: str) -> NoReturn:
        raise RuleError(f"{self.file}: {where}: {says}")
