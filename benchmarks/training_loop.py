"""How fast the training loop is beside a bare torch loop of the same network, batch and precision.

    python benchmarks/training_loop.py [--device cuda] [--threads 2] [--rounds 9] [--only unet]

Both read their batches from the same memory-mapped file, in one process, an epoch of the one and an epoch of the other
in turn, so that whatever else the computer does meets both alike. The ratio of each pair of epochs is taken: 1 is as
fast as bare torch. Processor time is hardly disturbed by what else runs on the computer. On a CUDA device it
also says which share of the time the GPU was busy in our epochs (NVML).
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import torch
from torch import Tensor, nn

from napari_wsss.engine.device import choose_to_learn, memory_format
from napari_wsss.engine.fit import fit
from napari_wsss.engine.randomness import batch_order, seeded
from napari_wsss.engine.settings import Fit
from napari_wsss.losses.segmentation import segmentation_loss
from napari_wsss.models.segmenter import build_segmenter, build_volume_segmenter
from napari_wsss.models.settings import SegmenterNet, VolumeSegmenterNet
from napari_wsss.progress import Progress

CHANNELS = 4


@dataclass(frozen=True)
class Setup:
    """One network with its input."""

    build: Callable[[], nn.Module]
    shape: tuple[int, ...]
    batch: int
    steps: int


def slices(network: str, side: int = 128, batch: int = 8, steps: int = 40) -> Setup:
    """Give the setup of a network for slices."""
    net = SegmenterNet(network=network, width=16)
    return Setup(lambda: build_segmenter(net, CHANNELS, 1), (side, side), batch, steps)


CPU = {
    "Mixed-UNet, width 16, 128², batch 8": slices("mixed-unet"),
    "U-Net, width 16, 128², batch 8": slices("unet"),
    "3-D U-Net, width 8, 32 × 64 × 64, batch 2": Setup(
        lambda: build_volume_segmenter(VolumeSegmenterNet(width=8), CHANNELS, 1), (32, 64, 64), 2, 40
    ),
}
CUDA = {
    f"Mixed-UNet, width 16, 256², batch {batch}": slices("mixed-unet", side=256, batch=batch, steps=100)
    for batch in (8, 32)
}


class OnDisk:
    """Examples in one memory-mapped file, as training reads them: float16 on disk, float32 in the batch."""

    def __init__(self, folder: Path, setup: Setup) -> None:
        self._count = setup.batch * setup.steps
        file = folder / "images.npy"
        rng = np.random.default_rng(0)
        np.save(file, rng.normal(size=(self._count, CHANNELS, *setup.shape)).astype(np.float16))
        self._images = np.load(file, mmap_mode="r")

    def __len__(self) -> int:
        return self._count

    def load(self, indices: np.ndarray) -> dict[str, Tensor]:
        """Read a batch."""
        images = torch.from_numpy(self._images[indices].astype(np.float32))
        return {"image": images, "targets": (images[:, 0] > 1).to(torch.int64)}


def loss(model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
    """Give the cross-entropy."""
    return segmentation_loss(model(batch["image"]), batch["targets"])


def ours(setup: Setup, data: OnDisk, params: Fit, folder: Path, device: str) -> Iterator[None]:
    """Train with fit; stands still after each epoch."""
    work = fit(build(setup, params), data, loss, params, stage="train", folder=folder, device=device)
    for event in work:
        if isinstance(event, Progress) and event.message.endswith("done"):
            yield


def bare(setup: Setup, data: OnDisk, params: Fit, device: str) -> Iterator[None]:
    """Train as anybody would who writes the loop by hand, with the same means; stands still after each epoch."""
    model = build(setup, params)
    fabric, _ = choose_to_learn(model, device, params.precision)
    target, layout = fabric.device, memory_format(model)
    model.to(target, memory_format=layout).train()
    optimizer = torch.optim.Adam(model.parameters(), params.learning_rate, weight_decay=params.weight_decay, fused=True)
    for epoch in range(params.epochs):
        for indices in batch_order(len(data), params.batch_size, params.seed, epoch):
            batch = data.load(indices)
            if target.type == "cuda":
                batch = {name: tensor.pin_memory().to(target, non_blocking=True) for name, tensor in batch.items()}
            if batch["image"].ndim == 4:
                batch["image"] = batch["image"].contiguous(memory_format=layout)
            with fabric.autocast():
                logits = model(batch["image"])
            value = segmentation_loss(logits.float(), batch["targets"])
            value.backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        value.item()  # waits for the device
        yield


def build(setup: Setup, params: Fit) -> nn.Module:
    """Give the network, always with the same weights."""
    with seeded(params.seed):
        return setup.build()


class Busy:
    """Share of the time the GPU was busy, asked of the driver ten times a second in a thread."""

    def __init__(self, device: str) -> None:
        self.shares: list[int] = []
        self._on = threading.Event()
        if device == "cuda":
            threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            self._on.wait()
            self.shares.append(torch.cuda.utilization())
            threading.Event().wait(0.1)

    def timed(self, loop: Iterator[None], *, watched: bool = False) -> tuple[float, float]:
        """Give the seconds of the next epoch, by the wall and of the processor."""
        if watched:
            self._on.set()
        start = perf_counter(), process_time()
        next(loop)
        seconds = perf_counter() - start[0], process_time() - start[1]
        self._on.clear()
        return seconds


def measure(setup: Setup, device: str, rounds: int) -> str:
    """Give the figures of one setup, a line of the table."""
    params = Fit(epochs=rounds + 1, batch_size=setup.batch, schedule="constant", learning_rate=1e-3)
    with tempfile.TemporaryDirectory() as name:
        data = OnDisk(Path(name), setup)
        loops = {"ours": ours(setup, data, params, Path(name), device), "bare": bare(setup, data, params, device)}
        busy = Busy(device)
        for loop in loops.values():
            next(loop)  # the first epoch warms up
        times: dict[str, list[tuple[float, float]]] = {"ours": [], "bare": []}
        for number in range(rounds):
            for which in ("ours", "bare") if number % 2 else ("bare", "ours"):
                times[which].append(busy.timed(loops[which], watched=which == "ours"))
        for loop in loops.values():
            loop.close()
    rates = [len(data) / statistics.median(wall for wall, _ in times[which]) for which in ("ours", "bare")]
    figures = [f"{rate:.1f}" for rate in rates] + [spread(times, clock) for clock in (0, 1)]
    return " | ".join(figures + ([f"{statistics.mean(busy.shares):.0f} %"] if busy.shares else []))


def spread(times: dict[str, list[tuple[float, float]]], clock: int) -> str:
    """Give the median and the quartiles of the ratios of one clock, and the ratio of the fastest epochs."""
    ratios = [bare[clock] / own[clock] for own, bare in zip(times["ours"], times["bare"], strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    fastest = min(one[clock] for one in times["bare"]) / min(one[clock] for one in times["ours"])
    return f"{middle:.3f} ({low:.3f} … {high:.3f}), fastest {fastest:.3f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(f"{options.device}, {torch.get_num_threads()} threads, torch {torch.__version__}, {options.rounds} rounds")
    busy = " | GPU busy" if options.device == "cuda" else ""
    print("network | samples/s, ours | bare | ratio (median, quartiles) | the same in processor time" + busy)
    for name, setup in (CUDA if options.device == "cuda" else CPU).items():
        if options.only.lower() in name.lower():
            print(f"{name} | {measure(setup, options.device, options.rounds)}", flush=True)


if __name__ == "__main__":
    main()
