"""The CSV table of all lesions."""

import csv

import numpy as np
from leaving import export, item_for

from napari_wsss.export.statistics import Statistics


def test_a_row_a_class_and_lesion_of_every_case(tmp_path, case):
    mask = np.zeros((6, 5, 4), np.uint8)
    mask[1, 1, 1:3], mask[4, 3, 1] = 1, 1
    other = case.replace(id="b")
    done = export([item_for(case, mask), item_for(other, mask, name="S002-1")], Statistics(), tmp_path)
    assert [path.name for path in done.paths] == ["statistics.csv"]
    rows = list(csv.DictReader((tmp_path / "statistics.csv").read_text().splitlines()))
    assert [(row["case"], row["class"], row["lesion"], row["voxels"]) for row in rows] == [
        (case_name, *row)
        for case_name in ("S001-1", "S002-1")
        for row in (("bleed", "all", "3"), ("bleed", "1", "2"), ("bleed", "2", "1"), ("infarct", "all", "0"))
    ]
    array = case.load().array[0]
    assert float(rows[1]["mean:image"]) == array[1, 1, 1:3].mean()
    assert float(rows[1]["mm3"]) == np.float64(2 * case.geometry.voxel_volume)
    x, y, z = (case.geometry.affine @ [1.5, 1, 1, 1])[:3]
    np.testing.assert_allclose([float(rows[1][f"centroid_{axis}_mm"]) for axis in "ras"], [x, y, z])
    assert rows[3]["diameter_mm"] == rows[3]["mean:image"] == ""
