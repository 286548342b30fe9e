"""The steps between raw maps and mask, computed live while sliders move. None of them needs torch."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import model_validator

from napari_wsss.params import knob
from napari_wsss.pipeline.scan import Scan
from napari_wsss.pipeline.step import Artefact, Stage, Step, link
from napari_wsss.types import LabelMap


class LiveStep(Step):
    """Base of the live steps.

    ``compute`` gets the value of every link by field name (``field.0``, ``field.1``, … of several), and the scan, both
    cut to the slices asked for.

    Attributes:
        whole: its value belongs to the whole scan and is handed on uncut, whichever slices are asked for.
    """

    stage: ClassVar[Stage] = "propose"
    live: ClassVar[bool] = True
    whole: ClassVar[bool] = False

    @property
    def slicewise(self) -> bool:
        """Whether a slice's result depends on that slice alone; of what is ``whole``, whether its users' does."""
        return True

    @abstractmethod
    def compute(self, inputs: Mapping[str, Any], scan: Scan) -> Any:  # noqa: ANN401 (array of the step's artefact)
        """Give the step's array for the slices in ``scan``."""


class MaskFilter(LiveStep):
    """Base of the filters that change a mask and can be switched off; then the mask is handed on as it is."""

    on: bool = knob(False, "Whether this filter is applied.")
    mask: str = link("mask", help="mask it changes")
    gives: ClassVar[Artefact] = "mask"

    @model_validator(mode="before")
    @classmethod
    def _on_is_a_word(cls, data: Any) -> Any:  # noqa: ANN401 (anything read from YAML)
        # YAML 1.1 reads a bare ``on`` as true, as a key too.
        if isinstance(data, dict) and True in data:
            return {"on" if key is True else key: value for key, value in data.items()}
        return data

    @property
    def passes(self) -> str | None:
        """The mask's step while the filter is off."""
        return None if self.on else self.mask

    @abstractmethod
    def compute(self, inputs: Mapping[str, Any], scan: Scan) -> LabelMap:
        """Give the label map (Z, Y, X)."""
