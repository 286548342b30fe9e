"""What a training tells: kept in its folder, shown in pictures, whole after an interruption."""

import csv
import struct

import numpy as np
import pytest
import torch
from tensorboardX.proto.event_pb2 import Event
from torch import nn

from napari_wsss.engine.fit import fit
from napari_wsss.engine.settings import Fit
from napari_wsss.errors import ProjectError
from napari_wsss.progress import About, Picture, Progress, drain

PARAMS = Fit(epochs=3, batch_size=2, precision="32", learning_rate=0.01)
STEPS = 3


class Noise:
    """Six images of noise and what is to be learnt of them."""

    def __len__(self):
        return 6

    def load(self, indices):
        rng = np.random.default_rng(0)
        images, labels = rng.normal(size=(6, 1, 8, 8)).astype(np.float32), rng.random((6, 1), np.float32)
        return {"image": torch.from_numpy(images[indices]), "label": torch.from_numpy(labels[indices])}


def network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.Dropout(0.3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 1)
    )


def loss(model, batch):
    return nn.functional.mse_loss(model(batch["image"]), batch["label"])


def restless(model):
    """Do all that a picture may do: ask the network and draw random numbers."""
    with torch.inference_mode():
        said = float(model(torch.rand(1, 1, 8, 8)))
    np.random.default_rng().random()
    return np.zeros((4, 4, 3), np.uint8), f"{said:.3f}"


def train(model, folder, **more):
    return fit(model, Noise(), loss, PARAMS, stage="t", folder=folder, device="cpu", **more)


def steps_in_tensorboard(folder):
    found = []
    for path in sorted((folder / "tensorboard").iterdir()):
        raw, at = path.read_bytes(), 0
        while at < len(raw):
            (length,) = struct.unpack_from("Q", raw, at)
            event = Event.FromString(raw[at + 12 : at + 12 + length])
            found += [event.step for value in event.summary.value if value.tag == "step/loss"]
            at += 16 + length
    return found


def test_being_watched_changes_no_bit_of_what_is_learnt(tmp_path, monkeypatch):
    monkeypatch.setattr("napari_wsss.engine.watching._STEP_SECONDS", 0)
    monkeypatch.setattr("napari_wsss.engine.watching._STEP_SHARE", 0)
    monkeypatch.setattr("napari_wsss.engine.watching._EPOCH_SHARE", 0)
    alone, watched, events = network(), network(), []
    drain(train(alone, tmp_path / "alone"))
    drain(train(watched, tmp_path / "watched", watch=restless), events.append)
    for left, right in zip(alone.state_dict().values(), watched.state_dict().values(), strict=True):
        assert torch.equal(left, right)
    pictures = [event for event in events if isinstance(event, Picture)]
    assert len(pictures) == 3 * (STEPS + 1) + 1
    assert [event.caption.partition(", ")[2] for event in pictures[:5]] == ["epoch 1"] * 4 + ["epoch 2"]
    assert pictures[-1].caption.partition(", ")[2].startswith("best epoch: ")
    assert not (tmp_path / "alone" / "preview.png").exists()


def test_the_facts_come_first_and_a_picture_after_the_first_epoch_and_at_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr("napari_wsss.engine.watching._EPOCH_SHARE", 1e9)
    events = []
    drain(train(network(), tmp_path, watch=restless), events.append)
    assert isinstance(events[0], About)
    assert [number for number, event in enumerate(events) if isinstance(event, Picture)] == [5, len(events) - 1]
    assert (tmp_path / "preview.png").exists()


def test_the_best_weights_are_shown_at_the_end_and_closing_there_loses_nothing(tmp_path):
    scores = iter([3.0, 1.0, 2.0, 4.0])
    judged = {"validate": lambda _: {"loss": next(scores)}, "watch": restless}
    work = train(network(), tmp_path, **judged)
    for event in work:
        if isinstance(event, Picture) and event.caption.endswith("best epoch: 2"):
            break
    work.close()
    model = network()
    result = drain(train(model, tmp_path, **judged))
    assert (result.best_epoch, len(result.history)) == (2, 3)
    assert next(scores) == 4.0  # nothing was trained or judged again
    straight, again = network(), iter([3.0, 1.0, 2.0])
    drain(train(straight, tmp_path / "straight", validate=lambda _: {"loss": next(again)}))
    for left, right in zip(model.state_dict().values(), straight.state_dict().values(), strict=True):
        assert torch.equal(left, right)


@pytest.mark.parametrize("told", [1, 3, 4, 5, 8])
def test_an_interrupted_training_keeps_every_step_and_every_epoch_once(tmp_path, told):
    work = train(network(), tmp_path)
    while told:
        told -= isinstance(next(work), Progress)
    work.close()
    drain(train(network(), tmp_path))
    assert steps_in_tensorboard(tmp_path) == list(range(1, 3 * STEPS + 1))
    with (tmp_path / "curves.csv").open() as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == ["1.0", "2.0", "3.0"]
    assert (tmp_path / "curves.png").exists()


def test_records_that_cannot_be_written_end_the_training_in_one_clear_line(tmp_path):
    (tmp_path / "curves.csv").mkdir()
    with pytest.raises(ProjectError, match=r"curves.csv: cannot be written"):
        drain(train(network(), tmp_path))
