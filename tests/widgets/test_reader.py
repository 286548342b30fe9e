import numpy as np
from fake import write_scan

from napari_wsss.widgets import get_reader


def test_a_scan_becomes_layers(tmp_path):
    path = write_scan(tmp_path / "head.nii.gz")
    [(data, words, kind)] = get_reader(str(path))(str(path))
    assert kind == "image"
    assert data.shape == (5, 24, 20)
    assert words["name"] == "head.nii.gz"
    np.testing.assert_allclose(words["scale"], (2.5, 1.0, 1.0))


def test_several_paths(tmp_path):
    paths = [str(write_scan(tmp_path / name)) for name in ("a.nii.gz", "b.nii")]
    layers = get_reader(paths)(paths)
    assert [words["name"] for _, words, _ in layers] == ["a.nii.gz", "b.nii"]


def test_other_files_are_left_to_others(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("no scan")
    assert get_reader(str(file)) is None
