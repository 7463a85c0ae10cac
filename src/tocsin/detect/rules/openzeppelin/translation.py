"""
A monitor as a rule, and what became of each of its parts.

The grouping is kept: the transaction conditions AND (any function OR any event). Functions are those a transaction
calls itself; events are logs. They are rows of different datasets: a monitor with both becomes two rules in one file.
What cannot be meant the same is left out only where the rule then still means what was meant; else the rule is not
written. Everything is told either way.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from tocsin.detect.rules.loading import compile_rules
from tocsin.detect.rules.openzeppelin.declared import declared
from tocsin.detect.rules.openzeppelin.monitor import Condition, Contract, Monitor, Network, TransactionCondition
from tocsin.detect.rules.openzeppelin.selecting import Selecting
from tocsin.model.errors import RuleError

TRANSLATED, CHANGED, LEFT_OUT = "translated", "changed", "not translated"
_ADDRESS = re.compile(r"0x[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one part of a monitor."""

    monitor: str
    part: str
    outcome: str
    why: str = ""


@dataclass(slots=True)
class Translation:
    """The rule of a monitor, and what is to be told."""

    monitor: Monitor
    id: str
    text: str = ""
    """Empty where there is no rule."""
    told: list[Told] = field(default_factory=list)

    def tell(self, part: str, outcome: str, why: str = "") -> None:
        """Note what became of a part."""
        told = Told(self.monitor.name, part, outcome, why)
        if told not in self.told:
            self.told.append(told)


def translate(monitor: Monitor, networks: Mapping[str, Network]) -> Translation:
    """The rule file of a monitor. `networks` are chains by their slug."""
    found = Translation(monitor, rule_id(monitor.name))
    _tell_others(found)
    scope = _scope(found, networks)
    if scope is None:
        return found
    kinds = [("event", monitor.events, "log"), ("function", monitor.functions, "transaction")]
    documents = [each for kind in kinds if kind[1] and (each := _document(found, kind, scope)) is not None]
    wanted = sum(1 for kind in kinds if kind[1])
    if not wanted:
        only = _of_transactions(found, scope)
        documents, wanted = ([only] if only else []), 1
    if len(documents) == wanted:
        _write(found, documents)
    elif documents:
        found.tell("the whole", LEFT_OUT, "half of it would be a rule that misses what the monitor finds")
    return found


def rule_id(name: str) -> str:
    """An id from a monitor's name."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:90].strip("-") or "monitor"


def _tell_others(found: Translation) -> None:
    """The parts that no rule has."""
    monitor = found.monitor
    for name in monitor.unknown:
        found.tell(name, LEFT_OUT, "this field is not known")
    if monitor.filters:
        found.tell(
            "trigger_conditions",
            LEFT_OUT,
            "a filter script says true to throw a match away; write what it keeps into the rule's condition",
        )
    if monitor.triggers:
        found.tell(
            "triggers",
            LEFT_OUT,
            f"where findings go is set in tocsin.toml, not in a rule: {', '.join(monitor.triggers)}",
        )
    if monitor.configured:
        found.tell("chain_configurations", LEFT_OUT, "it is about chains of other kinds")


def _scope(found: Translation, networks: Mapping[str, Network]) -> list[int] | None:
    """The chain ids; None where none of the networks is known."""
    known = [networks[slug].chain_id for slug in found.monitor.networks if slug in networks]
    for slug in found.monitor.networks:
        if (network := networks.get(slug)) is None:
            found.tell(f"network {slug}", LEFT_OUT, "no EVM network file says its chain id; give --networks DIR")
            continue
        if network.confirmation_blocks:
            why = f"{network.confirmation_blocks}: findings are told at once, and retracted in a reorg"
            found.tell(f"network {slug}: confirmation_blocks", LEFT_OUT, why)
        if network.skips:
            found.tell(f"network {slug}: max_past_blocks", LEFT_OUT, "no block is skipped, however long the pause")
    if not known:
        found.tell("the whole", LEFT_OUT, "on every chain it would be another monitor")
        return None
    found.tell("networks", TRANSLATED, f"chain_id {', '.join(map(str, known))}")
    return sorted(set(known))


def _document(
    found: Translation, kind: tuple[str, Sequence[Condition], str], scope: list[int]
) -> dict[str, Any] | None:
    """The rule over logs, or over transactions that call a function."""
    name, conditions, category = kind
    selecting = Selecting(category)
    selecting.add("scope", {"chain_id": scope})
    matching = []
    for number, condition in enumerate(conditions, 1):
        part = f"{name} {condition.signature}"
        try:
            groups = list(_addressed(found, condition, is_event=name == "event"))
            matching += [
                selecting.condition(f"{name}_{number}{_nth(group)}", addresses, signature, condition.expression)
                for group, (signature, addresses) in enumerate(groups)
            ]
        except RuleError as error:
            found.tell(part, LEFT_OUT, str(error))
            return None
        found.tell(part, TRANSLATED, condition.expression)
    around = _around(found, selecting, prefix="transaction." if name == "event" else "")
    if around is None:
        return None
    suffix = f"-{name}s" if found.monitor.events and found.monitor.functions else ""
    return _rule(found, suffix, category, selecting, ["scope", _any(matching), *around])


def _of_transactions(found: Translation, scope: list[int]) -> dict[str, Any] | None:
    """The rule of a monitor without events and functions: transactions that its addresses send or receive."""
    selecting = Selecting("transaction")
    selecting.add("scope", {"chain_id": scope})
    parts = ["scope"]
    if not found.monitor.transactions:
        found.tell("match_conditions", LEFT_OUT, "there is no condition: it would match every transaction")
        return None
    try:
        addresses = [_address(each) for each in found.monitor.contracts]
    except RuleError as error:
        found.tell("addresses", LEFT_OUT, str(error))
        return None
    if addresses:
        selecting.add("account", [{"from_address": addresses}, {"to_address": addresses}])
        parts.append("account")
        found.tell("addresses", CHANGED, "sender or receiver of the transaction; not contracts that only logged in it")
    else:
        found.tell("addresses", CHANGED, "none is given: taken as every account")
    around = _around(found, selecting, prefix="")
    return None if around is None else _rule(found, "", "transaction", selecting, [*parts, *around])


def _around(found: Translation, selecting: Selecting, prefix: str) -> list[str] | None:
    """The transaction conditions, any of which must hold; nothing where one of them asks for nothing."""
    alternatives = []
    for number, each in enumerate(found.monitor.transactions, 1):
        part = f"transaction {each.status}"
        try:
            alternatives.append(_transaction(each, number, selecting, prefix))
        except RuleError as error:
            found.tell(part, LEFT_OUT, str(error))
            return None
        found.tell(part, TRANSLATED, each.expression or "status from the transaction's own receipt")
    return [_any(alternatives)] if alternatives and all(alternatives) else []


def _transaction(given: TransactionCondition, number: int, selecting: Selecting, prefix: str) -> str:
    name, parts = f"transaction_{number}", []
    if given.status != "Any":
        selecting.add(name, {f"{prefix}success": given.status == "Success"})
        parts.append(name)
    if given.expression:
        parts.append(selecting.of_transaction(f"{name}_fields", given.expression, prefix))
    return " and ".join(parts)


def _addressed(found: Translation, condition: Condition, *, is_event: bool) -> Iterator[tuple[str, list[str]]]:
    """The condition's signature as each contract's ABI declares it, with the contracts that do. Raises `RuleError`."""
    if not found.monitor.contracts:
        raise RuleError("no address is given; write which contracts are meant")
    groups: dict[str, list[str]] = {}
    for contract in found.monitor.contracts:
        part = f"address {contract.address}"
        if (signature := declared(condition.signature, contract.spec, is_event=is_event)) is None:
            found.tell(part, LEFT_OUT, f"its contract_spec has no {condition.signature}: the monitor never matches it")
            continue
        if contract.spec is None:
            found.tell(part, CHANGED, "it has no contract_spec: matched by signature alone")
        groups.setdefault(signature, []).append(_address(contract))
    if not groups:
        raise RuleError("no contract_spec has it")
    yield from groups.items()


def _address(contract: Contract) -> str:
    if not _ADDRESS.fullmatch(contract.address):
        raise RuleError(f"{contract.address!r} is no address of an EVM chain")
    return contract.address


def _nth(group: int) -> str:
    """What tells apart the groups of one condition; nothing for the first."""
    return f"_{group + 1}" if group else ""


def _any(conditions: Sequence[str]) -> str:
    return conditions[0] if len(conditions) == 1 else f"({' or '.join(f'({each})' for each in conditions)})"


def _rule(
    found: Translation, suffix: str, category: str, selecting: Selecting, condition: Sequence[str]
) -> dict[str, Any]:
    monitor = found.monitor
    return {
        "title": f"{monitor.name}{suffix.replace('-', ' ')}",
        "id": found.id + suffix,
        "status": "test",
        "description": f"Imported from the monitor {monitor.name!r} of OpenZeppelin Monitor.",
        "level": "medium",
        "enabled": not monitor.paused,
        "logsource": {"product": "evm", "category": category},
        "detection": {
            **selecting.selections,
            "condition": " and ".join(f"({each})" if " or " in each and each[0] != "(" else each for each in condition),
        },
    }


class _Dumper(yaml.CSafeDumper):
    """Writes everything out, without anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML passes what it is about to write
        return True


def _write(found: Translation, documents: Sequence[Mapping[str, Any]]) -> None:
    """Write the rules, if they are rules: what is written is what loads."""
    text = yaml.dump_all(documents, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    try:
        compile_rules([(f"{found.id}.yml", text)])
    except RuleError as error:
        found.tell("the whole", LEFT_OUT, f"as a rule it is refused: {error}")
        return
    found.text = text
    found.tell("level", CHANGED, "monitors have none: medium; edit it")
    if found.monitor.paused:
        found.tell("paused", TRANSLATED, "enabled: false")
    if len(documents) > 1:
        found.tell("events and functions", CHANGED, "two rules: a transaction with both gives two findings")
