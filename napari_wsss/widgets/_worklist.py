"""WorklistOnDesk: the cases of the open project, filled in the background, in the order in which to work."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Qt, QTimer, Signal
from qtpy.QtGui import QIcon, QPixmap

from napari_wsss.session.case_figures import CaseFigures
from napari_wsss.session.thumbnails import SIDE, Thumbnails
from napari_wsss.session.worklist import Row, expected_gains, label_words, progress_words, with_gains
from napari_wsss.widgets._arrangement import Arrangement
from napari_wsss.widgets._case_layers import COLOURS
from napari_wsss.widgets._filler import Filler, Task
from napari_wsss.widgets._preferences import preferences_here
from napari_wsss.widgets._table import RowsModel
from napari_wsss.widgets._worklist_columns import COLUMNS, row_words

if TYPE_CHECKING:
    from napari_wsss.session import Session
    from napari_wsss.widgets._desk import Desk

SOON_MS = 100
"""Changes that follow each other this closely are one."""
SETTLE_MS = 700
"""While figures arrive, the rows change places at most this often."""
RECENT = 5
"""Cases looked at last, whose figures are looked up again after something was saved."""
PICTURES = 600
"""Thumbnails kept in memory at most."""


class WorklistOnDesk(QObject):
    """All cases of the open project with what is known of each.

    Nothing is read in the window's thread: states, figures and thumbnails come from the filler, visible rows first.

    Attributes:
        rows: case id → row, in list order.
        model: the rows shown, for a table.
        arrangement: filters and order.
        note: a sentence on the order, where there is something to say.

    Signals:
        changed: other rows, or another order.
        counted: states, or how much is left to find out, changed.
    """

    changed = Signal()
    counted = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self.rows: dict[str, Row] = {}
        self.pictures: dict[str, QIcon] = {}
        self.model = RowsModel(COLUMNS, row_words, self)
        self.model.rows, self.model.pictures = self.rows, self.pictures
        self.model.blank = QPixmap(SIDE, SIDE)
        self.model.blank.fill(Qt.GlobalColor.transparent)
        self.arrangement = Arrangement()
        self.note = self._gain_note = ""
        self._learnt_from = 0
        self._order: list[str] = []
        self._looked_at: tuple[str, ...] = ()
        self._recent: deque[str] = deque(maxlen=RECENT)
        self.filler = Filler(self, lambda: desk.live.busy or desk.loading)
        self.filler.found.connect(self._on_found)
        self.filler.idle.connect(self._on_idle)
        self._soon, self._settle = self._timer(SOON_MS, self._ask), self._timer(SETTLE_MS, self._arrange)
        desk.project_changed.connect(self._on_project)
        desk.recipe_changed.connect(self.look_again)
        desk.work.ended.connect(self.look_again)
        desk.running.work.ended.connect(self.look_again)
        desk.labels_changed.connect(self._on_labels)
        desk.writer.written.connect(self._soon.start)
        desk.mask.origin_changed.connect(self._soon.start)
        desk.cases_changed.connect(self._soon.start)
        desk.case_opened.connect(self._on_case)
        desk.case_closed.connect(self._on_case)
        desk.ending.connect(self.close)
        preferences_here().changed.connect(self.look_again)

    # ---- what is shown -------------------------------------------------------------------------------------------

    @property
    def progress(self) -> str:
        """How far the cases have come, in words."""
        return progress_words([row.state for row in self.rows.values()])

    @property
    def reading(self) -> str:
        """What the order still waits for, in words; "" for nothing."""
        waits = self.arrangement.wants_evidence and self.filler.left > RECENT
        return f"Still computing: {self.filler.left} to go." if waits else ""

    def state(self, case_id: str) -> str:
        """Give how far a case has come, as known here; "" where that is not known yet."""
        return self.rows[case_id].state if case_id in self.rows else ""

    def arrange(self, **changes: Any) -> None:  # noqa: ANN401
        """Change filters or order."""
        self.arrangement = replace(self.arrangement, **changes)
        self._arrange()
        if self.arrangement.wants_evidence:
            self.filler.want([*self._about(self._looked_at), *self._every("evidence")])
        self.counted.emit()

    def look(self, case_ids: Sequence[str]) -> None:
        """These rows can be seen: find out about them first."""
        if tuple(case_ids) != self._looked_at:
            self._looked_at = tuple(case_ids)
            self.filler.want(self._about(self._looked_at))

    def look_again(self, _: object = None) -> None:
        """Anything may have changed: look all of it up again; what did not change is not computed again."""
        session = self._desk.session
        if session is None:
            return
        self._soon.stop()
        self.filler.begin(self._finders(session))
        wanted = [Task("states"), *self._about(self._looked_at), *self._every("masks")]
        self.filler.want(wanted + (self._every("evidence") if self.arrangement.wants_evidence else []))

    def step(self, here: str | None, by: int) -> str | None:
        """Give the case shown next (+1) or before (-1) in the present order; after the last comes the first."""
        shown = set(self.model.shown)
        if here not in self._order:
            return str(self.model.shown[0 if by > 0 else -1]) if shown else None
        place = self._order.index(here)
        ahead = (self._order[place + 1 :] + self._order[:place])[:: 1 if by > 0 else -1]
        return next((case_id for case_id in ahead if case_id in shown), None)

    def close(self) -> None:
        """The viewer goes away."""
        preferences_here().changed.disconnect(self.look_again)
        self._soon.stop()
        self._settle.stop()
        self.filler.close()

    # ---- what changes it -----------------------------------------------------------------------------------------

    def _on_project(self) -> None:
        session = self._desk.session
        self.filler.forget()
        self.model.arrange([])
        self.rows.clear()
        self.pictures.clear()
        self._recent.clear()
        self._looked_at, self.note, self._gain_note = (), "", ""
        if session is not None:
            cases, labels = session.project.cases, session.project.labels
            self.rows.update({i: Row(i, case.subset or "", labels=label_words(labels, i)) for i, case in cases.items()})
            self.arrangement = Arrangement(self.arrangement.order, self.arrangement.seed)
        self._arrange()
        self.counted.emit()
        self.look_again()

    def _finders(self, session: Session) -> dict[str, Callable[[str], Any]]:
        figures = CaseFigures(session)
        thumbnails = Thumbnails(session.project, figures, COLOURS, preferences_here().value.convention)
        return {
            "states": lambda _: session.project.states(),
            "masks": figures.masks,
            "evidence": figures.evidence,
            "picture": thumbnails.png,
            "gains": lambda _: expected_gains(list(self.rows.values())),
        }

    def _on_case(self) -> None:
        loaded = self._desk.loaded
        if loaded is not None:
            self._recent.append(loaded.case_id)
        self.model.stand_out(loaded.case_id if loaded is not None else None)
        self.counted.emit()

    def _on_labels(self) -> None:
        """Labels of the case on the desk were changed, or a class was added."""
        session, loaded = self._desk.session, self._desk.loaded
        if session is None or loaded is None:
            return
        words = label_words(session.project.labels, loaded.case_id)
        self._take({loaded.case_id: replace(self.rows[loaded.case_id], labels=words)})
        self._soon.start()

    def _ask(self) -> None:
        """Something was saved, or begun."""
        self.filler.want([Task("states"), *self._about(dict.fromkeys((*reversed(self._recent), *self._looked_at)))])

    def _about(self, case_ids: Any) -> list[Task]:  # noqa: ANN401
        return [Task(part, i) for part in ("masks", "picture", "evidence") for i in case_ids]

    def _every(self, part: Any) -> list[Task]:  # noqa: ANN401
        return [Task(part, case_id) for case_id in self._order]

    # ---- what was found ------------------------------------------------------------------------------------------

    def _on_found(self, found: list[tuple[Task, Any]]) -> None:
        changed: dict[str, Row] = {}
        for task, value in found:
            if task.part == "states":
                changed |= self._with_states(value, changed)
            elif task.part == "gains":
                self._gain_note = value.note
                changed |= {row.case_id: row for row in with_gains([*(self.rows | changed).values()], value)}
            elif task.case_id not in self.rows:
                continue
            elif task.part == "picture":
                self._show_picture(task.case_id, value)
            else:
                row = changed.get(task.case_id, self.rows[task.case_id])
                changed[task.case_id] = replace(row, **{task.part: value})
        self._take(changed)
        if any(task.part == "gains" for task, _ in found):
            self._arrange()
        self.counted.emit()

    def _with_states(self, states: dict[str, Any], changed: dict[str, Row]) -> dict[str, Row]:
        rows = self.rows | changed
        other = {
            i: replace(rows[i], state=state) for i, state in states.items() if i in rows and rows[i].state != state
        }
        if len(other) < len(rows):  # some were decided about: their masks are others now
            self.filler.want([Task("masks", case_id) for case_id in other])
        return other

    def _take(self, changed: dict[str, Row]) -> None:
        """Take rows that are new, and put them in their place: at once where a filter is concerned, else soon."""
        changed = {i: row for i, row in changed.items() if self.rows.get(i) not in {None, row}}
        if not changed:
            return
        shows = self.arrangement.shows
        moved = any(shows(row) != shows(self.rows[i]) for i, row in changed.items())
        self.rows.update(changed)
        self.model.tell(changed)
        if moved:
            self._arrange()
        elif not self._settle.isActive():
            self._settle.start()

    def _show_picture(self, case_id: str, png: bytes | None) -> None:
        pixmap = QPixmap()
        if png is None or not pixmap.loadFromData(png):
            return
        icon = QIcon(pixmap)
        icon.addPixmap(pixmap, QIcon.Mode.Selected)  # not tinted
        self.pictures.pop(case_id, None)
        self.pictures[case_id] = icon
        while len(self.pictures) > PICTURES:
            del self.pictures[next(iter(self.pictures))]
        self.model.tell([case_id])

    def _on_idle(self) -> None:
        basis = hash(tuple((row.masks, row.evidence) for row in self.rows.values()))
        if self.arrangement.wants_gain and self.rows and basis != self._learnt_from:
            self._learnt_from = basis
            self.filler.want([Task("gains")])
        self.counted.emit()

    def _arrange(self) -> None:
        rows, note = self.arrangement.ordered(list(self.rows.values()), self._gain_note)
        self._order = [row.case_id for row in rows]
        shown = [row.case_id for row in rows if self.arrangement.shows(row)]
        if shown != self.model.shown or note != self.note:
            self.note = note
            self.model.arrange(shown)
            self.changed.emit()
        self.counted.emit()

    def _timer(self, milliseconds: int, then: Callable[[], None]) -> QTimer:
        made = QTimer(self)
        made.setSingleShot(True)
        made.setInterval(milliseconds)
        made.timeout.connect(then)
        return made
