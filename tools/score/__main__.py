"""
Detection quality on labelled recordings, with counts and 95 % intervals.

`make score` prints it; `make score ARGS=--write` also keeps it in docs/measurements/. The recordings under
../shared/data are measured where they are there; the project's own demo recording always.
"""

import datetime as dt
import sys

from exploits import exploits, reentrancies
from measuring import DATA, ROOT
from mev import mev
from ordinary import demo, ordinary


def main() -> int:
    """Measure, print, and keep if asked."""
    parts = [exploits, reentrancies, ordinary, mev, demo] if DATA.is_dir() else [demo]
    text = "\n".join([f"# Detection quality\n\n{dt.date.today()}.\n", *("\n".join(part()) for part in parts), ""])
    print(text)
    if "--write" in sys.argv:
        (ROOT / "docs/measurements/detection.md").write_text(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
