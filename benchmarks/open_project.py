"""How long a large project takes to open, and how much memory it holds, in a fresh process.

    python benchmarks/open_project.py [--cases 1000] [--slices 155]

Prints JSON: seconds to import the store, seconds to open (manifest and a label for every slice of two classes),
seconds to list all states, resident memory in MB. The aim is at most 2 s to open and 1,000 MB for 1,000 cases.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

RNG = np.random.default_rng(0)


def generate(folder: Path, cases: int, slices: int) -> None:
    """Make a project of brain-sized scans (their files need not exist to open it), every slice labelled."""
    from napari_wsss.data.cohort import Case
    from napari_wsss.data.labels import LabelTable
    from napari_wsss.data.volume import Geometry
    from napari_wsss.store.project import Project

    geometry = Geometry((slices, 240, 240), np.eye(4) + RNG.normal(size=(4, 4)) * 1e-3)
    cohort = [
        Case(
            id=f"patient_{number:04}",
            patient=f"patient_{number:04}",
            subset="train",
            channels={name: folder.parent / name / f"patient_{number:04}.nii.gz" for name in ("flair", "t1c")},
            geometry=geometry,
            channel_names=("flair", "t1c"),
            rgb=False,
            format="nifti",
            digest="0" * 64,
            reference=folder.parent / "masks" / f"patient_{number:04}.nii.gz",
        )
        for number in range(cases)
    ]
    labels = LabelTable.empty(["lesion", "oedema"], {case.id: slices for case in cohort})
    for case in cohort:
        labels.case(case.id).slices[:] = RNG.integers(0, 2, (slices, 2))
    with Project.create(folder, "benchmark", cohort, labels) as project:
        project.settings["recipe"] = "mixed-unet"
        project.save()


def measure(folder: Path) -> dict[str, float]:
    """Import, open and list; run in a process of its own."""
    start = time.perf_counter()
    from napari_wsss.store.project import Project

    imported = time.perf_counter()
    with Project.open(folder) as project:
        opened = time.perf_counter()
        states = project.states()
        listed = time.perf_counter()
    return {
        "cases": len(states),
        "import_seconds": round(imported - start, 3),
        "seconds": round(opened - imported, 3),
        "states_seconds": round(listed - opened, 3),
        "resident_mb": round(psutil.Process().memory_info().rss / 1e6, 1),
    }


def main() -> None:
    """Generate in a temporary folder, measure in a fresh process, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--slices", type=int, default=155)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure is not None:
        print(json.dumps(measure(options.measure)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "project"
        generate(folder, options.cases, options.slices)
        command = [sys.executable, __file__, "--measure", str(folder)]
        result = subprocess.run(command, check=True, capture_output=True, text=True)
    print(json.dumps({**json.loads(result.stdout), "slices": options.slices}))


if __name__ == "__main__":
    main()
