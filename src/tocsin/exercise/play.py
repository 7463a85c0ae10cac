"""What a scenario is played with."""

from dataclasses import dataclass
from random import Random  # noqa: TID251 - a generator that was seeded comes in; none is made here

from tocsin.exercise.knowledge import Knowledge
from tocsin.exercise.scene.scene import Scene
from tocsin.exercise.stage import Library, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """The chains, the protocols on them, and compiled contracts to add."""

    home: Stage
    """The chain on which nearly everything happens."""
    far: Stage
    """The chain at the other end of the bridges."""
    library: Library
    scene: Scene
    random: Random
    """Seeded."""
    knowledge: Knowledge
    """What the organisation knows, and has told tocsin."""
