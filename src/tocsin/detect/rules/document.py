"""
YAML as a tree that knows its lines, with every scalar as it was written: `1000e18` and `0x00` stay text.

Rules come from anywhere. Anchors, tags and repeated keys are refused, and size and depth are bounded, so that a small
file cannot become a large tree, and nothing is silently overwritten.
"""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

import yaml

from tocsin.model.errors import RuleError

LARGEST_TEXT = 1_000_000
"""Characters of one file."""
DEEPEST = 20
"""Maps and lists inside one another."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Where something stands."""

    file: str
    line: int

    def refuse(self, field: str, says: str) -> NoReturn:
        """Raise the error that names the place."""
        raise RuleError(f"{self.file}:{self.line}: {field}: {says}" if field else f"{self.file}:{self.line}: {says}")


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar as it was written."""

    mark: Mark
    value: str
    quoted: bool = False

    @property
    def is_null(self) -> bool:
        """Nothing was written, or null."""
        return not self.quoted and self.value in {"", "~", "null"}


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    mark: Mark
    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Map:
    """Keys and values in the order they were written."""

    mark: Mark
    entries: "tuple[tuple[Text, Node], ...]"

    def get(self, name: str) -> "Node | None":
        """The value of a key, if it is there and not null."""
        found = next((value for key, value in self.entries if key.value == name), None)
        return None if isinstance(found, Text) and found.is_null else found

    def mark_of(self, name: str) -> Mark:
        """Where a key stands; where the map begins if it is absent."""
        return next((key.mark for key, _ in self.entries if key.value == name), self.mark)

    def __iter__(self) -> "Iterator[tuple[Text, Node]]":
        return iter(self.entries)


Node: TypeAlias = Text | Items | Map


def documents(text: str, file: str) -> list[Node]:
    """The documents of one file, without empty ones. Raises `RuleError`."""
    if len(text) > LARGEST_TEXT:
        raise RuleError(f"{file}: longer than {LARGEST_TEXT} characters; split it")
    try:
        events = list(yaml.parse(text, Loader=yaml.CSafeLoader))
    except yaml.YAMLError as error:
        raise RuleError(_said(error, file)) from None
    return _trees(events, file)


def _said(error: yaml.YAMLError, file: str) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"{file}:{mark.line + 1}" if mark else file
    return f"{where}: not YAML: {' '.join(str(getattr(error, 'problem', None) or error).split())}"


def _trees(events: Iterable[yaml.Event], file: str) -> list[Node]:
    """Fold the events, innermost first, without recursion."""
    done: list[Node] = []
    stack: list[tuple[yaml.Event, list[Node]]] = []
    for event in events:
        mark = _mark(event, file)
        _refuse_clever(event, mark)
        if isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            stack.append((event, []))
            if len(stack) > DEEPEST:
                mark.refuse("", f"more than {DEEPEST} maps and lists inside one another")
            continue
        if isinstance(event, yaml.ScalarEvent):
            node: Node = Text(mark, event.value, quoted=event.style in {"'", '"', "|", ">"})
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            node = _closed(*stack.pop(), file)
        else:
            continue
        (stack[-1][1] if stack else done).append(node)
    return [node for node in done if not (isinstance(node, Text) and node.is_null)]


def _refuse_clever(event: yaml.Event, mark: Mark) -> None:
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        mark.refuse("", "anchors and aliases are not read in rules; write it out")
    if any(not sign.isprintable() and sign not in "\n\t" for sign in getattr(event, "value", None) or ""):
        mark.refuse("", "there are signs in it that cannot be shown")
    if tag := getattr(event, "tag", None):
        mark.refuse("", f"the tag {tag} is not read in rules; leave it out")


def _mark(event: yaml.Event, file: str) -> Mark:
    return Mark(file, event.start_mark.line + 1 if event.start_mark else 0)


def _closed(start: yaml.Event, inside: list[Node], file: str) -> Node:
    mark = _mark(start, file)
    if isinstance(start, yaml.SequenceStartEvent):
        return Items(mark, tuple(inside))
    entries: list[tuple[Text, Node]] = []
    seen: set[str] = set()
    for key, value in zip(inside[::2], inside[1::2], strict=True):
        if not isinstance(key, Text):
            key.mark.refuse("", "a key must be plain text")
        if key.value in seen:
            key.mark.refuse(key.value, "stands twice; the second would replace the first")
        seen.add(key.value)
        entries.append((key, value))
    return Map(mark, tuple(entries))


def as_map(node: Node | None, mark: Mark, field: str) -> Map:
    """This node, which must be a map."""
    if not isinstance(node, Map):
        (node.mark if node else mark).refuse(field, "must be a map of names and values")
    return node


def as_text(node: Node | None, mark: Mark, field: str) -> str:
    """This node, which must be a text that is not empty."""
    if not isinstance(node, Text) or not node.value.strip():
        (node.mark if node else mark).refuse(field, "must be a text")
    return node.value.strip()


def as_texts(node: Node | None, field: str) -> tuple[Text, ...]:
    """A list of texts, or one text for a list of one; nothing for nothing."""
    if node is None:
        return ()
    nodes = node.items if isinstance(node, Items) else (node,)
    for each in nodes:
        if not isinstance(each, Text):
            each.mark.refuse(field, "must be a text or a list of texts")
    return tuple(each for each in nodes if isinstance(each, Text))


def nearest(name: str, known: Iterable[str]) -> str:
    """A question that names the nearest right spelling, and else what there is."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(names)}"
