"""What is told of an exported mask, and what is not."""

import json

import numpy as np
from leaving import item_for

from napari_wsss.export.record import record_of

MADE = {
    "recipe": "mixed-unet",
    "step": "crf",
    "params": {"classifier": {"weights": "/home/miller/models/Miller/net.pt", "epochs": 3}},
    "edits": [{"edit": "paint", "voxels": 9, "time": "2026-01-02T10:00:00+00:00", "details": {"from": "Miller"}}],
    "by": "A. Reader",
    "time": "2026-01-02T10:00:00+00:00",
    "mask_sha256": "0" * 64,
}


def test_how_it_was_made_is_told_without_names_and_folders(case):
    record = record_of(item_for(case, made=MADE, by="A. Reader"))
    text = json.dumps(record)
    assert "Miller" not in text
    assert "miller" not in text
    assert record["made"]["params"]["classifier"] == {"weights": "net.pt", "epochs": 3}
    assert record["made"]["edits"][0]["details"] == {"from": "S001-1"}
    assert record["accepted_by"] == "A. Reader"
    assert "mask_sha256" not in record["made"]
    assert "Not for diagnosis" in record["notice"]


def test_with_names_the_files_are_named(case):
    record = record_of(item_for(case, made=MADE, name="Miller", hidden=False))
    assert record["scan"]["files"] == {"image": "Miller.nii.gz"}
    assert record["made"]["params"] == MADE["params"]


def test_where_it_lies_and_what_its_values_mean(case):
    record = record_of(item_for(case))
    assert record["labels"] == {"0": "background", "1": "bleed", "2": "infarct"}
    assert record["grid"]["axes_xyz"] == "LAS"
    np.testing.assert_allclose(record["grid"]["spacing_mm_zyx"], [4.0, 1.1, 0.9], rtol=1e-6)
    assert record["grid"]["affine_xyz_to_ras_mm"] == case.geometry.affine.tolist()
