"""How a setting is declared, and what of a setting is never shown."""

from dataclasses import MISSING, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """Text that may hold a key or a password: shown as stars wherever it is printed."""

    reveal: str

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__


NO_SECRET = Secret("")


def setting(
    says: str, default: Any = MISSING, *, least: float | None = None, most: float | None = None, because: str = ""
) -> Any:
    """Declare one setting; without a default it must be given. `because` is why it has bounds, where nobody guesses."""
    return field(default=default, metadata={"says": says, "least": least, "most": most, "because": because})
