"""The scene of the case on the desk: what operations may look at, and which other masks there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from napari_wsss.edit.operation import Operation
from napari_wsss.edit.scene import Scene, Seed
from napari_wsss.errors import InputError
from napari_wsss.types import LabelMap
from napari_wsss.widgets._case_layers import CaseLayers

if TYPE_CHECKING:
    from napari_wsss.widgets._desk import Desk

Masks = Mapping[str, Callable[[], LabelMap | None]]
"""Name → gives the mask; one that lies on disk is read only then."""


def scene_of(desk: Desk, seed: Seed | None = None) -> Scene:
    """Give the scene without its other masks; nothing is copied. Raises InputError where no case is open."""
    layers, loaded = desk.layers, desk.loaded
    if layers is None or loaded is None:
        raise InputError("No case is open. Pick one in the Project dock.")
    shape, channels = layers.mask.shape, _channels(layers)
    return Scene(
        scan=loaded.volume.array,
        spacing=loaded.volume.geometry.spacing,
        z=layers.slice_index,
        label=max(int(layers.mask_layer.selected_label), 1),
        span=desk.operating.span,
        evidence=desk.proposal.evidence,
        corrected=frozenset(z for edit in desk.edits.history.done for z in edit.delta.slices(shape)),
        seed=seed,
        channels=channels,
        windows=_windows(layers, channels),
    )


def with_other(scene: Scene, operation: Operation, masks: Masks) -> Scene:
    """Give the scene with the mask that an operation combines with; it may be read from disk now.

    Raises:
        InputError: it is gone or damaged.
    """
    name: str = getattr(operation, "other", "")
    found = masks[name]() if name in masks else None
    return replace(scene, others={} if found is None else {name: found})


def other_masks(desk: Desk) -> Masks:
    """Give the masks of the case at hand that the mask on the desk can be combined with."""
    session, loaded, layers = desk.session, desk.loaded, desk.layers
    if session is None or loaded is None or layers is None:
        return {}
    proposal, start = desk.proposal.mask, desk.edits.history.start
    mask = layers.mask
    found: dict[str, Callable[[], LabelMap | None]] = {"proposal": lambda: proposal, "start": lambda: start(mask)}
    if loaded.accepted is not None:
        found["accepted"] = lambda: loaded.accepted
    if loaded.prediction is not None:
        found["segmenter"] = lambda: loaded.prediction
    history = session.project.accepted_history(loaded.case_id)
    for number in sorted(history.case_ids(), key=int, reverse=True):
        found[f"version {number}"] = partial(history.read, number)
    return found


def _channels(layers: CaseLayers) -> tuple[int, ...]:
    """Give the channels on the screen; all colours of a colour image; the first where none is shown."""
    if layers.volume.rgb:
        return 0, 1, 2
    shown = tuple(index for index, layer in enumerate(layers.images) if layer.visible)
    return shown or (0,)


def _windows(layers: CaseLayers, channels: tuple[int, ...]) -> tuple[tuple[float, float], ...]:
    if layers.volume.rgb:
        return ((0.0, 255.0),) * 3
    limits = [layers.images[index].contrast_limits for index in channels]
    return tuple((float(low), float(high)) for low, high in limits)
