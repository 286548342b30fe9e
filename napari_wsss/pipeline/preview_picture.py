"""The picture of a preview: scan, reference, prediction, difference, with a legend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_wsss.pipeline.taught import IGNORE, lesion
from napari_wsss.types import Array, BoolArray, FloatArray, LabelMap

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont
    from PIL.ImageFont import ImageFont as BitmapFont

Colour = tuple[int, int, int]

RIGHT, MISSED, TOO_MUCH, MIXED_UP, UNJUDGED = (
    (255, 255, 255), (230, 159, 0), (0, 114, 178), (204, 121, 167), (90, 90, 90),
)  # fmt: skip
"""Told apart by the colour-blind too: Okabe & Ito (2008)."""
CLASSES: tuple[Colour, ...] = ((86, 180, 233), (240, 228, 66), (0, 158, 115), (213, 94, 0))
"""Lesions of class 1, 2, … in turn."""

PANEL, GAP, LINE, FONT = 300, 6, 36, 26
"""Pixels; shown at half its size, as beside a form 300 pixels wide, the text is still 13 pixels high."""
_BACK, _TEXT = (24, 24, 24), (240, 240, 240)
_STRENGTH = 0.6


def draw_preview(scan: FloatArray, reference: LabelMap, predicted: LabelMap) -> Array:
    """Draw a slice.

    Args:
        scan: (H, W) of any range.
        reference: label map (H, W), 255 where nothing is known.
        predicted: label map (H, W).

    Returns:
        (pixels, pixels, 3) uint8.
    """
    from PIL import Image, ImageDraw

    grey = _grey(scan)
    panels = {
        "Scan": grey,
        "Reference": _painted(grey, _classes(reference)),
        "Prediction": _painted(grey, _classes(predicted)),
        "Difference": _painted(grey // 2, differences(reference, predicted)),
    }
    legend = _legend(reference, predicted)
    size = (2 * PANEL + GAP, 2 * (PANEL + LINE) + LINE * -(-len(legend) // 2) + GAP)
    picture = Image.new("RGB", size, _BACK)
    draw = ImageDraw.Draw(picture)
    for number, (title, pixels) in enumerate(panels.items()):
        x, y = (number % 2) * (PANEL + GAP), number // 2 * (PANEL + LINE)
        draw.text((x + 4, y + 2), title, _TEXT, font=_font())
        picture.paste(_fitted(pixels), (x, y + LINE))
    for number, (word, colour) in enumerate(legend.items()):
        x, y = (number % 2) * (PANEL + GAP), 2 * (PANEL + LINE) + GAP + LINE * (number // 2)
        draw.rectangle((x + 4, y + 4, x + 4 + FONT, y + 4 + FONT), colour)
        draw.text((x + FONT + 14, y + 2), word, _TEXT, font=_font())
    return np.array(picture)


def differences(reference: LabelMap, predicted: LabelMap) -> dict[Colour, BoolArray]:
    """Say of each place of two label maps (H, W) how they agree: colour → places (H, W)."""
    known, wanted, said = reference != IGNORE, lesion(reference), predicted > 0
    return {
        RIGHT: wanted & (predicted == reference),
        MISSED: wanted & ~said,
        TOO_MUCH: known & ~wanted & said,
        MIXED_UP: wanted & said & (predicted != reference),
        UNJUDGED: ~known,
    }


def _legend(reference: LabelMap, predicted: LabelMap) -> dict[str, Colour]:
    """Name the colours of the difference; those of rare kinds only where they are there."""
    found = differences(reference, predicted)
    words = {"right": RIGHT, "missed": MISSED, "too much": TOO_MUCH, "other class": MIXED_UP, "not judged": UNJUDGED}
    always = (RIGHT, MISSED, TOO_MUCH)
    return {word: colour for word, colour in words.items() if colour in always or found[colour].any()}


def _classes(labels: LabelMap) -> dict[Colour, BoolArray]:
    kinds = [int(label) for label in np.unique(labels) if label not in (0, IGNORE)]
    painted: dict[Colour, BoolArray] = {}
    for kind in kinds:
        colour = CLASSES[(kind - 1) % len(CLASSES)]
        painted[colour] = painted.get(colour, np.zeros(labels.shape, dtype=bool)) | (labels == kind)
    return painted | {UNJUDGED: labels == IGNORE}


def _grey(scan: FloatArray) -> Array:
    """Stretch to 0 … 255 from the 1st to the 99.5th percentile, (H, W, 3)."""
    low, high = np.percentile(scan, (1.0, 99.5))
    values = ((scan - low) / max(float(high - low), 1e-6)).clip(0.0, 1.0)
    return np.repeat((values * 255).astype(np.uint8)[..., None], 3, axis=2)


def _painted(grey: Array, colours: dict[Colour, BoolArray]) -> Array:
    painted = grey.astype(np.float32)
    for colour, places in colours.items():
        painted[places] += _STRENGTH * (np.array(colour, dtype=np.float32) - painted[places])
    return painted.round().astype(np.uint8)


def _fitted(pixels: Array) -> Image:
    """Fit (H, W, 3) into a panel, its sides in proportion, in the middle."""
    from PIL import Image, ImageOps

    return ImageOps.pad(Image.fromarray(pixels), (PANEL, PANEL), method=Image.Resampling.NEAREST, color=_BACK)


def _font() -> FreeTypeFont | BitmapFont:
    from PIL import ImageFont

    return ImageFont.load_default(FONT)
