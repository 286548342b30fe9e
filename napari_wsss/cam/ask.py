"""Ask any network for activation maps of a batch of images; the answer stays on the device."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from napari_wsss.cam.capture import borrowed, features_of, last_map
from napari_wsss.cam.fold import folded
from napari_wsss.cam.gradients import class_gradients, grad_cam, grad_cam_pp, layer_cam
from napari_wsss.cam.linear import class_activation, class_weights
from napari_wsss.cam.score import score_cam
from napari_wsss.cam.settings import ActivationMaps
from napari_wsss.cam.smooth import noises_for, smooth_grad_cam_pp
from napari_wsss.errors import RecipeError
from napari_wsss.progress import drain, telling

Answer = tuple[list[Tensor], Tensor]
"""Maps (B, classes, *s), one a layer, and class scores (B, C)."""
Asking = Generator[float, None, Answer]
"""Yields the part that is done, 0 … 1; closing it cancels."""

WORTH = 300_000
"""Pixels from which a quicker copy of the network pays off: five images of 240 × 240 (measured with a ResNet50)."""
_OF_GRADIENTS = {"grad-cam": grad_cam, "grad-cam++": grad_cam_pp, "layer-cam": layer_cam}


@dataclass(frozen=True, eq=False)
class Activation:
    """Where a network saw each class.

    Attributes:
        maps: layer → (B, classes, *s), at the resolution of the layer, on the device. CAM keeps its negative values,
            the other methods have none.
        logits: (B, C), the class scores.
    """

    maps: Mapping[str, Tensor]
    logits: Tensor


def activation_maps(
    model: nn.Module,
    images: Tensor,
    method: str = "grad-cam",
    layers: Sequence[str] = (),
    *,
    classes: Sequence[int] | None = None,
    **knobs: Any,  # noqa: ANN401 (validated with the others)
) -> Activation:
    """Ask ``model`` where it sees each class.

    Args:
        model: any network that gives class scores (B, C). It is asked in evaluation mode on the device of ``images``
            and given back exactly as it came, also after an error.
        images: (B, channels, *S), any number of spatial axes that the network takes (Score-CAM: one to three).
        method: one of :class:`~napari_wsss.cam.settings.ActivationMaps`.
        layers: names as in ``model.named_modules()``; none for the last feature map. One forward pass, and one backward
            pass a class, serve all of them.
        classes: indices of the classes wanted, in that order; None for all. Others cost nothing.
        knobs: further knobs of :class:`~napari_wsss.cam.settings.ActivationMaps` (``channels``, ``samples``, …).

    Raises:
        RecipeError: an unknown method, knob or layer, or a layer that "cam" cannot use.
        ModelError: the network or the layer cannot be asked so.
    """
    params = ActivationMaps.parse({"method": method, "layers": tuple(layers), **knobs})
    with borrowed(model, images.device):
        asker = Asker(model, params, images[:1], classes, often=_often(params, images))
        maps, logits = drain(asker.ask(images, range(len(images)), params.batch_size))
    return Activation(dict(zip(asker.layers, maps, strict=True)), logits)


class Asker:
    """A borrowed network and how it is asked.

    Args:
        model: lent by :func:`~napari_wsss.cam.capture.borrowed`.
        params: method, layers and the method's own knobs.
        images: one image or a few, (B, channels, *S), to find the last feature map with.
        classes: indices of the classes wanted; None for all.
        often: whether so many images will follow that a quicker copy of the network pays off, which takes a few
            passes of a small image to make.

    Attributes:
        layers: names of the layers asked about.

    Raises:
        RecipeError: "cam" is asked for another layer than the last.
    """

    def __init__(
        self,
        model: nn.Module,
        params: ActivationMaps,
        images: Tensor,
        classes: Sequence[int] | None = None,
        *,
        often: bool,
    ) -> None:
        self.layers = params.layers
        if params.method == "cam" or not params.layers:
            last = last_map(model, images)
            self.layers = params.layers or (last,)
            if self.layers != (last,):
                raise RecipeError(
                    f"'cam' works on the last feature map ('{last}') only, not on {', '.join(self.layers)}. "
                    "Use method=grad-cam."
                )
        self._params, self._classes = params, classes
        self._model = folded(model, images, keep=self.layers) if often else model

    def ask(self, images: Tensor, numbers: Sequence[int], batch_size: int) -> Asking:
        """Ask about ``images`` (B, channels, *S).

        Args:
            images: on the network's device.
            numbers: B, of the images in their scan; they start the noise of SmoothGrad-CAM++.
            batch_size: masked images of Score-CAM that are asked about together.
        """
        images = _laid_out(images)
        if self._params.method == "score-cam":
            return (yield from self._by_scores(images, batch_size))
        if self._params.method == "smoothgrad-cam++":
            return (yield from self._by_noise(images, numbers))
        return self._by_weights(images) if self._params.method == "cam" else self._by_gradients(images)

    def _by_weights(self, images: Tensor) -> Answer:
        (features,), logits = features_of(self._model, images, self.layers, graph=False)
        weight = class_weights(self._model, features.shape[1], logits.shape[1])
        chosen = weight if self._classes is None else weight[list(self._classes)]
        return [class_activation(features.detach(), chosen)], logits

    def _by_gradients(self, images: Tensor) -> Answer:
        of_gradients = _OF_GRADIENTS[self._params.method]
        features, logits = features_of(self._model, images, self.layers, graph=True)
        own = [feature.detach() for feature in features]
        chosen = range(logits.shape[1]) if self._classes is None else self._classes
        maps = [
            [of_gradients(feature, gradient) for feature, gradient in zip(own, gradients, strict=True)]
            for gradients in class_gradients(logits, features, chosen)
        ]
        return [torch.stack(of_layer, dim=1) for of_layer in zip(*maps, strict=True)], logits.detach()

    def _by_noise(self, images: Tensor, numbers: Sequence[int]) -> Asking:
        samples = self._params.samples
        noises = noises_for(images, numbers, self._params.noise, samples - 1)
        asking = smooth_grad_cam_pp(self._model, images, self.layers, self._classes, noises)
        return (yield from telling(asking, lambda done: done / samples))

    def _by_scores(self, images: Tensor, batch_size: int) -> Asking:
        features, logits = features_of(self._model, images, self.layers, graph=False)
        maps = yield from score_cam(
            lambda masked: self._model(_laid_out(masked)),
            images,
            [feature.detach() for feature in features],
            self._classes,
            self._params.channels,
            batch_size,
        )
        return maps, logits


def _often(params: ActivationMaps, images: Tensor) -> bool:
    """Whether the passes that a batch takes outweigh making a quicker copy of the network."""
    passes = params.samples if params.method == "smoothgrad-cam++" else 1
    return params.method == "score-cam" or images[:, 0].numel() * passes >= WORTH


def _laid_out(images: Tensor) -> Tensor:
    """Lay 2D images out with their channels last on a CPU, whose convolutions are quicker then."""
    suits = images.ndim == 4 and images.device.type == "cpu"
    return images.contiguous(memory_format=torch.channels_last) if suits else images
