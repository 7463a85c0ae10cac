"""Conditions of a monitor as selections of a rule, and the words that join them."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Any

from tocsin.chain.catalogue import datasets
from tocsin.detect.rules.declaration import declaration
from tocsin.detect.rules.document import Mark
from tocsin.detect.rules.fields import ARGUMENT, BINARY, NUMBERS, Field, Sort, dataset_of
from tocsin.detect.rules.logic import All, Is, Logic, Not, Some
from tocsin.detect.rules.openzeppelin.expression import Comparison, expression
from tocsin.detect.rules.quantities import whole
from tocsin.detect.rules.vocabulary import Vocabulary
from tocsin.model.errors import RuleError

TRANSACTION_FIELDS: Mapping[str, str] = {
    "from": "from_address",
    "to": "to_address",
    "hash": "transaction_hash",
    "value": "value",
    "gas_price": "gas_price",
    "max_fee_per_gas": "max_fee_per_gas",
    "max_priority_fee_per_gas": "max_priority_fee_per_gas",
    "gas_limit": "gas_limit",
    "nonce": "nonce",
    "input": "input",
    "gas_used": "gas_used",
    "transaction_index": "transaction_index",
}
"""The transaction fields that expressions know, by their names here."""
_ORDERS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
_PARTS = {"starts_with": "startswith", "ends_with": "endswith", "contains": "contains"}
_MARK = Mark("monitor", 1)

Found = Callable[[str], Field]
"""From the name in an expression to the field here."""


@dataclass(slots=True)
class Selecting:
    """The selections of one rule as they come about."""

    category: str
    selections: dict[str, Any] = field(default_factory=dict)

    def add(self, name: str, selection: Any) -> str:
        """Add a selection."""
        self.selections[name] = selection
        return name

    def condition(self, name: str, addresses: list[str], signature: str, text: str) -> str:
        """An event or a function with its expression: selections, and the condition over them."""
        own = {"address" if self.category == "log" else "to_address": addresses, "signature": signature}
        if not text:
            return self.add(name, own)
        vocabulary = Vocabulary(datasets()["logs" if self.category == "log" else "transactions"])
        is_event = self.category == "log"
        vocabulary.declared = (declaration(signature, is_event=is_event, mark=_MARK, field="signature"),)

        def found(path: str) -> Field:
            if re.search(r"[.\[]", path):
                raise RuleError(f"{path}: members of structs and lists are not decoded")
            return vocabulary.find(ARGUMENT + path, _MARK, path)

        logic = expression(text)
        if merged := _merged(logic, found):
            return self.add(name, {**own, **merged})
        self.add(name, own)
        return f"{name} and {self._joined(logic, name, found, {'signature': signature})}"

    def of_transaction(self, name: str, text: str, prefix: str) -> str:
        """An expression over the transaction."""
        vocabulary = Vocabulary(dataset_of("transaction", _MARK))

        def found(path: str) -> Field:
            if path not in TRANSACTION_FIELDS:
                raise RuleError(f"{path}: no field of a transaction; there are {', '.join(TRANSACTION_FIELDS)}")
            known = vocabulary.fields[TRANSACTION_FIELDS[path]]
            return Field(prefix + known.name, known.column, known.sort, known.required, (), known.width)

        logic = expression(text)
        if merged := _merged(logic, found):
            return self.add(name, merged)
        return self._joined(logic, name, found, {})

    def _free(self, name: str) -> str:
        """A name that no selection has."""
        names = chain([name], (f"{name}_{number}" for number in count(2)))
        return next(each for each in names if each not in self.selections)

    def _joined(self, logic: Logic[Comparison], name: str, found: Found, around: Mapping[str, Any]) -> str:
        """The condition over a selection for each comparison."""

        def words(part: Logic[Comparison]) -> str:
            match part:
                case Is():
                    key, value, is_not = _line(part.leaf, found)
                    added = self.add(self._free(f"{name}_{_plain(part.leaf.path)}"), {**around, key: value})
                    return f"not {added}" if is_not else added
                case All():
                    return f"({' and '.join(map(words, part.parts))})"
                case Some():
                    return f"({' or '.join(map(words, part.parts))})"
                case Not():
                    return f"not {words(part.part)}"

        return words(logic)


def _plain(path: str) -> str:
    return re.sub(r"\W+", "_", path, flags=re.ASCII)


def _merged(logic: Logic[Comparison], found: Found) -> dict[str, Any]:
    """All comparisons as the lines of one selection, where they can be: joined by AND, none of them a `!=`."""
    lines = list(_conjunction(logic, found))
    merged = {key: value for key, value, _ in (line for line in lines if line)}
    return merged if None not in lines and len(merged) == len(lines) else {}


def _conjunction(logic: Logic[Comparison], found: Found) -> Iterator[tuple[str, Any, bool] | None]:
    match logic:
        case Is():
            line = _line(logic.leaf, found)
            yield None if line[2] else line
        case All():
            for part in logic.parts:
                yield from _conjunction(part, found)
        case _:
            yield None


def _line(comparison: Comparison, found: Found) -> tuple[str, Any, bool]:
    """Key and value of a selection's line, and whether it is to be negated. Raises `RuleError`."""
    at = found(comparison.path)
    if comparison.operator in _ORDERS:
        if at.sort not in NUMBERS:
            raise RuleError(f"{comparison}: {at.sort} has no order")
        return f"{at.name}|{_ORDERS[comparison.operator]}", _number(comparison), False
    if comparison.operator in _PARTS:
        return f"{at.name}|{_PARTS[comparison.operator]}", _part(comparison, at), False
    return at.name, _equal(comparison, at), comparison.operator == "!="


def _number(comparison: Comparison) -> int:
    number = whole(comparison.value)
    if number is None:
        raise RuleError(f"{comparison}: {comparison.value!r} is no whole number")
    return number


def _part(comparison: Comparison, at: Field) -> str:
    """Part of a text as the rule has it; of bytes as hexadecimal digits."""
    if at.sort is Sort.TEXT:
        return comparison.value
    if at.sort not in BINARY:
        raise RuleError(f"{comparison}: {at.sort} has no parts")
    digits = comparison.value.lower()
    if comparison.operator == "starts_with" and not digits.startswith("0x"):
        raise RuleError(f"{comparison}: it never matches: bytes begin with 0x")
    if not re.fullmatch(r"(0x)?[0-9a-f]*", digits):
        raise RuleError(f"{comparison}: it never matches: bytes are hexadecimal digits")
    return "0x" + digits.removeprefix("0x")


def _equal(comparison: Comparison, at: Field) -> Any:
    if at.sort in NUMBERS:
        return _number(comparison)
    if at.sort is Sort.FLAG:
        if comparison.value.lower() not in {"true", "false"}:
            raise RuleError(f"{comparison}: is true or false")
        return comparison.value.lower() == "true"
    if at.sort is Sort.TEXT:
        return re.sub(r"([*?\\])", r"\\\1", comparison.value)
    return comparison.value.lower()
