"""Table IV of Liu et al., redone here: what it costs each segmenter to segment an image, and a whole volume.

Published widths (64 channels), three input channels, float32 on the CPU; each row in a process of its own. "Image": one
of 256 × 256 pixels, the quickest of three. "Volume": 155 slices of 240 × 240 pixels, as the step `predict-masks` asks
about them, eight together. "Peak": the most memory the process held (on CUDA: that was allocated on the device) beyond
what it held before there was a network.

Run: ``python benchmarks/inference_table.py`` (five minutes on two cores), with ``--device cuda`` on a GPU, or with the
names of some networks.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
from collections.abc import Callable
from time import perf_counter

import numpy as np
import psutil
import torch

from napari_wsss.engine.predict import lent, predict_probabilities
from napari_wsss.models.counts import count
from napari_wsss.models.segmenter import build_segmenter
from napari_wsss.models.settings import IN_2D, Network, SegmenterNet
from napari_wsss.progress import drain

VOLUME, IMAGE, CHANNELS, TOGETHER, REPEATS = (155, 240, 240), (256, 256), 3, 8, 3
PAPER: dict[Network, tuple[int, int, float]] = {
    "fcn": (18_643_713, 73, 0.421),
    "unet": (31_043_521, 121, 0.861),
    "deeplabv3": (39_633_729, 155, 0.936),
    "mixed-unet": (10_303_105, 50, 1.153),
}
"""Parameters, memory in MB and seconds an image, as the paper has them; it does not name the machine."""


def seconds_of(work: Callable[[], object], repeats: int = 1) -> float:
    """Time the quickest of some repeats."""
    times = []
    for _ in range(repeats):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return min(times)


def image_seconds(network: torch.nn.Module, device: str) -> float:
    """Time the network alone on one image that is on the device already."""
    image = torch.zeros(1, CHANNELS, *IMAGE, device=device)
    with lent(network, torch.device(device)), torch.inference_mode():
        return seconds_of(lambda: network(image).cpu(), REPEATS)


def volume_seconds(network: torch.nn.Module, device: str) -> float:
    """Time a volume from memory to probabilities."""
    depth, height, width = VOLUME
    slices = np.random.default_rng(0).normal(size=(depth, CHANNELS, height, width)).astype(np.float16)
    asked = {"device": device, "batch_size": TOGETHER, "precision": "32"}
    return seconds_of(lambda: drain(predict_probabilities(network, slices, **asked)))


def peak(device: str) -> float:
    """Give the most memory held so far, in GiB."""
    if device == "cuda":
        return torch.cuda.max_memory_allocated() / 2**30
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # KiB on Linux


def measure(name: Network, device: str) -> None:
    """Print the row of a network."""
    before = 0.0 if device == "cuda" else psutil.Process().memory_info().rss / 2**30
    network = build_segmenter(SegmenterNet(network=name), CHANNELS, 1).eval()
    parameters, (of_paper, memory, seconds) = count(network), PAPER[name]
    image, volume = image_seconds(network, device), volume_seconds(network, device)
    cells = [name, f"{parameters:,}", f"{parameters * 4 / 1e6:.0f} MB", f"{image:.2f} s", f"{volume:.0f} s"]
    cells += [f"{peak(device) - before:.2f} GiB", f"{of_paper:,}", f"{memory} MB", f"{seconds} s"]
    print(f"| {' | '.join(cells)} |", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", default=IN_2D, metavar="|".join(IN_2D))
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    options = parser.parse_args()
    print(f"{torch.get_num_threads()} threads, load {psutil.getloadavg()[0]:.1f}\n" if options.device == "cpu" else "")
    print("| network | parameters | weights | image | volume | peak | paper: parameters | memory | image |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|", flush=True)
    for name in options.networks:
        child = multiprocessing.get_context("spawn").Process(target=measure, args=(name, options.device))
        child.start()
        child.join()


if __name__ == "__main__":
    main()
