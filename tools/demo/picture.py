"""Draw what `tocsin demo` and `tocsin range run` show: writes docs/images. Run from the project's root."""

import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Console, RenderableType

from tocsin.app.demo import RECORDING, play
from tocsin.app.exercise.kept import SHIPPED, Kept
from tocsin.app.exercise.scored import look, scored
from tocsin.app.exercise.story import moments
from tocsin.cli.render.demo import story
from tocsin.cli.render.exercise import timeline, verdict
from tocsin.detect.catalogue import detectors
from tocsin.exercise.catalogue import scenarios

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "docs" / "images"
WIDTH = 88
PLAYED = "unguarded-initialise"
"""The scenario whose run is drawn: it leaves time to act."""
WEB_FONTS = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
"""The picture must not make its readers ask another server for a font."""
FONT, FONTS = "Fira Code, monospace", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace"


def run() -> Iterator[RenderableType]:
    """How the recorded scenario unfolds."""
    kept = Kept(SHIPPED)
    attack = kept.attack(PLAYED)
    yield timeline(moments(attack.truth, look(attack, detectors())), attack.truth)
    yield verdict(scored(scenarios()[PLAYED], attack, kept.twin(PLAYED), detectors()), attack.truth, None)


def draw(name: str, title: str, parts: Iterable[RenderableType]) -> None:
    """Draw what a command prints."""
    console = Console(record=True, file=io.StringIO(), width=WIDTH, markup=False, highlight=False, emoji=False)
    for part in parts:
        console.print(part)
    drawn = console.export_svg(title=title, unique_id=name)
    TARGET.mkdir(parents=True, exist_ok=True)
    (TARGET / f"{name}.svg").write_text(WEB_FONTS.sub("", drawn).replace(FONT, FONTS).rstrip() + "\n")


def main() -> None:
    """Draw both."""
    draw("demo", "tocsin demo", story(play(detectors()), RECORDING.relative_to(ROOT)))
    draw("range", f"tocsin range run {PLAYED}", run())


if __name__ == "__main__":
    main()
