"""Step: find what lies inside the skull of a CT."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from napari_wsss.errors import RecipeError
from napari_wsss.pipeline.scan import Scan
from napari_wsss.pipeline.step import Artefact
from napari_wsss.pipeline.steps.live import LiveStep
from napari_wsss.refine.skull import Skull, inside_skull
from napari_wsss.types import BoolArray


class FindInsideSkull(Skull, LiveStep):
    """Find what lies inside the skull; for CT only."""

    kind: Literal["skull-region"] = "skull-region"
    gives: ClassVar[Artefact] = "region"
    whole: ClassVar[bool] = True

    def compute(self, inputs: Mapping[str, Any], scan: Scan) -> BoolArray:  # noqa: ARG002 (it needs the scan alone)
        """Give bool (Z, Y, X) of the whole scan.

        Raises:
            RecipeError: the recipe has no CT window.
            InputError: these are no Hounsfield units.
        """
        if scan.hounsfield is None:
            raise RecipeError(
                "skull removal is for CT, whose grey values are Hounsfield units: set the intensity of the network "
                "inputs to 'window'. On other scans it would remove bright lesions: leave it out."
            )
        return inside_skull(scan.hounsfield, self)
