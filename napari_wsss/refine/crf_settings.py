"""Knobs of the dense CRF: those of its kernels, which are built from the scan alone, and those of the inference."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import field_validator

from napari_wsss.errors import RecipeError
from napari_wsss.params import Params, knob
from napari_wsss.refine.theta import Theta
from napari_wsss.types import Spacing

MOST_SRGB = 255.0


class KernelWidths(Params):
    """How near, and how alike, two places must be to influence each other."""

    sxy: float = knob(
        10.0,
        "How far apart, within a slice, two places of similar brightness still influence each other. Larger pulls in "
        "distant tissue of the same brightness; smaller keeps the correction near the map.",
        ge=1.0, le=200.0, step=1.0, unit="mm",
    )  # fmt: skip
    sz: float = knob(
        10.0,
        "The same from slice to slice; counts in mode 3d. Smaller where neighbouring slices differ much.",
        ge=0.5, le=200.0, step=0.5, unit="mm",
    )  # fmt: skip
    srgb: tuple[float, ...] = knob(
        (10.0,),
        "How different in brightness two places may be and still count as the same tissue, on a scale where the scan's "
        "darkest is 0 and its brightest 255. Smaller follows fainter edges; larger ignores them. One number for all "
        "channels, or one for each (10, 20, …).",
        step=0.5, unit="of 255",
    )  # fmt: skip
    sxy_smooth: float = knob(
        3.0,
        "Size of specks and dents that are smoothed away whatever the scan shows.",
        ge=0.5, le=30.0, step=0.5, unit="mm",
    )  # fmt: skip
    mode: Literal["2d", "3d"] = knob("2d", "2d: each slice by itself. 3d: neighbouring slices influence each other.")
    engine: Literal["own", "pydensecrf"] = knob(
        "own", "Who computes it. own: built in, more accurate. pydensecrf: for comparison, where installed.",
        advanced=True,
    )  # fmt: skip

    @field_validator("srgb", mode="before")
    @classmethod
    def _one_for_all(cls, value: Any) -> Any:  # noqa: ANN401 (anything read from YAML)
        return (value,) if isinstance(value, int | float) else value

    @field_validator("srgb")
    @classmethod
    def _usable(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not value or not all(1 <= width <= MOST_SRGB for width in value):
            raise ValueError(f"give one number from 1 to {MOST_SRGB:g}, or one per channel")
        return value

    def theta(self, spacing: Spacing, channels: int) -> Theta:
        """Give the kernel widths in voxels (millimetres / spacing) and in the units of an image that spans 0 … 1.

        Raises:
            RecipeError: ``srgb`` has neither one number nor one per channel.
        """
        if len(self.srgb) not in {1, channels}:
            raise RecipeError(
                f"srgb has {len(self.srgb)} numbers and the scan {channels} channels; give one number, or {channels}."
            )
        z, y, x = spacing
        widths = self.srgb * channels if len(self.srgb) == 1 else self.srgb
        return Theta(
            smooth=(self.sxy_smooth / z, self.sxy_smooth / y, self.sxy_smooth / x),
            space=(self.sz / z, self.sxy / y, self.sxy / x),
            colour=tuple(width / 255 for width in widths),
        )


class MeanField(Params):
    """How strongly places that look alike are drawn into the same class. None of these rebuilds the kernels."""

    compat: float = knob(
        5.0,
        "How strongly similar-looking places are drawn into the same class. 0 ignores the scan; larger trusts the scan "
        "more and the map less.",
        ge=0.0, le=50.0, step=0.5,
    )  # fmt: skip
    compat_smooth: float = knob(
        3.0, "How strongly specks and dents are smoothed away. 0 switches it off.", ge=0.0, le=50.0, step=0.5
    )
    iterations: int = knob(
        5,
        "How often the correction is repeated. More lets it travel further; 5 is usually enough.",
        ge=0,
        le=50,
        step=1,
    )
    gt_prob: float = knob(
        0.7,
        "When it starts from a mask: how far that mask is trusted. Near 1 hardly anything moves; near 0.5 the scan "
        "decides.",
        ge=0.51, le=0.99, step=0.01,
    )  # fmt: skip
