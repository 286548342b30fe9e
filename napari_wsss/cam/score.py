"""Score-CAM (Wang et al. 2020): each channel's map masks the image; how the class scores answer is its weight.

No gradients. The image is multiplied by the map of a channel, stretched to 0 … 1 on the image's grid; the softmax over
the channels of the scores of these images weighs the channels. One run of masked images serves every class.

With ``channels`` only those whose map varies most take part (the variance over the places, as Faster Score-CAM of
tf-keras-vis does): a map that hardly varies masks nothing in particular.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from napari_wsss.cam.gradients import weighted

Score = Callable[[Tensor], Tensor]
"""Images (N, channels, *S) → class scores (N, C)."""

EPSILON = 1e-8
"""Added to a mask's range, as pytorch-grad-cam does."""
_MODES = {1: "linear", 2: "bilinear", 3: "trilinear"}


def score_cam(  # noqa: PLR0917 (all are needed, none has a default)
    score: Score,
    images: Tensor,
    features: Sequence[Tensor],
    classes: Sequence[int] | None,
    channels: int,
    batch_size: int,
) -> Generator[float, None, list[Tensor]]:
    """Weigh the channels of ``features`` by what ``score`` says of the images they mask.

    Args:
        score: asks the network, without gradients.
        images: (B, channels, *S).
        features: their maps (B, K, *s), one a layer.
        classes: indices of the classes wanted; None for all.
        channels: of each layer how many take part, the most varying; 0 for all.
        batch_size: masked images asked about together.

    Yields:
        The part that is done, 0 … 1, after every batch.

    Returns:
        The maps (B, classes, *s) ≥ 0, one a layer.
    """
    chosen = [strongest(feature, channels) for feature in features]
    total = sum(kept.numel() for kept in chosen)
    done, maps = 0, []
    with torch.no_grad():
        empty = score(torch.zeros_like(images[:1]))[0]
    for feature, kept in zip(features, chosen, strict=True):
        own = feature.detach().take_along_dim(kept.reshape(*kept.shape, *[1] * (feature.ndim - 2)), dim=1)
        answers = empty.repeat(*kept.shape, 1)  # a constant map masks everything
        places = varying(own).nonzero()
        for start in range(0, len(places), batch_size):
            part = places[start : start + batch_size]
            with torch.no_grad():
                answers[part[:, 0], part[:, 1]] = score(masked(images, own, part))
            done += len(part)
            yield done / total
        weights = answers.softmax(dim=1)
        indices = range(weights.shape[2]) if classes is None else classes
        maps.append(torch.stack([weighted(own, weights[..., index]).relu() for index in indices], dim=1))
        done += kept.numel() - len(places)
    return maps


def strongest(features: Tensor, channels: int) -> Tensor:
    """Give the indices (B, k) of the ``channels`` channels of (B, K, *S) that vary most; of all of them for 0."""
    count = features.shape[1]
    if not 0 < channels < count:
        return torch.arange(count, device=features.device).expand(len(features), -1)
    return features.detach().flatten(2).var(dim=2, correction=0).topk(channels, dim=1).indices


def varying(features: Tensor) -> Tensor:
    """Give (B, K), True where a channel is not the same in every place."""
    flat = features.flatten(2)
    return flat.amax(dim=2) > flat.amin(dim=2)


def masked(images: Tensor, features: Tensor, places: Tensor) -> Tensor:
    """Give (N, channels, *S): for each (image, channel) in ``places`` (N, 2) the image times the channel's mask."""
    image, channel = places.T
    sides, axes = images.shape[2:], images.ndim - 2
    # With aligned corners, as the published code and pytorch-grad-cam have it.
    masks = F.interpolate(features[image, channel][:, None], size=sides, mode=_MODES[axes], align_corners=True)
    flat = masks.flatten(1)
    low, high = (edge.reshape(-1, *[1] * (axes + 1)) for edge in (flat.amin(1), flat.amax(1)))
    return images[image] * ((masks - low) / (high - low + EPSILON))
