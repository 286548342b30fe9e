"""Pictures of one slice of a case: scan, evidence, masks against the reference."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from napari_wsss.errors import InputError
from napari_wsss.types import Array, FloatArray

WIDTH = 360
"""Pixels across one panel."""

MASK_COLOURS = ("#00d5ff", "#ff5ec4", "#7dff5e", "#b69cff")
"""Outline per class, in turn."""
REFERENCE_COLOUR = "#ffb000"
EVIDENCE_COLOURS = "inferno"
_QUALITY = 85
"""Of WebP, 0 … 100: no difference to be seen."""


@dataclass(frozen=True)
class CasePictures:
    """A case in a report.

    Attributes:
        name: heading, such as "sim-012, slice 14".
        panels: what it shows → PNG or WebP file.
        caption: a line below.
        reference: whether the reference is drawn.
    """

    name: str
    panels: Mapping[str, bytes]
    caption: str = ""
    reference: bool = False


def picture_case(
    name: str, scan: Array, *, evidence: FloatArray | None = None, masks: Mapping[str, Array] | None = None,
    reference: Array | None = None, pixel: tuple[float, float] = (1.0, 1.0), caption: str = "",
) -> CasePictures:  # fmt: skip
    """Draw one slice of a case.

    Args:
        name: heading.
        scan: (Y, X) of any range, or (Y, X, 3) colours: whole numbers over their type's range, else [0, 1].
        evidence: (Y, X) in [0, 1], laid over the scan as a heat map.
        masks: name → label map (Y, X); each gets a panel of its own.
        reference: label map (Y, X), outlined in every mask's panel.
        pixel: size of a pixel along Y and X, any unit.
        caption: a line below the pictures.

    Raises:
        InputError: a map or mask of another shape than the scan.
    """
    masks = masks or {}
    _check(scan, {"evidence": evidence, "reference": reference, **masks})
    panels = {"Scan": _panel(scan, pixel)}
    if evidence is not None:
        panels["Evidence"] = _panel(scan, pixel, evidence=evidence)
    for label, mask in masks.items():
        panels[label] = _panel(scan, pixel, mask=mask, reference=reference)
    if reference is not None and not masks:
        panels["Reference"] = _panel(scan, pixel, reference=reference)
    return CasePictures(name, panels, caption, reference is not None)


def compact(case: CasePictures) -> CasePictures:
    """Give the pictures as WebP, about an eighth of their size: for pages with every case of a cohort."""
    return replace(case, panels={name: _webp(content) for name, content in case.panels.items()})


def side_by_side(case: CasePictures) -> bytes:
    """Give the panels of a case as one PNG file, in their order from left to right."""
    from PIL import Image

    panels = [Image.open(io.BytesIO(content)).convert("RGB") for content in case.panels.values()]
    joined = Image.new("RGB", (sum(panel.width for panel in panels), max(panel.height for panel in panels)))
    for place, panel in enumerate(panels):
        joined.paste(panel, (sum(before.width for before in panels[:place]), 0))
    file = io.BytesIO()
    joined.save(file, "png", optimize=True)
    return file.getvalue()


def taken_apart(content: bytes, names: Sequence[str]) -> dict[str, bytes]:
    """Undo :func:`side_by_side`: give name → PNG of panels of the same width."""
    from PIL import Image

    joined = Image.open(io.BytesIO(content))
    width, panels = joined.width // len(names), {}
    for place, name in enumerate(names):
        file = io.BytesIO()
        joined.crop((place * width, 0, (place + 1) * width, joined.height)).save(file, "png")
        panels[name] = file.getvalue()
    return panels


def best_slice(mask: Array, evidence: FloatArray | None = None) -> int:
    """Choose the slice to show: the one with most mask (Z, Y, X), else most evidence (Z, Y, X), else the middle."""
    for stack in (mask > 0, evidence):
        if stack is not None and stack.any():
            return int(np.argmax(stack.sum(axis=(1, 2))))
    return len(mask) // 2


def _webp(content: bytes) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.open(io.BytesIO(content)).convert("RGB").save(file, "webp", quality=_QUALITY)
    return file.getvalue()


def _check(scan: Array, others: Mapping[str, Array | None]) -> None:
    for name, array in others.items():
        if array is not None and array.shape != scan.shape[:2]:
            raise InputError(f"{name}: shape {array.shape}, but the scan's slice is {scan.shape[:2]}.")


def _panel(
    scan: Array, pixel: tuple[float, float], *, evidence: FloatArray | None = None, mask: Array | None = None,
    reference: Array | None = None,
) -> bytes:  # fmt: skip
    # The object interface of matplotlib, not pyplot: no global state, safe in any thread, no window.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    height, width = scan.shape[0] * pixel[0], scan.shape[1] * pixel[1]
    figure = Figure(figsize=(WIDTH / 100, WIDTH / 100 * height / width), dpi=100, facecolor="black")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    axes.imshow(_displayed(scan), cmap="gray", vmin=0.0, vmax=1.0, aspect="auto", interpolation="bilinear")
    if evidence is not None:
        strength = (0.85 * evidence**0.7).clip(0.0, 0.85)
        axes.imshow(evidence, cmap=EVIDENCE_COLOURS, vmin=0.0, vmax=1.0, alpha=strength, aspect="auto")
    if mask is not None:
        _outline(axes, mask, MASK_COLOURS, fill=0.12)
    if reference is not None:
        _outline(axes, reference, (REFERENCE_COLOUR,), dashed=True)
    axes.set_xlim(-0.5, scan.shape[1] - 0.5)
    axes.set_ylim(scan.shape[0] - 0.5, -0.5)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=100, facecolor="black")
    return file.getvalue()


def _displayed(scan: Array) -> FloatArray:
    """Stretch to [0, 1]: colours as they are, grey from the 1st to the 99.5th percentile."""
    values = np.asarray(scan, dtype=np.float32)
    if scan.ndim == 3:
        full = float(np.iinfo(scan.dtype).max) if np.issubdtype(scan.dtype, np.integer) else 1.0
        return np.asarray(values / full).clip(0.0, 1.0)
    low, high = np.percentile(values, (1.0, 99.5))
    return np.asarray((values - low) / max(float(high - low), 1e-6)).clip(0.0, 1.0)


def _outline(axes: Any, labels: Array, colours: tuple[str, ...], fill: float = 0.0, dashed: bool = False) -> None:  # noqa: ANN401
    for label in np.unique(labels[labels > 0]):
        colour = colours[(int(label) - 1) % len(colours)]
        padded = np.pad(labels == label, 1).astype(np.float32)  # closes outlines at the border
        places = [np.arange(-1, size + 1) for size in labels.shape]
        if fill:
            axes.contourf(places[1], places[0], padded, levels=[0.5, 2.0], colors=[colour], alpha=fill)
        style = "dashed" if dashed else "solid"
        axes.contour(places[1], places[0], padded, levels=[0.5], colors=[colour], linewidths=1.6, linestyles=style)
