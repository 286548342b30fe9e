"""What the process does that test_memory.py starts: a training and questions in an address space that is too small."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

import numpy as np
import psutil
import torch
from torch import nn

from napari_wsss.engine import curves
from napari_wsss.engine.fit import fit
from napari_wsss.engine.predict import predict_logits
from napari_wsss.engine.settings import Fit
from napari_wsss.errors import OutOfMemory
from napari_wsss.progress import Note, drain

MIB = 2**20
EXAMPLES, SIDE, CHANNELS = 8, 128, 256
"""A layer's answer to one example takes 16 MiB, and there are four of them to be kept for the gradient."""


class Noise:
    def __len__(self) -> int:
        return EXAMPLES

    def load(self, indices):
        images = torch.randn(EXAMPLES, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
        return {"image": images[torch.from_numpy(indices)]}


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, CHANNELS, 1), nn.ReLU(), nn.Conv2d(CHANNELS, 8, 1), nn.Conv2d(8, CHANNELS, 1), nn.Tanh(),
        nn.Conv2d(CHANNELS, 1, 1),
    )  # fmt: skip


def loss(model, batch):
    return (model(batch["image"]) - batch["image"].abs()).square().mean()


def trained(folder: Path, **changes):
    """Give the weights a training comes to, and what it said."""
    model, said = network(), []
    params = Fit(epochs=1, batch_size=EXAMPLES, precision="32", learning_rate=0.01).replace(**changes)
    drain(
        fit(model, Noise(), loss, params, stage="train", folder=folder, device="cpu"),
        lambda event: said.append(event.text) if isinstance(event, Note) else None,
    )
    return model, said


def asked():
    """Give the answers of a network to many images at once, and what was said."""
    images, said = np.ones((EXAMPLES, 1, SIDE, SIDE), np.float32), []
    work = predict_logits(network(), [images], device="cpu", precision="32")
    answers = drain(work, lambda event: said.append(event.text) if isinstance(event, Note) else None)
    return answers, said


def leave_free(mib: int) -> None:
    """Narrow the address space to what is taken now and a little more."""
    taken = psutil.Process().memory_info().vms
    resource.setrlimit(resource.RLIMIT_AS, (taken + mib * MIB, resource.RLIM_INFINITY))


def main(folder: Path) -> dict:
    """Do all of it and give what test_memory.py looks at."""
    torch.set_num_threads(1)
    curves.as_png = lambda *_: b""
    said = {}
    parted, _ = trained(folder / "parted", accumulate=4)
    whole, _ = asked()
    leave_free(350)  # all 8 together take more than 512 MiB, two of them about 150
    halved, said["training"] = trained(folder / "halved")
    said["far"] = max(
        float((one - other).abs().max())
        for one, other in zip(parted.state_dict().values(), halved.state_dict().values(), strict=True)
    )
    leave_free(200)
    answers, said["asking"] = asked()
    said["answers far"] = float(np.abs(answers - whole).max())
    leave_free(20)
    try:
        trained(folder / "none")
    except OutOfMemory as error:
        said["none"] = str(error)
    return said


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]))))
