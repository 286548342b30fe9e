"""What a segmenter would learn from if it were trained now, in words, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from napari_wsss.errors import RecipeError
from napari_wsss.pipeline.held_out import held_out
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.learning import SegmenterStep
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.runner import pinned_outside
from napari_wsss.pipeline.standing import unfinished
from napari_wsss.pipeline.workspace import ModelShelf, Workspace
from napari_wsss.session.segmenter_choice import model_to_improve


@dataclass(frozen=True)
class Material:
    """What there is to learn from.

    Attributes:
        accepted: scans with accepted slices to learn from.
        slices: accepted slices in them.
        proposals: scans whose proposal is learnt from, at least on some slices.
        judged: who validates, in a sentence.
        missing: why no training can begin; empty where it can.
        fixed: why the model in use cannot be improved; empty where it can.
    """

    accepted: int = 0
    slices: int = 0
    proposals: int = 0
    judged: str = ""
    missing: str = ""
    fixed: str = ""

    @property
    def sentence(self) -> str:
        """Say it: "Learns from 15 accepted scans (562 slices) and 40 proposals. 5 patients validate, …"."""
        learns = []
        if self.accepted:
            learns.append(f"{_counted(self.accepted, 'accepted scan')} ({_counted(self.slices, 'slice')})")
        if self.proposals:
            learns.append(_counted(self.proposals, "proposal"))
        return f"Learns from {' and '.join(learns)}. {self.judged}" if learns else "There is no mask to learn from yet."


def material_of(recipe: Recipe, workspace: Workspace, name: str, step: SegmenterStep) -> Material:
    """Count what a training would learn from.

    Args:
        recipe: with the project's settings.
        workspace: the project.
        name: of the step that trains the segmenter.
        step: that step.
    """
    target = step.targets
    job = Job(name, recipe, workspace, Keys(recipe, workspace, pinned_outside(recipe, workspace, [step.stage])))
    missing = _behind(job)
    who = held_out(job, step, target)
    slices = {case_id: int(workspace.accepted.slices(case_id).sum()) for case_id in who.train}
    accepted = [case_id for case_id in who.train if slices[case_id]]
    proposals = [
        case_id
        for case_id in _proposed(job, step, target, who.train)
        if slices[case_id] < workspace.cases[case_id].geometry.shape[0]
    ]
    if not missing and not accepted and not proposals:
        missing = "Accept masks of training patients in the Review dock first."
    fixed = _fixed(workspace, name, step)
    return Material(len(accepted), sum(slices.values()), len(proposals), who.note.text, missing, fixed)


def _proposed(job: Job, step: SegmenterStep, target: str, case_ids: Iterable[str]) -> Sequence[str]:
    """Give the cases that have a proposal from which something is learnt."""
    if step.learn_from == "accepted":
        return []
    able = (case_id for case_id in case_ids if case_id not in job.workspace.rejected)
    return [case_id for case_id in able if job.workspace.mask_key(job.recipe, target, case_id) is not None]


def _behind(job: Job) -> str:
    """Say which proposals are missing, and where they are made; empty where all are there."""
    masks = [name for name in job.step.links().values() if job.recipe.step(name).gives == "mask"]
    behind = max((len(unfinished(job.of(name), job.workspace.training_cases())) for name in masks), default=0)
    if not behind:
        return ""
    return (
        f"{_counted(behind, 'scan')} of the training and validation patients lack an up-to-date proposal. Press 'Make "
        "proposals for all cases' in the Tune dock, or learn from accepted masks alone."
    )


def _fixed(workspace: Workspace, name: str, step: SegmenterStep) -> str:
    try:
        model_to_improve(ModelShelf(workspace.models), name, step)
    except RecipeError as error:
        return str(error)
    return ""


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
