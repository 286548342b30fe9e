"""What each part of a recipe earns: the Dice of its proposals with one part taken away or changed, by patient.

Proposals alone: no segmenter is trained, so that a variant that only refines differently takes a minute. The project
needs references; what it has trained under equal settings is used again, such as that of a fold of a benchmark.

Run: ``python benchmarks/proposal_ablation.py PROJECT [--recipe default] [--variants NAME …] [--device cpu]``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import cast

import numpy as np

from napari_wsss.data.reference import in_classes
from napari_wsss.metrics.bootstrap import paired_difference
from napari_wsss.metrics.foreground import foreground_dice
from napari_wsss.metrics.overlap import confusion
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.share import share_results
from napari_wsss.pipeline.workspace import Workspace
from napari_wsss.progress import drain
from napari_wsss.recipes import recipe_named
from napari_wsss.session import Session
from napari_wsss.session.branches import branch
from napari_wsss.session.running import job_of
from napari_wsss.session.workspaces import workspace_of
from napari_wsss.store.project import Project
from napari_wsss.types import Array, LabelMap

STAGES = ("train-classifier", "maps", "propose")


def proposals(session: Session, name: str, recipe: Recipe, device: str, made: list[Project]) -> dict[str, float]:
    """Make the proposals of a variant in a branch; give patient → Dice."""
    with branch(session.project, f"proposal-ablation/{name}", recipe) as own:
        target = workspace_of(own, recipe)
        for source in made:
            drain(share_results(recipe, workspace_of(source, recipe), target))
        drain(session.worker.run(own, job_of(own, recipe, STAGES, device, cases=None), earlier=False))
        made.append(own)
        counts: dict[str, Array] = {}
        for case in own.cases.values():
            if case.reference:
                counts[case.patient] = counts.get(case.patient, 0) + counted(target, recipe, case.id)
        return {patient: foreground_dice(count) for patient, count in counts.items()}


def counted(workspace: Workspace, recipe: Recipe, case_id: str) -> Array:
    """Count the voxels of a case's proposal against its reference; a case without proposal has nothing marked."""
    reference = cast("LabelMap", workspace.cases[case_id].load_reference())
    mask = workspace.mask(recipe, recipe.proposal, case_id)
    mask = np.zeros_like(reference) if mask is None else mask
    classes = len(workspace.labels.classes)
    return confusion(mask, in_classes(reference, workspace.labels.volume_labels(case_id)), classes)


def main() -> None:
    """Print a row a variant as soon as it is there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("--recipe", default="default")
    parser.add_argument("--variants", nargs="*")
    parser.add_argument("--device", default="cpu")
    asked = parser.parse_args()
    recipe = recipe_named(asked.recipe)
    wanted = asked.variants or list(recipe.ablations)
    with Session.open(asked.project) as session:
        subsets = {case.patient: case.subset for case in session.project.cases.values()}
        parts = [part for part in ("train", "val", "test") if part in subsets.values()]
        print(f"| variant | {' | '.join(parts)} | all | median | minus the whole (95 %) |")
        print("|---" + "|---:" * (len(parts) + 3) + "|")
        made = [session.project]
        whole = proposals(session, "full", recipe, asked.device, made)
        for name in ("full", *wanted):
            changed = recipe if name == "full" else recipe.with_overrides(recipe.ablations[name])
            found = whole if name == "full" else proposals(session, name, changed, asked.device, made)
            means = [np.mean([value for who, value in found.items() if subsets[who] == part]) for part in parts]
            change = paired_difference(whole, found)
            told = "" if name == "full" else "{difference:+.3f} ({low:+.3f} … {high:+.3f})".format(**change)
            values = list(found.values())
            figures = " | ".join(f"{figure:.3f}" for figure in (*means, np.mean(values), np.median(values)))
            print(f"| {name} | {figures} | {told} |", flush=True)


if __name__ == "__main__":
    main()
