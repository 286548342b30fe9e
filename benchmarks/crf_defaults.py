"""How the CRF's default widths were chosen: masks that are off, on the simulated cohort, before and after the CRF.

Each reference slice is shifted by up to 3 pixels and blown up; the table gives the mean Dice after the CRF.
Run: ``python benchmarks/crf_defaults.py``
"""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter

from napari_wsss.data.masks import read_mask
from napari_wsss.data.preprocess import Preprocess, normalise
from napari_wsss.data.readers import read_volume
from napari_wsss.data.simulated import simulate_cohort
from napari_wsss.metrics.overlap import class_counts, confusion, dice
from napari_wsss.progress import drain
from napari_wsss.refine.crf import labels_from_probabilities, refine
from napari_wsss.refine.crf_settings import KernelWidths, MeanField
from napari_wsss.refine.scan_kernel import ScanKernel
from napari_wsss.types import FloatArray, LabelMap, Spacing

Example = tuple[FloatArray, Spacing, LabelMap, LabelMap]
"""Scan (1, 1, Y, X), voxel size, wrong mask (1, Y, X), reference (1, Y, X)."""


def examples(folder: Path) -> list[Example]:
    """Give every third lesion slice of twelve patients."""
    drain(simulate_cohort(folder, patients=12))
    rng = np.random.default_rng(0)
    found: list[Example] = []
    for path in sorted((folder / "images").iterdir()):
        volume, (reference, _) = read_volume(path), read_mask(folder / "masks" / path.name)
        scan = normalise(volume, Preprocess())
        for z in np.flatnonzero(reference.any(axis=(1, 2)))[::3]:
            truth = reference[z : z + 1]
            soft = gaussian_filter(np.roll(truth[0].astype(float), rng.integers(-3, 4, 2), (0, 1)), 3)
            wrong = (soft >= 0.3 * soft.max())[None].astype(np.uint8)
            found.append((scan[:, z : z + 1], volume.geometry.spacing, wrong, truth))
    return found


def overlap(mask: LabelMap, reference: LabelMap) -> float:
    """Give the Dice of two masks of one class."""
    return dice(class_counts(confusion(mask, reference, 1), 0))


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        found = examples(Path(folder))
    print(
        f"{len(found)} slices; before the CRF: {np.mean([overlap(wrong, truth) for *_, wrong, truth in found]):.3f}\n"
    )
    print("| sxy (mm) | srgb | compat | Dice |\n|---:|---:|---:|---:|")
    for sxy, srgb in itertools.product((5, 10, 20, 30, 60), (5, 10, 20)):
        widths = KernelWidths(sxy=sxy, srgb=(srgb,))
        kernels = [ScanKernel(scan, spacing, widths) for scan, spacing, _, _ in found]
        for compat in (5, 10):
            after = [
                overlap(labels_from_probabilities(refine(wrong, kernel, 1, MeanField(compat=compat))), truth)
                for kernel, (_, _, wrong, truth) in zip(kernels, found, strict=True)
            ]
            print(f"| {sxy} | {srgb} | {compat} | {np.mean(after):.3f} |", flush=True)


if __name__ == "__main__":
    main()
