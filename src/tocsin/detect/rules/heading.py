"""What stands at the top of every rule, single or correlation: id, title, level, and who else to ask."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.detect.rules.document import Map, as_text, as_texts, nearest
from tocsin.model.finding import Severity

LEVELS: Mapping[str, Severity] = {
    "informational": Severity.INFO,
    "low": Severity.LOW,
    "medium": Severity.MEDIUM,
    "high": Severity.HIGH,
    "critical": Severity.CRITICAL,
}
STATUSES: Mapping[str, float] = {"stable": 0.8, "test": 0.6, "experimental": 0.4, "deprecated": 0.0, "unsupported": 0.0}
"""Sigma's, with the confidence a finding gets. Those at zero are checked but not run."""
DEFAULT_STATUS = "test"
_COMMON = (
    "title", "id", "name", "status", "description", "level", "enabled", "author", "date", "modified", "license",
    "references", "related", "taxonomy", "scope", "tags", "fields", "falsepositives", "entities", "triage", "tests",
)  # fmt: skip
SINGLE = frozenset({*_COMMON, "logsource", "detection"})
CORRELATION = frozenset({*_COMMON, "correlation"})
_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,98}[a-z0-9])?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """Everything a rule says about itself."""

    id: str
    name: str
    title: str
    says: str
    """What it describes itself as, or else its title, as a sentence."""
    severity: Severity
    confidence: float
    runs: bool
    """False where it is switched off, deprecated or unsupported."""
    tags: tuple[str, ...]
    references: tuple[str, ...]
    false_positives: tuple[str, ...]
    triage: str
    author: str


def heading(node: Map, known: frozenset[str]) -> Heading:
    """Read the top of a rule. Raises `RuleError`."""
    for key, _ in node:
        if key.value not in known:
            key.mark.refuse(key.value, f"is unknown; {nearest(key.value, known)}")
    rule_id = as_text(node.get("id"), node.mark_of("id"), "id")
    if not _ID.fullmatch(rule_id):
        node.mark_of("id").refuse("id", "is lower-case letters, digits and hyphens, such as large-transfer or a UUID")
    title = as_text(node.get("title"), node.mark_of("title"), "title")
    status = _one_of(node, "status", STATUSES, DEFAULT_STATUS)
    return Heading(
        id=rule_id,
        name=_text(node, "name") or rule_id,
        title=" ".join(title.removesuffix(".").split()),
        says=_sentence(" ".join((_text(node, "description") or title).split())),
        severity=LEVELS[_one_of(node, "level", LEVELS)],
        confidence=STATUSES[status],
        runs=STATUSES[status] > 0 and _one_of(node, "enabled", ("true", "false"), "true") == "true",
        tags=tuple(text.value for text in as_texts(node.get("tags"), "tags")),
        references=tuple(text.value for text in as_texts(node.get("references"), "references")),
        false_positives=tuple(text.value for text in as_texts(node.get("falsepositives"), "falsepositives")),
        triage=_text(node, "triage"),
        author=_text(node, "author"),
    )


def _text(node: Map, name: str) -> str:
    found = node.get(name)
    return "" if found is None else as_text(found, node.mark, name)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else text + "."


def _one_of(node: Map, name: str, known: "Mapping[str, object] | tuple[str, ...]", default: str = "") -> str:
    found = node.get(name)
    if found is None and default:
        return default
    text = as_text(found, node.mark_of(name), name)
    if text not in known:
        node.mark_of(name).refuse(name, f"is not {text!r}; {nearest(text, known)}")
    return text
