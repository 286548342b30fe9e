"""A cohort whose best settings are known: the evidence is the scan itself, the truth the scan cut at a threshold."""

from __future__ import annotations

from typing import ClassVar, Literal

import nibabel as nib
import numpy as np

from napari_wsss.data.cohort import scan_cohort
from napari_wsss.data.labels import LabelTable
from napari_wsss.params import knob
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.scan import load_scan
from napari_wsss.pipeline.step import Artefact
from napari_wsss.pipeline.steps import CombineMasks, ThresholdMaps
from napari_wsss.pipeline.steps.live import LiveStep, MaskFilter
from napari_wsss.pipeline.workspace import Workspace
from napari_wsss.progress import drain

DEPTH = 4
SHAPE = (DEPTH, 24, 24)


class ScanAsEvidence(LiveStep):
    """The scan's first channel is the soft map, or its second."""

    kind: Literal["scan-as-evidence"] = "scan-as-evidence"
    channel: int = knob(0, "Which channel.", ge=0, le=1)
    gives: ClassVar[Artefact] = "evidence"

    def compute(self, inputs, scan):  # noqa: ARG002
        return scan.image[self.channel : self.channel + 1]


class KeepRows(MaskFilter):
    """Empties the rows from a number on; a filter with an optimum of its own."""

    kind: Literal["keep-rows"] = "keep-rows"
    rows: int = knob(24, "Rows kept.", ge=0, le=24, step=1)

    def compute(self, inputs, scan):  # noqa: ARG002
        kept = inputs["mask"].copy()
        kept[:, self.rows :] = 0
        return kept


class WholeVolume(KeepRows):
    """The same, but said to need the whole volume."""

    kind: Literal["whole-volume"] = "whole-volume"

    @property
    def slicewise(self) -> bool:
        return False


class MemoryAccepted:
    """Accepted masks in a dictionary: case → (mask, slices)."""

    def __init__(self):
        self.kept = {}

    def mask(self, case_id):
        return self.kept[case_id][0] if case_id in self.kept else None

    def slices(self, case_id):
        return self.kept[case_id][1] if case_id in self.kept else np.zeros(DEPTH, dtype=bool)

    def digest(self, case_id):
        return str(hash(self.kept[case_id][0].tobytes())) if case_id in self.kept else ""


def recipe_of(steps: dict, proposal: str) -> Recipe:
    """Give a recipe of these steps, some of which no file could name."""
    return Recipe.model_construct(
        name="planted", title="", source="", steps=steps, proposal=proposal, rows=(), small=()
    )


def one_threshold(*, filter_on: bool = False, whole: bool = False, value: float = 0.35) -> Recipe:
    """Give evidence → threshold → filter."""
    kind = WholeVolume if whole else KeepRows
    return recipe_of(
        {
            "map": ScanAsEvidence(),
            "cut": ThresholdMaps(evidence="map", value=value),
            "keep": kind(mask="cut", on=filter_on),
        },
        "keep",
    )


def two_thresholds(rule: str = "and") -> Recipe:
    """Give two maps, two thresholds, their combination, a filter."""
    return recipe_of(
        {
            "map-a": ScanAsEvidence(),
            "map-b": ScanAsEvidence(channel=1),
            "cut-a": ThresholdMaps(evidence="map-a", value=0.35),
            "cut-b": ThresholdMaps(evidence="map-b", value=0.35),
            "both": CombineMasks(masks=("cut-a", "cut-b"), rule=rule),
            "keep": KeepRows(mask="both"),
        },
        "keep",
    )


def make_workspace(folder, subsets: dict[str, str], patients: dict[str, str] | None = None) -> Workspace:
    """Write smooth random scans of two channels and give a workspace over them; nothing is accepted yet."""
    rng = np.random.default_rng(7)
    for channel in ("a", "b"):
        (folder / channel).mkdir(parents=True)
        for case_id in subsets:
            scan = rng.random(SHAPE[::-1]).astype(np.float32)
            scan = scan + np.roll(scan, 1, 0) + np.roll(scan, 1, 1)
            nib.save(nib.Nifti1Image(scan, np.eye(4)), folder / channel / f"{case_id}.nii.gz")
    found = drain(scan_cohort(None, {"a": folder / "a", "b": folder / "b"}))
    named = patients or {}
    cases = {case.id: case.replace(subset=subsets[case.id], patient=named.get(case.id, case.id)) for case in found}
    labels = LabelTable.empty(("lesion",), dict.fromkeys(cases, DEPTH))
    return Workspace(cases, labels, None, MemoryAccepted(), folder / "cache", folder / "models")


def plant(workspace, case_id, threshold, *, rows=SHAPE[1], slices=range(DEPTH), channel=0):
    """Accept what lies at or above a threshold, in the first rows."""
    scan = load_scan(one_threshold(), workspace, case_id)
    mask = (scan.image[channel] >= np.float32(threshold)).astype(np.uint8)
    mask[:, rows:] = 0
    counted = np.isin(np.arange(DEPTH), list(slices))
    workspace.accepted.kept[case_id] = (np.where(counted[:, None, None], mask, 0).astype(np.uint8), counted)
