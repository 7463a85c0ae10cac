"""Draw what `tocsin demo` shows: writes docs/images/demo.svg. Run from the project's root."""

import io
import re
from pathlib import Path

from rich.console import Console

from tocsin.app.demo import RECORDING, play
from tocsin.cli.render.demo import story
from tocsin.detect.catalogue import detectors

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "docs" / "images" / "demo.svg"
WIDTH = 88
WEB_FONTS = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
"""The picture must not make its readers ask another server for a font."""
FONT, FONTS = "Fira Code, monospace", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace"


def main() -> None:
    """Play the demo and draw it."""
    console = Console(record=True, file=io.StringIO(), width=WIDTH, markup=False, highlight=False, emoji=False)
    for part in story(play(detectors()), RECORDING.relative_to(ROOT)):
        console.print(part)
    drawn = console.export_svg(title="tocsin demo", unique_id="demo")
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(WEB_FONTS.sub("", drawn).replace(FONT, FONTS).rstrip() + "\n")


if __name__ == "__main__":
    main()
