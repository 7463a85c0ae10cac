"""Every detector there is, found by a strict walk, once."""

from functools import cache

import tocsin.detect.detectors
from tocsin.detect.detector import Detector
from tocsin.model.extension import load, load_with_modules


@cache
def detectors() -> dict[str, Detector]:
    """The detectors by id."""
    return load(tocsin.detect.detectors, Detector)


@cache
def groups() -> dict[str, str]:
    """The package that each detector stands in, by its id: what kind of thing it finds."""
    found = load_with_modules(tocsin.detect.detectors, Detector)
    return {detector.id: module.__name__.split(".")[-2] for detector, module in found}
