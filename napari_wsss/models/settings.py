"""What is chosen about a network. Torch-free, so that the window can show it."""

from __future__ import annotations

from typing import Any, Literal, Self, get_args

from pydantic import model_validator

from napari_wsss.params import Params, knob

Backbone = Literal[
    "alexnet", "googlenet", "vgg16", "vgg19", "resnet18", "resnet34", "resnet50", "resnet101", "densenet121", "local"
]
Pooling = Literal["average", "max", "lse"]
Network = Literal["mixed-unet", "unet", "deeplabv3", "fcn", "unet-3d"]

LOCAL: Backbone = "local"
"""The one backbone that sees no more than the surroundings of each place, and that nobody published."""
BACKBONES: tuple[Backbone, ...] = tuple(name for name in get_args(Backbone) if name != LOCAL)
"""The published ones."""
NETWORKS: tuple[Network, ...] = get_args(Network)
IN_3D: Network = "unet-3d"
"""The one network that sees neighbouring slices together."""
IN_2D: tuple[Network, ...] = tuple(network for network in NETWORKS if network != IN_3D)
"""Those that see each slice alone."""


class ClassifierNet(Params):
    """The network that learns from image-level labels and gives the activation maps."""

    backbone: Backbone = knob(
        "resnet50",
        "Network behind the classifier. local is the quickest to train and shows most closely where the lesion is: it "
        "sees only the surroundings of each place. Of the others, ResNet18 is the quickest.",
    )
    weights: str = knob(
        "imagenet",
        "Where its weights start: 'imagenet' (downloaded through torchvision), 'random', or the path of a file of "
        "weights for the same network: torchvision's, SwAV's (resnet50), or of a classifier trained here.",
    )
    stride: Literal[32, 16, 8, 4] = knob(
        32,
        "Pixels of the input behind one pixel of the activation map: smaller gives finer maps, and takes more time "
        "and memory. The network looks at the same surroundings at every setting; local alone sees less at a smaller "
        "one.",
        unit="pixels",
    )
    blocks: int = knob(
        2,
        "How far local sees: each block adds four cells of its map to the side of the square that a cell sees. No "
        "effect on the other backbones.",
        ge=0,
        le=4,
        advanced=True,
        before=2,
    )
    pooling: Pooling = knob(
        "average",
        "How a class map becomes one score: its average, its maximum, or log-sum-exp (between the two).",
        advanced=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _local_begins_anew(cls, data: Any) -> Any:  # noqa: ANN401 (anything read from YAML)
        if isinstance(data, dict) and data.get("backbone") == LOCAL and "weights" not in data:
            return data | {"weights": "random"}
        return data

    @model_validator(mode="after")
    def _weights_to_be_had(self) -> Self:
        if self.backbone == LOCAL and self.weights == "imagenet":
            raise ValueError("weights: nobody published ImageNet weights of 'local'; write random, or give a file")
        return self


class SegmenterNet(Params):
    """The network that learns masks."""

    network: Network = knob(
        "mixed-unet",
        "Network that learns the masks. unet-3d sees neighbouring slices together, the others see each slice alone.",
    )
    width: int = knob(
        64,
        "Channels of its first level; every other level scales with it. 64 as published (for a GPU), 16 for a "
        "machine without one.",
        ge=4,
        le=256,
        unit="channels",
    )
    depth: int = knob(
        16,
        "Neighbouring slices that unet-3d sees together. Fewer need less memory. A step takes as many such stacks as "
        "hold its examples once or twice over, at least one. No effect on the other networks.",
        ge=2,
        le=256,
        unit="slices",
        advanced=True,
        before=16,
    )


class EmbeddingNet(Params):
    """The network that tells tissues apart voxel by voxel."""

    width: int = knob(
        32,
        "Channels of its first level; deeper ones scale with it. 32 for a GPU, 8 for a machine without one.",
        ge=2,
        le=128,
        unit="channels",
    )
    dimensions: int = knob(
        16, "Length of the vector that describes a voxel. Longer ones can tell more kinds of tissue apart, and need "
        "more memory.", ge=2, le=128, advanced=True,
    )  # fmt: skip


class NeighbourNet(Params):
    """The LSTM that reads neighbouring slices."""

    units: int = knob(
        256, "Size of what the LSTM remembers from slice to slice, in each direction.", ge=4, le=2048, advanced=True
    )


class VolumeSegmenterNet(Params):
    """The 3-D network that learns masks."""

    width: int = knob(
        32,
        "Channels of its first level; deeper ones scale with it. 32 for a GPU, 8 for a machine without one.",
        ge=2,
        le=128,
        unit="channels",
    )
