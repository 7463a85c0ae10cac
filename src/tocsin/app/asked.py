"""
Which detectors have anything to look at: those about the network and its nodes, only where these are asked.

Blind is not quiet, but nobody is blind to what he never asked for: without beacon nodes a watch of blocks names no
detector of consensus faults as blind, and a look at beacon nodes none of attacks. As soon as anybody tells anything,
what is lacking of it is named.
"""

from collections.abc import Container, Mapping, Sequence
from functools import cache

from tocsin.chain.catalogue import datasets
from tocsin.detect.detector import Detector


def asked(there: Container[str], detectors: Mapping[str, Detector]) -> Mapping[str, Detector]:
    """
    The detectors without those that lack only what nobody here was asked for.

    Where nothing but such detectors was chosen, they stay: whoever names them wants to know that they are blind.
    """
    whom = _whom()
    present = {name for name in whom if name in there}
    were = {whom[name] for name in present}
    absent = whom.keys() - present
    kept = {
        name: detector
        for name, detector in detectors.items()
        if absent.isdisjoint(detector.reads) or _is_concerned(detector.lacking(there), whom, were)
    }
    return kept or detectors


@cache
def _whom() -> Mapping[str, str]:
    """By dataset: who is asked for it."""
    return {name: dataset.asked_of for name, dataset in datasets().items()}


def _is_concerned(lacking: Sequence[str], whom: Mapping[str, str], were: Container[str]) -> bool:
    """Whether anybody was asked for something of what is lacking; nothing lacking is no reason to stay away."""
    return not lacking or any(whom.get(name, "") in were for name in lacking)
