"""
Sigma's correlations: many events, many different values, several rules together or in order, within a time.

What the rules matched is remembered, tied to its block, and time is what the blocks say. See `windows` for when a
correlation is reached, and `remembering` for what is kept.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import polars as pl

from tocsin.detect.detector import MEMORY, Detector, Memory, Read
from tocsin.detect.rules.cases import examples
from tocsin.detect.rules.declaration import Declaration
from tocsin.detect.rules.document import Map, Mark, Node, as_map, as_text, as_texts, nearest
from tocsin.detect.rules.fields import Sort
from tocsin.detect.rules.heading import CORRELATION, Heading, heading
from tocsin.detect.rules.page import page
from tocsin.detect.rules.plans import MOST_BLOCKS_PER_SECOND, Plan, in_words, plan_of
from tocsin.detect.rules.remembering import COLUMNS, MATCHED, Part, prepare, shown_row
from tocsin.detect.rules.rule import Rule
from tocsin.detect.rules.telling import Row, Telling, entities, exact, place_of, role_of, stated
from tocsin.detect.rules.windows import Event, Events, counts, distinct, ordered, reached
from tocsin.model.finding import Sighting
from tocsin.tables.dataset import Dataset, Tables

MOST_RULES = 10
_KEYS = ("type", "rules", "group-by", "timespan", "condition", "aliases", "generate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """A compiled correlation."""

    mark: Mark
    heading: Heading
    detector: Detector
    page: str
    rules: tuple[str, ...]
    """Names of the rules it joins."""
    generate: bool
    """Whether those give findings of their own too."""
    is_grouped: bool


def references(node: Map) -> tuple[str, ...]:
    """The names of the rules a correlation speaks of."""
    written = as_map(node.get("correlation"), node.mark, "correlation")
    return tuple(text.value for text in as_texts(written.get("rules"), "correlation.rules"))


def correlation(node: Map, tests: Node | None, rules: Mapping[str, Rule]) -> Correlation:
    """Compile a correlation of these rules, by name and id. Raises `RuleError`."""
    top = heading(node, CORRELATION)
    written = as_map(node.get("correlation"), node.mark, "correlation")
    for key, _ in written:
        if key.value not in _KEYS:
            key.mark.refuse(f"correlation.{key.value}", f"is unknown; {nearest(key.value, _KEYS)}")
    joined = _joined(written, rules)
    plan = plan_of(written, joined)
    detector = _detector(top, plan, joined, tests)
    finds = (
        f"{in_words(plan, [each.heading.title for each in joined])}. Told when it begins to hold, of the transaction "
        "with which it does."
    )
    blind = (f"What is older than {2 * plan.span} seconds is forgotten, and so is what a chain with more than "
             f"{MOST_BLOCKS_PER_SECOND} blocks a second put before that many blocks.",)  # fmt: skip
    return Correlation(
        mark=node.mark,
        heading=top,
        detector=detector,
        page=page(top, finds, blind, detector.reads),
        rules=references(node),
        generate=_generate(written),
        is_grouped=bool(plan.groups),
    )


def has_blocks(dataset: Dataset) -> bool:
    """Whether its rows are in transactions, and so in blocks, whose time counts."""
    return "transaction_hash" in dataset.columns


def _joined(written: Map, rules: Mapping[str, Rule]) -> tuple[Rule, ...]:
    texts = as_texts(written.get("rules"), "correlation.rules")
    mark = written.mark_of("rules")
    if not 1 <= len(texts) <= MOST_RULES or len({text.value for text in texts}) < len(texts):
        mark.refuse("correlation.rules", f"must name between one and {MOST_RULES} different rules")
    for text in texts:
        if text.value not in rules:
            near = nearest(text.value, rules) if rules else "there is none"
            text.mark.refuse("correlation.rules", f"no rule that counts rows is called {text.value!r}; {near}")
        if (dataset := rules[text.value].vocabulary.dataset).id != "blocks" and not has_blocks(dataset):
            text.mark.refuse("correlation.rules", f"rows of {dataset.id} are in no block, so that they have no time")
    return tuple(rules[text.value] for text in texts)


def _generate(written: Map) -> bool:
    if (node := written.get("generate")) is None:
        return False
    mark = written.mark_of("generate")
    text = as_text(node, mark, "correlation.generate")
    if text not in {"true", "false"}:
        mark.refuse("correlation.generate", "is true or false")
    return text == "true"


def _detector(top: Heading, plan: Plan, joined: Sequence[Rule], tests: Node | None) -> Detector:
    telling = Telling(
        title=top.title,
        says=top.says,
        severity=top.severity,
        confidence=top.confidence,
        labels=top.tags,
        roles={},
        shown=(),
    )
    datasets = {rule.vocabulary.dataset.id for rule in joined}
    reads = _reads(plan.parts)

    def run(tables: Tables) -> Iterator[Sighting]:
        return _sightings(tables, plan, telling, joined)

    def declared(dataset: str) -> tuple[Declaration, ...]:
        return tuple(d for rule in joined if rule.vocabulary.dataset.id == dataset for d in rule.vocabulary.declared)

    return Detector(
        id=top.id,
        severity=top.severity,
        reads=reads,
        run=run,
        memory=Memory(
            columns=COLUMNS,
            window_blocks=2 * plan.span * MOST_BLOCKS_PER_SECOND,
            remember=lambda tables: tables[MATCHED],
            prepare=lambda tables: prepare(tables, plan.parts),
        ),
        examples=examples(tests, reads, datasets.pop() if len(datasets) == 1 else "", declared),
        references=top.references,
    )


def _reads(parts: Sequence[Part]) -> Mapping[str, Read]:
    """What all rules read together, and when their blocks were made."""
    found: dict[str, Read] = {"blocks": Read(columns=("timestamp",))}
    for part in parts:
        for name, read in part.matcher.reads.items():
            found[name] = _both(found[name], read) if name in found else read
    return found


def _both(one: Read, other: Read) -> Read:
    """What either reads; by the index only where both do."""
    return Read(
        columns=tuple(dict.fromkeys((*one.columns, *other.columns))),
        topic0=tuple(sorted({*one.topic0, *other.topic0})) if one.topic0 and other.topic0 else (),
        selector=tuple(sorted({*one.selector, *other.selector})) if one.selector and other.selector else (),
    )


def _sightings(tables: Tables, plan: Plan, telling: Telling, joined: Sequence[Rule]) -> Iterator[Sighting]:
    """One for each group that reaches the condition with a row of this batch."""
    now, kept = tables[MATCHED], tables[MEMORY]
    if now.is_empty():
        return
    kept = kept.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64()) - (len(kept) - len(now)))
    # The memory reaches as many blocks back as the fastest chain makes; on others most of that is too long ago.
    kept = kept.filter(pl.col("timestamp") + 2 * plan.span >= now["timestamp"].min())
    touched = now.select("chain_id", "group").unique()
    # Blocks put rows in order; within a transaction their position does, where it is known.
    rows = kept.join(touched, on=("chain_id", "group"), how="semi").sort(
        "chain_id", "group", "block_number", "transaction_index", "position", "rule", "row"
    )
    columns = rows.select("chain_id", "group", "timestamp", "rule", "value", "row").iter_rows()
    for _, group in groupby(columns, key=lambda row: (row[0], row[1])):
        members = list(group)
        events = [Event(row[2], row[3], row[4]) for row in members]
        levels = _levels(events, plan)
        for at, begins in enumerate(reached(events, [_holds(level, plan) for level in levels], plan.span)):
            if begins and (row := members[at][5]) >= 0:
                source, part = shown_row(tables, row, plan.parts)
                yield _sighting(source, part, levels[at], plan, telling, joined)


def _levels(events: Events, plan: Plan) -> list[int]:
    """At each event: how much of what is asked for there is."""
    match plan.type:
        case "event_count":
            return counts(events, plan.span)
        case "temporal_ordered":
            return [plan.least * whole_row for whole_row in ordered(events, plan.span, len(plan.parts))]
    return distinct(events, plan.span, by_rule=plan.type == "temporal")


def _holds(level: int, plan: Plan) -> bool:
    return level == plan.least if plan.exactly else level >= plan.least


def _sighting(row: Row, part: Part, level: int, plan: Plan, telling: Telling, joined: Sequence[Rule]) -> Sighting:
    group = dict(zip(plan.groups, stated_groups(row, part), strict=True))
    of_group = ", ".join(f"{name} {value}" for name, value in group.items())
    shown = {name: value for name, value in stated(row, part.matcher.shown).items() if name not in group}
    counted = in_words(plan, [each.title for each in plan.parts])
    count = {"event_count": "events", "value_count": "different_values"}.get(plan.type, "rules")
    grouped = {field.column: role_of(field) for field in part.groups if field.sort is Sort.ADDRESS}
    roles = {**grouped, **joined[part.number].telling.roles}
    return Sighting(
        place=place_of(row),
        severity=telling.severity,
        confidence=telling.confidence,
        title=telling.title,
        summary=f"{telling.says} {counted[:1].upper()}{counted[1:]}"
        f"{f', here for {of_group}' if of_group else ''}. The last of them: {part.title}.",
        entities=entities([row], roles),
        values={**group, **shown, count: level, "timespan_seconds": plan.span},
        labels=telling.labels,
        key="|".join(str(value) for value in group.values()),
    )


def stated_groups(row: Row, part: Part) -> Iterator[str]:
    """The values a row is grouped by."""
    for field in part.groups:
        yield str(exact(field, row[field.column]))
