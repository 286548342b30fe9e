"""Raw activation maps as the step that computes them leaves them, made up."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_wsss.refine.level import SHARES


def raw_maps(step: Any, depth: int, classes: int = 1) -> dict[str, np.ndarray]:
    """Give arrays that look at the upper left of the middle, at every scale of ``step``, in every slice."""
    maps = np.zeros((classes, depth, 8, 8), dtype=np.float16)
    maps[:, :, 2:5, 2:5] = 4
    maps[:, :, 3, 3] = 6
    arrays = {f"scale-{scale:g}": maps for scale in (*step.kept_scales, 1.25)}
    arrays |= {f"grid-{scale:g}": np.array([[1 / 16, 1 / 8]] * 2) for scale in (*step.kept_scales, 1.25)}
    arrays |= {"levels": np.linspace(5, 0, len(SHARES), dtype=np.float32)[None].repeat(classes, axis=0)}
    return arrays | {"logits": np.full((depth, classes), 3, np.float32), "size": np.asarray(64)}
