"""SmoothGrad-CAM++: Grad-CAM++ whose second and third derivatives are averaged over noisy copies of the image.

Omeiza et al. 2019, "Smooth Grad-CAM++", with torchcam's correction of its α (d² in the numerator). Map and first
derivative are those of the image itself, which also counts as the last of the samples: without noise, and with one
sample, it is Grad-CAM++.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence

import torch
from torch import Tensor, nn

from napari_wsss.cam.capture import features_of
from napari_wsss.cam.gradients import class_gradients, plus_plus


def smooth_grad_cam_pp(
    model: nn.Module, images: Tensor, layers: Sequence[str], classes: Sequence[int] | None, noises: Iterable[Tensor]
) -> Generator[int, None, tuple[list[Tensor], Tensor]]:
    """Ask a borrowed network about ``images`` (B, channels, *S) and about ``images`` + each of ``noises``.

    Yields:
        How many samples are done.

    Returns:
        The maps (B, C, *s) ≥ 0, one a layer, and the scores (B, C) of the images themselves.
    """
    features, logits = features_of(model, images, layers, graph=True)
    chosen = range(logits.shape[1]) if classes is None else classes
    own = list(class_gradients(logits, features, chosen))
    features = [feature.detach() for feature in features]
    derivatives, done = _Derivatives(own), 1
    yield done
    for noise in noises:
        noisy, scores = features_of(model, images + noise, layers, graph=True)
        derivatives.add(class_gradients(scores, noisy, chosen))
        done += 1
        yield done
    maps = [
        [plus_plus(feature, gradients[place], *derivatives.mean(index, place)) for index, gradients in enumerate(own)]
        for place, feature in enumerate(features)
    ]
    return [torch.stack(of_layer, dim=1) for of_layer in maps], logits.detach()


def noises_for(images: Tensor, numbers: Sequence[int], amount: float, count: int) -> Iterator[Tensor]:
    """Give ``count`` noises for ``images`` (B, channels, *S): normal, and always the same for the same slice.

    Args:
        images: the range of each sets how strong its noise is.
        numbers: B, of the slices in their scan; each starts a sequence of its own, so that batches do not matter.
        amount: standard deviation as a part of the image's range.
        count: how many.
    """
    streams = [torch.Generator(images.device).manual_seed(number) for number in numbers]
    flat = images.flatten(1)
    strength = (amount * (flat.amax(1) - flat.amin(1))).reshape(-1, *[1] * (images.ndim - 1))
    for _ in range(count):
        drawn = [torch.randn(images.shape[1:], generator=stream, device=images.device) for stream in streams]
        yield torch.stack(drawn) * strength


class _Derivatives:
    """Sums of squared and cubed gradients, by class and layer."""

    def __init__(self, gradients: Iterable[Sequence[Tensor]]) -> None:
        """Take the first sample: class → layer → (B, K, *s)."""
        self._sums = [[(one.square(), one.pow(3)) for one in of_class] for of_class in gradients]
        self._samples = 1

    def add(self, gradients: Iterable[Sequence[Tensor]]) -> None:
        """Add one more sample."""
        for sums, of_class in zip(self._sums, gradients, strict=True):
            for (squares, cubes), one in zip(sums, of_class, strict=True):
                square = one.square()
                squares.add_(square)
                cubes.add_(square * one)
        self._samples += 1

    def mean(self, index: int, layer: int) -> tuple[Tensor, Tensor]:
        """Give second and third derivative of a class at a layer, (B, K, *s) each."""
        squares, cubes = self._sums[index][layer]
        return squares / self._samples, cubes / self._samples
