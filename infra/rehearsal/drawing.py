"""Draws boxes in columns, and numbered arrows between them, as an SVG image."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import dist

from infra.rehearsal.layers import Layers

_WIDE, _HIGH, _THIN = 176, 44, 14
_ACROSS, _GAP, _EDGE = 252, 16, 28
_STYLE = """
    text { font: 14px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: #1f2933; }
    .name { font-weight: 600; }
    .small { font-size: 11.5px; fill: #52606d; }
    .box { fill: #ffffff; stroke: #9aa5b1; stroke-width: 1.2; }
    .app { fill: #eaf3fc; stroke: #2f7fd1; stroke-width: 1.5; }
    .rights { fill: #fff4d6; stroke: #c99a2e; stroke-width: 1.5; }
    .frame { fill: none; stroke: #9aa5b1; stroke-width: 1.2; stroke-dasharray: 5 4; }
    .wait { fill: none; stroke: #52606d; stroke-width: 1.3; marker-end: url(#tip); }
    .tip { fill: #52606d; }
    .dot { fill: #ffffff; stroke: #52606d; stroke-width: 1; }
    .number { font-size: 11px; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e4e9ee; }
      .small { fill: #a6b2bf; }
      .box, .dot { fill: #1b232c; stroke: #5f6c7b; }
      .app { fill: #14304d; stroke: #4d9ae6; }
      .rights { fill: #3a2f12; stroke: #c99a2e; }
      .frame { stroke: #5f6c7b; }
      .wait { stroke: #a6b2bf; }
      .tip { fill: #a6b2bf; }
    }
"""
_TIP = (
    '  <defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"'
    ' orient="auto"><path class="tip" d="M0 0 L8 4 L0 8 z"/></marker></defs>'
)

Spot = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A node: its name, the text below it, and its kind, which is a class of the style."""

    name: str
    below: str
    kind: str = "box"


@dataclass(frozen=True)
class Picture:
    """The content of the picture. Arrows have numbers; those of `into` end at the frame."""

    title: str
    description: str
    boxes: Mapping[str, Box]
    layers: Layers
    numbers: Mapping[tuple[str, str], int]
    frame: str = ""
    into: Mapping[str, int] | None = None


def svg(picture: Picture) -> str:
    """Write a picture as an SVG image."""
    spots = dict(_spots(picture))
    width = 2 * _EDGE + (len(picture.layers.columns) - 1) * _ACROSS + _WIDE
    high = round(max(y for _, y in spots.values()) + _HIGH / 2 + _EDGE)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {high}" role="img"'
        ' aria-labelledby="title desc">',
        f'  <title id="title">{escape(picture.title)}</title>',
        f'  <desc id="desc">{escape(picture.description)}</desc>',
        f"  <style>{_STYLE}  </style>",
        _TIP,
        *_frame(picture, width, high),
        *_arrows(picture, spots),
        *(line for key, each in picture.boxes.items() for line in _box(each, spots[key])),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _spots(picture: Picture) -> Iterator[tuple[str, Spot]]:
    """Yield the middle of the left side of each box and each point."""
    columns = picture.layers.columns
    tall = {
        each: _HIGH if each in picture.boxes else _THIN for column in columns for each in column
    }
    heights = [sum(tall[each] + _GAP for each in column) for column in columns]
    for number, column in enumerate(columns):
        y = _EDGE + (max(heights) - heights[number]) / 2
        for each in column:
            yield each, (_EDGE + number * _ACROSS, y + tall[each] / 2)
            y += tall[each] + _GAP


def _frame(picture: Picture, width: int, high: int) -> Iterator[str]:
    if picture.frame:
        left = _EDGE + _ACROSS - 24
        yield (
            f'  <rect class="frame" x="{left}" y="8" width="{width - left - 8}"'
            f' height="{high - 16}" rx="12"/>'
        )
        yield (
            f'  <text class="small" x="{width - 20}" y="{high - 18}" text-anchor="end">'
            f"{escape(picture.frame)}</text>"
        )


def _arrows(picture: Picture, spots: Mapping[str, Spot]) -> Iterator[str]:
    dots: list[Spot] = []
    for edge, way in picture.layers.ways.items():
        dot = _free_spot(_right(spots[way[0]]), spots[way[1]], dots)
        dots.append(dot)
        yield f'  <path class="wait" d="{_path(way, spots)}"/>'
        yield from _number(picture.numbers[edge], dot)
    for first, number in (picture.into or {}).items():
        (x, y), to = _right(spots[first]), _EDGE + _ACROSS - 24
        yield f'  <path class="wait" d="M{x:.0f} {y:.0f} H{to}"/>'
        yield from _number(number, ((x + to) / 2 - 3, y))


def _path(way: Sequence[str], spots: Mapping[str, Spot]) -> str:
    x, y = _right(spots[way[0]])
    path = [f"M{x:.0f} {y:.0f}"]
    for each in way[1:]:
        to = spots[each]
        middle = (x + to[0]) / 2
        path.append(f"C{middle:.0f} {y:.0f} {middle:.0f} {to[1]:.0f} {to[0]:.0f} {to[1]:.0f}")
        x, y = _right(to)
        if each != way[-1]:
            path.append(f"H{x:.0f}")
    return " ".join(path)


def _free_spot(start: Spot, end: Spot, taken: Sequence[Spot]) -> Spot:
    """Return a free place for a number on the first curve of an arrow, if there is one."""
    places = [_on_curve(start, end, part / 100) for part in (50, 38, 62, 28, 72, 20, 80)]
    free = (each for each in places if all(dist(each, other) > 19 for other in taken))
    return next(free, places[0])


def _on_curve(start: Spot, end: Spot, part: float) -> Spot:
    a, b, c = (1 - part) ** 3, 3 * part * (1 - part), part**3
    middle = (start[0] + end[0]) / 2
    x = a * start[0] + b * middle + c * end[0]
    y = (a + b * (1 - part)) * start[1] + (b * part + c) * end[1]
    return x, y


def _right(spot: Spot) -> Spot:
    return spot[0] + _WIDE, spot[1]


def _number(number: int, spot: Spot) -> Iterator[str]:
    x, y = spot
    yield f'  <circle class="dot" cx="{x:.0f}" cy="{y:.0f}" r="9"/>'
    yield (
        f'  <text class="number" x="{x:.0f}" y="{y + 4:.0f}" text-anchor="middle">{number}</text>'
    )


def _box(box: Box, spot: Spot) -> Iterator[str]:
    x, y = spot[0], spot[1] - _HIGH / 2
    yield (
        f'  <rect class="{box.kind}" x="{x:.0f}" y="{y:.0f}" width="{_WIDE}" height="{_HIGH}"'
        ' rx="8"/>'
    )
    for kind, down, text in (("name", 19, box.name), ("small", 35, box.below)):
        yield (
            f'  <text class="{kind}" x="{x + _WIDE / 2:.0f}" y="{y + down:.0f}"'
            f' text-anchor="middle">{escape(text)}</text>'
        )
