"""What a knob is chosen from where the knob alone cannot know: layers of the network, scales, channels of the scan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_wsss.params import Params

if TYPE_CHECKING:
    from napari_wsss.widgets._desk import Desk

SCALES = (0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
"""Sizes worth offering; others can be set in a recipe or on the command line."""
MOST_SRGB = 128.0
"""Upper end of the sliders; wider tells hardly any tissues apart."""


@dataclass(frozen=True)
class Pick:
    """Any of some items: value → title and tooltip. With ``least`` 1 the last one cannot be given up."""

    items: tuple[tuple[Any, str, str], ...]
    least: int = 0


@dataclass(frozen=True)
class PerChannel:
    """One number for all channels, or one for each."""

    names: tuple[str, ...]
    lower: float
    upper: float


@dataclass(frozen=True)
class OneOf:
    """One of some values: those of the knob's that can be used here."""

    values: tuple[Any, ...]


Choices = Mapping[str, Pick | PerChannel | OneOf]
"""Knob → what it is chosen from."""


def choices_for(desk: Desk, step: Params) -> Choices:
    """Give the choices for the knobs of a step of the project at hand."""
    kind = getattr(step, "kind", "")
    if kind == "activation-maps":
        return {"scales": _scales(SCALES, step), "layers": _layers(desk, step)}
    if kind == "fuse-maps":
        return {"scales": _scales(_computed(desk, step), step)}
    if kind == "cluster-filter":
        return {"choose": OneOf(step.accepted("choose"))}
    if kind == "crf-kernel" and desk.loaded is not None:
        return {"srgb": PerChannel(tuple(desk.loaded.volume.channels), 1.0, MOST_SRGB)}
    return {}


def _scales(offered: tuple[float, ...], step: Any) -> Pick:  # noqa: ANN401
    every = sorted({*offered, *step.scales})
    return Pick(tuple((scale, f"×{scale:g}", _about_scale(scale)) for scale in every), least=1)


def _about_scale(scale: float) -> str:
    seen = "the whole lesion, coarsely" if scale < 1 else "the outline" if scale > 1 else "the scan as it is"
    return f"The scan at {scale:g} times its size: sees {seen}. Costs {scale**2:g} forward passes per slice."


def _computed(desk: Desk, step: Any) -> tuple[float, ...]:  # noqa: ANN401
    """Give the scales that the maps behind ``step`` are computed at."""
    maps = desk.session.recipe.steps.get(step.maps) if desk.session is not None else None
    return tuple(getattr(maps, "scales", ()))


def _layers(desk: Desk, step: Any) -> Pick:  # noqa: ANN401
    """Give the layers of the classifier that is asked, the finest first."""
    from napari_wsss.models.layers import feature_layers
    from napari_wsss.pipeline.networks import network_step

    recipe = desk.session.recipe if desk.session is not None else None
    classifier: Any = recipe.step(network_step(recipe, step.classifier)) if recipe is not None else None
    offered = feature_layers(classifier.backbone, classifier.stride) if classifier is not None else ()
    strides = [layer.stride for layer in offered]
    items = [
        (
            layer.name,
            _layer_title(layer.name, layer.stride, alone=strides.count(layer.stride) == 1),
            f"{layer.name}: one cell of its map is {layer.stride} pixels wide",
        )
        for layer in offered
    ]
    known = {name for name, _, _ in items}
    return Pick((*items, *((name, name, name) for name in step.layers if name not in known)))


def _layer_title(name: str, stride: int, *, alone: bool) -> str:
    """Give how fine a layer's map is, "1/8" of the input's size, and its name where that does not tell it apart."""
    if name == "trunk":
        return "last"
    return f"1/{stride}" if alone else f"1/{stride} {name.rpartition('.')[2]}"
