"""Peak memory of every stage over a small and a large cohort: it must not grow with the number of scans.

Simulated heads of 24 × 128 × 112 voxels; networks are small, so that the data, not the weights, would be seen to grow.
Each stage runs in a process of its own, one epoch where it trains, so that every slice is read. The peak is that of the
whole process (``VmHWM`` of Linux), torch itself (about 0.4 GiB) included.

Run: ``python benchmarks/cohort_memory.py`` (half an hour on two cores), or with other numbers of scans.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from napari_wsss.pipeline.recipe import Recipe
    from napari_wsss.pipeline.workspace import Workspace

SHAPE = (24, 128, 112)
SMALL = (
    "slices.size=64",
    "classifier.backbone=resnet18",
    "classifier.weights=random",
    "classifier.stride=32",
    "classifier.epochs=1",
    "classifier.batch_size=8",
    "maps.scales=[1.0]",
    "refined-map.scales=[1.0]",
    "segmenter.network=unet",
    "segmenter.width=4",
    "segmenter.epochs=1",
    "segmenter.batch_size=8",
    "crf.iterations=1",
)
IN_3D = ("segmenter.network=unet-3d", "segmenter.depth=8", "segmenter.batch_size=2")
STAGES = {
    "train a classifier": ("train-classifier", ()),
    "activation maps": ("maps", ()),
    "proposals": ("propose", ()),
    "read every example": ("read", ()),
    "train a segmenter": ("train-segmenter", ()),
    "predict": ("predict", ()),
    "train a 3-D segmenter": ("train-segmenter", IN_3D),
    "predict in 3-D": ("predict", IN_3D),
}


def make(folder: Path, scans: int) -> None:
    """Simulate a cohort and make a project of it."""
    from napari_wsss.data.simulated import simulate_cohort
    from napari_wsss.progress import drain
    from napari_wsss.session import Session

    drain(simulate_cohort(folder / "scans", patients=scans, shape=SHAPE))
    given = {name: folder / "scans" / part for name, part in (("images", "images"), ("reference", "masks"))}
    tables = {name: folder / "scans" / f"{name}.csv" for name in ("labels", "split")}
    drain(Session.create(folder / "project", **given, **tables)).close()


def measure(folder: Path, name: str) -> None:
    """Run a stage and print the peak of this process in MiB, and the seconds it took."""
    from napari_wsss.pipeline.runner import run
    from napari_wsss.progress import drain
    from napari_wsss.recipes import recipe_named
    from napari_wsss.session import Session
    from napari_wsss.session.workspaces import workspace_of

    stage, settings = STAGES[name]
    recipe = recipe_named("mixed-unet").with_overrides([*SMALL, *settings])
    with Session.open(folder / "project") as session:
        start = perf_counter()
        workspace = workspace_of(session.project, recipe)
        if stage == "read":
            read(recipe, workspace)
        else:
            drain(run(recipe, workspace, (stage,), device="cpu"))
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    peak = next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))
    print(f"{peak:.0f} {perf_counter() - start:.1f}")


def read(recipe: Recipe, workspace: Workspace) -> None:
    """Make the examples of every kind of segmenter and read all of them, as one epoch does."""
    from napari_wsss.pipeline.batches import MaskedSlices
    from napari_wsss.pipeline.job import Job
    from napari_wsss.pipeline.keys import Keys
    from napari_wsss.pipeline.stacks import MaskedStacks

    job = Job("segmenter", recipe, workspace, Keys(recipe, workspace))
    for kind in (MaskedSlices, MaskedStacks):
        examples = kind(job, recipe.step("segmenter"), workspace.training_cases())
        for index in range(len(examples)):
            examples.load(np.array([index]))


def child(*args: str) -> list[float]:
    """Call this file in a process of its own; give the figures it prints."""
    done = subprocess.run([sys.executable, __file__, *args], check=True, stdout=subprocess.PIPE, text=True)
    return [float(word) for word in done.stdout.split()]


def main(cohorts: list[int]) -> None:
    """Print the table."""
    with TemporaryDirectory() as folder:
        for scans in cohorts:
            child("make", f"{folder}/{scans}", str(scans))
        heads = " | ".join(f"{scans} scans" for scans in cohorts)
        print(f"| stage | {heads} | ratio |\n|---|{'---:|' * (len(cohorts) + 1)}", flush=True)
        for name in STAGES:
            found = [child("stage", f"{folder}/{scans}", name) for scans in cohorts]
            cells = " | ".join(f"{peak:.0f} MiB, {seconds:.0f} s" for peak, seconds in found)
            print(f"| {name} | {cells} | {found[-1][0] / found[0][0]:.2f} |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["make"]:
        make(Path(sys.argv[2]), int(sys.argv[3]))
    elif sys.argv[1:2] == ["stage"]:
        measure(Path(sys.argv[2]), sys.argv[3])
    else:
        main([int(given) for given in sys.argv[1:]] or [20, 200])
