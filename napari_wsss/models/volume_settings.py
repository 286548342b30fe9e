"""What is chosen about a network that learns from the labels of whole volumes. Torch-free."""

from __future__ import annotations

from typing import Literal

from napari_wsss.params import Params, knob

VolumePooling = Literal["attention", "average", "max"]


class VolumeClassifierNet(Params):
    """The 3-D network that learns from volume-level labels and gives the activation maps."""

    pooling: VolumePooling = knob(
        "attention",
        "How a map becomes one score. attention: the network learns which slices along height, width and depth matter, "
        "and the map is re-weighted by that; average and max: without attention, for comparison.",
    )
    width: int = knob(
        32,
        "Channels of its first level; every other level scales with it. 32 for a GPU, 8 for a machine without one.",
        ge=2,
        le=128,
        unit="channels",
    )
    stride: Literal[8, 4] = knob(
        8,
        "Voxels of the input behind one cell of the activation map: smaller gives finer maps, and takes more time and "
        "memory.",
        unit="voxels",
    )
