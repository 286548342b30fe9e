"""What a setting of the activation maps costs, before anything is computed. Torch-free: the window says it."""

from __future__ import annotations

from collections.abc import Sequence

from napari_wsss.cam.settings import ActivationMaps
from napari_wsss.models.layers import FeatureLayer

LAST = "trunk"


def cost_in_passes(params: ActivationMaps, offered: Sequence[FeatureLayer], classes: int = 1) -> float:
    """Give the cost of a slice's maps, in forward passes of that slice at scale 1.

    A pass at another scale counts with its square. Gradients cost, for each class, another pass of the part of the
    network above the lowest layer chosen: next to nothing at the last one.

    Args:
        params: method, scales, layers and the rest.
        offered: the classifier's layers, see :func:`~napari_wsss.models.layers.feature_layers`; a layer that is not
            among them is taken for the costliest.
        classes: lesion classes of the project.
    """
    area = sum(scale**2 for scale in params.scales)
    if params.method == "cam":
        return area
    known = {layer.name: layer for layer in offered}
    chosen = [known.get(name) for name in params.layers or (LAST,)]
    if params.method == "score-cam":
        return area * (1 + sum(_asked(layer, params.channels, offered) for layer in chosen))
    with_gradients = 1 + classes * max(1.0 if layer is None else layer.above for layer in chosen)
    return area * with_gradients * (params.samples if params.method == "smoothgrad-cam++" else 1)


def _asked(layer: FeatureLayer | None, channels: int, offered: Sequence[FeatureLayer]) -> int:
    """Give how many channels of a layer Score-CAM asks about."""
    there = max(known.channels for known in offered) if layer is None else layer.channels
    return min(channels, there) if channels else there
