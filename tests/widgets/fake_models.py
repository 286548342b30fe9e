"""The models of a fake session: entries made up, and what was done with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from napari_wsss.progress import Progress
from napari_wsss.session.kept_predictions import Brought
from napari_wsss.session.library import ModelEntry
from napari_wsss.session.verdict_on_models import gist, summary_of

CURVES = ({"epoch": 1.0, "loss": 0.9, "dice_to_targets": 0.4}, {"epoch": 2.0, "loss": 0.7, "dice_to_targets": 0.6})


def entry(
    name: str, *, current: bool = False, role: str = "segmenter", made: str = "2026-01-01T10:00:00+00:00"
) -> ModelEntry:
    """Make up a model."""
    return ModelEntry(
        name, "segmenter", name, Path(f"segmenter-{name}"), role, "unet, width 16", "15 accepted scans, 40 proposals",
        {"epochs": 2}, CURVES, {"dice_to_targets": 0.6}, current, made,
    )  # fmt: skip


def comparison(*rows: tuple[str, float, float, bool]) -> dict[str, Any]:
    """Make a comparison from (patient, Dice before, Dice now, seen by the newer model)."""
    made = [
        {
            "patient": name, "class": "lesion", "scans": 1, "first": one, "second": two, "difference": two - one,
            "first_saw": False, "second_saw": seen,
        }
        for name, one, two, seen in rows
    ]  # fmt: skip
    named = {
        "first": {"name": "older", "folder": "segmenter-older"},
        "second": {"name": "newer", "folder": "segmenter-newer"},
    }
    result = {**named, "rows": made, "summary": summary_of(made)}
    return {**result, "text": gist(result)}


@dataclass(kw_only=True)
class FakeModels:
    """The members of a session that have to do with models."""

    library: list[ModelEntry] = field(default_factory=list)
    did: list[tuple[Any, ...]] = field(default_factory=list)
    start_from: str = "proposals"
    compared: dict[str, Any] | None = None
    predicts: Callable[[str], bool] = field(default=lambda _: False)

    def models(self) -> list[ModelEntry]:
        return list(self.library)

    def use_model(self, name: str) -> Brought:
        self.did.append(("use", name))
        self.library = [replace(one, current=one.folder.name == name) for one in self.library]
        return Brought(2, 1)

    def rename_model(self, name: str, new: str) -> None:
        self.library = [replace(one, name=new) if one.folder.name == name else one for one in self.library]

    def remove_model(self, name: str) -> None:
        self.library = [one for one in self.library if one.folder.name != name]

    def export_model(self, name: str, target: Path, *, format: str = "onnx") -> Any:
        yield Progress("export", 0, 1)
        self.did.append(("export", name, target, format))
        return target

    def import_model(self, path: Path) -> ModelEntry:
        self.library.insert(0, entry("imported"))
        self.did.append(("import", path))
        return self.library[0]

    def compare_models(self, first: str, second: str) -> Any:
        yield Progress("compare", 0, 1)
        self.did.append(("compare", first, second))
        return self.compared

    def end_round(self) -> Any:
        yield Progress("compare", 0, 1)
        self.start_from = "segmenter"
        return {"comparison": self.compared, "worse": False, "start_from": self.start_from}

    def set_start_from(self, start: str) -> None:
        self.start_from = start

    def offers(self, case_id: str) -> str:
        return "prediction" if self.start_from == "segmenter" and self.predicts(case_id) else "proposal"

    def unsure_slices(self, case_id: str) -> list[float]:
        return [0.001 * z for z in range(5)] if self.predicts(case_id) else []

    def learnt_from(self) -> frozenset[str]:
        return frozenset()
