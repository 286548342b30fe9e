from __future__ import annotations

import numpy as np
import pytest

from napari_wsss.report.pictures import picture_case


@pytest.fixture(scope="session")
def slice_of_case():
    """A scan, evidence, mask and reference of 40 × 30 pixels."""
    rng = np.random.default_rng(0)
    scan = rng.integers(0, 900, (40, 30)).astype(np.int16)
    mask, reference = np.zeros((2, 40, 30), dtype=np.uint8)
    mask[10:20, 8:18] = 1
    reference[12:24, 8:18] = 1
    return {"scan": scan, "evidence": mask * np.float32(0.9), "masks": {"CRF mask": mask}, "reference": reference}


@pytest.fixture(scope="session")
def pictures(slice_of_case):
    return picture_case("case-1, slice 3", caption="Dice 0.80 <patient>", **slice_of_case)
