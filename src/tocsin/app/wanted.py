"""What to ask nodes for, by what the chosen detectors read."""

from collections.abc import Iterable

from tocsin.chain.rpc import methods
from tocsin.detect.detector import Detector


def extra(detectors: Iterable[Detector]) -> frozenset[str]:
    """The dear datasets that any of them reads: asked for where a node has them, and done without where none has."""
    return methods.DEAR & {name for detector in detectors for name in detector.reads}
