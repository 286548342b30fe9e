import csv
import math

import numpy as np
import pytest
import torch
from torch import nn

from napari_wsss.data.augment import Augment
from napari_wsss.engine.augment import augmenter
from napari_wsss.engine.fit import fit, seconds_per_step
from napari_wsss.engine.ranks import stop_request
from napari_wsss.engine.settings import Fit
from napari_wsss.errors import Cancelled, InputError, WsssError
from napari_wsss.progress import About, Note, Progress, drain

SIZE = 16


@pytest.fixture(autouse=True)
def _no_drawing(monkeypatch):
    """Drawing the curves takes longer than these trainings; it is tested in test_records.py."""
    monkeypatch.setattr("napari_wsss.engine.curves.as_png", lambda *_: b"")


class Blobs:
    """Bright squares on noise; the label is whether there is one, the mask where."""

    def __init__(self, count: int = 11) -> None:
        rng = np.random.default_rng(0)
        self.images = rng.normal(0, 0.3, (count, 2, SIZE, SIZE)).astype(np.float32)
        self.masks = np.zeros((count, SIZE, SIZE), np.int64)
        for index in range(0, count, 2):
            y, x = rng.integers(0, SIZE - 6, 2)
            self.masks[index, y : y + 6, x : x + 6] = 1
        self.images += 2 * self.masks[:, None]

    def __len__(self) -> int:
        return len(self.images)

    def load(self, indices):
        return {"image": torch.from_numpy(self.images[indices]), "mask": torch.from_numpy(self.masks[indices])}


def network(seed: int = 0) -> nn.Module:
    """Batch norm, dropout and a transposed convolution: everything that could upset resuming."""
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(2, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout2d(0.2),
        nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(), nn.ConvTranspose2d(8, 1, 2, 2),
    )  # fmt: skip


def loss(model, batch):
    return nn.functional.binary_cross_entropy_with_logits(model(batch["image"])[:, 0], batch["mask"].float())


def train(model, folder, params, batches=None, **more):
    more = {"stage": "train", "device": "cpu", "augment": augmenter(Augment())} | more
    return fit(model, Blobs() if batches is None else batches, loss, params, folder=folder, **more)


def close_after(work, events: int) -> None:
    """Close a training after so many events, the badge not counted."""
    while events:
        events -= not isinstance(next(work), About)
    work.close()


def assert_same(one: nn.Module, two: nn.Module) -> None:
    for (name, left), right in zip(one.state_dict().items(), two.state_dict().values(), strict=True):
        assert torch.equal(left, right), name


PARAMS = Fit(epochs=3, batch_size=4, precision="32", learning_rate=0.01)


def test_same_seed_same_weights(tmp_path):
    models = [network() for _ in range(3)]
    for number, (model, seed) in enumerate(zip(models, (0, 0, 1), strict=True)):
        torch.manual_seed(number)  # what ran before must not matter
        drain(train(model, tmp_path / str(number), PARAMS.replace(seed=seed)))
    assert_same(models[0], models[1])
    assert not torch.equal(models[0][0].weight, models[2][0].weight)


@pytest.mark.parametrize(
    "changes", [{}, {"optimizer": "sgd", "schedule": "step", "halve_every": 1}, {"precision": "bf16"}]
)
@pytest.mark.parametrize("stops", [[1], [4], [5], [3, 6], [2, 4, 5]])
def test_resumed_equals_uninterrupted(tmp_path, changes, stops):
    params = PARAMS.replace(**changes)

    def validate(_):  # the second of three epochs is the best
        counted.append(1)
        return {"score": -abs(len(counted) - 2)}

    counted: list[int] = []
    whole, parts = network(), network()
    straight = drain(train(whole, tmp_path / "whole", params, validate=validate, monitor="score"))
    assert straight.best_epoch == 2
    counted.clear()
    for events in stops:
        close_after(train(parts, tmp_path / "parts", params, validate=validate, monitor="score"), events)
        parts = network(seed=9)  # nothing but the checkpoint carries over
    resumed = drain(train(parts, tmp_path / "parts", params, validate=validate, monitor="score"))
    assert_same(whole, parts)
    assert resumed.best_epoch == straight.best_epoch
    for left, right in zip(straight.history, resumed.history, strict=True):
        assert {**left, "seconds": 0} == {**right, "seconds": 0}


def test_a_closed_training_leaves_a_checkpoint_and_says_where_it_goes_on(tmp_path):
    work = train(network(), tmp_path, PARAMS)
    close_after(work, 6)  # three steps and the end of epoch 1, two steps of epoch 2
    assert (tmp_path / "checkpoint" / "state.safetensors").exists()
    events = []
    drain(train(network(), tmp_path, PARAMS), events.append)
    assert events[0] == Note("Training goes on in epoch 2, at step 3.")
    assert not (tmp_path / "checkpoint").exists()


@pytest.mark.parametrize(
    ("step", "place"),
    [(1, "epoch 1, at step 2"), (3, "epoch 1, at step 4"), (5, "epoch 2, at step 3")],  # of 3: what is left is judging
)
def test_a_training_asked_to_stop_does_so_before_the_next_step_and_goes_on_later(tmp_path, step, place):
    def ask(event):
        if isinstance(event, Progress) and event.done == step and "samples_per_second" in event.values:
            stop_request.set()

    whole, parts = network(), network()
    drain(train(whole, tmp_path / "whole", PARAMS))
    with pytest.raises(Cancelled, match="stopped"):
        drain(train(parts, tmp_path, PARAMS), ask)
    stop_request.clear()
    parts = network(seed=9)
    events = []
    drain(train(parts, tmp_path, PARAMS), events.append)
    assert Note(f"Training goes on in {place}.") in events
    assert_same(whole, parts)


def test_what_is_done_at_last_sees_the_best_weights_and_may_be_interrupted(tmp_path):
    """An interruption there must not cost the training."""
    seen = []

    def look(model):
        def work(best):
            assert best == 0
            seen.append({name: tensor.clone() for name, tensor in model.state_dict().items()})
            yield Progress("look", 1, 2)
            yield Progress("look", 2, 2)

        return work

    def validate(_):  # the second of three epochs is the best
        counted.append(1)
        return {"score": -abs(len(counted) - 2)}

    counted: list[int] = []
    given = {"validate": validate, "monitor": "score"}
    first = network()
    work = train(first, tmp_path, PARAMS, at_last=look(first), **given)
    for event in work:
        if isinstance(event, Progress) and event.stage == "look":
            break
    work.close()
    second, events = network(seed=9), []
    result = drain(train(second, tmp_path, PARAMS, at_last=look(second), **given), events.append)
    assert (result.best_epoch, len(counted), len(seen)) == (2, 3, 2), "no epoch is done again"
    assert_same(first, second)
    assert all(torch.equal(tensor, second.state_dict()[name]) for one in seen for name, tensor in one.items())
    assert [event.done for event in events if isinstance(event, Progress)] == [1, 2]
    assert not (tmp_path / "checkpoint").exists()


def test_validation_hears_of_a_stop_too(tmp_path):
    def validate(_):
        stop_request.set()
        yield Progress("predict", 1, 2)
        yield Progress("predict", 2, 2)
        pytest.fail("it went on")

    with pytest.raises(Cancelled):
        drain(train(network(), tmp_path, PARAMS, validate=validate, monitor="dice"))
    stop_request.clear()
    assert (tmp_path / "checkpoint").exists()


def test_checkpoint_of_other_settings_is_left_alone(tmp_path):
    close_after(train(network(), tmp_path, PARAMS), 2)
    other, fresh, events = network(), network(), []
    changed = PARAMS.replace(learning_rate=0.02)
    drain(train(other, tmp_path, changed), events.append)
    assert "other settings" in events[0].text
    drain(train(fresh, tmp_path / "fresh", changed))
    assert_same(other, fresh)


def test_damaged_checkpoint_is_told_and_ignored(tmp_path):
    close_after(train(network(), tmp_path, PARAMS), 2)
    file = tmp_path / "checkpoint" / "state.safetensors"
    file.write_bytes(file.read_bytes()[:500])
    events = []
    result = drain(train(network(), tmp_path, PARAMS), events.append)
    assert events[0].level == "warning"
    assert "damaged" in events[0].text
    assert len(result.history) == 3


class OneBatch(Blobs):
    """The same four examples, sixteen times an epoch."""

    def __len__(self) -> int:
        return 64

    def load(self, _):
        return super().load(np.arange(4))


def test_one_batch_is_learnt_by_heart(tmp_path):
    model = network()
    model[4].p = 0.0
    params = Fit(epochs=10, batch_size=4, precision="32", learning_rate=0.02, schedule="constant", weight_decay=0)
    result = drain(train(model, tmp_path, params, OneBatch(4), augment=None))
    assert result.best < 0.02
    batch = Blobs(4).load(np.arange(4))
    assert torch.equal(model(batch["image"])[:, 0] > 0, batch["mask"] > 0)


def test_best_epoch_is_kept(tmp_path):
    scores, weights = iter([0.2, 0.9, 0.3]), []

    def validate(model):
        assert not model.training
        weights.append({name: tensor.clone() for name, tensor in model.state_dict().items()})
        return {"dice": next(scores)}

    model = network()
    result = drain(train(model, tmp_path, PARAMS, validate=validate, monitor="dice"))
    assert (result.best_epoch, result.best) == (2, 0.9)
    assert all(torch.equal(tensor, weights[1][name]) for name, tensor in model.state_dict().items())
    assert not model.training


def test_patience_stops_early(tmp_path):
    events = []
    scores = iter([0.5, 0.4, 0.45, 0.6])
    params = PARAMS.replace(epochs=50, patience=2)
    work = train(network(), tmp_path, params, validate=lambda _: {"dice": next(scores)}, monitor="dice")
    result = drain(work, events.append)
    assert (len(result.history), result.best_epoch) == (3, 1)
    assert events[-1] == Note("Stopped after epoch 3: none of the last 2 was better than epoch 1.")


def test_events_tell_the_story(tmp_path):
    told = []
    drain(train(network(), tmp_path, PARAMS, validate=lambda _: {"dice": 0.5}), told.append)
    events = [event for event in told if isinstance(event, Progress)]
    steps = [event for event in events if "samples_per_second" in event.values]
    assert [(event.done, event.total) for event in steps] == [(step, 9) for step in range(1, 10)]
    assert [event.values["epoch"] for event in steps] == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert all(event.stage == "train" and event.values["loss"] > 0 for event in steps)
    assert [event.values["step"] for event in steps] == [1, 2, 3] * 3
    assert all((event.values["epochs"], event.values["steps"]) == (3, 3) for event in events)
    assert steps[0].values["lr"] == 0.01
    assert 0.01 < steps[0].values["memory_gib"] < 100
    ends = [event for event in events if "dice" in event.values]
    assert [event.message for event in ends] == [f"epoch {epoch} of 3 done" for epoch in (1, 2, 3)]
    assert [(event.values["epoch"], event.values["step"]) for event in ends] == [(1, 3), (2, 3), (3, 3)]
    with (tmp_path / "curves.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1.0", "2.0", "3.0"]
    assert set(rows[0]) == {"epoch", "loss", "lr", "dice", "seconds"}


def test_validation_may_be_long_work(tmp_path):
    def validate(_):
        yield Progress("predict", 1, 2)
        yield Note("half")
        return {"dice": 0.5}

    events = []
    result = drain(train(network(), tmp_path, PARAMS, validate=validate, monitor="dice"), events.append)
    assert result.best == 0.5
    assert Note("half") in events
    assert {event.stage for event in events if isinstance(event, Progress)} == {"train"}
    work = train(network(), tmp_path, PARAMS, validate=validate, monitor="dice")
    close_after(work, 4)  # closed within the validation: its epoch is not lost
    drain(train(network(), tmp_path, PARAMS, validate=validate, monitor="dice"), events.append)
    assert Note("Training goes on in epoch 1, at step 4.") in events


def test_training_mode_comes_back_after_validation(tmp_path):
    modes = []

    def watched(model, batch):
        modes.append(model.training)
        return loss(model, batch)

    model = network().eval()
    drain(fit(model, Blobs(), watched, PARAMS, stage="t", folder=tmp_path, device="cpu", validate=lambda _: {"a": 1.0}))
    assert all(modes)


def test_divergence_is_one_clear_line_and_keeps_the_checkpoint(tmp_path):
    close_after(train(network(), tmp_path, PARAMS), 4)
    before = (tmp_path / "checkpoint" / "state.safetensors").read_bytes()

    def broken(model, batch):
        return loss(model, batch) * math.nan

    with pytest.raises(WsssError, match=r"diverged.*Lower learning_rate"):
        drain(fit(network(), Blobs(), broken, PARAMS, stage="t", folder=tmp_path, device="cpu"))
    assert (tmp_path / "checkpoint" / "state.safetensors").read_bytes() == before


def test_no_examples(tmp_path):
    with pytest.raises(InputError, match="no example"):
        drain(train(network(), tmp_path, PARAMS, Blobs(0)))


def test_unknown_monitor(tmp_path):
    with pytest.raises(WsssError, match=r"'auc'.*dice"):
        drain(train(network(), tmp_path, PARAMS, validate=lambda _: {"dice": 1.0}, monitor="auc"))


def test_model_comes_back_plain_also_after_cancel(tmp_path):
    model = network()
    close_after(train(model, tmp_path, PARAMS), 2)
    assert all(tensor.is_contiguous() for tensor in model.state_dict().values())


def test_the_callers_random_numbers_go_on_untouched(tmp_path):
    torch.manual_seed(4)
    expected = torch.rand(2)
    torch.manual_seed(4)
    work = train(network(), tmp_path, PARAMS)
    torch.manual_seed(4)
    drain(work)
    assert torch.equal(torch.rand(2), expected)


def test_seconds_per_step_leaves_the_model_alone():
    model = network()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    assert seconds_per_step(model, Blobs().load(np.arange(4)), loss, PARAMS, device="cpu") > 0
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
