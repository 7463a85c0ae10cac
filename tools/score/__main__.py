"""
Detection quality on labelled recordings, with counts and 95 % intervals.

`make score` prints it; `make score ARGS=--write` also keeps it in docs/measurements/. The recordings under
../shared/data are measured where they are there; the project's own recordings of the range always.
"""

import datetime as dt
import sys

from ablation import ablation
from exploits import exploits, reentrancies
from measuring import DATA, ROOT
from mev import mev
from nomad import nomad
from ordinary import ordinary
from played import played
from poisoning import measure as poisoning
from rich.console import Console
from rich.progress import track
from runtime import runtime

CAVEATS = """
This is development data: the rules were chosen with it in view, so expect less on attacks nobody had seen. The
ordinary blocks are mainnet of 2020 to 2022, picked for their MEV; modern traffic differs. Recordings of single call
trees answer no questions about the state, so ages of accounts and supplies of tokens are unknown in all of it.
"""


def main() -> int:
    """Measure, print, and keep if asked."""
    pages = {"range.md": ("# The range", "", [played])}
    if DATA.is_dir():
        pages["detection.md"] = (
            "# Detection quality",
            CAVEATS,
            [exploits, reentrancies, nomad, poisoning, ordinary, mev, ablation, runtime],
        )
    for name, (title, caveats, parts) in pages.items():
        shown = track(parts, "Looking", console=Console(stderr=True), transient=True)
        lines = [line for part in shown for line in part()]
        text = "\n".join([f"{title}\n\n{dt.date.today()}.\n{caveats}", *lines]).rstrip() + "\n"
        print(text)
        if "--write" in sys.argv:
            (ROOT / "docs/measurements" / name).write_text(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
