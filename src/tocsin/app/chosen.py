"""Which detectors run on which chain, as the settings say."""

import difflib
from collections.abc import Iterable, Mapping

from tocsin.app import rules
from tocsin.app.settings import ChainSettings, Settings
from tocsin.detect.catalogue import detectors
from tocsin.detect.detector import Detector
from tocsin.model.errors import SettingError


def with_rules(settings: Settings) -> dict[str, Detector]:
    """Every detector, and the rules that the settings name. Raises `SourceError` and `RuleError`."""
    return {**detectors(), **rules.load(settings.rules.files).detectors}


def detectors_of(chain: ChainSettings, known: Mapping[str, Detector]) -> dict[str, Detector]:
    """
    The detectors that `allow` and `deny` leave for a chain.

    Raises `SettingError`, with the nearest right spelling, for an id that no detector has, and when none is left.
    """
    _refuse_unknown(chain, "allow", known)
    _refuse_unknown(chain, "deny", known)
    chosen = {name: known[name] for name in known if name in (chain.allow or known) and name not in chain.deny}
    if not chosen:
        raise SettingError(f"[[chain]] {chain.name}: allow and deny leave no detector to run")
    return chosen


def _refuse_unknown(chain: ChainSettings, setting: str, known: Iterable[str]) -> None:
    names = list(known)
    for name in getattr(chain, setting):
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1, cutoff=0)
            mean = f"; did you mean {near[0]!r}?" if near else ""
            raise SettingError(f"[[chain]] {chain.name}: {setting} names no detector {name!r}{mean}")
