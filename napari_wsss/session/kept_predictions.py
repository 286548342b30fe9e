"""Predictions are kept with the model that made them too: going back to a model brings its masks back at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from napari_wsss.files import share_file
from napari_wsss.store.project import Project
from napari_wsss.store.shelf import Shelf

FOLDER = "predictions"


@dataclass(frozen=True)
class Brought:
    """What came back with a model.

    Attributes:
        there: scans that have its mask again.
        missing: scans that it has not segmented yet.
    """

    there: int
    missing: int

    @property
    def words(self) -> str:
        """The same in a sentence."""
        if not self.missing:
            return f"Its masks of all {self.there} scans are back."
        back = f"its masks of {self.there} scans are back; " if self.there else ""
        text = f"{back}{self.missing} scans have none of this model yet: segment all scans to make them."
        return text[0].upper() + text[1:]


def predictions_with(model: Path) -> Shelf:
    """Give the shelf with the masks that the model in folder ``model`` made."""
    return Shelf(model / FOLDER)


def keep_with_model(project: Project, kind: str, case_id: str, model: str) -> None:
    """Put the prediction of a case beside the model that made it, without taking space again where the disk allows it.

    Raises:
        ProjectError: the model's folder cannot be written.
    """
    folder = project.models_folder / model
    if folder.is_dir():
        _share(project.prediction_shelf(kind), predictions_with(folder), case_id)


def bring_predictions(project: Project, kind: str, model: Path) -> Brought:
    """Make the masks kept with a model the predictions of the project; those of other models go.

    Raises:
        ProjectError: the project cannot be written.
    """
    source, target = predictions_with(model), project.prediction_shelf(kind)
    there = source.case_ids() & set(project.cases)
    for case_id in project.cases:
        if case_id in there:
            _share(source, target, case_id)
        else:
            target.remove(case_id)
    return Brought(len(there), len(project.cases) - len(there))


def _share(source: Shelf, target: Shelf, case_id: str) -> None:
    """Put a mask and what describes it into another shelf; stopped in between, they do not fit and count as stale."""
    share_file(source.provenance_path(case_id), target.provenance_path(case_id))
    share_file(source.path(case_id), target.path(case_id))
