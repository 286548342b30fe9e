"""The few choices before a segmenter is trained; each is kept in the project at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_wsss.errors import WsssError
from napari_wsss.widgets._choices import OneOf
from napari_wsss.widgets._controls import wrapped
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._notify import tell_error
from napari_wsss.widgets._params import ParamsForm

if TYPE_CHECKING:
    from napari_wsss.session import Session
    from napari_wsss.session.segmenter_choice import Quality, SegmenterChoice

NETWORKS: Mapping[str, str] = {
    "mixed-unet": "Mixed-UNet",
    "unet": "U-Net",
    "unet-3d": "3D U-Net",
    "fcn": "FCN",
    "deeplabv3": "DeepLab V3",
}
"""Network → its name as published."""
_LEARN_FROM = {"all": "all masks", "accepted": "accepted masks"}


@dataclass(frozen=True)
class _Found:
    """The choice in use, the networks there are, and what each quality sets."""

    choice: SegmenterChoice
    networks: tuple[str, ...]
    qualities: Mapping[Quality, str]


class ChoiceForm(QWidget):
    """Network, what it learns from, quality, and whether the model in use is improved.

    Empty where no project is open, or its recipe trains no segmenter.

    Attributes:
        form: the form; None where it is empty.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._networks: tuple[str, ...] = ()
        self.form: ParamsForm | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        for signal in (desk.project_changed, desk.recipe_changed):
            signal.connect(self.refresh)
        for signal in (desk.job_changed, desk.run_changed):
            signal.connect(self._lock)
        self.refresh()

    def refresh(self) -> None:
        """Show the choice in use."""
        found = _found(self._desk.session)
        if found is None or found.networks != self._networks:
            self._rebuild(found)
        if found is not None and self.form is not None:
            self.form.setValue(found.choice)
            self._tell(self.form, found)
        self._lock()

    def allow_improving(self, why_not: str) -> None:
        """Let the model in use be improved, or say why it cannot be."""
        if self.form is None:
            return
        box = self.form.editor("fine_tune").widget.native
        on = bool(getattr(self.form.value(), "fine_tune", False))
        box.setEnabled(on or not why_not)
        words = self.form.value().knobs()["fine_tune"].help
        box.setToolTip(wrapped(f"{words} Not now: {why_not}" if why_not else words))

    def _rebuild(self, found: _Found | None) -> None:
        while (item := self._column.takeAt(0)) is not None:
            item.widget().deleteLater()
        self.form, self._networks = None, () if found is None else found.networks
        if found is None:
            return
        offered = {
            "network": OneOf(tuple((NETWORKS.get(name, name), name) for name in found.networks)),
            "learn_from": OneOf(tuple((words, name) for name, words in _LEARN_FROM.items())),
        }
        self.form = ParamsForm(found.choice, choices=offered)
        self.form.valueChanged.connect(self._choose)
        self._column.addWidget(self.form)

    def _tell(self, form: ParamsForm, found: _Found) -> None:
        """Say what each quality sets; "own" is only there to be shown."""
        box = form.editor("quality").widget.native
        words = [f"<br>{quality}: {sets}" for quality, sets in found.qualities.items()]
        box.setToolTip(wrapped(found.choice.knobs()["quality"].help + "<br>" + "".join(words)))
        for place in range(box.count()):
            sets = found.qualities.get(box.itemText(place))
            box.setItemData(place, sets or "as set by hand below", Qt.ItemDataRole.ToolTipRole)
            box.model().item(place).setEnabled(sets is not None)

    def _choose(self, choice: SegmenterChoice) -> None:
        session = self._desk.session
        if session is None:
            return
        if not session.settled:
            self._desk.start(session.choosing(choice), "Choose settings", lambda _: self._desk.recipe_changed.emit())
            return
        try:
            session.choose(choice)
        except WsssError as error:
            tell_error(error)
        self._desk.recipe_changed.emit()

    def _lock(self) -> None:
        """A running job has its settings already."""
        if self.form is not None:
            self.form.setEnabled(self._desk.idle and self._desk.writable)


def _found(session: Session | None) -> _Found | None:
    """Give what is to be shown; None where nothing is to be trained."""
    if session is None:
        return None
    try:
        return _Found(session.choice(), tuple(session.networks()), session.qualities())
    except WsssError:
        return None
