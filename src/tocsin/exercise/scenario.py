"""The scenario contract: one module in `scenarios/` is one attack, its truth and its honest twin."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from tocsin.exercise.play import Play
from tocsin.exercise.taxonomy import Tag
from tocsin.exercise.truth import Truth
from tocsin.model.extension import Extension
from tocsin.model.finding import Severity
from tocsin.model.priority import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What detection is expected to do."""

    detectors: tuple[str, ...]
    """Any of these is to fire; empty where none that is there can see it yet."""
    severity: Severity = Severity.HIGH
    """A finding at this or above counts."""
    within_seconds: int = 60
    """Time on the chain from the moment it could be known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario(Extension):
    """An attack on the scene, and the same mechanics without harm."""

    HEADINGS: ClassVar = ("Story", "Steps", "Honest twin", "Containment", "References")

    priority: Priority
    tags: tuple[Tag, ...]
    """Where it stands in the taxonomies of attacks."""
    expects: Expected
    prepare: Callable[[Play], Any]
    """What is there before anything happens: targets deployed and filled. Not recorded."""
    attack: Callable[[Play, Any], Truth]
    """Plays the attack on what `prepare` returned and tells the truth about it."""
    twin: Callable[[Play, Any], None]
    """Plays the honest twin on what `prepare` returned."""
    contain: Callable[[Play, Any], str] | None = None
    """Contains before the attack, shows that the attack then fails, and returns why: the reason it reverts with."""
