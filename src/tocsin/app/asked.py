"""
Which detectors have anything to look at: those about the network and its nodes, only where these are asked.

Blind is not quiet, but nobody is blind to what he never asked for: without beacon nodes a watch of blocks names no
detector of consensus faults as blind. As soon as anything is told of the network, what is lacking of it is named.
"""

from collections.abc import Container, Mapping

from tocsin.chain.catalogue import datasets
from tocsin.detect.detector import Detector


def asked(there: Container[str], detectors: Mapping[str, Detector]) -> Mapping[str, Detector]:
    """The detectors without those that lack only what the network tells, where it was not asked and others are left."""
    network = {name for name, dataset in datasets().items() if dataset.network}
    if any(name in there for name in network):
        return detectors
    kept = {
        name: detector
        for name, detector in detectors.items()
        if not (lacking := detector.lacking(there)) or not network.issuperset(lacking)
    }
    return kept or detectors
