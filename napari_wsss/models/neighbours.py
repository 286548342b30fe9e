"""A classifier whose slices know of their neighbours, through an LSTM (Ramananda & Sundaresan, section 2)."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from napari_wsss.models.classifier import Classifier


class NeighbourClassifier(nn.Module):
    """Trunk of a classifier, global average pooling, LSTM over the slices of a sequence, linear head on every slice.

    It learns in place of the classifier's own head; the trunk is the classifier's very own, so that what the trunk
    learns here stays with it when the LSTM is dropped. The LSTM reads a sequence from both ends (ours).

    Attributes:
        trunk: of the classifier.
        lstm: K features of a slice → ``units`` from each direction.
        head: ``nn.Linear(2 · units, C)``.
    """

    def __init__(self, classifier: Classifier, units: int) -> None:
        super().__init__()
        self.trunk = classifier.trunk
        features, classes = classifier.head.in_features, classifier.head.out_features
        self.lstm = nn.LSTM(features, units, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * units, classes)

    def forward(self, images: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Give the class scores of all slices, in order, those that fill up short sequences left out.

        Args:
            images: sequences of slices (B, T, channels, H, W).
            lengths: (B,) int, slices of each sequence, 1 … T, what comes after is filling; None: T of each.

        Returns:
            (N, C) logits of the N = sum of ``lengths`` slices.
        """
        if lengths is None:
            lengths = torch.full((len(images),), images.shape[1], device=images.device)
        real = within(lengths, images.shape[1])
        pooled = self.trunk(images[real]).mean(dim=(-2, -1))
        sequences = pooled.new_zeros(*real.shape, pooled.shape[-1]).masked_scatter(real[..., None], pooled)
        packed = pack_padded_sequence(sequences, lengths.cpu(), batch_first=True, enforce_sorted=False)
        seen, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=images.shape[1])
        return cast("Tensor", self.head(seen[real]))


def within(lengths: Tensor, longest: int) -> Tensor:
    """Give (B, T) bool, True for the slices of each sequence, False for what fills it up to ``longest``."""
    return torch.arange(longest, device=lengths.device) < lengths[:, None]
