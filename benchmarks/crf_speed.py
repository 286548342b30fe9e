"""Time of our dense CRF and of pydensecrf2 on the same inputs, in the same run.

    python benchmarks/crf_speed.py [--small] [--repeats 7]

Two classes, five iterations. "Cold" builds the kernels and infers; "slider" infers with the kernels kept, as when
compat, iterations or the mask it starts from change. pydensecrf2 has nothing to keep: both are held against its whole
time, the Gaussian features it is given made beforehand. Ours and theirs take turns, and the least time of each counts,
so that what else the machine does falls out. The volume reports the most memory taken beyond what was there before,
each engine in a process of its own. ``--small`` leaves the volume out.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from time import perf_counter

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from crf_accuracy import COMPAT, ITERATIONS, Case, example

from napari_wsss.refine.crf import warm_up
from napari_wsss.refine.kernel import build_kernel
from napari_wsss.refine.meanfield import mean_field
from napari_wsss.refine.pydensecrf_engine import mean_field_by_pydensecrf
from napari_wsss.refine.theta import Theta
from napari_wsss.refine.threads import one_thread, threads

VOLUME = Case(1, (155, 240, 240), 10, 10)

CASES = (
    Case(1, (1, 240, 240), 10, 10),
    Case(1, (1, 240, 240), 30, 10),
    Case(1, (1, 512, 512), 10, 10),
    Case(1, (1, 512, 512), 30, 10),
    Case(3, (1, 240, 240), 10, 20),
    Case(3, (1, 240, 240), 30, 10),
    Case(3, (1, 240, 240), 10, 10),
    Case(3, (1, 512, 512), 30, 10),
    Case(4, (1, 240, 240), 10, 20),
    Case(4, (1, 240, 240), 30, 20),
    Case(4, (1, 240, 240), 30, 10),
    Case(4, (1, 240, 240), 10, 10),
)


def theta_of(case: Case) -> Theta:
    """Give the widths of a case; the smoothness kernel has 3 voxels."""
    return Theta((3.0,) * 3, (case.space,) * 3, (case.colour / 255,) * case.channels)


def timed(work: Callable[[], object]) -> float:
    """Give the seconds that ``work`` takes."""
    begun = perf_counter()
    work()
    return perf_counter() - begun


def in_one_thread(work: Callable[[], object]) -> Callable[[], object]:
    """Keep ``work`` to one thread."""

    def kept() -> object:
        with one_thread():
            return work()

    return kept


def measure(case: Case, repeats: int) -> dict[str, float]:
    """Give the least seconds of each way to compute a case."""
    image, unary = example(case)
    theta = theta_of(case)
    kernel = build_kernel(image, theta)
    ways: dict[str, Callable[[], object]] = {
        "slider": lambda: mean_field(kernel, unary, COMPAT, ITERATIONS),
        "cold": lambda: mean_field(build_kernel(image, theta), unary, COMPAT, ITERATIONS),
    }
    ways |= {f"{name}, 1 thread": in_one_thread(work) for name, work in ways.items()}
    ways["theirs"] = lambda: mean_field_by_pydensecrf(image, theta, unary, COMPAT, ITERATIONS)
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(repeats):
        for name, work in ways.items():
            best[name] = min(best[name], timed(work))
    return best


def row(case: Case, best: dict[str, float]) -> str:
    """Give a line of the table."""
    theirs = best["theirs"]
    cells = [f"{1e3 * best[way]:.1f} | {theirs / best[way]:.1f}" for way in best if way != "theirs"]
    size = "×".join(str(length) for length in case.shape)
    return f"| {case.channels} | {size} | {case.space}, {case.colour} | {1e3 * theirs:.0f} | {' | '.join(cells)} |"


def resident() -> int:
    """Give the bytes this process holds in memory (Linux)."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def volume(engine: str) -> None:
    """Print seconds and bytes that the volume takes, in this process."""
    warm_up()
    image, unary = example(VOLUME)
    theta = theta_of(VOLUME)
    before, peak, ended = resident(), [0], Event()

    def watch() -> None:
        while not ended.wait(0.005):
            peak[0] = max(peak[0], resident())

    watcher = Thread(target=watch)
    watcher.start()
    if engine == "own":
        built = timed(lambda: build_kernel(image, theta))
        kernel = build_kernel(image, theta)
        spent = [built, timed(lambda: mean_field(kernel, unary, COMPAT, ITERATIONS))]
    else:
        spent = [0.0, timed(lambda: mean_field_by_pydensecrf(image, theta, unary, COMPAT, ITERATIONS))]
    ended.set()
    watcher.join()
    print(*spent, peak[0] - before)


def measure_volume(repeats: int) -> None:
    """Print the volume's table."""
    best = {"own": np.full(3, np.inf), "pydensecrf": np.full(3, np.inf)}
    for _ in range(repeats):
        for engine, least in best.items():
            command = [sys.executable, __file__, "--volume", engine]
            text = subprocess.run(command, capture_output=True, check=True, text=True).stdout
            np.minimum(least, np.array(text.split(), float), out=least)
    print(
        "\n| 155×240×240 | kernels (s) | inference (s) | together (s) | more memory (MiB) |\n|---|---:|---:|---:|---:|"
    )
    for engine, (build, infer, memory) in best.items():
        print(f"| {engine} | {build:.2f} | {infer:.2f} | {build + infer:.2f} | {memory / 2**20:.0f} |")
    own, theirs = (sum(best[engine][:2]) for engine in ("own", "pydensecrf"))
    print(f"\npydensecrf2 takes {theirs / own:.1f} times as long.")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="leave the volume out")
    parser.add_argument("--repeats", type=int, default=7, help="how often each is run; the least time counts")
    parser.add_argument("--volume", choices=("own", "pydensecrf"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.volume:
        volume(options.volume)
        return
    warm_up()
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"{threads()} threads{load}; times in ms, then how many times as long pydensecrf2 takes\n")
    ways = " | × | ".join(("slider", "cold", "slider, 1 thread", "cold, 1 thread"))
    print(f"| channels | Z×Y×X | sxy, srgb | pydensecrf2 | {ways} | × |")
    print("|---:|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for case in CASES:
        print(row(case, measure(case, options.repeats)), flush=True)
    if not options.small:
        measure_volume(max(options.repeats // 3, 1))


if __name__ == "__main__":
    main()
