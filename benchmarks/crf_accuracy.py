"""Mean error of our dense CRF and of pydensecrf2 against exact mean field, on the same inputs.

    python benchmarks/crf_accuracy.py [--size 64]

Prints a markdown table. The image is synthetic (smooth tissue, a lesion, noise); the start is a blurred, shifted
lesion, as an activation map would be. The error is the mean absolute difference of the class probabilities after five
iterations. pydensecrf2 gets the very same features (grey as one channel), so nothing is lost to 8-bit images.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter

from napari_wsss.refine.bilateral_grid import choose_density
from napari_wsss.refine.exact import exact_kernel
from napari_wsss.refine.kernel import build_kernel
from napari_wsss.refine.meanfield import mean_field
from napari_wsss.refine.pydensecrf_engine import mean_field_by_pydensecrf
from napari_wsss.refine.theta import Theta
from napari_wsss.refine.unary import unary_from_maps
from napari_wsss.types import FloatArray

COMPAT = (3.0, 5.0)
ITERATIONS = 5


class Case(NamedTuple):
    """One row of the table."""

    channels: int
    shape: tuple[int, int, int]
    space: float
    colour: float


class Row(NamedTuple):
    """Its figures: mean absolute error of the probabilities."""

    case: Case
    ours: float
    theirs: float


def cases(size: int) -> Iterator[Case]:
    """Give the rows: 2D grey at several widths, 2D colour, 3D."""
    flat = (1, size, size)
    for space, colour in ((60, 20), (60, 10), (30, 10), (30, 5), (10, 20), (5, 10)):
        yield Case(1, flat, space, colour)
    for channels in (2, 3, 4):
        for space, colour in ((60, 20), (30, 10), (10, 10)):
            yield Case(channels, flat, space, colour)
    side = round((size * size) ** (1 / 3))
    for channels in (1, 2):
        yield Case(channels, (side, side, side), 10, 20)


def example(case: Case, seed: int = 0) -> tuple[FloatArray, FloatArray]:
    """Give an image (channels, Z, Y, X) in [0, 1] and unary probabilities (2, Z, Y, X)."""
    rng = np.random.default_rng(seed)
    places = np.meshgrid(*(np.linspace(-1, 1, length) if length > 1 else [0.0] for length in case.shape), indexing="ij")
    wobble = gaussian_filter(rng.normal(size=case.shape), [min(length / 10, 4) for length in case.shape])
    wobble /= np.abs(wobble).max()
    lesion = sum((place + 0.15) ** 2 for place in places) + 0.15 * wobble < 0.16
    channels = []
    for _ in range(case.channels):
        tissue = gaussian_filter(rng.normal(size=case.shape), [min(length / 8, 5) for length in case.shape])
        tissue *= 0.15 / np.abs(tissue).max()
        channel = 0.4 + tissue + 0.25 * rng.uniform(0.4, 1) * lesion + 0.03 * rng.normal(size=case.shape)
        channels.append(channel.clip(0, 1))
    start = gaussian_filter(np.roll(lesion.astype(float), 3, axis=-1), [0 if n == 1 else n / 12 for n in case.shape])
    return np.stack(channels).astype(np.float32), unary_from_maps((start / start.max())[None])


def measure(case: Case) -> Row:
    """Run exact, ours and theirs."""
    image, unary = example(case)
    theta = Theta((3.0,) * 3, (case.space,) * 3, (case.colour / 255,) * case.channels)
    truth = mean_field(exact_kernel(image, theta), unary, COMPAT, ITERATIONS)
    ours = mean_field(build_kernel(image, theta), unary, COMPAT, ITERATIONS)
    theirs = mean_field_by_pydensecrf(image, theta, unary, COMPAT, ITERATIONS)
    return Row(case, float(np.abs(ours - truth).mean()), float(np.abs(theirs - truth).mean()))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--size", type=int, default=64, help="side of the 2D images in pixels (memory grows with its 4th power)"
    )
    print("| channels | Z×Y×X | sxy (voxels) | srgb (of 255) | nodes per θ | ours | pydensecrf2 | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for case in cases(parser.parse_args().size):
        row = measure(case)
        image, _ = example(case)
        density = choose_density(image, Theta((3.0,) * 3, (case.space,) * 3, (case.colour / 255,) * case.channels))
        how = "lattice" if density is None else f"{density:g}"
        size = "×".join(str(length) for length in case.shape)
        print(
            f"| {case.channels} | {size} | {case.space} | {case.colour} | {how} "
            f"| {row.ours:.6f} | {row.theirs:.6f} | {row.ours / row.theirs:.3f} |"
        )


if __name__ == "__main__":
    main()
