"""Inviting who sits at a terminal to paste."""

from collections.abc import Iterable

from tocsin.app.sources.recorded import PASTED
from tocsin.cli.render.console import note
from tocsin.edge import standard_input


def invite(sources: Iterable[str]) -> None:
    """
    Where one of the sources is what is pasted now: say so, and wait for it, before there is any progress to show.

    Raises `SourceError` and `MalformedInput` as reading standard input does.
    """
    if PASTED in sources and standard_input.is_typed():
        note("Paste a trace (it is not shown), then press Ctrl-D.")
        standard_input.read()
