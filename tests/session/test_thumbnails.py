"""Thumbnails: the right slice, the right way up, with the outline, kept until something changes."""

import io
from types import SimpleNamespace

import nibabel as nib
import numpy as np
from PIL import Image

from napari_wsss.data.cohort import scan_cohort
from napari_wsss.data.labels import LabelTable
from napari_wsss.progress import drain
from napari_wsss.session.case_figures import CaseFigures
from napari_wsss.session.thumbnails import SIDE, Thumbnails, outlined, shrink
from napari_wsss.store.project import Project

RED = "#ff0000"


def test_the_outline_is_one_pixel_wide_and_small_lesions_are_seen():
    picture, mask = np.zeros((10, 10, 3), np.uint8), np.zeros((10, 10), np.uint8)
    mask[2:7, 3:8] = 1
    outlined(picture, mask, (RED,))
    red = (picture == (255, 0, 0)).all(axis=-1)
    assert red.sum() == 16
    assert not red[3:6, 4:7].any()
    small, fine = np.zeros((5, 5, 3), np.uint8), np.zeros((100, 100), np.uint8)
    fine[99, 0] = 2
    outlined(small, fine, (RED, "#0000ff"))
    assert (small[4, 0] == (0, 0, 255)).all()
    assert (small[:, :, 2] > 0).sum() == 1


def test_pixels_that_are_not_square_keep_their_shape():
    assert shrink(np.zeros((50, 50, 3), np.uint8), (2.0, 1.0)).shape == (SIDE, SIDE // 2, 3)
    assert shrink(np.zeros((10, 40, 3), np.uint8), (1.0, 1.0)).shape == (SIDE // 4, SIDE, 3)


def thumbnails(tmp_path, convention="radiological"):
    """A scan whose slice 2 is bright on the patient's left, with a mask there."""
    scan = np.full((4, 12, 12), 10, np.float32)
    scan[2, :, :6] = 100.0
    scan[0, 0, :] = 50.0
    (tmp_path / "scans").mkdir(exist_ok=True)
    # x runs from the patient's left to the right
    nib.save(nib.Nifti1Image(scan.transpose(2, 1, 0), np.diag([1.0, 1.0, 3.0, 1.0])), tmp_path / "scans" / "a.nii.gz")
    found = drain(scan_cohort(tmp_path / "scans", None))
    folder = tmp_path / "project"
    project = (
        Project.open(folder)
        if folder.exists()
        else Project.create(folder, "P", found, LabelTable.empty(["bleed"], {"a": 4}))
    )
    mask = np.zeros((4, 12, 12), np.uint8)
    mask[2, 4:8, 1:5] = 1
    source = SimpleNamespace(
        project=project,
        proposal=lambda _: mask,
        prediction=lambda _: None,
        offers=lambda _: "proposal",
        mask_paths=lambda _: [],
    )
    return project, Thumbnails(project, CaseFigures(source), (RED,), convention)


def read(png):
    return np.array(Image.open(io.BytesIO(png)))


def test_the_key_slice_is_shown_as_on_the_screen(tmp_path):
    project, made = thumbnails(tmp_path)
    with project:
        picture = read(made.png("a"))
        assert picture.shape == (SIDE, SIDE, 3)
        grey = (picture[..., 0] == picture[..., 1]) & (picture[..., 0] == picture[..., 2])
        halves = [picture[:, part][grey[:, part]].mean() for part in (slice(0, 40), slice(56, None))]
        red = (picture == (255, 0, 0)).all(axis=-1)
        assert halves[1] > halves[0], "the patient's left is on the right of the screen"
        assert red.any()
        assert not red[:, : SIDE // 2].any()
    other, turned = thumbnails(tmp_path, "neurological")
    with other:
        np.testing.assert_array_equal(read(turned.png("a")), picture[:, ::-1])


def test_a_thumbnail_is_drawn_once_and_a_damaged_one_again(tmp_path, monkeypatch):
    project, made = thumbnails(tmp_path)
    with project:
        first = made.png("a")
        path = project.cache_folder / "worklist" / "a.png"
        assert path.read_bytes() == first
        reads = []
        monkeypatch.setattr(project, "load", reads.append)
        assert made.png("a") == first
        assert not reads
        monkeypatch.undo()
        path.write_bytes(first[:100])
        assert made.png("a") == first


def test_a_scan_that_is_gone_has_no_thumbnail(tmp_path):
    project, made = thumbnails(tmp_path)
    with project:
        (tmp_path / "scans" / "a.nii.gz").unlink()
        assert made.png("a") is None
