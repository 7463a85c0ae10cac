"""
The two consoles: results go to stdout, progress and notes to stderr.

Neither reads markup in what it prints, so that nobody's text can colour or hide ours. Colours are left out where
NO_COLOR is set or the output is not a terminal.
"""

import os
from functools import cache

from rich.console import Console
from rich.text import Text

from tocsin.cli.render.safe import safe

WIDTH_OF_A_FILE = 120
"""Columns of output that no terminal limits and COLUMNS does not either."""


def results() -> Console:
    """What was asked for."""
    return _console(stderr=False)


@cache
def notes() -> Console:
    """Everything else; always the same, so that a note never runs into a progress bar."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, markup=False, highlight=False, emoji=False, soft_wrap=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = WIDTH_OF_A_FILE
    return console


def note(says: str) -> None:
    """One line for who watches, never broken: it may hold a command to copy."""
    notes().print(Text(safe(says), style="dim"), soft_wrap=True)


def warn(says: str) -> None:
    """One paragraph about something that is not as it should be, but does not stop the work."""
    _paragraph(Text.assemble(("Note: ", "bold yellow"), safe(says)))


def fail(says: str) -> None:
    """The paragraph that says why the command failed."""
    _paragraph(Text.assemble(("Error: ", "bold red"), (safe(says), "red")))


def _paragraph(text: Text) -> None:
    console = notes()
    console.print(text, soft_wrap=not console.is_terminal)
