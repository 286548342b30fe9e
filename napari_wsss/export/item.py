"""Item: one mask that leaves the project, and what may be said about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from napari_wsss.data.case import Case
from napari_wsss.types import LabelMap


@dataclass(frozen=True, eq=False)
class Item:
    """One mask to write.

    Attributes:
        case: whose mask it is.
        mask: (Z, Y, X), 0 background, c + 1 class c.
        what: kind of mask: "accepted", "predictions", "proposals", or a step of the recipe.
        classes: names of the classes.
        name: that the case bears outside the project; fit for a file name.
        patient: the same for the patient.
        scan: number of the scan, where the patient has several; "" else.
        hidden: names are pseudonyms, and nothing else that tells whose scan it is may go out.
        made: how the mask was made.
        by: who accepted it; "" where nobody did or it is not told.
    """

    case: Case
    mask: LabelMap
    what: str
    classes: tuple[str, ...]
    name: str
    patient: str
    scan: str = ""
    hidden: bool = True
    made: Mapping[str, Any] = field(default_factory=dict)
    by: str = ""
