"""The page of a rule, with the headings every detector's page has."""

from collections.abc import Iterable, Mapping

from tocsin.detect.detector import Detector, Read
from tocsin.detect.rules.heading import Heading
from tocsin.intel.reference import is_reference

GENERAL_TRIAGE = "See who sent the transaction and what else it did: `tocsin explain SOURCE --tx HASH`."


def page(heading: Heading, finds: str, blind: Iterable[str], reads: Mapping[str, Read]) -> str:
    """The page in Markdown. `finds` is what matches, in the rule's own words."""
    bodies = {
        "What it finds": f"{heading.severity.word}: {finds}",
        "Why it matters": f"{heading.says}{f' By {heading.author}.' if heading.author else ''}",
        "Blind spots": "\n".join(f"- {each}" for each in (*heading.false_positives, *blind, _reads(reads))),
        "Triage": heading.triage or GENERAL_TRIAGE,
        "References": "\n".join(f"- {each}" for each in heading.references) or "None.",
    }
    return f"{heading.title}.\n\n" + "\n\n".join(f"## {name}\n{bodies[name]}" for name in Detector.HEADINGS)


def _reads(reads: Mapping[str, Read]) -> str:
    names = [f"`{name}`" for name in reads if not is_reference(name)]
    return f"Where {' or '.join(names)} cannot be had it is blind, and says so."
