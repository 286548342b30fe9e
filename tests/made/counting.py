"""A recipe of small steps that count their calls: a soft map, a kernel, a slicewise and a volume-wide filter."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

import numpy as np

from napari_wsss.params import knob
from napari_wsss.pipeline.scan import Scan
from napari_wsss.pipeline.step import link
from napari_wsss.pipeline.steps.live import LiveStep, MaskFilter
from napari_wsss.recipes import recipe_named

DEPTH = 37
SHAPE = (DEPTH, 5, 6)
CALLS: list[tuple[str, int, int]] = []
"""(step, first slice, slices) of every call, in the order made."""
BEFORE: list[Callable[[str], None]] = []
"""Called at the beginning of every step."""


def _called(name: str, scan: Scan) -> None:
    for listener in BEFORE:
        listener(name)
    CALLS.append((name, scan.first, scan.image.shape[1]))


class Soft(LiveStep):
    """The scan times a gain, as a soft map."""

    kind: Literal["soft"] = "soft"
    maps: str = link("maps", help="maps")
    gain: float = knob(1.0, "Gain.", ge=0.0, le=2.0, step=0.01)
    gives: ClassVar[str] = "evidence"

    def compute(self, inputs, scan):
        _called("soft", scan)
        return (scan.image[:1] * np.float32(self.gain) + inputs["maps"]["scale-1"][:, :, :1, :1]).astype(np.float32)


class Lazy:
    """A kernel that builds what belongs to a slice when it is first asked for it."""

    def __init__(self):
        self.slices = {}

    @property
    def nbytes(self):
        return 8 * len(self.slices)

    def of(self, z):
        return self.slices.setdefault(z, z)


class MakeKernel(LiveStep):
    """Nothing but a lazy kernel."""

    kind: Literal["make-kernel"] = "make-kernel"
    width: int = knob(3, "Width.", ge=1, le=9)
    gives: ClassVar[str] = "kernel"
    whole: ClassVar[bool] = True

    def compute(self, inputs, scan):  # noqa: ARG002
        _called("kernel", scan)
        return Lazy()


class Cut(LiveStep):
    """Where the soft map reaches a threshold in a slice that the kernel knows."""

    kind: Literal["cut"] = "cut"
    start: str = link("evidence", help="soft map")
    kernel: str = link("kernel", help="kernel")
    value: float = knob(0.5, "Threshold.", ge=0.0, le=1.0, step=0.01)
    gives: ClassVar[str] = "mask"

    def compute(self, inputs, scan):
        _called("cut", scan)
        for z in range(scan.first, scan.first + scan.image.shape[1]):
            inputs["kernel"].of(z)
        return (inputs["start"][0] >= self.value).astype(np.uint8)


class Flip(MaskFilter):
    """Turn some slices over, slice by slice."""

    kind: Literal["flip"] = "flip"
    label: int = knob(1, "Label set.", ge=1, le=3)

    def compute(self, inputs, scan):
        _called(self.kind, scan)
        return np.where(inputs["mask"] > 0, self.label, 0).astype(np.uint8)


class Last(Flip):
    """The same again, as the last step."""

    kind: Literal["last"] = "last"


class Largest(MaskFilter):
    """Keep the slice with the most lesion: needs the whole volume."""

    kind: Literal["largest"] = "largest"
    least: int = knob(0, "Voxels at least.", ge=0, le=99)

    @property
    def slicewise(self):
        return False

    def compute(self, inputs, scan):
        _called("largest", scan)
        counts = (inputs["mask"] > 0).sum(axis=(1, 2))
        keep = (counts == counts.max()) & (counts >= self.least)
        return (inputs["mask"] * keep[:, None, None]).astype(np.uint8)


def counting_recipe(**on):
    """Give the recipe; filters are switched on by name."""
    steps = {
        "maps": recipe_named("mixed-unet").step("maps"),
        "soft": Soft(maps="maps"),
        "kernel": MakeKernel(),
        "cut": Cut(start="soft", kernel="kernel"),
        "flip": Flip(mask="cut", on=on.get("flip", False)),
        "largest": Largest(mask="flip", on=on.get("largest", False)),
        "last": Last(mask="largest", on=on.get("last", False)),
    }
    base = recipe_named("mixed-unet")
    return base.model_copy(update={"name": "counting", "steps": steps, "proposal": "last", "rows": ("cut",)})


def counting_scan(seed=0):
    rng = np.random.default_rng(seed)
    image = rng.random((1, *SHAPE), dtype=np.float32)
    return Scan(image, (1.0, 1.0, 1.0), np.ones((DEPTH, 1), np.int8))


def counting_roots():
    return {"maps": {"scale-1": np.zeros((1, DEPTH, 2, 2), np.float16), "logits": np.ones((DEPTH, 1), np.float32)}}
