"""Table IV of Liu et al., redone here: parameters, memory of the weights and time for one 256 × 256 image.

Run: ``python benchmarks/networks.py``
"""

from __future__ import annotations

from time import perf_counter

import torch

from napari_wsss.models.counts import count
from napari_wsss.models.segmenter import build_segmenter
from napari_wsss.models.settings import NETWORKS, SegmenterNet

REPEATS = 3


def seconds(network: torch.nn.Module) -> float:
    """Time the fastest of some forward passes of one RGB image, float32."""
    image = torch.zeros(1, 3, 256, 256)
    times = []
    with torch.inference_mode():
        for _ in range(REPEATS):
            start = perf_counter()
            network(image)
            times.append(perf_counter() - start)
    return min(times)


def main() -> None:
    """Print the table."""
    print(f"{torch.get_num_threads()} threads\n")
    print("| network | trainable parameters | weights | seconds an image |\n|---|---:|---:|---:|")
    for name in NETWORKS:
        network = build_segmenter(SegmenterNet(network=name), 3, 1).eval()
        parameters = count(network)
        print(f"| {name} | {parameters:,} | {parameters * 4 / 1e6:.0f} MB | {seconds(network):.2f} |", flush=True)


if __name__ == "__main__":
    main()
