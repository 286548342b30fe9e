"""The classification network whose convolutions the X-ray net starts from (Kim and Hwang, section 4.2)."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from napari_wsss.models.crop import middle
from napari_wsss.models.filling import filled, missing
from napari_wsss.models.initialise import initialise
from napari_wsss.models.tied_settings import Learns, TiedNet
from napari_wsss.models.tied_trunk import STRIDE, levels_of, tied_trunk

UNITS = 2048
"""Of each of the two dense layers, at the published width."""


class DenseNetwork(nn.Module):
    """Convolutions, two dense layers with ReLUs, one score for each class and the background.

    Attributes:
        trunk: as in the tied network.
        dense: maps of the convolutions → (B, classes + 1), background first.
        side: of the images, pixels; dense layers take one size only.
        learns: which of the two losses is meant for it.
    """

    def __init__(self, net: TiedNet, in_channels: int, classes: int, side: int) -> None:
        super().__init__()
        self.trunk, self.side = tied_trunk(net, in_channels), side
        self.learns: Learns = "binary" if classes == 1 else "multi-label"
        units = max(1, round(UNITS * net.width / 100))
        inputs = levels_of(self.trunk)[-1][-1].out_channels * ((side + missing(side)) // STRIDE) ** 2
        self.dense = nn.Sequential(
            nn.Flatten(), nn.Linear(inputs, units), nn.ReLU(), nn.Linear(units, units), nn.ReLU(),
            nn.Linear(units, classes + 1),
        )  # fmt: skip
        last = self.dense[-1]
        initialise(self.dense[:-1])
        nn.init.normal_(cast("Tensor", last.weight), std=0.01)  # scores start near 0, or the first steps go too far
        nn.init.zeros_(cast("Tensor", last.bias))

    def forward(self, images: Tensor) -> Tensor:
        """Give the scores, (B, in_channels, side, side) → (B, classes + 1), background first; multi-label: in [0, 1].

        Of larger images the middle is looked at.
        """
        seen = filled(middle(images, images.shape[-1] - self.side))
        scores = cast("Tensor", self.dense(self.trunk(seen)))
        return scores if self.learns == "binary" else scores.float().sigmoid()
