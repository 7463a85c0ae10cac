"""Many rules from many files: each compiled, correlations joined to what they speak of, every fault told at once."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from tocsin.detect.rules.correlation import Correlation, correlation
from tocsin.detect.rules.document import Items, Map, Mark, Node, documents, nearest
from tocsin.detect.rules.rule import Rule, rule
from tocsin.model.errors import RuleError

_TESTS = re.compile(r"\.test(\.ya?ml)$")
MOST_RULES = 10_000
MOST_FAULTS = 20
"""That are told at once."""

Compiled: TypeAlias = Rule | Correlation
Source: TypeAlias = tuple[str, str]
"""Name and text of a file."""


def running(rules: Iterable[Compiled]) -> list[Compiled]:
    """Those that give findings: not those that are switched off, nor those that only serve a correlation."""
    on = [each for each in rules if each.heading.runs]
    served = {name for each in on if isinstance(each, Correlation) and not each.generate for name in each.rules}
    return [each for each in on if not served & {each.heading.name, each.heading.id}]


@dataclass(slots=True)
class _Faults:
    """What is wrong, gathered so that one run shows it all."""

    told: list[str] = field(default_factory=list)

    def trying(self, work: Callable[[], Compiled]) -> Compiled | None:
        """What this gives; None, and the fault is kept, where it is at fault."""
        try:
            return work()
        except RuleError as error:
            self.told.append(str(error))
            return None

    def tell(self) -> None:
        """Raise what was gathered."""
        if self.told:
            more = len(self.told) - MOST_FAULTS
            raise RuleError("\n".join([*self.told[:MOST_FAULTS], *([f"and {more} more"] if more > 0 else [])]))


def compile_rules(
    sources: Sequence[Source], *, force: bool = False, taken: Collection[str] = ()
) -> tuple[Compiled, ...]:
    """
    Every rule of these files, also those that do not run. `taken` are ids that no rule may have.

    Raises `RuleError` that names every fault.
    """
    faults = _Faults()
    found = list(_documents(sources, faults))
    singles = [each for each in found if each[0].get("correlation") is None]
    joined = [each for each in found if each[0].get("correlation") is not None]
    rules = [faults.trying(partial(rule, node, tests, force=force)) for node, tests in singles]
    known = {name: each for each in rules if isinstance(each, Rule) for name in (each.heading.name, each.heading.id)}
    if not faults.told:  # else a correlation would be told that its rules are not there
        rules += [faults.trying(partial(correlation, node, tests, known)) for node, tests in joined]
    compiled = [each for each in rules if each is not None]
    _refuse_doubles(compiled, taken, faults)
    faults.tell()
    return tuple(compiled)


def _documents(sources: Sequence[Source], faults: _Faults) -> Iterable[tuple[Map, Node | None]]:
    """Each rule's map with its tests."""
    beside: dict[str, Node] = {}
    trees: list[tuple[str, list[Node]]] = []
    for name, text in sources:
        try:
            read = documents(text, name)
        except RuleError as error:
            faults.told.append(str(error))
            continue
        if _TESTS.search(name):
            beside.update({_TESTS.sub(r"\1", name): node for node in read[:1]})
        else:
            trees.append((name, read))
    if sum(len(read) for _, read in trees) > MOST_RULES:
        raise RuleError(f"more than {MOST_RULES} rules")
    found = []
    for name, read in trees:
        try:
            found += _with_tests(name, read, beside.pop(name, None))
        except RuleError as error:
            faults.told.append(str(error))
    faults.told.extend(f"{_test_file(name)}: there is no rule file {name} that it tests" for name in beside)
    return found


def _test_file(name: str) -> str:
    return re.sub(r"(\.ya?ml)$", r".test\1", name)


def _with_tests(name: str, read: Sequence[Node], beside: Node | None) -> list[tuple[Map, Node | None]]:
    maps = []
    for node in read:
        if not isinstance(node, Map):
            node.mark.refuse("", "a rule must be a map of names and values")
        maps.append(node)
    if not maps:
        raise RuleError(f"{name}: there is no rule in it")
    if beside is None:
        return [(each, each.get("tests")) for each in maps]
    by_id = {_id(each): each for each in maps}
    for_each = _tests_by_id(beside, maps)
    for key, node in for_each.items():
        if key not in by_id:
            node.mark.refuse(key, f"no rule of {name} has this id; {nearest(key, by_id)}")
    return [(each, _together(each.get("tests"), for_each.get(_id(each)))) for each in maps]


def _id(node: Map) -> str:
    found = node.get("id")
    return str(getattr(found, "value", ""))


def _tests_by_id(beside: Node, maps: Sequence[Map]) -> Mapping[str, Node]:
    """A test file is a list where its rule file holds one rule, else a list for each id."""
    if isinstance(beside, Items) and len(maps) == 1:
        return {_id(maps[0]): beside}
    if not isinstance(beside, Map):
        beside.mark.refuse("", "must be a list of tests, or one for each rule's id where there are several rules")
    return {key.value: value for key, value in beside}


def _together(one: Node | None, other: Node | None) -> Node | None:
    if isinstance(one, Items) and isinstance(other, Items):
        return Items(one.mark, (*one.items, *other.items))
    return one or other


def _refuse_doubles(compiled: Sequence[Compiled], taken: Collection[str], faults: _Faults) -> None:
    seen: dict[str, Mark] = {}
    for each in compiled:
        for name in {each.heading.id, each.heading.name}:
            if name in seen:
                there = f"{seen[name].file}:{seen[name].line}"
                faults.told.append(f"{each.mark.file}:{each.mark.line}: id: {name!r} is the rule in {there} already")
            seen[name] = each.mark
        if each.heading.id in taken:
            faults.told.append(f"{each.mark.file}:{each.mark.line}: id: {each.heading.id!r} is a detector of tocsin's")
