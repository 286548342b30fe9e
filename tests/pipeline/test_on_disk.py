"""Arrays that stay on the disk."""

import os

import numpy as np
import psutil
import pytest

from napari_wsss.errors import ProjectError
from napari_wsss.pipeline.on_disk import OnDisk

STACK = np.arange(5 * 2 * 3 * 4, dtype=np.float16).reshape(5, 2, 3, 4)


@pytest.fixture(params=["rows first", "columns first"])
def stack(request, tmp_path):
    path = tmp_path / "stack.npy"
    np.save(path, STACK if request.param == "rows first" else np.asfortranarray(STACK))
    return OnDisk.of(path)


def test_what_is_read_is_what_was_written(stack):
    assert (stack.shape, stack.dtype, len(stack)) == (STACK.shape, STACK.dtype, 5)
    for place in (0, np.int64(4), -1, slice(1, 3), (slice(None), slice(1, 2)), (slice(0, 9), slice(None), slice(1, 3))):
        found = stack[place]
        np.testing.assert_array_equal(found, STACK[place])
        assert type(found) is np.ndarray
        assert found.base is None
    np.testing.assert_array_equal(np.asarray(stack, dtype=np.float32), STACK)


def test_a_part_is_read_when_it_is_asked_for(stack):
    part = stack.part((slice(None), slice(1, 9)))
    assert part.shape == (5, 1, 3, 4)
    np.testing.assert_array_equal(np.asarray(part), STACK[:, 1:])


def test_nothing_stays_open_or_mapped(stack):
    process = psutil.Process(os.getpid())
    before = process.num_fds() if hasattr(process, "num_fds") else 0
    held = [stack[0], stack[1:3], stack.part((slice(0, 2),))]
    assert (process.num_fds() if hasattr(process, "num_fds") else 0) == before
    assert not any(str(stack.path) == region.path for region in process.memory_maps())
    assert len(held) == 3


def test_a_file_made_anew_meanwhile_is_not_taken_for_the_old_one(tmp_path):
    path = tmp_path / "stack.npy"
    np.save(path, STACK)
    stack = OnDisk.of(path)
    np.save(path, STACK + 1)
    os.utime(path, ns=(1, 1))
    with pytest.raises(ProjectError, match="made anew meanwhile"):
        stack[0]
    path.unlink()
    with pytest.raises(ProjectError, match="is gone"):
        stack[0]


def test_a_file_that_is_no_array_is_one_clear_line(tmp_path):
    (tmp_path / "a.npy").write_bytes(b"no array")
    with pytest.raises(ProjectError, match="cannot be read"):
        OnDisk.of(tmp_path / "a.npy")
