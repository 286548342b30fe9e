"""Sample: one case of middle depth and the cohort's counts, on which steps measure how long they will take."""

from __future__ import annotations

import math
from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Any

from napari_wsss.pipeline.step import Step

if TYPE_CHECKING:
    from torch import Tensor, nn

    from napari_wsss.engine.settings import Fit
    from napari_wsss.pipeline.recipe import Recipe
    from napari_wsss.pipeline.workspace import Workspace


class Sample:
    """What a step needs to know to try a small piece of its work.

    Attributes:
        recipe, workspace, device: of the run that is estimated.
        case: of middle depth.
        depth: its slices.
        channels: of the scans.
        classes: lesion classes.
        slices: of all training patients.
        labelled: those with a known label.
        positive: those with a lesion.
    """

    def __init__(self, recipe: Recipe, workspace: Workspace, device: str) -> None:
        self.recipe, self.workspace, self.device = recipe, workspace, device
        by_depth = sorted(workspace.cases.values(), key=lambda case: case.geometry.shape[0])
        self.case = by_depth[len(by_depth) // 2]
        self.depth = self.case.geometry.shape[0]
        self.channels = len(self.case.channel_names)
        self.classes = len(workspace.labels.classes)
        train = workspace.subset("train")
        labels = [workspace.labels.slice_labels(case_id) for case_id in train]
        self.slices = sum(workspace.cases[case_id].geometry.shape[0] for case_id in train)
        self.labelled = sum(int((table >= 0).any(axis=1).sum()) for table in labels)
        self.positive = sum(int((table == 1).any(axis=1).sum()) for table in labels)

    def step(self, name: str) -> Any:  # noqa: ANN401 (the caller knows which kind its link leads to)
        """Give an upstream step."""
        return self.recipe.step(name)

    def seconds_per_epoch(
        self, step: Fit, examples: int, model: nn.Module, batch: dict[str, Tensor], loss: Callable[..., Tensor]
    ) -> float:
        """Time a training step on ``batch``, times the steps of an epoch of ``examples``."""
        from napari_wsss.engine.fit import seconds_per_step
        from napari_wsss.engine.repeated import times

        examples *= times(max(examples, 1), step.least_examples)
        each = seconds_per_step(model, batch, loss, step, device=self.device)
        return each * math.ceil(examples / step.batch_size)


def seconds_of(do: Callable[[], object]) -> float:
    """Time the second of two calls; the first pays for compilation and warming up."""
    do()
    start = perf_counter()
    do()
    return perf_counter() - start


def side_of(sample: Sample, step: Step) -> int:
    """Give the side, in pixels, of the slices that ``step`` links to."""
    names = (name for name in step.links().values() if sample.recipe.step(name).gives == "slices")
    size: int = sample.step(next(names)).size
    return size
