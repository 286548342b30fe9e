"""Files of an earlier benchmark."""

import pytest

from napari_wsss.errors import ProjectError
from napari_wsss.session.benchmark.leftovers import remove_leftovers


def test_what_was_written_stays(tmp_path):
    old, new, other = (tmp_path / name for name in ("old.csv", "new.csv", "other.csv"))
    for path in (old, new, other):
        path.touch()
    remove_leftovers([old, new, tmp_path / "never.csv"], [new])
    assert {*tmp_path.iterdir()} == {new, other}


def test_what_cannot_be_removed_is_said(tmp_path):
    with pytest.raises(ProjectError, match="cannot be written"):
        remove_leftovers([tmp_path], [])
