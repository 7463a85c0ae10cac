"""A progress bar on stderr, for work that takes long enough to wonder about."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tocsin.cli.render.console import notes

PATIENCE_SECONDS = 2.0
"""How long work may take before a bar appears."""

Advance = Callable[[int], None]
"""Tell how many more units are done."""


@contextmanager
def progress(total: int | None, *, wanted: bool = True) -> Iterator[Advance]:
    """A bar that shows after a while, only on a terminal, and is gone when the work is done."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=notes(),
        transient=True,
        redirect_stdout=False,
        disable=not (wanted and notes().is_terminal),
    )
    task = bar.add_task("Looking", total=total)
    later = Timer(PATIENCE_SECONDS, bar.start)
    later.daemon = True
    later.start()
    try:
        yield lambda units: bar.advance(task, units)
    finally:
        later.cancel()
        later.join()
        bar.stop()
