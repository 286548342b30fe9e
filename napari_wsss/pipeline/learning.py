"""Learning: what masks a segmenter learns from, and how much it believes them. Torch-free, for forms to show."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import field_validator

from napari_wsss.data.augment import Augment
from napari_wsss.engine.settings import Fit
from napari_wsss.params import knob
from napari_wsss.pipeline.step import Step, link

if TYPE_CHECKING:
    from napari_wsss.engine.stepper import Loss

LearnFrom = Literal["all", "accepted"]

FEWER_EPOCHS = 4
"""By how much the epochs fall when a training goes on from a trained model; a lower learning rate gained less."""


class Learning(Step):
    """What masks a segmenter learns from."""

    learn_from: LearnFrom = knob(
        "all",
        "Masks it learns from: all (accepted masks, and the proposals of the other scans), or only those that were "
        "accepted, which needs no proposals.",
        title="learn from",
        before="all",
    )
    pseudo_weight: float = knob(
        0.1,
        "How often it looks at a proposed slice beside an accepted one: 1 as often, 0.1 a tenth as often. An "
        "epoch takes as long either way. Without accepted masks it has no effect.",
        ge=0.01,
        le=1.0,
        step=0.01,
        title="weight of proposals",
        advanced=True,
        before=1.0,
    )
    start: str = knob(
        "",
        "Trained model to go on from: the name of a folder among the project's models, of the same network. Empty: "
        "random weights.",
        title="start from model",
        advanced=True,
        before="",
    )

    @field_validator("start")
    @classmethod
    def _one_folder(cls, start: str) -> str:
        if start != Path(start).name:
            raise ValueError("must be the name of one of the project's models, such as 'segmenter-1a2b3c4d5e6f'")
        return start

    def links(self) -> dict[str, str]:
        """Leave out the proposals where nothing is learnt from them: they need not be there."""
        links = super().links()
        if self.learn_from == "all":
            return links
        return {field: name for field, name in links.items() if "mask" not in self.link_kinds()[field]}


class SegmenterStep(Augment, Fit, Learning):
    """Base of the steps that train a segmenter.

    Attributes:
        targets: name of the step whose masks it learns from, beside the accepted ones.
    """

    targets: str = link("mask", help="mask it learns from")

    def links(self) -> dict[str, str]:
        """Name the targets last: keys count links in order, and models trained before the base class had it stay."""
        links = super().links()
        return {field: name for field, name in links.items() if field != "targets"} | links

    @abstractmethod
    def objective(self) -> Loss:
        """Give the loss of a batch."""


def epochs_going_on(epochs: int) -> int:
    """Give the epochs of a training that goes on from a trained model, of those it would take anew."""
    return max(1, round(epochs / FEWER_EPOCHS))
