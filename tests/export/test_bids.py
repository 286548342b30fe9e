"""BIDS derivatives: names, sidecars, descriptions."""

import json

import numpy as np
from leaving import export, item_for, labels_of

from napari_wsss.data.masks import read_mask
from napari_wsss.export.bids import Bids


def places(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_one_class_is_a_mask(tmp_path, case):
    mask = labels_of(classes=1)
    export([item_for(case, mask, classes=("bleed",))], Bids(), tmp_path)
    assert "sub-S001/anat/sub-S001_desc-accepted_mask.nii.gz" in places(tmp_path)
    np.testing.assert_array_equal(read_mask(tmp_path / "sub-S001/anat/sub-S001_desc-accepted_mask.nii.gz")[0], mask)


def test_several_classes_are_a_segmentation_with_a_table_of_labels(tmp_path, case):
    export([item_for(case)], Bids(), tmp_path)
    stem = "sub-S001/anat/sub-S001_desc-accepted_dseg"
    assert {f"{stem}.nii.gz", f"{stem}.json", "desc-accepted_dseg.tsv"} <= set(places(tmp_path))
    table = (tmp_path / "desc-accepted_dseg.tsv").read_text().splitlines()
    assert table == ["index\tname", "0\tbackground", "1\tbleed", "2\tinfarct"]


def test_several_scans_of_a_patient_are_sessions(tmp_path, case):
    other = case.replace(id="b")
    items = [item_for(case, scan="1"), item_for(other, name="S001-2", scan="2")]
    assert not export(items, Bids(), tmp_path).faults
    assert (tmp_path / "sub-S001/ses-2/anat/sub-S001_ses-2_desc-accepted_dseg.nii.gz").is_file()
    assert (tmp_path / "participants.tsv").read_text() == "participant_id\nsub-S001\n"


def test_sidecar_and_description(tmp_path, case):
    made = {"recipe": "mixed-unet", "edited": True, "edits": [{"edit": "paint", "voxels": 3, "time": "t"}]}
    export([item_for(case, made=made, by="A. Reader")], Bids(), tmp_path)
    side = json.loads((tmp_path / "sub-S001/anat/sub-S001_desc-accepted_dseg.json").read_text())
    assert (side["Type"], side["Manual"], side["accepted_by"]) == ("Lesion", True, "A. Reader")
    assert side["made"]["edits"][0]["edit"] == "paint"
    assert "Not for diagnosis" in side["Description"]
    description = json.loads((tmp_path / "dataset_description.json").read_text())
    assert description["DatasetType"] == "derivative"
    assert description["GeneratedBy"][0]["Name"] == "napari-wsss"


def test_names_become_letters_and_digits_and_never_collide(tmp_path, case):
    words = {"what": "crf-mask", "hidden": False}
    one = item_for(case, patient="p 1", name="p 1", **words)
    other = item_for(case.replace(id="b"), patient="p-1", name="p-1", **words)
    done = export([one, other], Bids(), tmp_path)
    assert (tmp_path / "sub-p1/anat/sub-p1_desc-crfmask_dseg.nii.gz").is_file()
    assert len(done.faults) == 1
