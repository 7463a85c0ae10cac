"""Selections: a map asks for all of its lines, a list for one of its items; and the condition that joins them."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from operator import or_

import polars as pl

from tocsin.detect.rules.comparison import test
from tocsin.detect.rules.condition import condition
from tocsin.detect.rules.declaration import Declaration
from tocsin.detect.rules.document import Items, Map, Node, Text, as_texts
from tocsin.detect.rules.line import line_of
from tocsin.detect.rules.logic import All, Is, Logic, Some, Test, among, fold, leaves, together
from tocsin.detect.rules.vocabulary import SIGNATURE, Vocabulary

DETECTION = "detection"
_NOT_SELECTIONS = frozenset({"condition", "timeframe"})


def detection(node: Map, vocabulary: Vocabulary) -> Logic[Test]:
    """Compile the `detection` of a rule. Raises `RuleError`."""
    if node.get("timeframe") is not None:
        node.mark_of("timeframe").refuse("detection.timeframe", "is old; write a correlation with a timespan")
    selections = {key.value: value for key, value in node if key.value not in _NOT_SELECTIONS}
    if not selections:
        node.mark.refuse(DETECTION, "has no selection")
    vocabulary.declared = tuple(_declared(selections, vocabulary))
    compiled = {name: _selection(value, f"{DETECTION}.{name}", vocabulary) for name, value in selections.items()}
    conditions = as_texts(node.get("condition"), "detection.condition")
    if not conditions:
        node.mark.refuse("detection.condition", "is missing: say which selections must hold")
    read = [condition(text.value, list(selections), text.mark) for text in conditions]
    _refuse_unused(node, selections.keys() - {name for each in read for name in leaves(each)})
    return fold(Some(tuple(read)) if len(read) > 1 else read[0], compiled.__getitem__)


def _refuse_unused(node: Map, unused: AbstractSet[str]) -> None:
    """A filter that was left out of the condition filters nothing, and nobody would notice."""
    for name in sorted(unused):
        node.mark_of(name).refuse(f"{DETECTION}.{name}", "is not in the condition; write it there, or leave it out")


def _declared(selections: Mapping[str, Node], vocabulary: Vocabulary) -> Iterator[Declaration]:
    """Every signature in every selection."""
    for name, node in selections.items():
        for one in node.items if isinstance(node, Items) else (node,):
            if isinstance(one, Map):
                yield from _signatures(one, f"{DETECTION}.{name}", vocabulary)


def _signatures(node: Map, where: str, vocabulary: Vocabulary) -> tuple[Declaration, ...]:
    texts = as_texts(node.get(SIGNATURE), f"{where}.{SIGNATURE}")
    return tuple(vocabulary.declare(text.value, text.mark, f"{where}.{SIGNATURE}") for text in texts)


def _selection(node: Node, where: str, vocabulary: Vocabulary) -> Logic[Test]:
    match node:
        case Map() if node.entries:
            return _map(node, where, vocabulary)
        case Items() if node.items:
            return Some(tuple(_item(each, where, vocabulary) for each in node.items))
    return node.mark.refuse(where, "is empty: it would match everything; write fields and values")


def _item(node: Node, where: str, vocabulary: Vocabulary) -> Logic[Test]:
    if isinstance(node, Text):
        node.mark.refuse(where, f"{node.value!r} is a keyword without a field; chain data has no free text to search")
    return _selection(node, where, vocabulary)


def _map(node: Map, where: str, vocabulary: Vocabulary) -> Logic[Test]:
    here = _signatures(node, where, vocabulary)
    parts: list[Logic[Test]] = []
    for key, value in node:
        if key.value == SIGNATURE:
            parts.append(Is(_of_signature(here, vocabulary)))
            continue
        written = f"{where}.{key.value}"
        line = line_of(key, value, where, partial(vocabulary.find, mark=key.mark, where=written, here=here))
        compiled = test(line, partial(vocabulary.find, mark=value.mark, where=written, here=here))
        parts.append(Is(_with_keys(compiled, key, value, vocabulary)))
    return All(tuple(parts))


def _of_signature(declared: tuple[Declaration, ...], vocabulary: Vocabulary) -> Test:
    """Rows of one of these events or functions."""
    match vocabulary.dataset.id:
        case "logs":
            keys, column = [each.topic for each in declared], "topic0"
            expression = among(pl.col(column), keys)
        case "calls":
            keys, column = [each.selector for each in declared], "selector"
            expression = among(pl.col(column), keys)
        case _:
            keys, column = [each.selector for each in declared], "input"
            begins = together([pl.col("input").bin.starts_with(key) for key in keys], or_)
            expression = begins & pl.col("to_address").is_not_null()
    columns = {column, "to_address"} if column == "input" else {column}
    return Test(expression, frozenset(columns), keys=frozenset(keys))


def _with_keys(compiled: Test, key: Text, value: Node, vocabulary: Vocabulary) -> Test:
    """A test of the event hash or the selector itself serves the engine's index too."""
    index = {"logs": "topic0", "calls": "selector"}.get(vocabulary.dataset.id)
    if key.value != index or isinstance(value, Map) or any(text.is_null for text in as_texts(value, key.value)):
        return compiled
    keys = frozenset(bytes.fromhex(text.value[2:]) for text in as_texts(value, key.value))
    return Test(compiled.expression, compiled.fields, keys=keys)
