"""The desk: what everything that people ask for needs. The command line and the API work at the same one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tocsin.app.settings import Settings
from tocsin.edge import clock
from tocsin.edge.store.opening import Store, open_store
from tocsin.model.ids import RANDOM_BYTES, identifier


def _nobody_listens() -> None:
    """No bell is rung: what follows the journal looks by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A store, a clock, dice, the settings."""

    settings: Settings
    store: Store
    clock: Callable[[], float]
    entropy: Callable[[int], bytes]
    """So many bytes that nobody can guess."""
    ring: Callable[[], None] = field(default=_nobody_listens)
    """To be called after every commit that entered something into the journal."""

    def new_id(self) -> str:
        """An id that sorts by when it was made."""
        return identifier(self.clock(), self.entropy(RANDOM_BYTES))


@contextmanager
def at_desk(settings: Settings) -> Iterator[Desk]:
    """A desk at the store that the settings name, for as long as one command runs. Raises `StoreError`."""
    store = open_store(settings.store.url.reveal)
    try:
        yield Desk(settings=settings, store=store, clock=clock.now, entropy=clock.entropy)
    finally:
        store.close()
