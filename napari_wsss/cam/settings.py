"""What is chosen about activation maps. Torch-free, so that the window can show it."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from napari_wsss.params import Params, knob


class ActivationMaps(Params):
    """How a classifier is asked where it saw the lesion."""

    method: Literal["cam", "grad-cam"] = knob(
        "cam",
        "How the map is read out of the network. cam: the weights of its last layer, exact and quickest; grad-cam: "
        "the gradients, which also reach earlier layers.",
    )
    scales: tuple[float, ...] = knob(
        (0.5, 1.0, 1.5, 2.0),
        "Sizes at which the scan is shown to the network. Small ones see the whole lesion, large ones its outline; "
        "each costs time with its square.",
    )
    layer: str = knob(
        "",
        "Layer whose feature map is used, by its name in the network; empty: the last one. Earlier layers (grad-cam "
        "only) give finer, noisier maps.",
        advanced=True,
    )
    batch_size: int = knob(
        16,
        "Slices worked on at once at scale 1 (fewer at larger scales, so that memory stays the same).",
        ge=1,
        le=512,
        unit="slices",
        advanced=True,
    )

    @field_validator("scales")
    @classmethod
    def _usable(cls, scales: tuple[float, ...]) -> tuple[float, ...]:
        if not scales or len(set(scales)) < len(scales) or not all(0.1 <= scale <= 8 for scale in scales):
            raise ValueError("give one or more different numbers from 0.1 to 8")
        return scales
