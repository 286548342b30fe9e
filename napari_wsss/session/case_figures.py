"""Figures of one case for the worklist: volume, Dice, uncertainty — computed when asked for, kept on disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

import numpy as np

from napari_wsss import files
from napari_wsss.data.reference import in_classes
from napari_wsss.errors import WsssError
from napari_wsss.metrics.overlap import class_counts, confusion, dice
from napari_wsss.session.uncertainty import disagreement, mean_entropy, mean_inside
from napari_wsss.store.project import Project
from napari_wsss.types import FloatArray, LabelMap

Kind = Literal["accepted", "accepted in part", "proposal", "prediction"]
T = TypeVar("T")
VERSION = 1
"""Raised when a figure is computed in another manner."""


@dataclass(frozen=True)
class MaskFigures:
    """What the masks of a case say; None where there is nothing to say it from.

    Attributes:
        kind: which mask the figures are of: the accepted one, else the one offered (the proposal or the segmenter's),
            else the other of these.
        volume_ml: volume of all its lesions.
        dice: mean over the classes, against the reference mask.
        proposal_ml: volume of the mask offered.
        slices: share of the slices that it marks, 0 … 1.
        gain: 1 − Dice of the mask offered against the one accepted as a whole; None where the segmenter whose mask is
            offered learnt from it.
        apart: 1 − Dice of the proposal against the segmenter's mask.
    """

    kind: Kind | None = None
    volume_ml: float | None = None
    dice: float | None = None
    proposal_ml: float | None = None
    slices: float | None = None
    gain: float | None = None
    apart: float | None = None


@dataclass(frozen=True)
class EvidenceFigures:
    """What is behind the mask offered: soft maps, or the segmenter's probabilities; None where there are none.

    Attributes:
        uncertainty: mean entropy of the soft maps, mean over the models, in bits; or of the probabilities.
        disagreement: between the maps of several models, 0 … 1; None with one model.
        inside: mean evidence inside the proposal.
    """

    uncertainty: float | None = None
    disagreement: float | None = None
    inside: float | None = None


class Evidence(Protocol):
    """The soft maps behind a case's proposal."""

    @property
    def key(self) -> str:
        """A text that changes with everything the maps depend on; empty where there are none."""

    def maps(self) -> list[FloatArray]:
        """Compute them: (C, Z, Y, X) in [0, 1], one a model."""


class CaseSource(Protocol):
    """Where the figures of a case come from; a session is one."""

    project: Project

    def proposal(self, case_id: str) -> LabelMap | None:
        """Give the proposal kept for a case, or None."""

    def prediction(self, case_id: str) -> LabelMap | None:
        """Give the segmenter's mask of a case, or None."""

    def offers(self, case_id: str) -> Literal["proposal", "prediction"]:
        """Say which of the two is offered for a case."""

    def offered_made(self, case_id: str) -> Mapping[str, Any]:
        """Give how the mask offered was made."""

    def learnt_from(self) -> Collection[str]:
        """Give the cases that the segmenter in use learnt from."""

    def mask_paths(self, case_id: str) -> Sequence[Path]:
        """Give the files that proposal and prediction are read from, whether they are there or not."""

    def evidence(self) -> Callable[[str], Evidence]:
        """Give the function that tells a case's evidence, with recipe, models and settings as they are now."""


class CaseFigures:
    """Figures of the cases of a project, kept under ``cache/worklist`` by what they depend on.

    What cannot be read counts as not there: whoever opens the case is told. Recipe, models and settings are those of
    the time when evidence is first asked for: make it anew when they have changed.

    Args:
        source: the session.
    """

    def __init__(self, source: CaseSource) -> None:
        self._source, self._project = source, source.project
        self._evidence_of: Callable[[str], Evidence] | None = None
        self._taught: Collection[str] | None = None
        self.folder = self._project.cache_folder / "worklist"

    def masks(self, case_id: str) -> MaskFigures:
        """Give what the masks of a case say; its files are read only if they changed."""
        return self._kept(case_id, "masks", self.masks_key(case_id), MaskFigures, lambda: self._mask_figures(case_id))

    def evidence(self, case_id: str) -> EvidenceFigures:
        """Give what is behind the mask offered for a case; computed only if something about it changed."""
        if self._source.offers(case_id) == "prediction":
            return self._kept(
                case_id, "evidence", self.masks_key(case_id), EvidenceFigures, lambda: self._segmenter_figures(case_id)
            )
        if self._evidence_of is None:
            self._evidence_of = self._source.evidence()
        found = self._evidence_of(case_id)
        if not found.key:
            return EvidenceFigures()
        key = files.digest(found.key, *_stamps(self._source.mask_paths(case_id)[:1]))
        return self._kept(case_id, "evidence", key, EvidenceFigures, lambda: self._evidence_figures(case_id, found))

    def masks_key(self, case_id: str) -> str:
        """Give a text that changes with the masks of a case, its reference and its labels."""
        project, case = self._project, self._project.case(case_id)
        accepted = project.accepted_path(case_id)
        paths = [accepted, accepted.with_name(f"{case_id}.yaml"), *self._source.mask_paths(case_id)]
        paths += [case.reference] if case.reference is not None else []
        labels = project.labels.volume_labels(case_id).tobytes()
        parts: list[str | bytes] = [str(VERSION), ",".join(project.labels.classes), labels, *_stamps(paths)]
        return files.digest(*parts, *(["segmenter"] if self._source.offers(case_id) == "prediction" else []))

    def mask(self, case_id: str) -> tuple[Kind, LabelMap] | None:
        """Give the mask that a row of the worklist speaks of; slices not accepted yet show the mask offered."""
        project, source = self._project, self._source
        accepted, slices = _read(project.accepted, case_id), project.accepted_slices(case_id)
        if accepted is not None and slices.all():
            return "accepted", accepted
        offers, offered = self._offered(case_id)
        if accepted is not None and slices.any():
            rest = np.zeros_like(accepted) if offered is None else offered
            return "accepted in part", np.where(slices[:, None, None], accepted, rest)
        if offered is not None:
            return offers, offered
        prediction = _read(source.prediction, case_id)
        return ("prediction", prediction) if prediction is not None else None

    def _offered(self, case_id: str) -> tuple[Kind, LabelMap | None]:
        source = self._source
        offers = source.offers(case_id)
        return offers, _read(source.prediction if offers == "prediction" else source.proposal, case_id)

    def _learnt_from(self) -> Collection[str]:
        if self._taught is None:
            self._taught = self._source.learnt_from()
        return self._taught

    def _mask_figures(self, case_id: str) -> MaskFigures:
        project, case = self._project, self._project.case(case_id)
        found, (offers, offered) = self.mask(case_id), self._offered(case_id)
        if found is None:
            return MaskFigures()
        kind, mask = found
        millilitres = case.geometry.voxel_volume / 1000.0
        reference = _read(project.load_reference, case_id)
        if reference is not None:
            reference = in_classes(reference, project.labels.volume_labels(case_id))
        proposal = _read(self._source.proposal, case_id)
        prediction = _read(self._source.prediction, case_id) if proposal is not None else None
        honest = kind == "accepted" and (offers == "proposal" or case_id not in self._learnt_from())
        return MaskFigures(
            kind=kind,
            volume_ml=int(np.count_nonzero(mask)) * millilitres,
            dice=self._dice(mask, reference),
            proposal_ml=None if offered is None else int(np.count_nonzero(offered)) * millilitres,
            slices=None if offered is None else float((offered > 0).any(axis=(1, 2)).mean()),
            gain=_apart(self._dice(offered, mask)) if honest else None,
            apart=_apart(self._dice(proposal, prediction)),
        )

    def _segmenter_figures(self, case_id: str) -> EvidenceFigures:
        """Give what the segmenter left beside its mask; nothing where it is of an earlier version."""
        told = self._source.offered_made(case_id).get("uncertainty")
        return EvidenceFigures(uncertainty=float(told["mean"]) if isinstance(told, Mapping) else None)

    def _evidence_figures(self, case_id: str, found: Evidence) -> EvidenceFigures:
        maps, proposal = found.maps(), _read(self._source.proposal, case_id)
        return EvidenceFigures(
            uncertainty=float(np.mean([mean_entropy(one) for one in maps])),
            disagreement=disagreement(maps),
            inside=None if proposal is None else _mean([mean_inside(one, proposal > 0) for one in maps]),
        )

    def _dice(self, mask: LabelMap | None, truth: LabelMap | None) -> float | None:
        """Give the mean Dice over the classes; None where one of the masks is missing or they do not fit."""
        classes = len(self._project.labels.classes)
        if mask is None or truth is None or mask.shape != truth.shape or max(mask.max(), truth.max()) > classes:
            return None
        matrix = confusion(mask, truth, classes)
        return float(np.mean([dice(class_counts(matrix, index)) for index in range(classes)]))

    def _kept(self, case_id: str, part: str, key: str, kind: type[T], make: Callable[[], T]) -> T:
        """Give a part from disk if it was made under ``key``, else make it and keep it."""
        path = self.folder / f"{case_id}.json"
        kept = _read_json(path)
        entry = kept.get(part)
        names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
        if isinstance(entry, dict) and entry.get("key") == key and names == set(entry) - {"key"}:
            return kind(**{name: entry[name] for name in names})
        try:
            made = make()
        except (WsssError, MemoryError, OSError, ValueError):  # ValueError: a class is being added
            return kind()
        if not self._project.read_only:
            with suppress(WsssError):  # it can be computed again
                files.write_json(path, {**kept, part: {"key": key, **asdict(made)}})  # type: ignore[call-overload]
        return made


def _read_json(path: Path) -> Mapping[str, Any]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _stamps(paths: Sequence[Path]) -> list[str]:
    """Say of each file where it is, when it was written and how long it is."""
    return [f"{path}|{_stamp(path)}" for path in paths]


def _stamp(path: Path) -> str:
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_mtime_ns}|{found.st_size}"


def _read(read: Callable[[str], LabelMap | None], case_id: str) -> LabelMap | None:
    try:
        return read(case_id)
    except WsssError:
        return None


def _apart(overlap: float | None) -> float | None:
    return None if overlap is None else 1.0 - overlap


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
