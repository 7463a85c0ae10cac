"""
Which detectors have anything to look at: those about the network and its nodes, only where these are asked.

Blind is not quiet, but nobody is blind to what he never asked for: without beacon nodes a watch of blocks names no
detector of consensus faults as blind. As soon as beacon nodes tell anything, what is lacking of it is named.
"""

from collections.abc import Container, Mapping

from tocsin.chain.catalogue import datasets
from tocsin.detect.detector import Detector


def asked(there: Container[str], detectors: Mapping[str, Detector]) -> Mapping[str, Detector]:
    """
    The detectors without those that lack only what nobody here was asked for.

    Where nothing but such detectors was chosen, they stay: whoever names them wants to know that they are blind.
    """
    whom = {name: dataset.asked_of for name, dataset in datasets().items() if dataset.asked_of}
    were = {of for name, of in whom.items() if name in there}
    kept = {
        name: detector
        for name, detector in detectors.items()
        if not (lacking := detector.lacking(there)) or not all(whom.get(one, "") not in {"", *were} for one in lacking)
    }
    return kept or detectors
