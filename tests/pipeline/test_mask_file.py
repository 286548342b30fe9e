"""Label maps in a file for as long as a training lasts."""

import gc
import subprocess
import sys

import numpy as np
import pytest

from napari_wsss.errors import ProjectError
from napari_wsss.pipeline.mask_file import MaskFile

MASKS = np.random.default_rng(0).integers(0, 255, (5, 2, 3, 4), dtype=np.uint8)


def test_label_maps_come_back_in_any_order(tmp_path):
    file = MaskFile(tmp_path / "cache")
    assert file.add(MASKS[:2]).tolist() == [0, 1]
    assert file.add(MASKS[2:2]).tolist() == []
    assert file.add(MASKS[2:].swapaxes(0, 0)).tolist() == [2, 3, 4]
    np.testing.assert_array_equal(file.read([4, 0, 0]), MASKS[[4, 0, 0]])
    np.testing.assert_array_equal(file.read(np.array([-1, 3])), np.stack([np.zeros((2, 3, 4)), MASKS[3]]))
    assert len(file) == 5


def test_nothing_is_left_behind(tmp_path):
    file = MaskFile(tmp_path)
    file.add(MASKS)
    raw = file._file
    assert not any(tmp_path.iterdir())
    del file
    gc.collect()
    assert raw.closed


def test_nothing_is_left_of_a_killed_process(tmp_path):
    code = (
        "import os, signal, sys\nfrom pathlib import Path\nimport numpy as np\n"
        "from napari_wsss.pipeline.mask_file import MaskFile\n"
        "MaskFile(Path(sys.argv[1])).add(np.ones((3, 8, 8), np.uint8))\nos.kill(os.getpid(), signal.SIGTERM)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert not any(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ProjectError, match="cannot be written"):
        MaskFile(tmp_path / "file")
