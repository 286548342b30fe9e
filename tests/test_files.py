"""Atomic writes: the old file or the whole new one."""

import hashlib
import json
import os
import stat

import pytest

from napari_wsss import files
from napari_wsss.errors import InputError, ProjectError


def test_atomic_path_replaces_and_keeps_every_suffix(tmp_path):
    target = tmp_path / "deep" / "mask.nii.gz"
    with files.atomic_path(target) as temporary:
        assert temporary.name.endswith(".nii.gz")
        assert temporary.parent == target.parent
        temporary.write_bytes(b"new")
        assert not target.exists()
    assert target.read_bytes() == b"new"
    assert list(target.parent.iterdir()) == [target]


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path):
    def write_half(path):
        with files.atomic_path(path) as temporary:
            temporary.write_text("half of the n")
            raise RuntimeError("pulled the plug")

    target = tmp_path / "labels.csv"
    target.write_text("old")
    with pytest.raises(RuntimeError, match="plug"):
        write_half(target)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_failing_rename_is_a_project_error(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    (tmp_path / "a.txt").write_text("old")
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(ProjectError, match=r"a\.txt: cannot be written \(No space left on device\)"):
        files.write_text(tmp_path / "a.txt", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"


def test_a_folder_that_cannot_be_made_is_a_project_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ProjectError, match="give this folder write permission"):
        files.write_text(tmp_path / "file" / "below.txt", "text")


def test_permissions_follow_the_umask(tmp_path):
    old = os.umask(0o027)
    try:
        files.write_text(tmp_path / "a.txt", "text")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o640


def test_text_json_and_yaml(tmp_path):
    files.write_text(tmp_path / "a.txt", "mm³")
    assert (tmp_path / "a.txt").read_bytes() == "mm³".encode()
    files.write_json(tmp_path / "a.json", {"b": 1, "a": [2]})
    assert json.loads((tmp_path / "a.json").read_text()) == {"b": 1, "a": [2]}
    files.write_yaml(tmp_path / "a.yaml", {"b": "×", "a": 1})
    assert (tmp_path / "a.yaml").read_text() == "b: ×\na: 1\n"
    assert files.read_yaml(tmp_path / "a.yaml") == {"b": "×", "a": 1}


@pytest.mark.parametrize("content", [b"a: [1", b"\xff\xfe\x00", b"!!python/object/apply:os.system ['true']"])
def test_no_yaml_is_an_input_error_of_one_line(tmp_path, content):
    (tmp_path / "a.yaml").write_bytes(content)
    with pytest.raises(InputError) as caught:
        files.read_yaml(tmp_path / "a.yaml")
    assert "\n" not in str(caught.value)


def test_missing_yaml_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        files.read_yaml(tmp_path / "none.yaml")


def test_digest_counts_the_split_into_parts():
    assert files.digest("ab", "c") != files.digest("a", "bc")
    assert files.digest("ab", b"c") == files.digest(b"ab", "c")
    assert len(files.digest()) == 64


def test_file_digest(tmp_path):
    (tmp_path / "a").write_bytes(b"content")
    assert files.file_digest(tmp_path / "a") == hashlib.sha256(b"content").hexdigest()


def test_a_shared_file_is_one_file_until_either_is_written(tmp_path):
    source, target = tmp_path / "a.npy", tmp_path / "deep" / "b.npy"
    source.write_bytes(b"one")
    files.share_file(source, target)
    assert source.samefile(target)
    files.write_bytes(target, b"other")
    assert (source.read_bytes(), target.read_bytes()) == (b"one", b"other")
    files.share_file(source, target)
    assert target.read_bytes() == b"one"


def test_a_disk_without_links_gets_a_copy(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "a").write_bytes(b"one")
    files.share_file(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b"one"
    assert not (tmp_path / "a").samefile(tmp_path / "b")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
