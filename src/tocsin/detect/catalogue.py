"""Every detector there is, found by a strict walk, once."""

from functools import cache

import tocsin.detect.detectors
from tocsin.detect.detector import Detector
from tocsin.model.extension import load


@cache
def detectors() -> dict[str, Detector]:
    """The detectors by id."""
    return load(tocsin.detect.detectors, Detector)
