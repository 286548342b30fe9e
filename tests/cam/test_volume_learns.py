"""From volume-level labels to a place: the attentional map of a network that was never told where."""

import numpy as np
import torch

from napari_wsss.cam.volume import compute_volume_map
from napari_wsss.losses.classification import classification_loss
from napari_wsss.models.volume_classifier import VolumeClassifier
from napari_wsss.models.volume_settings import VolumeClassifierNet
from napari_wsss.progress import drain

SHAPE = (16, 16, 16)


def draw(rng, count):
    """Give noisy volumes, every other one with a bright box, its labels and its places."""
    volumes = rng.normal(0.5, 0.1, (count, 1, *SHAPE)).astype(np.float32)
    places = np.zeros((count, *SHAPE), dtype=bool)
    for number in range(1, count, 2):
        first = [int(rng.integers(2, side - 8)) for side in SHAPE]
        places[(number, *(slice(start, start + 6) for start in first))] = True
    volumes[:, 0][places] += 0.5
    return volumes, np.arange(count) % 2, places


def test_the_map_is_bright_where_the_lesion_is():
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    model = VolumeClassifier(VolumeClassifierNet(width=4, stride=4), 1, 1).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(60):
        volumes, labels, _ = draw(rng, 8)
        loss = classification_loss(model(torch.from_numpy(volumes)), torch.from_numpy(labels[:, None]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    volumes, labels, places = draw(rng, 8)
    with torch.inference_mode():
        scores = model.eval()(torch.from_numpy(volumes))[:, 0].numpy()
    assert ((scores > 0) == labels).mean() > 0.8
    inside, outside = [], []
    for number in np.flatnonzero(labels):
        found = drain(compute_volume_map(model, volumes[number], [(0, SHAPE[0])], "cpu"))
        fine = found.maps[0].repeat(4, 0).repeat(4, 1).repeat(4, 2)
        inside.append(fine[places[number]].mean())
        outside.append(fine[~places[number]].mean())
    assert np.mean(inside) > 1.5 * np.mean(outside)
