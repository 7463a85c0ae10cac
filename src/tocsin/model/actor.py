"""Who does something: a person, a program, a rule of ours, or a chain."""

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    """What an actor is."""

    USER = "user"
    """A person, known by name. Only a person acknowledges, decides and waives."""
    SERVICE = "service"
    """A program with an API key, or a part of tocsin."""
    RULE = "rule"
    """A rule that the organisation or tocsin wrote down beforehand."""
    CHAIN = "chain"
    """A chain: a block that came, or was taken back."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something."""

    kind: ActorKind
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"

    @property
    def is_person(self) -> bool:
        """Whether it is somebody who can be asked why."""
        return self.kind is ActorKind.USER


def parse(text: str) -> Actor:
    """The actor in its text, such as `user:ada`. Raises `ValueError` for any other text."""
    kind, separator, name = text.partition(":")
    if not separator or not name:
        raise ValueError(f"{text[:50]!r} is no actor: write kind:name")
    return Actor(ActorKind(kind), name)


TOCSIN = Actor(ActorKind.SERVICE, "tocsin")
"""The program itself."""
