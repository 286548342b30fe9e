"""Every version of the case's mask: when, who, what; to be looked at or brought back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from napari_wsss.progress import Work
from napari_wsss.store.provenance import clock
from napari_wsss.types import LabelMap
from napari_wsss.widgets._controls import button, row, wrapped
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._jobs import Job, work_of
from napari_wsss.widgets._notify import tell, tell_error

if TYPE_CHECKING:
    from napari_wsss.store.versions import Version

_NAMES = {"accepted": "accepted", "earlier": "accepted before", "draft": "not accepted", "rejected": "rejected"}


class VersionsPanel(QWidget):
    """A table of versions, read in the background while it can be seen."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._job: Job | None = None
        self._stale = True
        self.versions: list[Version] = []
        self.table = QTableWidget(0, 3)
        self.table.setHorizontalHeaderLabels(["When", "Who", "What"])
        self.table.setToolTip(wrapped("What was decided or begun about this case, newest first"))
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().setVisible(False)
        self.table.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self.table.setMinimumHeight(140)
        self.table.itemSelectionChanged.connect(self._offer)
        self.look = button("Look at it", "Show this version; what you corrected is set aside, not lost", self._look)
        self.back = button(
            "Bring it back", "Make the mask this version again, as one edit that can be undone", self._bring_back
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.table)
        column.addLayout(row(self.look, self.back))
        for signal in (desk.case_opened, desk.case_closed, desk.cases_changed):
            signal.connect(self.refresh)
        desk.ending.connect(self._end)
        self._offer()

    def refresh(self) -> None:
        """Read the versions again, now or when the panel is seen next."""
        self._stale = True
        if self.isVisible():
            self._read()

    def showEvent(self, event: object) -> None:  # noqa: N802 (Qt's name)
        """Read what changed while the panel was folded away."""
        super().showEvent(event)
        if self._stale:
            self._read()

    def _read(self) -> None:
        session, loaded = self._desk.session, self._desk.loaded
        self._stale = False
        if session is None or loaded is None:
            self._show([])
        else:
            self._start(work_of(session.versions, loaded.case_id), self._show)

    def _show(self, versions: list[Version]) -> None:
        self.versions = versions
        self.table.setRowCount(len(versions))
        for place, version in enumerate(versions):
            for column, text in enumerate((clock(version.time)[:16], version.by, version.what)):
                item = QTableWidgetItem(text)
                item.setToolTip(wrapped(f"{_NAMES[version.kind]} · {text}"))
                self.table.setItem(place, column, item)
        self.table.resizeColumnToContents(0)
        self.table.resizeColumnToContents(1)
        self.table.resizeRowsToContents()
        self._offer()

    def _look(self) -> None:
        self._with_mask(self._show_version)

    def _show_version(self, version: Version, mask: LabelMap) -> None:
        if version.kind == "accepted":
            self._desk.mask.choose("accepted")
        else:
            self._desk.mask.look_at(mask, version.facts)

    def _bring_back(self) -> None:
        self._with_mask(self._take_over)

    def _take_over(self, version: Version, mask: LabelMap) -> None:
        if self._desk.layers is not None and np.array_equal(self._desk.layers.mask, mask):
            tell("This version is the mask shown: nothing to change.")
        else:
            self._desk.edits.do("bring back", mask, {"version of": version.time})

    def _with_mask(self, then: Callable[[Version, LabelMap], object]) -> None:
        session, loaded, version = self._desk.session, self._desk.loaded, self._chosen()
        if session is None or loaded is None or version is None:
            return

        def arrived(mask: LabelMap) -> None:
            if self._desk.loaded is not None and self._desk.loaded.case_id == loaded.case_id:
                then(version, mask)

        self._start(work_of(session.version_mask, loaded.case_id, version), arrived)

    def _start(self, work: Work[Any], then: Callable[[Any], object]) -> None:
        """Read in the background; only what was asked for last arrives."""
        if self._job is not None:
            self._job.returned.disconnect()
        self._job = job = Job(work, "Versions")
        job.returned.connect(then)
        job.errored.connect(tell_error)
        job.finished.connect(lambda: self._on_finished(job))
        job.start()

    def _on_finished(self, job: Job) -> None:
        if self._job is job:
            self._job = None

    def _end(self) -> None:
        if self._job is not None:
            self._job.wait()

    def _chosen(self) -> Version | None:
        rows = {index.row() for index in self.table.selectedIndexes()}
        return self.versions[rows.pop()] if len(rows) == 1 else None

    def _offer(self) -> None:
        version = self._chosen()
        there = version is not None and version.kind != "rejected"
        self.look.setEnabled(there)
        self.back.setEnabled(there)
