"""Shelves: a mask and its provenance go together."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from napari_wsss.data.cohort import Case
from napari_wsss.errors import InputError, ProjectError
from napari_wsss.store.shelf import Shelf, plain_name

FAILURES = [(name, code, nth) for name, code in (("replace", 13), ("mkstemp", 28)) for nth in (1, 2)]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "project" / "shelf")


def test_what_is_written_is_read(shelf: Shelf, cohort: list[Case], mask: np.ndarray) -> None:
    assert shelf.case_ids() == set()
    assert shelf.read("a") is None
    assert shelf.key("a") is None
    assert shelf.provenance("a") == {}
    path = shelf.write(cohort[0], mask, {"key": "k1", "params": {"value": np.float32(0.5)}})
    shelf.write(cohort[2], mask, {"key": "k2"})
    assert path.name == "a.nii.gz"
    back = shelf.read("a")
    assert back is not None
    np.testing.assert_array_equal(back, mask)
    assert shelf.key("a") == "k1"
    assert shelf.provenance("a")["params"] == {"value": 0.5}
    assert shelf.case_ids() == {"a", "c.v2"}
    assert "b" not in shelf


def test_a_mask_lies_where_its_scan_lies(shelf: Shelf, cohort: list[Case], mask: np.ndarray) -> None:
    image = nib.load(shelf.write(cohort[0], mask, {}))
    np.testing.assert_allclose(image.affine, cohort[0].geometry.affine)
    assert int(image.header["sform_code"]) == 2  # as in the scan
    np.testing.assert_array_equal(np.asarray(image.dataobj), mask.transpose(2, 1, 0))


def test_a_mask_can_be_written_after_its_scan_was_moved(shelf: Shelf, cohort: list[Case], mask: np.ndarray) -> None:
    cohort[0].channels["image"].unlink()
    image = nib.load(shelf.write(cohort[0], mask, {}))
    np.testing.assert_allclose(image.affine, cohort[0].geometry.affine)


def test_the_key_is_void_when_the_mask_is_not_the_one_described(
    shelf: Shelf, cohort: list[Case], mask: np.ndarray
) -> None:
    shelf.write(cohort[1], mask * 0, {"key": "other"})
    path = shelf.write(cohort[0], mask, {"key": "k"})
    path.write_bytes(shelf.path("b").read_bytes())
    assert shelf.key("a") is None
    shelf.write(cohort[0], mask, {"key": "k"})
    for text in ("key: [", "just text", ""):
        shelf.provenance_path("a").write_text(text)
        assert shelf.key("a") is None
    shelf.provenance_path("a").write_text("just text")
    with pytest.raises(InputError, match=r"a\.yaml: is no provenance"):
        shelf.provenance("a")


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize(("function", "code", "nth"), FAILURES)
def test_a_failed_write_leaves_mask_and_provenance_as_they_were(  # noqa: PLR0917
    shelf: Shelf,
    cohort: list[Case],
    mask: np.ndarray,
    snapshot: Callable[[], dict[str, bytes]],
    break_disk: Callable[..., None],
    function: str,
    code: int,
    nth: int,
    there: bool,
) -> None:
    if there:
        shelf.write(cohort[0], mask, {"key": "old"})
    before = snapshot()
    break_disk(function, code, nth)
    with pytest.raises(ProjectError, match=os.strerror(code)):
        shelf.write(cohort[0], mask * 0, {"key": "new"})
    assert snapshot() == before
    assert shelf.key("a") == ("old" if there else None)


def test_a_damaged_mask_is_named(shelf: Shelf, cohort: list[Case], mask: np.ndarray) -> None:
    path = shelf.write(cohort[0], mask, {})
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(InputError, match=r"a\.nii\.gz"):
        shelf.read("a")


def test_removing(shelf: Shelf, cohort: list[Case], mask: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.write(cohort[0], mask, {})

    def denied(*_: object, **__: object) -> None:
        raise OSError(13, os.strerror(13))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", denied)
        with pytest.raises(ProjectError, match=r"a\.nii\.gz: cannot be removed \(Permission denied\)"):
            shelf.remove("a")
    assert "a" in shelf
    shelf.remove("a")
    shelf.remove("a")
    assert list(shelf.folder.iterdir()) == []


@pytest.mark.parametrize("name", ["", "..", "../a", "a/b", "a\\b", ".hidden", "a\0"])
def test_a_name_leads_nowhere_else(name: str) -> None:
    with pytest.raises(ProjectError, match="cannot name a file"):
        plain_name(name)
