"""Operations on the mask, off the window's thread; the mask changes in one go, or not at all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from napari_wsss.edit.delta import Delta
from napari_wsss.edit.history import Edit
from napari_wsss.edit.operation import Operation
from napari_wsss.edit.scene import Scene, Seed
from napari_wsss.types import LabelMap
from napari_wsss.widgets._case_layers import CaseLayers
from napari_wsss.widgets._jobs import Job, work_of
from napari_wsss.widgets._notify import tell, tell_error
from napari_wsss.widgets._scene_on_desk import Masks, other_masks, scene_of, with_other

if TYPE_CHECKING:
    from napari_wsss.widgets._desk import Desk

SECONDS = 10.0
"""How long the window's end waits at most for an operation that still runs."""


@dataclass(frozen=True)
class _Wanted:
    operation: Operation
    seed: Seed | None
    instead: Edit | None


class Operating(QObject):
    """Runs one operation at a time; of those asked for meanwhile, the newest comes next.

    What it computed is dropped where the mask has changed since.

    Attributes:
        span: the range of slices that operations with the scope "range" work on, both ends included; it follows the
            range picked on the strip above the slice slider.

    Signals:
        busy_changed: an operation began or ended.
        span_changed: the range is another.
        made: the :class:`~napari_wsss.edit.history.Edit` just made, the operation that made it, and where (a voxel, or
            None).
    """

    busy_changed = Signal()
    span_changed = Signal()
    made = Signal(object, object, object)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._job: Job | None = None
        self._next: _Wanted | None = None
        self.span = (0, 0)
        desk.case_opened.connect(self._on_case)
        desk.labelling.changed.connect(self._on_range)
        desk.ending.connect(self._end)

    @property
    def busy(self) -> bool:
        """Whether an operation runs."""
        return self._job is not None

    def run(self, operation: Operation, seed: Seed | None = None, instead: Edit | None = None) -> None:
        """Do an operation in the mask shown.

        Args:
            operation: what to do.
            seed: the voxel pointed at (Z, Y, X).
            instead: the last edit, which is taken back for it; dropped where it is the last no more.
        """
        wanted = _Wanted(operation, seed, instead)
        if self.busy:
            self._next = wanted
        else:
            self._start(wanted)

    def choose_span(self, one: int, other: int) -> None:
        """Let the range be these slices and those between."""
        span = (min(one, other), max(one, other))
        if span != self.span:
            self.span = span
            self.span_changed.emit()

    def _start(self, wanted: _Wanted) -> None:
        layers, edits = self._desk.layers, self._desk.edits
        if layers is None or self._desk.loaded is None or layers.stroking:
            return
        if wanted.instead is not None and edits.history.done[-1:] != (wanted.instead,):
            return
        scene = scene_of(self._desk, wanted.seed)
        masks, revision = other_masks(self._desk), edits.revision
        self._job = Job(work_of(_compute, wanted, layers.mask.copy(), scene, masks), wanted.operation.title)
        self._job.returned.connect(lambda edit: self._on_edit(edit, wanted, layers, revision))
        self._job.errored.connect(tell_error)
        self._job.finished.connect(self._on_finished)
        self.busy_changed.emit()
        self._job.start()

    def _on_edit(self, edit: Edit, wanted: _Wanted, layers: CaseLayers, revision: int) -> None:
        edits = self._desk.edits
        if layers is not self._desk.layers or edits.revision != revision or layers.stroking:
            tell(f"{wanted.operation.title}: not done, because the mask changed meanwhile.")
            return
        if wanted.instead is not None:
            edits.undo()
        if len(edit.delta):
            edits.commit(edit)
        elif wanted.instead is None:
            tell(f"{wanted.operation.title}: nothing to change.")
        if self._next is not None and self._next.instead is not None and self._next.instead is wanted.instead:
            self._next = replace(self._next, instead=edit if len(edit.delta) else None)
        self.made.emit(edit, wanted.operation, wanted.seed)

    def _on_finished(self) -> None:
        self._job = None
        wanted, self._next = self._next, None
        self.busy_changed.emit()
        if wanted is not None:
            self._start(wanted)

    def _on_case(self) -> None:
        self._next = None
        if self._desk.layers is not None:
            self.choose_span(0, self._desk.layers.depth - 1)

    def _on_range(self) -> None:
        labelling = self._desk.labelling
        if labelling.scope == "range":
            self.choose_span(labelling.first, labelling.last)

    def _end(self) -> None:
        self._next = None
        if self._job is not None:
            self._job.wait(SECONDS)


def _compute(wanted: _Wanted, mask: LabelMap, scene: Scene, masks: Masks) -> Edit:
    """Give the edit; runs in the background, ``mask`` is its own."""
    if wanted.instead is not None:
        wanted.instead.delta.revert(mask)
    operation = wanted.operation
    scene = with_other(scene, operation, masks)
    after = operation.apply(mask, scene)
    return Edit(operation.title.lower(), Delta.between(mask, after), operation.details(scene))
