"""Which recipe the project follows."""

from __future__ import annotations

from qtpy.QtWidgets import QComboBox, QVBoxLayout, QWidget

from napari_wsss.widgets._controls import line, wrapped
from napari_wsss.widgets._desk import Desk


class RecipeBox(QWidget):
    """A list of the recipes that come with the program and those that the project keeps, and what the chosen one is."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        from napari_wsss.recipes import RECIPES

        self._desk = desk
        self._recipes = RECIPES
        self.box = QComboBox()
        told = "default is ours, the others are published systems. The settings of the one chosen hold everywhere."
        self.box.setToolTip(wrapped(told))
        self.about = line(tooltip="What the recipe does")
        self.box.activated.connect(self._use)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.box)
        column.addWidget(self.about)
        for signal in (desk.project_changed, desk.recipe_changed, desk.job_changed, desk.run_changed):
            signal.connect(self._refresh)
        self._refresh()

    def offered(self) -> dict[str, str]:
        """Give the names shown, and what each is stored as: a published name, or a file in the project's folder."""
        session, own = self._desk.session, "recipes"
        found = {name: name for name in self._recipes}
        for path in [] if session is None else sorted((session.project.folder / own).glob("*.yaml")):
            found[f"{path.stem} (own)" if path.stem in found else path.stem] = f"{own}/{path.name}"
        return found

    def _in_use(self) -> str:
        session = self._desk.require_session()
        return str(session.project.settings.get("recipe", session.recipe.name))

    def _use(self) -> None:
        session, name = self._desk.require_session(), self.box.currentText()
        stored = self.offered()[name]
        if stored != self._in_use():
            chosen = stored if stored in self._recipes else str(session.project.folder / stored)
            self._desk.start(session.use(chosen), f"Use recipe {name}", self._used)

    def _used(self, _: object) -> None:
        """Show nothing of the recipe before: its mask could be accepted as this one's. Brush strokes stay."""
        desk = self._desk
        desk.recipe_changed.emit()
        if desk.loaded is not None and not desk.mask.edited:
            desk.show_case(desk.loaded.case_id, keep_slice=True)
        else:
            desk.retune()

    def _refresh(self) -> None:
        session = self._desk.session
        self.box.setEnabled(self._desk.writable and self._desk.idle)
        if session is None:
            self.about.setText("")
            return
        self._show(self.offered())
        self.about.setText(session.recipe.title)
        self.about.setToolTip(wrapped(session.recipe.source))

    def _show(self, offered: dict[str, str]) -> None:
        if [self.box.itemText(place) for place in range(self.box.count())] != list(offered):
            self.box.clear()
            self.box.addItems(list(offered))
        in_use = self._in_use()
        self.box.setCurrentText(next((name for name, stored in offered.items() if stored == in_use), ""))
