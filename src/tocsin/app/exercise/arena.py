"""The range brought up: two real nodes on loopback, the scene on them, gone when done."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random  # noqa: TID251 - seeded here, handed down

from tocsin.app.exercise.library import Shelf
from tocsin.edge import npm
from tocsin.edge.anvil import find_anvil, running
from tocsin.edge.local_chain import ARGUMENTS, LocalChain, SharedClock
from tocsin.edge.signer import Keys
from tocsin.exercise.play import Play
from tocsin.exercise.scene import knowledge, scene
from tocsin.model.errors import ToolMissing

HOME_CHAIN_ID, FAR_CHAIN_ID = 990_001, 990_002
"""No public chain has these."""
START = 1_764_000_000
"""Timestamp of the first block, seconds since 1970."""
SEED = "tocsin"


@dataclass(slots=True)
class Arena:
    """Both chains with the scene on them, and how to go back to how it was."""

    home: LocalChain
    far: LocalChain
    play: Play
    seed: str

    @property
    def chains(self) -> tuple[LocalChain, LocalChain]:
        """Home and far."""
        return (self.home, self.far)

    @contextmanager
    def undone(self) -> Iterator[Play]:
        """A play whose traces are gone afterwards."""
        snapshots = [(chain, chain.snapshot()) for chain in self.chains]
        self.play.random.seed(self.seed)
        try:
            yield replace(self.play, knowledge=self.play.knowledge.copy())
        finally:
            for chain, snapshot in snapshots:
                chain.restore(snapshot)


@contextmanager
def arena(environment: Mapping[str, str], seed: str = SEED) -> Iterator[Arena]:
    """
    The range, ready to be played on.

    Raises `ToolMissing` and `PackageMissing` before `tocsin range setup` was run, `EndpointUnavailable` when a node
    does not come up.
    """
    binary = anvil_binary(environment)
    library = Shelf(npm.packages_directory(environment))
    arguments = (*ARGUMENTS, "--timestamp", str(START))
    with running(binary, HOME_CHAIN_ID, arguments) as near, running(binary, FAR_CHAIN_ID, arguments) as away:
        keys, clock = Keys(seed), SharedClock(START)
        home, far = LocalChain(near, keys, clock), LocalChain(away, keys, clock)
        random = Random(seed)  # noqa: S311 - a play is to be repeated, not to be unpredictable
        made = scene.build(home, far, library)
        book = knowledge.known(home, far, made)
        play = Play(home=home, far=far, library=library, scene=made, random=random, knowledge=book)
        yield Arena(home, far, play, seed)


def anvil_binary(environment: Mapping[str, str]) -> Path:
    """The anvil that is here. Raises `ToolMissing`."""
    if (found := find_anvil(environment)) is None:
        raise ToolMissing("anvil is not here: run `tocsin range setup`, or name yours in TOCSIN_ANVIL")
    return found
