"""What is chosen about a tied-weight deconvolution network. Torch-free, so that the window can show it."""

from __future__ import annotations

from typing import Literal, Self, get_args

from pydantic import model_validator

from napari_wsss.params import Params, knob

Layout = Literal["xray", "vgg16"]
Nonlinearity = Literal["relu", "softmax"]
Learns = Literal["binary", "multi-label"]
Trains = Literal["all", "tied", "newest"]

LAYOUTS: tuple[Layout, ...] = get_args(Layout)
STAGES = 3
"""Deconvolution stages of the published networks, at most."""


class TiedNet(Params):
    """The network whose deconvolutions use the weights of its convolutions (Kim and Hwang)."""

    network: Layout = knob(
        "xray",
        "Layers of the network: 'xray' has five convolutions of its own (table 1 of Kim and Hwang), 'vgg16' is VGG-16 "
        "(table 2), which can start from photographs.",
    )
    width: int = knob(
        100,
        "Channels of every layer, as a share of the published ones. 100 for a GPU, about 15 for a machine without one.",
        ge=1,
        le=400,
        unit="%",
    )
    weights: str = knob(
        "random",
        "Where the weights of the convolutions start: 'random', 'imagenet' (vgg16 only; downloaded through "
        "torchvision), or the path of a .safetensors or .pth file.",
    )
    nonlinearity: Literal["auto", "relu", "softmax"] = knob(
        "auto",
        "What turns scores of a place into activations. relu: for one kind of lesion, learnt as yes or no; softmax: "
        "the kinds and the background compete for every place. auto: relu for one kind, softmax for several.",
        advanced=True,
    )
    sharpness: float = knob(
        5.0,
        "How the activations of a slice become its score: small values take the average of all places, large ones the "
        "highest place (s of eq. 7).",
        ge=0.1,
        le=100.0,
        step=0.1,
        advanced=True,
    )

    @model_validator(mode="after")
    def _photographs_fit(self) -> Self:
        if self.weights == "imagenet" and (self.network != "vgg16" or self.width != 100):
            raise ValueError(
                f"weights: imagenet is for network vgg16 at width 100; this is {self.network} at {self.width} %. "
                "Take weights: random"
            )
        return self
