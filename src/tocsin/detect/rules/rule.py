"""One rule over one dataset, from its YAML to a detector."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

from tocsin.detect.detector import Detector
from tocsin.detect.rules.cases import examples
from tocsin.detect.rules.declaration import Declaration
from tocsin.detect.rules.document import Items, Map, Mark, Node, Text, as_map, as_text, as_texts, nearest
from tocsin.detect.rules.fields import PRODUCT, UNSTATED, Field, Sort, dataset_of
from tocsin.detect.rules.heading import SINGLE, Heading, heading
from tocsin.detect.rules.logic import Logic, Test, is_selective
from tocsin.detect.rules.matching import Matcher, matcher
from tocsin.detect.rules.page import page
from tocsin.detect.rules.selection import DETECTION, detection
from tocsin.detect.rules.telling import Telling, role_of, sightings
from tocsin.detect.rules.vocabulary import Vocabulary
from tocsin.model.finding import Sighting
from tocsin.tables.columns import PLACE
from tocsin.tables.dataset import Dataset, Tables

_SOURCE = ("product", "category", "definition")
_BLIND = (
    "Rows in which a field is empty match no comparison of it, and so match its negation.",
    "Logs with another number of indexed arguments than the signature says, and data that is too short, are not read.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A compiled rule."""

    mark: Mark
    heading: Heading
    detector: Detector
    page: str
    logic: Logic[Test]
    telling: Telling
    vocabulary: Vocabulary

    def matcher(self, more: Iterable[Field]) -> Matcher:
        """It with more fields to hand on, for a correlation to group by."""
        return matcher(self.logic, self.vocabulary, (*self.telling.shown, *more))


def rule(node: Map, tests: Node | None, *, force: bool) -> Rule:
    """Compile one rule with its tests. Raises `RuleError`."""
    top = heading(node, SINGLE)
    dataset = _dataset(node)
    vocabulary = Vocabulary(dataset)
    written = as_map(node.get(DETECTION), node.mark, DETECTION)
    logic = detection(written, vocabulary)
    if not (force or is_selective(logic)):
        _refuse_everything(written, dataset)
    roles = _named_roles(node, vocabulary)
    compiled = matcher(logic, vocabulary, _shown(node, vocabulary))
    telling = _telling(top, compiled.shown, roles)
    return Rule(
        mark=node.mark,
        heading=top,
        detector=_detector(top, compiled, telling, tests, vocabulary.declared),
        page=page(top, _finds(written, dataset), _BLIND[: 2 if vocabulary.declared else 1], compiled.reads),
        logic=logic,
        telling=telling,
        vocabulary=vocabulary,
    )


def _refuse_everything(written: Map, dataset: Dataset) -> NoReturn:
    written.mark_of("condition").refuse(
        "detection.condition",
        f"would match nearly all of {dataset.id}: ask for a value, not only for what something is not; "
        "--force takes it all the same",
    )


def _telling(top: Heading, shown: tuple[Field, ...], roles: Mapping[str, str]) -> Telling:
    return Telling(
        title=top.title,
        says=top.says,
        severity=top.severity,
        confidence=top.confidence,
        labels=top.tags,
        roles=roles or {field.column: role_of(field) for field in shown if field.sort is Sort.ADDRESS},
        shown=shown,
    )


def _detector(
    top: Heading, compiled: Matcher, telling: Telling, tests: Node | None, declared: tuple[Declaration, ...]
) -> Detector:
    def run(tables: Tables) -> Iterator[Sighting]:
        return sightings(compiled.matches(tables), telling, compiled.subject)

    def of_dataset(dataset: str) -> tuple[Declaration, ...]:
        return declared if dataset == compiled.dataset else ()

    return Detector(
        id=top.id,
        severity=top.severity,
        reads=compiled.reads,
        run=run,
        examples=examples(tests, compiled.reads, compiled.dataset, of_dataset),
        references=top.references,
    )


def _dataset(node: Map) -> Dataset:
    source = as_map(node.get("logsource"), node.mark_of("logsource"), "logsource")
    for key, _ in source:
        if key.value not in _SOURCE:
            key.mark.refuse(f"logsource.{key.value}", f"is unknown; {nearest(key.value, _SOURCE)}")
    product = as_text(source.get("product"), source.mark_of("product"), "logsource.product")
    if product != PRODUCT:
        source.mark_of("product").refuse(
            "logsource.product", f"is {product!r}; rules here are about {PRODUCT!r} chains"
        )
    mark = source.mark_of("category")
    return dataset_of(as_text(source.get("category"), mark, "logsource.category"), mark)


def _shown(node: Map, vocabulary: Vocabulary) -> tuple[Field, ...]:
    """What the rule says is worth showing; else what it compares, and every address and amount of the row."""
    named = as_texts(node.get("fields"), "fields")
    if named:
        return tuple(_statable(vocabulary.find(text.value, text.mark, "fields"), text.mark) for text in named)
    plain = (each for each in vocabulary.fields.values() if each.sort in {Sort.ADDRESS, Sort.AMOUNT})
    used = (each for each in vocabulary.used.values() if each.name not in PLACE)
    return tuple({each.column: each for each in (*plain, *used)}.values())


def _statable(field: Field, mark: Mark) -> Field:
    if field.sort in UNSTATED:
        mark.refuse("fields", f"{field.name} is {field.sort}; it is not stated")
    return field


def _named_roles(node: Map, vocabulary: Vocabulary) -> Mapping[str, str]:
    """`entities:` by column: role to field, as the rule has it."""
    if (given := node.get("entities")) is None:
        return {}
    roles: dict[str, str] = {}
    for role, value in as_map(given, node.mark, "entities"):
        where = f"entities.{role.value}"
        found = vocabulary.find(as_text(value, role.mark, where), role.mark, where)
        if found.sort is not Sort.ADDRESS:
            role.mark.refuse(where, f"{found.name} is {found.sort}; an entity is an address")
        roles[found.column] = role.value
    return roles


def _finds(written: Map, dataset: Dataset) -> str:
    """The condition and its selections, as they were written."""
    lines = [f"rows of `{dataset.id}` for which the condition holds.", "", "```yaml"]
    for key, value in written:
        lines += _block(f"{key.value}:", value, 0)
    return "\n".join([*lines, "```"])


def _block(lead: str, node: Node, depth: int) -> list[str]:
    """A node as YAML, behind its key or the dash of a list."""
    indent = "  " * depth
    if isinstance(node, Text):
        return [f"{indent}{lead} {node.value}"]
    pairs = ((f"{key.value}:", value) for key, value in node) if isinstance(node, Map) else _dashed(node)
    return [f"{indent}{lead}", *(line for name, each in pairs for line in _block(name, each, depth + 1))]


def _dashed(items: Items) -> Iterator[tuple[str, Node]]:
    return (("-", each) for each in items.items)
