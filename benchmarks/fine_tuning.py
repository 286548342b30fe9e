"""Five more accepted scans: going on from the model there is, against training anew. Time, and Dice of other patients.

A project with reference masks is needed. For each seed ten patients count as accepted and a U-Net learns from them
alone; then five more are accepted, and it is trained once from random weights and once from the model there is, with
the settings of ``pipeline/learning.py::epochs_going_on``. A third of all patients, whom no training sees, is scored.

Run: ``python benchmarks/fine_tuning.py PROJECT [--seeds 2] [--epochs 32] [--size 64] [--threads 1]``
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch
from noisy_labels import References, dice, references

from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.learning import epochs_going_on
from napari_wsss.pipeline.trained import load_segmenter
from napari_wsss.progress import drain
from napari_wsss.session import Session

FIRST, MORE = 10, 5
KNOBS = {"network": "unet", "width": 8, "batch_size": 8, "learn_from": "accepted"}


def main() -> None:
    """Print a row a training."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=32)
    parser.add_argument("--size", type=int, default=64, help="side of the network's input, in pixels")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print("| seed | training | accepted | epochs | seconds | Dice |\n|---:|---|---:|---:|---:|---:|")
    with Session.open(options.project, read_only=True) as session, tempfile.TemporaryDirectory() as folder:
        study = Study(session, Path(folder), options)
        for seed in range(options.seeds):
            study.run(seed)


class Study:
    """The three trainings over one project.

    Args:
        session: the project.
        folder: for inputs and models.
        options: size, epochs.
    """

    def __init__(self, session: Session, folder: Path, options: argparse.Namespace) -> None:
        self.masks = references(session)
        recipe = session.recipe.with_knobs("slices", size=options.size)
        self.recipe = recipe.with_knobs("segmenter", **KNOBS, epochs=options.epochs)
        cases = {case_id: case.replace(subset="train") for case_id, case in session.project.cases.items()}
        self.workspace = replace(session.workspace, cases=cases, cache=folder / "cache", models=folder / "models")
        job: Any = self.job({}).of("slices")
        drain(job.step.run(job, sorted(self.masks)))

    def run(self, seed: int) -> None:
        """Train, accept more, go on and begin anew."""
        order = np.random.default_rng(seed).permutation(sorted(self.masks)).tolist()
        scored, taught = order[: len(order) // 3], order[len(order) // 3 :]
        first, more = ({case: self.masks[case] for case in taught[:count]} for count in (FIRST, FIRST + MORE))
        step: Any = self.recipe.step("segmenter")
        start = self.one(scored, first, "first", seed=seed)
        self.one(scored, more, "anew", seed=seed)
        self.one(scored, more, "going on", seed=seed, start=start, epochs=epochs_going_on(step.epochs))

    def one(self, scored: list[str], known: dict[str, Any], name: str, **knobs: Any) -> str:
        """Train and score; give the name of the model's folder."""
        job: Any = self.job(known, **knobs)
        folder = self.workspace.models / f"{name.replace(' ', '-')}-{knobs['seed']}"
        begun = perf_counter()
        card = drain(job.step.train(job, folder))
        seconds, model = perf_counter() - begun, load_segmenter(folder)
        score = np.mean([dice(job, model, case_id, self.masks[case_id]) for case_id in scored])
        print(
            f"| {knobs['seed']} | {name} | {len(known)} | {card['epochs']} | {seconds:.0f} | {score:.3f} |", flush=True
        )
        return folder.name

    def job(self, known: dict[str, Any], **knobs: Any) -> Job:
        """Give the training on accepted masks ``known``."""
        recipe = self.recipe.with_knobs("segmenter", **knobs)
        depths = {case_id: case.geometry.shape[0] for case_id, case in self.workspace.cases.items()}
        workspace = replace(self.workspace, accepted=References(known, depths))
        return Job("segmenter", recipe, workspace, Keys(recipe, workspace), "cpu")


if __name__ == "__main__":
    main()
