"""Writes the little of SVG that a chart needs: text, lines, marks, scales with round steps. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

FONT = "DejaVu Sans, Verdana, Arial, sans-serif"
INK, FAINT, GRID, PAPER = "#1f2430", "#5b6372", "#dfe3ea", "#ffffff"


@dataclass(slots=True)
class Drawing:
    """Elements in the order in which they lie on one another; coordinates in pixels from the upper left."""

    width: float
    height: float
    title: str
    parts: list[str] = field(default_factory=list)

    def line(
        self, x1: float, y1: float, x2: float, y2: float, colour: str = GRID, width: float = 1.0, dash: str = ""
    ) -> None:
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"'
            f' stroke-width="{width:g}"{dashes}/>'
        )

    def path(self, points: Sequence[tuple[float, float]], colour: str, width: float = 2.0, dash: str = "") -> None:
        if not points:
            return
        where = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<polyline points="{where}" fill="none" stroke="{colour}" stroke-width="{width:g}"'
            f' stroke-linejoin="round"{dashes}/>'
        )

    def text(
        self, x: float, y: float, words: str, *, size: float = 12, anchor: str = "start", colour: str = INK,
        weight: str = "normal", turned: bool = False,
    ) -> None:  # fmt: skip
        turn = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if turned else ""
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="{anchor}" fill="{colour}"'
            f' font-weight="{weight}"{turn}>{escape(words)}</text>'
        )

    def mark(self, x: float, y: float, shape: int, colour: str, size: float = 6.0) -> None:
        """Circle, square, triangle, diamond, cross and so on: told apart without their colour too."""
        if shape % 6 == 0:
            body = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}"'
        else:
            corners = " ".join(f"{x + size * dx:.1f},{y + size * dy:.1f}" for dx, dy in SHAPES[shape % 6 - 1])
            body = f'<polygon points="{corners}"'
        self.parts.append(f'{body} fill="{colour}" stroke="{PAPER}" stroke-width="1"/>')

    def whole(self) -> str:
        """The document."""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width:g}" height="{self.height:g}"'
            f' viewBox="0 0 {self.width:g} {self.height:g}" font-family={quoteattr(FONT)} role="img">'
        )
        paper = f'<rect width="{self.width:g}" height="{self.height:g}" fill="{PAPER}"/>'
        return "\n".join([head, f"<title>{escape(self.title)}</title>", paper, *self.parts, "</svg>"]) + "\n"


SHAPES = (
    ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    ((0, -1.15), (1.05, 0.85), (-1.05, 0.85)),
    ((0, -1.25), (1.1, 0), (0, 1.25), (-1.1, 0)),
    ((0, 1.15), (1.05, -0.85), (-1.05, -0.85)),
    (
        (-0.4, -1.2), (0.4, -1.2), (0.4, -0.4), (1.2, -0.4), (1.2, 0.4), (0.4, 0.4),
        (0.4, 1.2), (-0.4, 1.2), (-0.4, 0.4), (-1.2, 0.4), (-1.2, -0.4), (-0.4, -0.4),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to pixels."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.start + min(max(share, 0.0), 1.0) * (self.end - self.start)


def steps(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round values (1, 2 or 5 times a power of ten) that span low to high."""
    rough = max(high - low, 1e-9) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    size = power * next(step for step in (1, 2, 5, 10) if step * power >= rough * 0.999)
    first, last = math.floor(low / size + 1e-9), math.ceil(high / size - 1e-9)
    return [round(number * size, 10) for number in range(first, max(last, first + 1) + 1)]
