"""Masks on disk: never out of date, never larger than allowed, never fatal."""

import os

import numpy as np
import pytest

from napari_wsss.pipeline.kept import KeptMasks

MASK = np.random.default_rng(0).integers(0, 3, (4, 8, 9)).astype(np.uint8)


@pytest.fixture
def kept(tmp_path):
    return KeptMasks(tmp_path / "live")


def test_a_mask_comes_back_as_it_was(kept):
    assert kept.find("k") is None
    assert "k" not in kept
    kept.keep("k", MASK)
    assert "k" in kept
    found = kept.find("k")
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, MASK)
    assert kept.find("other") is None


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "text"])
def test_a_damaged_file_is_no_mask_and_is_removed(kept, damage):
    kept.keep("k", MASK)
    (path,) = kept.folder.iterdir()
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 255
    path.write_bytes({"cut": whole[:-9], "flip": bytes(flipped), "empty": b"", "text": b"no mask"}[damage])
    assert kept.find("k") is None
    assert "k" not in kept
    kept.keep("k", MASK)
    np.testing.assert_array_equal(kept.find("k"), MASK)


def test_the_longest_unused_go_first(tmp_path):
    kept = KeptMasks(tmp_path)
    for place, key in enumerate("abc"):
        kept.keep(key, MASK)
        os.utime(tmp_path / f"{key}.npy.gz", (place, place))
    (size,) = {path.stat().st_size for path in tmp_path.iterdir()}
    kept.find("a")  # used now
    kept.limit = 3 * size
    kept.keep("d", MASK)
    assert sorted(path.name[0] for path in tmp_path.iterdir()) == ["a", "c", "d"]
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= kept.limit


def test_nothing_is_written_where_it_may_only_look(tmp_path):
    KeptMasks(tmp_path).keep("k", MASK)
    (tmp_path / "bad.npy.gz").write_bytes(b"no mask")
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()}
    looking = KeptMasks(tmp_path, writable=False)
    looking.keep("other", MASK)
    np.testing.assert_array_equal(looking.find("k"), MASK)
    assert looking.find("bad") is None
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()} == before


def test_a_folder_that_cannot_be_made_is_no_fault(tmp_path):
    (tmp_path / "live").write_text("a file")
    kept = KeptMasks(tmp_path / "live")
    kept.keep("k", MASK)
    assert kept.find("k") is None


def test_files_that_vanish_while_old_ones_are_sought_are_no_fault(kept, monkeypatch):
    kept.keep("k", MASK)
    files = [kept._path("k"), kept._path("gone")]
    monkeypatch.setattr(type(kept.folder), "glob", lambda *_: iter(files))
    kept.keep("other", MASK)
    assert "other" in kept
