"""What a correlation counts, over which rows, in which time: read from its YAML and checked."""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.detect.rules.document import Map, Mark, as_map, as_text, as_texts, nearest
from tocsin.detect.rules.fields import UNSTATED, Field
from tocsin.detect.rules.quantities import seconds, whole
from tocsin.detect.rules.remembering import Part
from tocsin.detect.rules.rule import Rule

TYPES = ("event_count", "value_count", "temporal", "temporal_ordered")
LONGEST_SECONDS = 30 * 86_400
"""Of a timespan: what matched in twice that time is kept."""
MOST_BLOCKS_PER_SECOND = 4
"""Of the fastest chains that are watched much (Arbitrum: one each 250 ms): how many blocks a time may be."""
_NEEDS_ORDER = ("lt", "lte", "neq")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is counted, over which rows, in which time."""

    type: str
    span: int
    """Seconds."""
    least: int
    """How many there must be."""
    exactly: bool
    parts: tuple[Part, ...]
    groups: tuple[str, ...]


def plan_of(written: Map, joined: Sequence[Rule]) -> Plan:
    """Read what stands under `correlation`. Raises `RuleError`."""
    mark = written.mark_of("type")
    kind = as_text(written.get("type"), mark, "correlation.type")
    if kind not in TYPES:
        mark.refuse("correlation.type", f"is not {kind!r}; {nearest(kind, TYPES)}")
    if kind.startswith("temporal") and len(joined) == 1:
        written.mark_of("rules").refuse("correlation.rules", f"{kind} needs several rules")
    least, exactly = _condition(written, kind, len(joined))
    groups = tuple(text.value for text in as_texts(written.get("group-by"), "correlation.group-by"))
    return Plan(
        type=kind,
        span=_span(written),
        least=least,
        exactly=exactly,
        parts=_parts(written, joined, groups, _counted(written, kind)),
        groups=groups,
    )


def _span(written: Map) -> int:
    mark = written.mark_of("timespan")
    if written.get("timespan") is None:
        mark.refuse("correlation.timespan", "is missing: without it everything would be kept for ever")
    text = as_text(written.get("timespan"), mark, "correlation.timespan")
    span = seconds(text)
    if span is None or not 1 <= span <= LONGEST_SECONDS:
        mark.refuse("correlation.timespan", f"{text!r} is no time up to 30d; write 90s, 15m, 2h or 1d")
    return span


def _condition(written: Map, kind: str, rules: int) -> tuple[int, bool]:
    """How many there must be, and whether no more than that."""
    if kind.startswith("temporal"):
        if written.get("condition") is not None:
            written.mark_of("condition").refuse("correlation.condition", f"{kind} has none: all rules must match")
        return rules, False
    node = as_map(written.get("condition"), written.mark_of("condition"), "correlation.condition")
    orders = [(key, value) for key, value in node if key.value != "field"]
    if len(orders) != 1:
        node.mark.refuse("correlation.condition", "needs one of gte, gt, eq and a number")
    ((key, value),) = orders
    where = f"correlation.condition.{key.value}"
    if key.value in _NEEDS_ORDER:
        key.mark.refuse(where, "is not built: that there were few is only known when the time is over")
    if key.value not in {"gte", "gt", "eq"}:
        key.mark.refuse(where, f"is unknown; {nearest(key.value, ('gte', 'gt', 'eq', 'field'))}")
    number = whole(as_text(value, key.mark, where))
    if number is None or not 1 <= number < 2**32:
        key.mark.refuse(where, "must be a whole number of at least 1")
    return number + (key.value == "gt"), key.value == "eq"


def _counted(written: Map, kind: str) -> str:
    """The field whose different values are counted; empty where rows are."""
    node = written.get("condition")
    name = node.get("field") if isinstance(node, Map) else None
    if kind != "value_count":
        if name is not None:
            name.mark.refuse("correlation.condition.field", f"{kind} counts rows; value_count counts values of a field")
        return ""
    return as_text(name, written.mark_of("condition"), "correlation.condition.field")


def _parts(written: Map, joined: Sequence[Rule], groups: Sequence[str], counted: str) -> tuple[Part, ...]:
    """Each rule with the fields it is grouped by, which must be of one kind over all rules."""
    aliases = as_map(written.get("aliases") or Map(written.mark, ()), written.mark, "correlation.aliases")
    for key, _ in aliases:
        if key.value not in {*groups, counted}:
            key.mark.refuse(f"correlation.aliases.{key.value}", "is not in group-by, nor counted")
    same_dataset = len({rule.vocabulary.dataset.id for rule in joined}) == 1
    parts = []
    for number, rule in enumerate(joined):
        found = [_field(name, rule, aliases, written.mark_of("group-by")) for name in groups]
        value = _field(counted, rule, aliases, written.mark_of("condition")) if counted else None
        matcher = rule.matcher([*found, *([value] if value else ())])
        parts.append(Part(number, rule.heading.title, matcher, tuple(found), value, has_order=same_dataset))
    for name, fields in zip(groups, zip(*(part.groups for part in parts), strict=True), strict=True):
        if len({field.sort for field in fields}) > 1:
            sorts = " and ".join(sorted({str(field.sort) for field in fields}))
            written.mark_of("group-by").refuse(f"correlation.group-by.{name}", f"is {sorts}; they are never the same")
    return tuple(parts)


def _field(name: str, rule: Rule, aliases: Map, mark: Mark) -> Field:
    """The field of a rule that a name stands for."""
    where = f"correlation ({rule.heading.name})"
    if (of_rules := aliases.get(name)) is not None:
        named = as_map(of_rules, mark, f"correlation.aliases.{name}")
        for key in (rule.heading.name, rule.heading.id):
            if (alias := named.get(key)) is not None:
                mark = named.mark_of(key)
                return _groupable(rule.vocabulary.find(as_text(alias, mark, where), mark, where), mark, where)
    return _groupable(rule.vocabulary.find(name, mark, where), mark, where)


def _groupable(field: Field, mark: Mark, where: str) -> Field:
    if field.sort in UNSTATED:
        mark.refuse(where, f"{field.name} is {field.sort}; it cannot be counted or grouped by")
    return field


def in_words(plan: Plan, titles: Sequence[str]) -> str:
    """The condition as a sentence without its full stop."""
    names = ", ".join(f'"{title}"' for title in titles)
    number = f"{'exactly' if plan.exactly else 'at least'} {plan.least}"
    within = f"within {plan.span} seconds"
    match plan.type:
        case "event_count":
            return f"{number} rows of {names} {within}"
        case "value_count":
            return f"{number} different values of {plan.parts[0].value_name} in {names} {within}"
        case "temporal":
            return f"all of {names} {within}"
    return f"{names} one after the other {within}"
