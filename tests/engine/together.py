"""What each of the processes does that test_together.py starts: trainings of one small network, in turn."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import nn

from napari_wsss.engine import curves, ranks
from napari_wsss.engine.fit import FitResult, fit
from napari_wsss.engine.settings import Fit
from napari_wsss.errors import WsssError
from napari_wsss.progress import Note, drain

PARAMS = Fit(epochs=3, batch_size=4, precision="32", learning_rate=0.01)


class Noise:
    """Random images; what is to be found is whether a pixel is bright."""

    def __init__(self, count: int = 11) -> None:
        self.images = np.random.default_rng(0).normal(size=(count, 2, 8, 8)).astype(np.float32)

    def __len__(self) -> int:
        return len(self.images)

    def load(self, indices):
        images = torch.from_numpy(self.images[indices])
        return {"image": images, "mask": (images[:, :1] > 0.5).float()}


def network(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(2, 8, 3, padding=1), nn.Tanh(), nn.Conv2d(8, 1, 3, padding=1))


def loss(model, batch):
    return nn.functional.binary_cross_entropy_with_logits(model(batch["image"]), batch["mask"])


def training(model, folder, objective=loss, params=PARAMS, examples=11, **more):
    more = {"stage": "train", "device": "cpu", "monitor": "score", "validate": Scores()} | more
    return fit(model, Noise(examples), objective, params, folder=folder, **more)


class Scores:
    """The second of three epochs is the best; only the leading process is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, _model):
        assert ranks.leads()
        self.asked += 1
        return {"score": -abs(self.asked - 2)}


def main(folder: Path) -> None:
    """Do what test_together.py looks at afterwards; each process leaves its weights and what it was told."""
    warnings.simplefilter("error")
    torch.set_num_threads(1)
    curves.as_png = lambda *_: b""  # drawing takes longer than all the rest
    for name, scenario in SCENARIOS.items():
        place = folder / name / str(ranks.rank())
        place.mkdir(parents=True)
        model = network(seed=ranks.rank())  # the weights to start from are the leader's
        said = []
        try:
            result = scenario(model, place, said)
            said.append(f"best {result.best_epoch}, {[round(row['loss'], 5) for row in result.history]}")
        except WsssError as error:
            said.append(f"{type(error).__name__}: {error}")
        torch.save(model.state_dict(), place / "weights.pt")
        (place / "said.txt").write_text("\n".join(said))


def whole(model, place, _said) -> FitResult:
    return drain(training(model, place))


def single_examples(model, place, _said) -> FitResult:
    """One example a step: one of two processes has nothing to do."""
    return drain(training(model, place, params=PARAMS.replace(batch_size=1), examples=3))


def stopped_and_resumed(model, place, said) -> FitResult:
    """The last process is asked to stop after the fourth step; then all go on from what the leader wrote."""

    def stop(event):
        if ranks.rank() == ranks.world_size() - 1 and getattr(event, "done", 0) == 4:
            ranks.stop_request.set()

    scores = Scores()
    try:
        drain(training(model, place, validate=scores), stop)
    except WsssError as error:
        said.append(f"{type(error).__name__}: {error}")
    said.append(f"checkpoint: {(place / 'checkpoint').exists()}")
    ranks.stop_request.clear()
    return drain(
        training(model, place, validate=scores),
        lambda event: said.append(event.text) if isinstance(event, Note) else None,
    )


def closed_by_the_leader(model, place, said) -> FitResult:
    """The leader's generator is closed, as a window does it."""
    work = training(model, place)
    for _ in range(3):
        next(work)
    if ranks.leads():
        work.close()
        said.append(f"checkpoint: {(place / 'checkpoint').exists()}")
    return drain(work) if not ranks.leads() else FitResult(0, 0.0, [], 0.0)


def one_runs_out_of_memory(model, place, said) -> FitResult:
    """The last process cannot take two examples at once, in the second step and ever after."""
    calls = []

    def objective(model, batch):
        answer = loss(model, batch)
        calls.append(1)
        if ranks.rank() == ranks.world_size() - 1 and len(calls) == 2:
            raise MemoryError
        return answer

    return drain(
        training(model, place, objective), lambda event: said.append(event.text) if isinstance(event, Note) else None
    )


def the_leader_fails(model, place, _said) -> FitResult:
    def validate(_):
        raise WsssError("nothing can be scored")

    return drain(training(model, place, validate=validate))


SCENARIOS = {
    scenario.__name__: scenario
    for scenario in (
        whole,
        single_examples,
        stopped_and_resumed,
        closed_by_the_leader,
        one_runs_out_of_memory,
        the_leader_fails,
    )
}

if __name__ == "__main__":
    main(Path(sys.argv[1]))
