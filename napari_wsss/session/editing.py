"""Operations on the mask of a case outside the window: what they make waits as a draft until a person accepts it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from napari_wsss.edit.catalogue import operation as make_operation
from napari_wsss.edit.delta import Delta
from napari_wsss.edit.history import Edit, History, Record
from napari_wsss.edit.operation import Operation
from napari_wsss.edit.scene import Scene, Seed
from napari_wsss.errors import InputError
from napari_wsss.pipeline.cache import ArrayCache
from napari_wsss.session.deciding import Deciding
from napari_wsss.session.kept_masks import prediction_made, prediction_of
from napari_wsss.session.preferences import preferences
from napari_wsss.session.tuner import Tuner
from napari_wsss.store.drafts import Draft
from napari_wsss.types import FloatArray, LabelMap


@dataclass(frozen=True)
class _Place:
    """Where an operation works: first and last slice, value of the class, voxel pointed at."""

    slices: tuple[int, int] | None
    label: int
    seed: Seed | None


class Editing(Deciding):
    """The part of a :class:`~napari_wsss.session.Session` that edits masks."""

    def edit(
        self,
        case_id: str,
        name: str,
        settings: Mapping[str, Any] | None = None,
        *,
        slices: tuple[int, int] | None = None,
        cls: str | None = None,
        seed: Seed | None = None,
    ) -> Edit:
        """Do an operation in the mask of a case: the last draft's, else the accepted one, the one offered, any other.

        The result waits as a draft: it can be opened in the window, or accepted with :meth:`accept_draft`.

        Args:
            case_id: the case.
            name: of the operation, see :data:`~napari_wsss.edit.catalogue.OPERATIONS`.
            settings: knob → value.
            slices: first and last slice to work on, both included, 0 … Z - 1; the whole scan when None.
            cls: class to work on; the first when None.
            seed: the voxel pointed at, (Z, Y, X), for operations that need one.

        Returns:
            What was done; one that changed no voxel leaves no draft.

        Raises:
            InputError: no such case, class, slice or mask, or nothing to edit.
            RecipeError: no such operation or setting.
            ProjectError: the project cannot be written; everything is as before.
        """
        self.project.check_writable()
        operation = _placed(make_operation(name, settings or {}), slices)
        draft, found = self._begun(case_id)
        scene = self._scene(case_id, operation, draft, _Place(slices, self._label(cls), seed))
        after = operation.apply(draft.mask, scene)
        edit = Edit(operation.title.lower(), Delta.between(draft.mask, after), operation.details(scene))
        if len(edit.delta):
            draft.history.do(edit)
            if found:
                with closing(self.project.drafts.resumed(case_id, draft)) as journal:
                    journal.append(Record("do", edit))
            else:
                made = self.project.drafts.new(case_id, draft.started_from, draft.made, draft.by)
                with closing(made) as journal:
                    journal.begin(after, draft.history)
        return edit

    def _begun(self, case_id: str) -> tuple[Draft, bool]:
        """Give the last draft of a case, or a new one, and whether it was there. Raises InputError: nothing to edit."""
        project, numbers = self.project, self.project.drafts.numbers(self.project.case(case_id).id)
        if numbers:
            return project.drafts.read(case_id, numbers[-1]), True
        step = self.recipe_for(case_id).effective(self.recipe.proposal)
        for origin, mask, made in (
            ("accepted", project.accepted(case_id), project.accepted_provenance(case_id)),
            (self.offers(case_id), self.offered(case_id), self.offered_made(case_id)),
            ("proposal", project.proposal(step, case_id), project.proposal_provenance(step, case_id)),
            (
                "prediction",
                prediction_of(project, self.recipe, case_id),
                prediction_made(project, self.recipe, case_id),
            ),
        ):
            if mask is not None:
                return Draft(0, origin, made, preferences().signature, "", mask, History()), False
        raise InputError(f"{case_id}: there is no mask to edit; run the recipe first, or accept a mask.")

    def _scene(self, case_id: str, operation: Operation, draft: Draft, place: _Place) -> Scene:
        volume = self.project.load(case_id)
        other = getattr(operation, "other", "")
        found = self._other(case_id, other, draft) if other else None
        edited = (edit.delta.slices(draft.mask.shape) for edit in draft.history.done)
        return Scene(
            scan=volume.array,
            spacing=volume.geometry.spacing,
            z=place.slices[0] if place.slices is not None else 0,
            label=place.label,
            span=place.slices,
            evidence=self._soft_map(case_id) if operation.needs_evidence else None,
            others={} if found is None else {other: found},
            corrected=frozenset(z for part in edited for z in part),
            seed=place.seed,
            channels=tuple(range(len(volume.channels))) if volume.rgb else (0,),
        )

    def _other(self, case_id: str, name: str, draft: Draft) -> LabelMap | None:
        """Give a mask to combine with; None where there is none."""
        kind, _, number = name.partition(" ")
        if kind == "version" and number in self.project.accepted_history(case_id).case_ids():
            return self.project.accepted_history(case_id).read(number)
        if name == "proposal":
            step = self.recipe_for(case_id).effective(self.recipe.proposal)
            return self.project.proposal(step, case_id)
        if name == "accepted":
            return self.project.accepted(case_id)
        if name == "segmenter":
            return prediction_of(self.project, self.recipe, case_id)
        return draft.history.start(draft.mask) if name == "start" else None

    def _soft_map(self, case_id: str) -> FloatArray:
        """Compute the evidence, (classes, Z, Y, X) in [0, 1]. Raises RecipeError where its maps are missing."""
        return Tuner(self.recipe, self.workspace, case_id, ArrayCache()).evidence()

    def _label(self, cls: str | None) -> int:
        classes = self.project.labels.classes
        if cls is None:
            return 1
        if cls not in classes:
            raise InputError(f"There is no class '{cls}'; the classes are {', '.join(classes)}.")
        return 1 + list(classes).index(cls)


def _placed(operation: Operation, slices: tuple[int, int] | None) -> Operation:
    """Give the operation with the scope that the slices asked for mean. Raises InputError where it has none such."""
    if not operation.scopes:
        return operation
    wanted = "volume" if slices is None else "slice" if slices[0] == slices[1] else "range"
    if wanted == "slice" and "slice" not in operation.scopes:
        wanted = "range"
    if wanted not in operation.scopes:
        raise InputError(f"{operation.title} works on one slice; say which.")
    return operation.replace(scope=wanted)
