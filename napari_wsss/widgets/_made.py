"""How the mask shown was made: by the live path, by the segmenter, or accepted before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from napari_wsss.widgets._corrections import Made, Origin

if TYPE_CHECKING:
    from napari_wsss.session import Session
    from napari_wsss.widgets._desk import Desk


def made_of(desk: Desk, origin: Origin) -> Made:
    """Give what tells how a mask of the case on the desk was made; empty where nobody knows.

    For the proposal it tells the sliders as they stand when it is called, for others it reads a file.
    """
    session, loaded = desk.session, desk.loaded
    if session is None or loaded is None:
        return dict
    case_id = loaded.case_id
    if origin == "proposal":
        return lambda: _live(desk)
    if origin == "prediction":
        return lambda: _predicted(session, case_id)
    return lambda: session.project.accepted_provenance(case_id)


def _live(desk: Desk) -> Mapping[str, Any]:
    tuner = desk.tuner
    return tuner.provenance() if tuner is not None and tuner.has_maps else {}


def _predicted(session: Session, case_id: str) -> Mapping[str, Any]:
    return session.project.prediction_provenance(session.recipe.giving("prediction")[-1], case_id)
