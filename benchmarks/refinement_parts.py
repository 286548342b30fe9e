"""Time of every refinement part on a whole volume of 155×240×240.

Two masks: blobs in a region of the size of a brain, 1.3 % of the volume, as a generous threshold leaves them; and blobs
that fill 15 % of every slice, which no lesion does. Islands and holes may take 300 ms.
Run: ``python benchmarks/refinement_parts.py``
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from napari_wsss.refine.boxes import Boxes, apply_boxes
from napari_wsss.refine.centre import keep_centre
from napari_wsss.refine.clusters import Clusters, keep_cluster
from napari_wsss.refine.ensemble import Ensemble, combine_masks
from napari_wsss.refine.holes import Holes, fill_holes
from napari_wsss.refine.islands import Islands, keep_islands
from napari_wsss.refine.margin import Margin, move_border
from napari_wsss.refine.midline import Midline, drop_midline
from napari_wsss.refine.organ import Organ, find_organ
from napari_wsss.refine.smooth import Smooth, smooth_outline
from napari_wsss.types import FloatArray, LabelMap

SHAPE = (155, 240, 240)
SPACING = (1.0, 1.0, 1.0)


def blobs(share: float, region: tuple[slice, ...]) -> LabelMap:
    """Give a mask of irregular blobs that fills ``share`` of the volume, inside ``region``."""
    mask = np.zeros(SHAPE, dtype=np.uint8)
    field = gaussian_filter(np.random.default_rng(0).standard_normal(mask[region].shape, dtype=np.float32), 3)
    mask[region] = field > np.quantile(field, 1 - share * mask.size / field.size)
    return mask


def parts(mask: LabelMap, image: FloatArray) -> dict[str, Callable[[], Any]]:
    """Give name → what is timed."""
    other = np.roll(mask, 5, axis=2)
    return {
        "clusters, slice": lambda: keep_cluster(mask, image, Clusters()),
        "clusters, volume": lambda: keep_cluster(mask, image, Clusters(scope="volume")),
        "box": lambda: apply_boxes(mask, Boxes(boxes=((20, 40, 40, 120, 200, 200),))),
        "centre": lambda: keep_centre(mask, (1.0, 0.5, 0.5)),
        "organ-region": lambda: find_organ(image, SPACING, Organ()),
        "midline": lambda: drop_midline(mask, SPACING, Midline()),
        "islands, 3d": lambda: keep_islands(mask, SPACING, Islands()),
        "islands, 3d, largest": lambda: keep_islands(mask, SPACING, Islands(keep="largest")),
        "islands, 3d, most evidence": lambda: keep_islands(mask, SPACING, Islands(keep="most evidence"), image),
        "islands, 2d": lambda: keep_islands(mask, SPACING, Islands(mode="2d")),
        "holes, 2d": lambda: fill_holes(mask, SPACING, Holes()),
        "holes, 3d": lambda: fill_holes(mask, SPACING, Holes(mode="3d")),
        "smooth, 2d": lambda: smooth_outline(mask, SPACING, Smooth()),
        "smooth, 3d": lambda: smooth_outline(mask, SPACING, Smooth(mode="3d")),
        "margin +2 mm, 2d": lambda: move_border(mask, SPACING, Margin()),
        "margin +2 mm, 3d": lambda: move_border(mask, SPACING, Margin(mode="3d")),
        "margin -2 mm, 3d": lambda: move_border(mask, SPACING, Margin(distance=-2.0, mode="3d")),
        "combine, and": lambda: combine_masks([mask, other], Ensemble()),
        "combine, <": lambda: combine_masks([mask, other], Ensemble(rule="<")),
    }


def milliseconds(do: Callable[[], Any]) -> list[float]:
    """Give the times of five calls after a first one."""
    times = []
    for _ in range(6):
        begun = perf_counter()
        do()
        times.append(1000 * (perf_counter() - begun))
    return times[1:]


def main() -> None:
    """Print the table: median, and the quickest of five."""
    image = np.random.default_rng(1).random((1, *SHAPE), dtype=np.float32)
    image[0, :, :30] = image[0, :, -30:] = image[0, :, :, :30] = image[0, :, :, -30:] = 0
    sparse = blobs(0.013, (slice(20, 140), slice(40, 200), slice(50, 190)))
    dense = blobs(0.15, (slice(None),) * 3)
    print("| part | 1.3 % in a brain (ms) | 15 % of every slice (ms) |\n|---|---:|---:|")
    for (name, few), many in zip(parts(sparse, image).items(), parts(dense, image).values(), strict=True):
        cells = (f"{np.median(times):.0f} ({min(times):.0f})" for times in map(milliseconds, (few, many)))
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
