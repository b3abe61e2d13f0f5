"""Contrast of path colours: WCAG 2.2, 1.4.3 (text 4.5:1) and 1.4.11 (marks and controls 3:1)."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.data.model import Colour

# The pages' own colours, as in docs/assets/site.css (a test keeps the two alike).
PAGE = {"light": "#ffffff", "dark": "#12181f"}
INK = {"light": "#1b2530", "dark": "#e8ecf0"}
ON_FILL = {"light": "#ffffff", "dark": "#12181f"}
TEXT = 4.5


def luminance(colour: str) -> float:
    """Relative luminance of "#rrggbb", 0 to 1 (WCAG 2.2, definition of relative luminance)."""
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ratio(first: str, second: str) -> float:
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def too_low(colour: Colour) -> Iterator[tuple[str, str, float]]:
    """(palette, what is hard to read, ratio) of every pair below 4.5:1."""
    for palette in ("light", "dark"):
        shades = colour.light if palette == "light" else colour.dark
        pairs = {
            "the path colour on the page": (shades.fill, PAGE[palette]),
            "the path colour on its own tint": (shades.fill, shades.tint),
            "text on the tint": (INK[palette], shades.tint),
            "text on a button": (ON_FILL[palette], shades.fill),
            "text on a button under the pointer": (ON_FILL[palette], shades.hover),
        }
        for what, (front, back) in pairs.items():
            value = ratio(front, back)
            if value < TEXT:
                yield palette, what, value
