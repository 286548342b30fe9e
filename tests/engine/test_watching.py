"""Pictures of a network while it learns."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from napari_wsss.engine.watching import PREVIEW, Watcher
from napari_wsss.errors import ProjectError


def picture(model):
    value = int(model(torch.ones(2, 1)).mean() > 0)
    torch.rand(3)
    return np.full((4, 6, 3), 200 + value, np.uint8), "Seen"


def network():
    model = nn.Sequential(nn.Linear(1, 1), nn.BatchNorm1d(1), nn.Dropout(0.5))
    model[1].eval()  # frozen by whoever made it
    return model


def test_the_picture_is_written_and_nothing_else_changes(tmp_path):
    model = network()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    event, png = Watcher(picture, "segmenter", tmp_path).look(model, "epoch 3")
    assert torch.equal(torch.rand(1), expected)
    assert (event.stage, event.caption, event.path) == ("segmenter", "Seen, epoch 3", str(tmp_path / PREVIEW))
    assert (tmp_path / PREVIEW).read_bytes() == png
    assert np.asarray(Image.open(tmp_path / PREVIEW)).shape == (4, 6, 3)
    assert (model.training, model[1].training, model[2].training) == (True, False, True)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


def test_it_is_due_after_the_first_epoch_and_within_one_after_a_minute(tmp_path):
    watcher = Watcher(picture, "segmenter", tmp_path)
    assert watcher.due(epoch_ends=True)
    assert not watcher.due(epoch_ends=False)


def test_a_picture_that_costs_much_comes_seldom(tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("napari_wsss.engine.seldom.perf_counter", lambda: now[0])

    def slow(model):
        now[0] += 2.0
        return picture(model)

    watcher = Watcher(slow, "segmenter", tmp_path)
    watcher.look(network(), "epoch 1")
    now[0] = 2.0 + 99.0
    assert not watcher.due(epoch_ends=True)
    now[0] = 2.0 + 100.0
    assert watcher.due(epoch_ends=True)
    assert watcher.due(epoch_ends=False)


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ProjectError, match="cannot be written"):
        Watcher(picture, "segmenter", tmp_path / "file").look(network(), "epoch 1")
