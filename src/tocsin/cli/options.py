"""What several commands' options have in common."""

from enum import StrEnum

from tocsin.model.finding import Severity


class Format(StrEnum):
    """How results are written: for people or for programs."""

    TABLE = "table"
    JSON = "json"


class SeverityWord(StrEnum):
    """A severity as it is typed."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def severity(self) -> Severity:
        """The severity it stands for."""
        return Severity[self.name]


def names(text: str) -> tuple[str, ...]:
    """The names in a list with commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())
