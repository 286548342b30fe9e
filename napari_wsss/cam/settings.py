"""What is chosen about activation maps. Torch-free, so that the window can show it."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from napari_wsss.params import Params, knob

Method = Literal["cam", "grad-cam", "grad-cam++", "smoothgrad-cam++", "layer-cam", "score-cam"]


class ActivationMaps(Params):
    """How a classifier is asked where it saw the lesion."""

    method: Method = knob(
        "cam",
        "How the map is read out of the network. cam: the weights of its last layer, exact and quickest; grad-cam: the "
        "gradients, which also reach earlier layers, as quick; grad-cam++: the same, kinder to several lesions in one "
        "slice; layer-cam: the same, place by place, the sharpest on earlier layers; smoothgrad-cam++: grad-cam++ "
        "steadied by noisy copies of the scan, takes as many times as long as there are samples; score-cam: asks "
        "about the scan masked by each channel, without gradients, takes as many times as long as there are channels.",
    )
    scales: tuple[float, ...] = knob(
        (0.5, 1.0, 1.5, 2.0),
        "Sizes at which the scan is shown to the network. Small ones see the whole lesion, large ones its outline; "
        "each costs time with its square.",
    )
    layers: tuple[str, ...] = knob(
        (),
        "Layers whose feature maps are used, by their names in the network; none: the last one. Earlier layers (not "
        "for cam) give finer, noisier maps and cost a little more. The maps of several layers are averaged.",
    )
    channels: int = knob(
        64,
        "For score-cam: how many channels of the feature map are asked about, the most varying ones; 0: all, which "
        "can take an hour a scan. Time grows with it.",
        ge=0,
        le=4096,
        unit="channels",
        advanced=True,
    )
    samples: int = knob(
        8,
        "For smoothgrad-cam++: how many copies of the scan are averaged, the scan itself among them. Time grows with "
        "it. It steadies earlier layers; at the last layer of a network with average pooling noise changes nothing.",
        ge=1,
        le=64,
        unit="copies",
        advanced=True,
    )
    noise: float = knob(
        0.1,
        "For smoothgrad-cam++: how strong the noise of the copies is, as a part of the slice's range of brightness.",
        ge=0.0,
        le=1.0,
        step=0.01,
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

    @field_validator("layers")
    @classmethod
    def _named_once(cls, layers: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(layers)) < len(layers) or not all(layers):
            raise ValueError("give different names of layers, or none for the last feature map")
        return layers
