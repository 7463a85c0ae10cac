"""
The text of an update, from the template of its group: Jinja in a sandbox, which runs nothing and reads nothing.

The first line is the title. A template names these: `name` (the title of the incident; its codename where it is
restricted), `number`, `type`, `priority`, `priority_word`, `status`, `phase`, `summary` (empty where it is restricted),
`text` (what the author writes now), `next_update`, `since`, `now` (times in UTC, in words), `update_number`, `tlp`,
`is_exercise`, `is_restricted`, `group`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tocsin.model.errors import EstateError, Unacceptable
from tocsin.respond.incident.incident import Incident
from tocsin.respond.incident.types import type_of

LONGEST_TITLE = 200
LONGEST_TEXT = 20_000
SAMPLE: Mapping[str, object] = {
    "name": "The bank is empty",
    "number": "INC-2026-0042",
    "type": "Exploit of a contract",
    "priority": "P1",
    "priority_word": "critical",
    "status": "active",
    "phase": "contain",
    "summary": "Somebody empties the bank.",
    "text": "Deposits are paused.",
    "next_update": "21 September 2026, 16:00 UTC",
    "since": "21 September 2026, 14:13 UTC",
    "now": "21 September 2026, 15:00 UTC",
    "update_number": 1,
    "tlp": "amber",
    "is_exercise": False,
    "is_restricted": False,
    "group": "customers",
}
"""A value of everything that a template may name: what templates are tried with when they are read."""


@dataclass(frozen=True, slots=True)
class Written:
    """A title and a text."""

    title: str
    text: str


def moment(seconds: float | None) -> str:
    """A time in UTC, in words; empty for none."""
    return "" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%-d %B %Y, %H:%M} UTC"


def values(  # noqa: PLR0913 - what a template may name; all by name
    incident: Incident, *, group: str, tlp: str, text: str, number: int, now: float, next_update: float | None
) -> Mapping[str, object]:
    """What a template may name. Of a restricted incident it learns the codename, and nothing of what it is about."""
    is_restricted = incident.is_restricted
    return {
        "name": incident.name,
        "number": incident.number,
        "type": "" if is_restricted else type_of(incident.type).name,
        "priority": incident.priority.value,
        "priority_word": incident.priority.word,
        "status": incident.status,
        "phase": incident.phase,
        "summary": "" if is_restricted else incident.summary,
        "text": text,
        "next_update": moment(next_update),
        "since": moment(incident.times.declared),
        "now": moment(now),
        "update_number": number,
        "tlp": tlp,
        "is_exercise": bool(incident.exercise),
        "is_restricted": is_restricted,
        "group": group,
    }


def rendered(template: str, named: Mapping[str, object]) -> Written:
    """Title and text. Raises `EstateError` for a wrong template, `Unacceptable` for a text that is too long."""
    environment = ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    try:
        made = environment.from_string(template).render(named)
    except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError) as error:
        raise EstateError(f"the template: {_told(error)}; it may name: {', '.join(SAMPLE)}") from None
    title, _, text = made.strip().partition("\n")
    return checked(title, text)


def checked(title: str, text: str) -> Written:
    """The same without empty edges. Raises `Unacceptable` for what is empty or too long."""
    title, text = " ".join(title.replace("\x00", "").split()), text.replace("\x00", "").strip()
    if not title or not text:
        raise Unacceptable("an update has a title and a text")
    if len(title) > LONGEST_TITLE or len(text) > LONGEST_TEXT:
        raise Unacceptable(f"a title has at most {LONGEST_TITLE} characters, a text at most {LONGEST_TEXT:,}")
    return Written(title, text)


def _told(error: Exception) -> str:
    where = f"line {error.lineno}: " if isinstance(error, jinja2.TemplateSyntaxError) else ""
    return f"{where}{str(error)[:200] or type(error).__name__}"
