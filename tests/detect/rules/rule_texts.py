"""Short ways to write a rule, and to run it over literal rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from tocsin.chain.catalogue import datasets
from tocsin.detect.detector import Detector
from tocsin.detect.engine import detect
from tocsin.detect.rules.loading import compile_rules, running
from tocsin.model.finding import Finding
from tocsin.tables.literal import frame

HEAD = "title: A rule\nid: {id}\nlevel: high\nstatus: stable\n"


def written(detection: str, category: str = "transfer", rule_id: str = "a-rule") -> str:
    """A rule with this `detection`, whose lines come without their indent."""
    lines = "\n".join(f"  {line}" for line in detection.strip().splitlines())
    source = f"logsource: {{product: evm, category: {category}}}\n"
    return HEAD.format(id=rule_id) + source + f"detection:\n{lines}\n"


def detectors_of(*files: tuple[str, str], force: bool = False) -> dict[str, Detector]:
    """The detectors of these files that give findings, by id."""
    return {each.detector.id: each.detector for each in running(compile_rules(files, force=force))}


def compiled(text: str, rule_id: str = "a-rule", *, force: bool = False) -> Detector:
    """The detector of one rule."""
    return detectors_of(("rule.yml", text), force=force)[rule_id]


def found(detector: Detector, **tables: Sequence[Mapping[str, Any]]) -> tuple[Finding, ...]:
    """What it finds in these rows; datasets that are not named are empty."""
    frames = {name: frame(datasets()[name].columns, tables.get(name, ())) for name in detector.reads}
    outcome = detect(frames, [detector], {})
    assert not outcome.failures, outcome.failures
    return outcome.findings
