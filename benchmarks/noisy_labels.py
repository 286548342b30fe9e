"""What helps a segmenter that learns from few accepted masks beside many proposals: weight, ignored band, robust loss.

A project with proposals and reference masks is needed. For each seed the patients are shared out anew: a third is
scored against its reference, and of the others the first 0, 10 or 30 count as accepted (their reference stands for the
accepted mask) while the rest keep their proposals. Every variant takes the same number of steps; the last weights
count.

Run: ``python benchmarks/noisy_labels.py PROJECT TABLE.csv [--seeds 3] [--steps 1000] [--size 64]``, and with
``--summary`` to print what the table says.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any, cast

import numpy as np
import torch
from noisy_losses import loss_with_band, robust_loss

from napari_wsss.data.reference import in_classes
from napari_wsss.engine.augment import augmenter
from napari_wsss.engine.fit import fit
from napari_wsss.engine.predict import predict_labels
from napari_wsss.engine.randomness import seeded
from napari_wsss.engine.stepper import Loss
from napari_wsss.models.segmenter import build_segmenter
from napari_wsss.pipeline.batches import MaskedSlices
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.redrawn import draw
from napari_wsss.pipeline.steps import PrepareSlices, TrainSegmenter
from napari_wsss.progress import drain
from napari_wsss.session import Session

VARIANTS: dict[str, dict[str, Any]] = {
    "accepted only": {"learn_from": "accepted"},
    "all alike": {"pseudo_weight": 1.0},
    "proposals a third as often": {"pseudo_weight": 0.3},
    "proposals a tenth as often": {"pseudo_weight": 0.1},
    "robust loss": {"pseudo_weight": 1.0},
    "ignored band": {"pseudo_weight": 1.0},
}
LOSSES: dict[str, Loss] = {"robust loss": robust_loss, "ignored band": loss_with_band}
WITHOUT_ACCEPTED = ("all alike", *LOSSES)
ACCEPTED = (10, 0, 30)
BATCH, WIDTH = 8, 8
COLUMNS = ("seed", "accepted", "variant", "patient", "dice", "slices", "seconds")


class References:
    """Reference masks of some cases, as a workspace asks for accepted ones."""

    def __init__(self, masks: dict[str, Any], depths: dict[str, int]) -> None:
        self._masks, self._depths = masks, depths

    def mask(self, case_id: str) -> Any:
        """Give the mask (Z, Y, X), or None."""
        return self._masks.get(case_id)

    def slices(self, case_id: str) -> Any:
        """Give (Z,): all slices, or none."""
        return np.full(self._depths[case_id], case_id in self._masks)

    def digest(self, case_id: str) -> str:
        """Give a text that tells accepted cases apart."""
        return "reference" if case_id in self._masks else ""


class Steps:
    """So many steps of examples, in ever new orders."""

    def __init__(self, examples: MaskedSlices, step: TrainSegmenter, steps: int) -> None:
        self._examples = examples
        weights = np.where(examples.accepted, 1.0, step.pseudo_weight)
        rng, rounds = np.random.default_rng(step.seed), -(-steps * BATCH // len(examples))
        drawn = [rng.permutation(draw(weights / weights.mean(), rng)) for _ in range(rounds)]
        self._order = np.concatenate(drawn)[: steps * BATCH]

    def __len__(self) -> int:
        return len(self._order)

    def load(self, indices: Any) -> dict[str, torch.Tensor]:
        """Give a batch, and which slices of it are accepted."""
        chosen = self._order[indices]
        return self._examples.load(chosen) | {"accepted": torch.from_numpy(self._examples.accepted[chosen])}


def main() -> None:
    """Run what is missing in the table, or sum it up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("table", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--size", type=int, default=64, help="side of the network's input, in pixels")
    parser.add_argument("--summary", action="store_true")
    options = parser.parse_args()
    if not options.summary:
        torch.set_num_threads(1)
        with Session.open(options.project, read_only=True) as session:
            Study(session, options).run()
    summary(options.table)


def references(session: Session) -> dict[str, Any]:
    """Give the reference masks of a project, in its own classes."""
    labels = session.project.labels
    found = {case_id: case.load_reference() for case_id, case in session.project.cases.items()}
    return {
        case_id: in_classes(mask, labels.volume_labels(case_id)) for case_id, mask in found.items() if mask is not None
    }


class Study:
    """All variants over one project.

    Args:
        session: the project.
        options: table, seeds, steps, size.
    """

    def __init__(self, session: Session, options: argparse.Namespace) -> None:
        self.options = options
        self.recipe = session.recipe.with_knobs("slices", size=options.size)
        self.cases = session.project.cases
        self.masks = references(session)
        self.workspace = replace(session.workspace, cache=options.table.with_suffix("") / "cache")
        job = self.job({}, {})
        prepare: Any = job.of("slices").step
        drain(prepare.run(job.of("slices"), sorted(self.masks)))

    def run(self) -> None:
        """Add a row a patient for every variant that is not in the table yet."""
        done = {(row["seed"], row["accepted"], row["variant"]) for row in read(self.options.table)}
        for accepted in ACCEPTED:
            for seed in range(self.options.seeds):
                for variant in VARIANTS if accepted else WITHOUT_ACCEPTED:
                    if (str(seed), str(accepted), variant) not in done:
                        self.one(seed, accepted, variant)

    def job(self, known: dict[str, Any], knobs: dict[str, Any]) -> Job:
        """Give the training on the references ``known`` beside proposals."""
        depths = {case_id: case.geometry.shape[0] for case_id, case in self.cases.items()}
        workspace = replace(self.workspace, accepted=References(known, depths))
        plain = {"network": "unet", "width": WIDTH, "batch_size": BATCH, "epochs": 1}
        recipe = self.recipe.with_knobs("segmenter", **plain, **knobs)
        return Job("segmenter", recipe, workspace, Keys(recipe, workspace), "cpu")

    def one(self, seed: int, accepted: int, variant: str) -> None:
        """Train one variant, score it and write its rows."""
        start = perf_counter()
        order = np.random.default_rng(seed).permutation(sorted(self.masks)).tolist()
        scored, taught = order[: len(order) // 3], order[len(order) // 3 :]
        known = {case_id: self.masks[case_id] for case_id in taught[:accepted]}
        job = self.job(known, {**VARIANTS[variant], "seed": seed})
        examples = MaskedSlices(job, cast("TrainSegmenter", job.step), sorted(taught))
        model = trained(job, examples, self.options.steps, LOSSES.get(variant))
        rows = [
            (seed, accepted, variant, case_id, dice(job, model, case_id, self.masks[case_id])) for case_id in scored
        ]
        seconds = round(perf_counter() - start, 1)
        append(self.options.table, [(*row, len(examples), seconds) for row in rows])
        mean = np.mean([row[-1] for row in rows])
        print(seed, accepted, variant, len(examples), "slices", f"{mean:.4f}", f"{seconds} s", flush=True)


def trained(job: Job, examples: MaskedSlices, steps: int, loss: Loss | None) -> torch.nn.Module:
    """Give the network after its last step."""
    step = cast("TrainSegmenter", job.step)
    with seeded(step.seed):
        model = build_segmenter(step, examples.channels, 1)
    with tempfile.TemporaryDirectory() as folder:
        given, taken = Steps(examples, step, steps), loss or step.objective()
        drain(fit(model, given, taken, step, stage="x", folder=Path(folder), device="cpu", augment=augmenter(step)))
    return model


def append(table: Path, rows: list[Any]) -> None:
    """Write rows to the table."""
    new = not table.exists()
    with table.open("a", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows] if new else rows)


def dice(job: Job, model: torch.nn.Module, case_id: str, mask: Any) -> float:
    """Score all slices of a patient together, on the grid of the network's input."""
    inputs = cast("TrainSegmenter", job.step).slices
    prepared = cast("PrepareSlices", job.recipe.step(inputs))
    target = prepared.letterbox(mask.shape[1:]).apply_labels(mask) > 0
    slices = job.arrays(inputs, case_id)["slices"]
    batches = (slices[first : first + 16] for first in range(0, len(slices), 16))
    found = drain(predict_labels(model, batches, device="cpu")) > 0
    return float(2 * (found & target).sum() / max(1, found.sum() + target.sum()))


def read(table: Path) -> list[dict[str, str]]:
    """Give the rows written so far."""
    if not table.exists():
        return []
    with table.open(newline="") as file:
        return list(csv.DictReader(file))


def summary(table: Path) -> None:
    """Print mean Dice with its spread over the seeds, and the gain on "all alike" patient by patient."""
    rows = read(table)
    print("| accepted | variant | seeds | Dice, mean ± sd over seeds | gain on all alike ± s.e. |")
    print("|---:|---|---:|---|---|")
    for accepted in sorted({int(row["accepted"]) for row in rows}):
        of = {
            variant: {(row["seed"], row["patient"]): float(row["dice"]) for row in rows
                      if int(row["accepted"]) == accepted and row["variant"] == variant}
            for variant in VARIANTS
        }  # fmt: skip
        for variant, scores in of.items():
            if scores:
                print(f"| {accepted} | {variant} | {_words(scores, of['all alike'])} |")


def _words(scores: dict[tuple[str, str], float], plain: dict[tuple[str, str], float]) -> str:
    seeds = sorted({seed for seed, _ in scores})
    means = [np.mean([value for (seed, _), value in scores.items() if seed == own]) for own in seeds]
    gains = [value - plain[place] for place, value in scores.items() if place in plain]
    error = np.std(gains) / np.sqrt(len(gains)) if gains else float("nan")
    return f"{len(seeds)} | {np.mean(means):.3f} ± {np.std(means):.3f} | {np.mean(gains):+.3f} ± {error:.3f}"


if __name__ == "__main__":
    main()
