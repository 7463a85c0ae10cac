"""The command contract: one module in `commands/` is one `tocsin` command."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from tocsin.model.extension import Extension


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(Extension):
    """
    A command, with its page and sample sessions.

    The module docstring's first line is the help line that `tocsin --help` shows; it is read without importing
    the module, so that a command nobody runs costs nothing at start-up.
    """

    HEADINGS: ClassVar = ("What it does", "Exit codes")

    run: Callable[..., Any] | None = None
    """A Typer command function: its annotated parameters are the command's arguments and options."""
    subcommands: tuple[tuple[str, Callable[..., Any]], ...] = ()
    """For a command group: name and function of each. Exactly one of `run` and `subcommands` is given."""
    samples: tuple["Sample", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One invocation that the inherited suite runs for real, in a fresh directory."""

    says: str
    arguments: tuple[str, ...]
    exit_code: int = 0
    shows: tuple[str, ...] = ()
    """Text that must stand in what it prints."""
    json: bool = False
    """Whether each line of stdout must be JSON."""
