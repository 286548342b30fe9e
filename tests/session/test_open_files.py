"""The worker may hold more files open than a process usually may."""

import numpy as np
import pytest

from napari_wsss.session.open_files import ENOUGH, allow_many_files

resource = pytest.importorskip("resource")


@pytest.fixture
def few_files():
    """A process that may open 300 files, as macOS has it."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (300, before[1]))
    yield before[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_as_many_cases_as_a_cohort_of_images_has_can_be_mapped(few_files, tmp_path):
    np.save(tmp_path / "slices.npy", np.zeros(3))
    allow_many_files()
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == (ENOUGH if few_files < 0 else few_files)
    mapped = [np.load(tmp_path / "slices.npy", mmap_mode="r") for _ in range(400)]
    assert len(mapped) == 400


def test_a_limit_that_is_high_already_stays():
    allow_many_files()
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    allow_many_files()
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before
