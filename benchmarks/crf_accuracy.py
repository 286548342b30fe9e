"""Mean error of our dense CRF and of pydensecrf2 against exact mean field, on the same inputs.

    python benchmarks/crf_accuracy.py [--size 64] [--seeds 3]

Prints a markdown table. The images are synthetic (smooth tissue, a lesion, noise in every channel by itself); the start
is a blurred, shifted lesion, as an activation map would be. The error is the mean absolute difference of the class
probabilities after five iterations, over several images. pydensecrf2 gets the very same features (grey as one channel),
so nothing is lost to 8-bit images.

Small images are given finer grids than large ones can afford. "As at 240²" is the error on the same small images of the
grid, or the lattice, that a slice of 240 × 240 pixels gets: that is what holds for real scans.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter

from napari_wsss.refine.bilateral_grid import BilateralGrid
from napari_wsss.refine.colour_axes import turn
from napari_wsss.refine.exact import exact_kernel
from napari_wsss.refine.filter_kernel import FilterKernel, NormalisedFilter
from napari_wsss.refine.gaussian import GaussianFilter
from napari_wsss.refine.grid_density import choose_density
from napari_wsss.refine.grid_kernel import GridKernel
from napari_wsss.refine.kernel import Kernel, build_kernel, features
from napari_wsss.refine.meanfield import mean_field
from napari_wsss.refine.permutohedral import PermutohedralLattice
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
    as_large: float
    theirs: float


def cases(size: int) -> Iterator[Case]:
    """Give the rows: 2D grey at several widths, 2D colour, 3D."""
    flat = (1, size, size)
    for space, colour in ((60, 20), (60, 10), (30, 10), (30, 5), (10, 20), (10, 10), (5, 10)):
        yield Case(1, flat, space, colour)
    for channels in (2, 3, 4):
        for space, colour in ((60, 20), (30, 20), (30, 10), (10, 20), (10, 10), (5, 10)):
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


def measure(case: Case, seeds: int) -> Row:
    """Run exact, ours, ours as on a large image, and theirs on images of several seeds."""
    errors = []
    theta, large = theta_of(case), density_of(large_case(case))
    for seed in range(seeds):
        image, unary = example(case, seed)
        truth = mean_field(exact_kernel(image, theta), unary, COMPAT, ITERATIONS)
        found = (
            mean_field(build_kernel(image, theta), unary, COMPAT, ITERATIONS),
            mean_field(kernel_of(image, theta, large), unary, COMPAT, ITERATIONS),
            mean_field_by_pydensecrf(image, theta, unary, COMPAT, ITERATIONS),
        )
        errors.append([np.abs(one - truth).mean() for one in found])
    return Row(case, *(float(error) for error in np.mean(errors, axis=0)))


def large_case(case: Case) -> Case:
    """Give the same with slices of 240 × 240 pixels; a volume stays as it is."""
    return case._replace(shape=(1, 240, 240)) if case.shape[0] == 1 else case


def kernel_of(image: FloatArray, theta: Theta, density: float | None) -> Kernel:
    """Build a kernel of a given density, the lattice for None."""
    z, y, x = image.shape[1:]
    if density is not None:
        return GridKernel(BilateralGrid(image, theta, density), theta, (z, y, x), None)
    ones = np.ones((z, y, x), np.float32)
    lattice = PermutohedralLattice(features(image, theta))
    return FilterKernel(
        (z, y, x), NormalisedFilter(GaussianFilter(theta.smooth), ones), NormalisedFilter(lattice, ones)
    )


def theta_of(case: Case) -> Theta:
    """Give the widths of a case; the smoothness kernel has 3 voxels."""
    return Theta((3.0,) * 3, (case.space,) * 3, (case.colour / 255,) * case.channels)


def density_of(case: Case) -> float | None:
    """Give the nodes per standard deviation that an image like this gets, None for the lattice."""
    image, _ = example(case)
    return choose_density(case.shape, turn(image, theta_of(case).colour), theta_of(case))


def grid_of(case: Case) -> str:
    """Say the same in words."""
    density = density_of(case)
    return "lattice" if density is None else f"{density:g}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--size", type=int, default=64, help="side of the 2D images in pixels (memory grows with its 4th power)"
    )
    parser.add_argument("--seeds", type=int, default=3, help="number of images a row")
    options = parser.parse_args()
    print("| channels | Z×Y×X | sxy, srgb | pydensecrf2 | nodes per θ | ours | ratio | at 240² | as at 240² | ratio |")
    print("|---:|---|---|---:|---|---:|---:|---|---:|---:|")
    for case in cases(options.size):
        row = measure(case, options.seeds)
        size = "×".join(str(length) for length in case.shape)
        print(
            f"| {case.channels} | {size} | {case.space}, {case.colour} | {row.theirs:.6f} "
            f"| {grid_of(case)} | {row.ours:.6f} | {row.ours / row.theirs:.3f} "
            f"| {grid_of(large_case(case))} | {row.as_large:.6f} | {row.as_large / row.theirs:.3f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
