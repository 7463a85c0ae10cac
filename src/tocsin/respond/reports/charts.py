"""
Drawings, as SVG that stands alone: how it came how far, and the funds over time.

Numbers become lengths here, which are approximate; the tables beside the drawings have the exact figures.
"""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tocsin.respond.reports.material import dollars, lasting, when

WIDTH, LEFT, RIGHT = 720.0, 20.0, 20.0
LINE_HEIGHT = 22.0
PLOT_HEIGHT = 180.0
AXIS_HEIGHT = 40.0
TAIL = 0.15
"""How much of the width shows what the newest step came to."""
FONT = "Libertinus Serif, Georgia, serif"
COLOURS = {"taken": "#b3261e", "lost": "#7a4b00", "frozen": "#1f5fa8", "recovered": "#1b6e3c"}
"""By figure of the ledger; each is dark enough to be read on white."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A point of time with its name."""

    name: str
    at: float


def moments(found: Sequence[Moment]) -> str:
    """Moments on a line of time, each on a row of its own, with how long after the first it was."""
    ordered = sorted(found, key=lambda each: each.at)
    first, last = ordered[0].at, ordered[-1].at
    height = LINE_HEIGHT * (len(ordered) + 1)
    rows = [
        _moment(each, first, last, LINE_HEIGHT * (number + 1), height - LINE_HEIGHT / 2)
        for number, each in enumerate(ordered)
    ]
    axis = _rule(LEFT, height - LINE_HEIGHT / 2, WIDTH - RIGHT, height - LINE_HEIGHT / 2, "#444444")
    return _svg(height, [axis, *rows])


def steps(series: Iterable[tuple[str, Sequence[tuple[float, int]]]]) -> str:
    """Sums of cents that hold from a time on, one line a figure."""
    lines = [(name, points) for name, points in series if points]
    times = [at for _, points in lines for at, _ in points]
    top = max((cents for _, points in lines for _, cents in points), default=0) or 1
    first, newest = min(times), max(times)
    last = newest + max(1.0, (newest - first) * TAIL)
    drawn = [_stairs(name, points, first, last, top) for name, points in lines]
    legend = [
        _text(LEFT + 130.0 * number, PLOT_HEIGHT + AXIS_HEIGHT, f"{name}", COLOURS.get(name, "#222222"))
        for number, (name, _) in enumerate(lines)
    ]
    axis = [
        _rule(LEFT, PLOT_HEIGHT, WIDTH - RIGHT, PLOT_HEIGHT, "#444444"),
        _text(LEFT, PLOT_HEIGHT + 16, when(first)),
        _text(WIDTH - RIGHT, PLOT_HEIGHT + 16, f"newest {when(newest)}", anchor="end"),
        _text(LEFT, 14, dollars(top)),
    ]
    return _svg(PLOT_HEIGHT + AXIS_HEIGHT + 8, [*axis, *drawn, *legend])


def _moment(moment: Moment, first: float, last: float, y: float, foot: float) -> str:
    x = _across(moment.at, first, last)
    after = f" (+{lasting(moment.at - first)})" if moment.at > first else ""
    is_right = x > WIDTH / 2
    label = _text(x - 8 if is_right else x + 8, y + 4, f"{moment.name}{after}", anchor="end" if is_right else "start")
    return f'{_rule(x, y, x, foot, "#bbbbbb")}<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#222222"/>{label}'


def _stairs(name: str, points: Sequence[tuple[float, int]], first: float, last: float, top: int) -> str:
    path, before = [], 0
    for at, cents in sorted(points):
        x = _across(at, first, last)
        path += [f"{x:.1f},{_up(before, top):.1f}", f"{x:.1f},{_up(cents, top):.1f}"]
        before = cents
    path.append(f"{WIDTH - RIGHT:.1f},{_up(before, top):.1f}")
    colour = COLOURS.get(name, "#222222")
    return f'<polyline points="{" ".join(path)}" fill="none" stroke="{colour}" stroke-width="2"/>'


def _across(at: float, first: float, last: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * ((at - first) / (last - first) if last > first else 0.0)


def _up(cents: int, top: int) -> float:
    return PLOT_HEIGHT - (PLOT_HEIGHT - 24) * (cents / top)


def _rule(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def _text(x: float, y: float, says: str, colour: str = "#222222", anchor: str = "start") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}"'
    return f'<text {place} font-family="{FONT}" font-size="12">{html.escape(says)}</text>'


def _svg(height: float, inside: Iterable[str]) -> str:
    box = f'viewBox="0 0 {WIDTH:.0f} {height:.0f}" width="{WIDTH:.0f}" height="{height:.0f}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img">{"".join(inside)}</svg>'
