"""How long activation maps take beside pytorch-grad-cam, and beside the forward pass alone.

    python benchmarks/activation_maps.py [--small] [--repeats 3] [--threads 1] [--clock cpu]
        [--score-network resnet50] [--score-side 96]

Same network (random weights, torchvision's), same input, same number of threads, in one process: ours and theirs take
turns, and the shortest of the repeats counts. The maps of both are compared as well, after their normalisation.

--small takes a ResNet18 and smaller images, and is done in a minute or two. --clock cpu counts the processor's time,
which other programs on the machine disturb less; with one thread it is the wall time of an idle machine.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter, process_time

import numpy as np
import torch
from torch import Tensor, nn

from napari_wsss import torchvision_ops
from napari_wsss.cam.ask import activation_maps

torchvision_ops.declare()
warnings.filterwarnings("ignore")  # of the peer's libraries

PEERS = {"grad-cam": "GradCAM", "grad-cam++": "GradCAMPlusPlus", "layer-cam": "LayerCAM", "score-cam": "ScoreCAM"}
INDEX = 1
"""The class whose maps are wanted."""


@dataclass(frozen=True)
class Setting:
    """What is measured: network and images of the gradient methods, and of Score-CAM."""

    network: str
    batch: int
    score_network: str
    score_side: int


FULL = Setting(network="resnet50", batch=16, score_network="resnet18", score_side=240)
SMALL = Setting(network="resnet18", batch=16, score_network="resnet18", score_side=96)


def network(name: str) -> nn.Module:
    """Build a network with random weights whose normalisations do something."""
    from torchvision.models import get_model

    torch.manual_seed(0)
    model = get_model(name, weights=None, num_classes=2).eval()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.2, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 2)
    nn.init.uniform_(model.get_submodule("fc").weight, -0.05, 0.1)  # so that a map has something positive
    return model


def scans(count: int, side: int) -> Tensor:
    """Give images with a bright blob each, (count, 3, side, side)."""
    torch.manual_seed(1)
    axis = torch.arange(side, dtype=torch.float32)
    places = torch.rand(count, 2, 1) * side
    rows, columns = (torch.exp(-((axis - places[:, which]) ** 2) / side) for which in (0, 1))
    return (rows[:, None, :, None] * columns[:, None, None, :] + 0.1 * torch.rand(count, 1, side, side)).repeat(
        1, 3, 1, 1
    )


def theirs(model: nn.Module, layer: str, images: Tensor, method: str) -> np.ndarray:
    """Ask pytorch-grad-cam."""
    import pytorch_grad_cam
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    with (
        contextlib.redirect_stderr(io.StringIO()),
        getattr(pytorch_grad_cam, PEERS[method])(model, [model.get_submodule(layer)]) as peer,
    ):
        maps: np.ndarray = peer(images, [ClassifierOutputTarget(INDEX)] * len(images))
    return maps


def ours(model: nn.Module, layer: str, images: Tensor, method: str, channels: int = 0) -> np.ndarray:
    """Ask for the same class and normalise as they do: min-max, resize, min-max."""
    from pytorch_grad_cam.utils.image import scale_cam_image

    found = activation_maps(model, images, method, [layer], classes=[INDEX], channels=channels).maps[layer]
    sides = (images.shape[3], images.shape[2])
    return scale_cam_image(np.maximum(scale_cam_image(found[:, 0].numpy(), sides), 0))


def forward(model: nn.Module, images: Tensor) -> Tensor:
    """The plain forward pass, without gradients."""
    with torch.no_grad():
        scores: Tensor = model(images)
    return scores


def shortest(
    tasks: dict[str, Callable[[], object]], repeats: int, clock: Callable[[], float]
) -> tuple[dict[str, float], dict[str, object]]:
    """Run the tasks in turns; give the shortest time of each, and what each gave last."""
    best, results = dict.fromkeys(tasks, float("inf")), {}
    for turn in range(repeats + 1):
        for name, do in tasks.items():
            start = clock()
            results[name] = do()
            if turn:  # the first turn warms up
                best[name] = min(best[name], clock() - start)
    return best, results


def gradients(setting: Setting, side: int, repeats: int, clock: Callable[[], float]) -> None:
    """Print the table of the gradient methods."""
    model, images = network(setting.network), scans(setting.batch, side)
    methods = ["grad-cam", "grad-cam++", "layer-cam"]
    tasks: dict[str, Callable[[], object]] = {"forward": lambda: forward(model, images)}
    for method in methods:
        tasks[f"ours {method}"] = lambda method=method: ours(model, "layer4", images, method)
        tasks[f"theirs {method}"] = lambda method=method: theirs(model, "layer4", images, method)
    best, results = shortest(tasks, repeats, clock)
    print(f"{setting.network}, batch {setting.batch}, {side}×{side}, last layer; forward {best['forward']:.3f} s\n")
    print("| method | ours (s) | of the forward pass | pytorch-grad-cam (s) | times as fast | largest difference |")
    print("|---|---:|---:|---:|---:|---:|")
    for method in methods:
        mine, other = best[f"ours {method}"], best[f"theirs {method}"]
        apart = np.abs(np.asarray(results[f"ours {method}"]) - np.asarray(results[f"theirs {method}"])).max()
        passes = mine / best["forward"]
        print(f"| {method} | {mine:.3f} | {passes:.2f} | {other:.3f} | {other / mine:.1f} | {apart:.0e} |")


def scores(setting: Setting, repeats: int, clock: Callable[[], float]) -> None:
    """Print the table of Score-CAM."""
    model, images = network(setting.score_network), scans(1, setting.score_side)
    tasks: dict[str, Callable[[], object]] = {
        "ours": lambda: ours(model, "layer4", images, "score-cam"),
        "theirs": lambda: theirs(model, "layer4", images, "score-cam"),
        "strongest 64": lambda: ours(model, "layer4", images, "score-cam", 64),
    }
    best, results = shortest(tasks, repeats, clock)
    apart = np.abs(np.asarray(results["ours"]) - np.asarray(results["theirs"])).max()
    side = setting.score_side
    print(f"\nScore-CAM, {setting.score_network}, one image of {side}×{side}, last layer\n")
    print("| channels | ours (s) | pytorch-grad-cam, all (s) | times as fast | largest difference |")
    print("|---|---:|---:|---:|---:|")
    print(f"| all | {best['ours']:.2f} | {best['theirs']:.2f} | {best['theirs'] / best['ours']:.2f} | {apart:.0e} |")
    print(f"| 64 | {best['strongest 64']:.2f} | | {best['theirs'] / best['strongest 64']:.1f} | |")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="a smaller network and smaller images")
    parser.add_argument("--repeats", type=int, default=3, help="turns of which the shortest counts")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="of torch, for both")
    parser.add_argument("--score-network", help="torchvision's name of the network that Score-CAM is measured on")
    parser.add_argument("--score-side", type=int, help="side of its image in pixels")
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall", help="what is counted")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    setting = SMALL if options.small else FULL
    setting = replace(
        setting,
        score_network=options.score_network or setting.score_network,
        score_side=options.score_side or setting.score_side,
    )
    clock = process_time if options.clock == "cpu" else perf_counter
    print(
        f"torch {torch.__version__}, {options.threads} threads, {options.clock} time, shortest of {options.repeats}\n"
    )
    gradients(setting, 112 if options.small else 240, options.repeats, clock)
    scores(setting, max(1, options.repeats - 1), clock)


if __name__ == "__main__":
    main()
