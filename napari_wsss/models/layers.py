"""The layers of a classifier whose maps are worth looking at, for a list to choose from. Torch-free."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from napari_wsss.models.settings import Backbone


@dataclass(frozen=True)
class FeatureLayer:
    """A layer of a classifier.

    Attributes:
        name: as in the network's ``named_modules()`` and in the knob ``layers``.
        stride: pixels of the input behind one pixel of its map.
        channels: of its map.
        above: part of the network's multiplications that come after it, 0 … 1.
    """

    name: str
    stride: int
    channels: int
    above: float


def feature_layers(backbone: Backbone, stride: int = 32) -> tuple[FeatureLayer, ...]:
    """List the ends of a classifier's stages, from the finest map to the last one, ``trunk``.

    Args:
        backbone: which network.
        stride: the classifier's stride setting, 32, 16, 8 or 4; a stage whose stride it takes away works on a map
            larger by the square of what was taken away.
    """
    stages = _STAGES[backbone]
    parts = [
        (before - after) * (natural / min(natural, stride)) ** 2
        for (_, _, _, before), (_, natural, _, after) in pairwise(((("", 1, 0, 1.0)), *stages))
    ]
    above = [sum(parts[place + 1 :]) / sum(parts) for place in range(len(parts))]
    return tuple(
        FeatureLayer(name, min(natural, stride), channels, share)
        for (name, natural, channels, _), share in zip(stages, above, strict=True)
    )


_RESNET = {
    "resnet18": ((64, 64, 128, 256, 512), (0.93, 0.68, 0.45, 0.23)),
    "resnet34": ((64, 64, 128, 256, 512), (0.97, 0.78, 0.54, 0.18)),
    "resnet50": ((64, 256, 512, 1024, 2048), (0.97, 0.81, 0.56, 0.20)),
    "resnet101": ((64, 256, 512, 1024, 2048), (0.98, 0.90, 0.77, 0.10)),
}
_VGG = {
    "vgg16": ((3, 8, 15, 22, 29), (0.87, 0.69, 0.39, 0.09, 0.0)),
    "vgg19": ((3, 8, 17, 26, 35), (0.90, 0.76, 0.43, 0.09, 0.0)),
}
_Stage = tuple[str, int, int, float]
"""Name, stride, channels, part of the multiplications that come after it; at the published stride of 32."""


def _resnet(channels: tuple[int, ...], above: tuple[float, ...]) -> tuple[_Stage, ...]:
    names = ("trunk.relu", "trunk.layer1", "trunk.layer2", "trunk.layer3", "trunk")
    return tuple(zip(names, (2, 4, 8, 16, 32), channels, (*above, 0.0), strict=True))


def _vgg(numbers: tuple[int, ...], above: tuple[float, ...]) -> tuple[_Stage, ...]:
    names = [f"trunk.features.{number}" for number in numbers]
    return (*zip(names, (1, 2, 4, 8, 16), (64, 128, 256, 512, 512), above, strict=True), ("trunk", 32, 512, 0.0))


_STAGES: dict[Backbone, tuple[_Stage, ...]] = {
    "alexnet": (
        ("trunk.features.1", 4, 64, 0.89),
        ("trunk.features.4", 8, 192, 0.55),
        ("trunk.features.11", 16, 256, 0.0),
        ("trunk", 32, 256, 0.0),
    ),
    "googlenet": (
        ("trunk.conv1", 2, 64, 0.92),
        ("trunk.conv3", 4, 192, 0.68),
        ("trunk.inception3b", 8, 480, 0.42),
        ("trunk.inception4e", 16, 832, 0.08),
        ("trunk", 32, 1024, 0.0),
    ),
    "vgg16": _vgg(*_VGG["vgg16"]),
    "vgg19": _vgg(*_VGG["vgg19"]),
    "resnet18": _resnet(*_RESNET["resnet18"]),
    "resnet34": _resnet(*_RESNET["resnet34"]),
    "resnet50": _resnet(*_RESNET["resnet50"]),
    "resnet101": _resnet(*_RESNET["resnet101"]),
    "densenet121": (
        ("trunk.features.relu0", 2, 64, 0.96),
        ("trunk.features.denseblock1", 4, 256, 0.59),
        ("trunk.features.denseblock2", 8, 512, 0.30),
        ("trunk.features.denseblock3", 16, 1024, 0.07),
        ("trunk", 32, 1024, 0.0),
    ),
    "local": (("trunk", 32, 64, 0.0),),
}
