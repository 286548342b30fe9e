"""A dataset as nnU-Net v2 reads it."""

import json

import nibabel as nib
import numpy as np
import SimpleITK as sitk  # noqa: N813
from leaving import AFFINES, cases_in, export, item_for, labels_of, write_scan

from napari_wsss.data.cohort import scan_cohort
from napari_wsss.export.nnunet import NnUnet
from napari_wsss.progress import drain


def two_channels(folder, names=("a", "b", "c")):
    for channel in ("t1", "t2"):
        for number, name in enumerate(names):
            write_scan(folder / "in" / channel / f"{name}.nii.gz", AFFINES["oblique"], seed=number)
    return drain(scan_cohort(None, {name: folder / "in" / name for name in ("t1", "t2")}))


def test_images_labels_and_description(tmp_path):
    first, second, third = two_channels(tmp_path)
    items = [
        item_for(first.replace(subset="train"), name="S001-1"),
        item_for(second.replace(subset="val"), name="S002-1", patient="S002"),
        item_for(third.replace(subset="test"), name="S003-1", patient="S003"),
    ]
    out = tmp_path / "Dataset501_Lesions"
    assert not export(items, NnUnet(), out).faults
    assert sorted(path.name for path in (out / "imagesTr").iterdir()) == [
        "S001-1_0000.nii.gz",
        "S001-1_0001.nii.gz",
        "S002-1_0000.nii.gz",
        "S002-1_0001.nii.gz",
    ]
    assert [path.name for path in (out / "labelsTs").iterdir()] == ["S003-1.nii.gz"]
    description = json.loads((out / "dataset.json").read_text())
    assert description["channel_names"] == {"0": "t1", "1": "t2"}
    assert description["labels"] == {"background": 0, "bleed": 1, "infarct": 2}
    assert (description["numTraining"], description["file_ending"]) == (2, ".nii.gz")
    assert json.loads((out / "splits_final.json").read_text()) == [{"train": ["S001-1"], "val": ["S002-1"]}]


def test_image_and_label_lie_together_as_in_the_scan(tmp_path):
    (case, *_) = two_channels(tmp_path)
    mask = labels_of()
    export([item_for(case, mask)], NnUnet(), tmp_path / "out")
    image = nib.load(tmp_path / "out" / "imagesTr" / "S001-1_0001.nii.gz")
    label = nib.load(tmp_path / "out" / "labelsTr" / "S001-1.nii.gz")
    np.testing.assert_array_equal(np.asarray(image.dataobj).T, case.load().array[1])
    np.testing.assert_array_equal(np.asarray(label.dataobj).T, mask)
    np.testing.assert_allclose(image.affine, label.affine, atol=1e-5)
    np.testing.assert_allclose(image.affine, AFFINES["oblique"], atol=1e-5)
    assert b"Miller" not in bytes(image.header.binaryblock)


def test_simpleitk_sees_image_and_label_in_one_place_whatever_the_forms_say(tmp_path):
    path = write_scan(tmp_path / "in" / "a.nii.gz", AFFINES["oblique"])
    image = nib.load(path)
    moved = AFFINES["oblique"].copy()
    moved[:3, 3] += 5.0
    image.set_qform(moved, code=1)
    image.to_filename(path)
    (case,) = cases_in(tmp_path / "in")
    export([item_for(case)], NnUnet(), tmp_path / "out")
    scan, label = (
        sitk.ReadImage(tmp_path / "out" / name) for name in ("imagesTr/S001-1_0000.nii.gz", "labelsTr/S001-1.nii.gz")
    )
    for figure in ("GetOrigin", "GetSpacing", "GetDirection", "GetSize"):
        assert getattr(scan, figure)() == getattr(label, figure)()


def test_a_second_export_counts_the_cases_of_the_first(tmp_path):
    first, second, _ = two_channels(tmp_path)
    export([item_for(first)], NnUnet(), tmp_path / "out")
    export([item_for(second, name="S002-1")], NnUnet(), tmp_path / "out")
    assert json.loads((tmp_path / "out" / "dataset.json").read_text())["numTraining"] == 2


def test_a_case_with_other_channels_is_a_fault(tmp_path):
    (case, *_) = two_channels(tmp_path)
    write_scan(tmp_path / "more" / "z.nii.gz")
    (odd,) = cases_in(tmp_path / "more")
    done = export([item_for(case), item_for(odd, name="S009-1")], NnUnet(), tmp_path / "out")
    assert done.names == ["S001-1"]
    assert done.faults == ["'z': has other channels than the cases before it."]
    assert not list((tmp_path / "out").rglob("S009*"))
