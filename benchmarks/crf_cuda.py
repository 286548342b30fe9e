"""Dense CRF of a whole volume: the engine on the CPU against the torch engine on a GPU, in the same run.

    python benchmarks/crf_cuda.py [--shape 155 240 240] [--repeat 3] [--only-torch]

Grey, two classes, five iterations, 3D. "cold" builds the kernels and infers, "kept" infers with kernels at hand, as
when a slider for strength or iterations moves. Without a CUDA device the torch engine runs on the CPU: that shows that
it works and that both agree, and says nothing about a GPU. Memory is what the device held at most (CUDA), or by how
much the process grew (CPU).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
import psutil
import torch
from scipy.ndimage import gaussian_filter

from napari_wsss.refine.accelerator import FastKernel, Plan
from napari_wsss.refine.cpu_kernels import CpuKernels
from napari_wsss.refine.crf_torch import TorchKernel
from napari_wsss.refine.theta import Theta
from napari_wsss.types import FloatArray

THETA = Theta((3.0,) * 3, (10.0,) * 3, (10 / 255,))
COMPAT, ITERATIONS = (3.0, 5.0), 5


def scene(shape: tuple[int, int, int]) -> tuple[FloatArray, FloatArray]:
    """Give an image (1, Z, Y, X) in [0, 1] with a lesion, and log-ratios (1, Z, Y, X) of a soft, shifted one."""
    rng = np.random.default_rng(0)
    places = np.meshgrid(*(np.linspace(-1, 1, length) for length in shape), indexing="ij", sparse=True)
    lesion = sum((place + 0.15) ** 2 for place in places) < 0.1
    tissue = gaussian_filter(rng.normal(size=shape).astype(np.float32), 6)
    image = 0.4 + tissue * (0.15 / np.abs(tissue).max()) + 0.2 * lesion + 0.03 * rng.normal(size=shape)
    start = gaussian_filter(np.roll(lesion, 4, axis=2).astype(np.float32), 5).clip(0.02, 0.98)
    return image.clip(0, 1).astype(np.float32)[None], np.log(start / (1 - start))[None]


def seconds(work: Callable[[], Any], repeat: int) -> tuple[float, Any]:
    """Give the shortest time of some runs, and the last result; the device has finished when a run ends."""
    times = []
    for _ in range(repeat):
        begun = perf_counter()
        result = work()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        times.append(perf_counter() - begun)
    return min(times), result


def measure(build: Callable[[], FastKernel], unary: FloatArray, repeat: int) -> tuple[float, float, FloatArray]:
    """Give seconds cold and with the kernels kept, and the answer."""

    def infer(kernel: FastKernel) -> FloatArray:
        return kernel.differences(unary, COMPAT, ITERATIONS)

    cold, _ = seconds(lambda: infer(build()), repeat)
    kernel = build()
    kept, answer = seconds(lambda: infer(kernel), repeat)
    return cold, kept, answer


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", type=int, nargs=3, default=(155, 240, 240))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only-torch", action="store_true", help="leave the CPU's engine out")
    options = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu":
        print("No CUDA device here: the torch engine runs on the CPU, and the goal of 50 times cannot be judged.\n")
    image, unary = scene(tuple(options.shape))
    plan = Plan(image, THETA)
    process = psutil.Process()
    before = process.memory_info().rss
    seconds(lambda: TorchKernel(image[:, :8], THETA, device).differences(unary[:, :8], COMPAT, 1), 1)  # starts up
    kernel = TorchKernel(image, THETA, device)
    held = kernel.nbytes
    del kernel
    cold, kept, answer = measure(lambda: TorchKernel(image, THETA, device), unary, options.repeat)
    most = torch.cuda.max_memory_allocated() if device == "cuda" else process.memory_info().rss - before
    size = "×".join(map(str, options.shape))
    print(f"{size}, grey, 2 classes, {ITERATIONS} iterations, {torch.get_num_threads()} threads")
    print(f"memory of the torch engine: {held / 2**20:.0f} MiB kept, {most / 2**20:.0f} MiB at most\n")
    print("| engine | cold (s) | kernels kept (s) |\n|---|---|---|")
    print(f"| torch on {device} | {cold:.3f} | {kept:.3f} |")
    if options.only_torch:
        return
    cold_cpu, kept_cpu, expected = measure(lambda: CpuKernels(plan), unary, options.repeat)
    print(f"| CPU | {cold_cpu:.3f} | {kept_cpu:.3f} |")
    print(f"| CPU / torch | {cold_cpu / cold:.1f} | {kept_cpu / kept:.1f} |\n")
    same = ((answer > 0) == (expected > 0)).mean()
    print(f"mean |difference of Q_1 - Q_0| {np.abs(answer - expected).mean():.2e}; same class at {same:.4%} of voxels")


if __name__ == "__main__":
    main()
