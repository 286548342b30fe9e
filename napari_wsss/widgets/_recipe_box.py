"""Which published system the project follows."""

from __future__ import annotations

from qtpy.QtWidgets import QComboBox, QVBoxLayout, QWidget

from napari_wsss.widgets._controls import line, wrapped
from napari_wsss.widgets._desk import Desk


class RecipeBox(QWidget):
    """A list of the recipes, and what the chosen one is."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        from napari_wsss.recipes import RECIPES

        self._desk = desk
        self._recipes = RECIPES
        self.box = QComboBox()
        self.box.addItems(list(RECIPES))
        self.box.setToolTip(wrapped("The published system to follow. Its settings are the defaults everywhere."))
        self.about = line(tooltip="What the recipe does")
        self.box.activated.connect(self._use)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.box)
        column.addWidget(self.about)
        for signal in (desk.project_changed, desk.recipe_changed, desk.job_changed):
            signal.connect(self._refresh)
        self._refresh()

    def _use(self) -> None:
        session, name = self._desk.require_session(), self.box.currentText()
        if name != session.recipe.name:
            self._desk.start(session.use(name), f"Use recipe {name}", self._used)

    def _used(self, _: object) -> None:
        self._desk.recipe_changed.emit()
        self._desk.retune()

    def _refresh(self) -> None:
        session = self._desk.session
        self.box.setEnabled(self._desk.writable and self._desk.job is None)
        if session is None:
            self.about.setText("")
            return
        if self.box.findText(session.recipe.name) < 0:
            self.box.addItem(session.recipe.name)
        self.box.setCurrentText(session.recipe.name)
        self.about.setText(session.recipe.title)
        self.about.setToolTip(wrapped(session.recipe.source))
