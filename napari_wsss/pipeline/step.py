"""Step: one stage of a recipe — its knobs, and links to the steps that feed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from pydantic import Field

from napari_wsss.params import Params

if TYPE_CHECKING:
    from napari_wsss.pipeline.sample import Sample

Stage = Literal["train-classifier", "maps", "propose", "train-segmenter", "predict"]
STAGES: tuple[Stage, ...] = get_args(Stage)
"""In the order in which they run; each is also a command."""

Artefact = Literal[
    "slices", "volumes", "classifier", "volume-classifier", "tied-network", "embedding",
    "maps", "evidence", "kernel", "region", "mask",
    "segmenter", "volume-segmenter", "prediction",
]  # fmt: skip
"""What a step gives.

slices: network inputs of a case, (Z, channels, size, size).  volumes: likewise, (channels, D, H, W).
classifier, tied-network, segmenter: a trained model that takes slices.
volume-classifier, embedding, volume-segmenter: a trained model that takes volumes.
maps: raw activation maps of a case, scale → (C, Z, h, w).  evidence: soft map of a case, (C, Z, Y, X) in [0, 1].
kernel: what a dense CRF builds from the scan alone.  region: places of a case, bool (Z, Y, X).
mask, prediction: label map of a case, (Z, Y, X).
"""


INPUTS: tuple[Artefact, ...] = ("slices", "volumes")
"""Network inputs: cheap, made for training cases too, brought up to date whenever a step that links to them runs."""

ASKED: tuple[Artefact, ...] = ("classifier", "tied-network")
"""Models that give slices class scores: whoever asks about a slice may ask any of them."""


def link(*accepts: Artefact, default: str | None = None, help: str) -> Any:  # noqa: ANN401 (a pydantic field)
    """Declare a link to an upstream step that gives one of ``accepts``, or to several (a tuple of names)."""
    extra: Any = {"link": list(accepts)}
    return Field(... if default is None else default, description=help, json_schema_extra=extra)


class Step(Params):
    """Base of all steps.

    Attributes:
        stage: the command that runs it.
        gives: what it leaves behind.
        version: raised when its result changes for the same knobs, so that older results count as stale.
        works_on: "case" when each case is worked alone, "cohort" when it learns from all training cases.
        live: computed in the window while sliders move (no torch); the others are jobs.
        uses_labels: image-level labels take part in its result.
        uses_accepted: accepted masks take part in its result.
        side_multiple: the side of slices that it takes is a multiple of this.
    """

    stage: ClassVar[Stage]
    gives: ClassVar[Artefact]
    version: ClassVar[int] = 1
    works_on: ClassVar[Literal["case", "cohort"]] = "case"
    live: ClassVar[bool] = False
    uses_labels: ClassVar[bool] = False
    uses_accepted: ClassVar[bool] = False
    side_multiple: ClassVar[int] = 32

    @classmethod
    def link_kinds(cls) -> dict[str, tuple[Artefact, ...]]:
        """Give the link fields and what each accepts."""
        extras = {name: info.json_schema_extra for name, info in cls.model_fields.items()}
        return {name: _accepted(extra) for name, extra in extras.items() if isinstance(extra, dict) and "link" in extra}

    def links(self) -> dict[str, str]:
        """Give field → name of the upstream step, for the links that are set: ``field.0``, ``field.1`` of several."""
        found: dict[str, str] = {}
        for field in self.link_kinds():
            value = getattr(self, field)
            if isinstance(value, tuple):
                found |= {f"{field}.{place}": name for place, name in enumerate(value)}
            elif value:
                found[field] = value
        return found

    @property
    def passes(self) -> str | None:
        """Name of the upstream step whose result this one hands on unchanged (it is switched off); usually None."""
        return None

    def seconds(self, sample: Sample) -> float | None:  # noqa: ARG002 (steps that can be measured override it)
        """Measure on a small piece how long one unit of the plan takes: a case, or an epoch; None if nobody can say."""
        return None


def _accepted(extra: dict[str, Any]) -> tuple[Artefact, ...]:
    return tuple(extra["link"])
