"""Knobs moved at random for minutes in the real viewer: no exception, no stale mask, bounded memory.

    xvfb-run -a -s "-screen 0 1600x1000x24" python benchmarks/tuning_soak.py --minutes 5
        [--project DIR [--case ID]] [--seed 0] [--full] [--no-3d] [--folder DIR]

Moves every control of the Tune dock, switches filters, scrolls, turns to 3D and back, undoes and redoes, opens other
cases. At every rest the mask is compared with that of a tuner made anew for the same knobs (three slices; ``--full``:
all), and the screen with itself after a complete redraw. Ends with 1 if anything was wrong.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from live_desk import Stage, simulated_project, torch_came
from soak import Faults, Soak, trend

GROWTH_LIMIT = 300_000_000
"""Bytes that resident memory, less the results kept, may grow by from the first half of the run to the second."""


def main() -> int:
    """Move, check, print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--project", type=Path)
    parser.add_argument("--case")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--no-3d", dest="in_3d", action="store_false")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, Faults() as faults:
        folder = options.folder or Path(temporary)
        project = folder / "soaked"
        shutil.rmtree(project, ignore_errors=True)
        shutil.copytree(options.project or simulated_project(folder), project)
        stage = Stage(project, options.case)
        soak = Soak(stage.desk, stage.dock, stage.settle, options.seed, full=options.full, spare_3d=not options.in_3d)
        end = perf_counter() + 60 * options.minutes
        gaps: list[float] = []
        while perf_counter() < end:
            stage.heart.restart()
            soak.burst(lambda: stage.idle(0.02))
            gaps.append(1000 * stage.heart.longest())
            soak.check()
        stage.close()
    report(soak, faults.heard, gaps)
    grown = trend([resident - kept for kept, resident in soak.memory]) > GROWTH_LIMIT
    return int(bool(soak.faults or faults.heard or torch_came() or grown))


def report(soak: Soak, heard: list[str], gaps: list[float]) -> None:
    """Print a summary."""
    kept, resident = zip(*soak.memory, strict=True)
    print(f"{sum(soak.moves.values())} moves of {len(soak.moves)} kinds, {soak.rests} rests")
    print(f"exceptions and faults of Qt: {len(heard)}", *heard[:20], sep="\n  ")
    print(f"wrong at a rest: {len(soak.faults)}", *soak.faults[:20], sep="\n  ")
    print("refused with a message:", *(f"{count} × {text}" for text, count in soak.refused.most_common(10)), sep="\n  ")
    print(f"results kept: {max(kept) / 1e6:.0f} MB at most")
    growth = trend([whole - part for part, whole in soak.memory]) / 1e6
    print(f"resident memory: {min(resident) / 1e6:.0f} … {max(resident) / 1e6:.0f} MB", end="; ")
    print(f"less the results kept, {growth:+.0f} MB from the first half of the run to the second")
    print(f"gaps of the event loop, longest of each burst: median {median(gaps):.0f} ms, longest {max(gaps):.0f} ms")
    print(f"torch in the window's process: {'YES' if torch_came() else 'no'}")


if __name__ == "__main__":
    sys.exit(main())
