import gc
import weakref
from dataclasses import dataclass, replace

import numpy as np
import pytest

from napari_wsss.errors import OutOfMemory
from napari_wsss.pipeline.smaller_patch import halved, with_smaller_patches
from napari_wsss.progress import drain


@dataclass(frozen=True)
class Step:
    patch: tuple[int, int, int]

    def replace(self, **changes):
        return replace(self, **changes)


@pytest.mark.parametrize(
    ("patch", "smaller"),
    [
        ((96, 96, 96), (48, 48, 48)),
        ((32, 128, 128), (32, 64, 64)),
        ((12, 16, 15), (12, 8, 15)),
        ((12, 8, 15), (12, 8, 15)),
    ],
)
def test_the_longest_sides_are_halved(patch, smaller):
    assert halved(patch) == smaller


def test_patches_are_halved_until_they_fit_and_it_is_said():
    held, events = [], []

    def train(step):
        assert all(reference() is None for reference in held)  # nothing of the attempt before is left
        data = np.zeros(8)
        held.append(weakref.ref(data))
        if step.patch[1] > 32:
            raise OutOfMemory("too large")
        return step.patch
        yield

    gc.disable()  # no cycle may hold it
    try:
        assert drain(with_smaller_patches(Step((16, 128, 128)), train), events.append) == (16, 32, 32)
    finally:
        gc.enable()
    assert [event.text.split(" voxels")[0] for event in events] == [
        "Patches of 16 × 128 × 128",
        "Patches of 16 × 64 × 64",
    ]
    assert "patches of 16 × 64 × 64," in events[0].text


def test_what_cannot_be_halved_is_an_error():
    def train(_):
        raise OutOfMemory("too large")
        yield

    with pytest.raises(OutOfMemory, match="too large"):
        drain(with_smaller_patches(Step((15, 15, 15)), train))
