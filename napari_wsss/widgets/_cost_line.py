"""What the maps will cost with the settings shown, said at once, before anything is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QLabel

from napari_wsss.widgets._controls import wrapped

if TYPE_CHECKING:
    from napari_wsss.widgets._desk import Desk
    from napari_wsss.widgets._settings_panel import SettingsPanel


class CostLine(QLabel):
    """One line for every step that computes maps; it follows the form while it is edited."""

    def __init__(self, desk: Desk, settings: SettingsPanel) -> None:
        super().__init__()
        self._desk, self._settings = desk, settings
        self.setWordWrap(True)
        self.setToolTip(
            wrapped("One forward pass: the network looks once at one slice. The time on this machine: Estimate time.")
        )
        settings.edited.connect(self.refresh)
        for signal in (desk.project_changed, desk.recipe_changed, desk.labels_changed):
            signal.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Say the cost of the settings as they stand in the form."""
        session = self._desk.session
        steps = session.recipe.steps if session is not None else {}
        found = [self._words(name) for name, step in steps.items() if getattr(step, "kind", "") == "activation-maps"]
        self.setText("<br>".join(found))
        self.setVisible(bool(found))

    def _words(self, name: str) -> str:
        from napari_wsss.cam.cost import cost_in_passes
        from napari_wsss.models.layers import feature_layers
        from napari_wsss.pipeline.networks import network_step

        session = self._desk.require_session()
        forms = self._settings.forms
        params: Any = forms[name].value() if name in forms else session.recipe.step(name)
        classifier = network_step(session.recipe, params.classifier)
        asked: Any = forms[classifier].value() if classifier in forms else None
        asked = asked or session.recipe.step(classifier)
        offered = feature_layers(asked.backbone, asked.stride)
        passes = cost_in_passes(params, offered, len(session.project.labels.classes))
        slices = sum(case.geometry.shape[0] for case in session.project.cases.values())
        times = rounded(passes)
        word = "pass" if times == "1" else "passes"
        return f"{name}: about <b>{times}</b> forward {word} per slice, {slices:,} slices in all"


def rounded(number: float) -> str:
    """Give a number with two digits that count: 7.5, 31, 480."""
    digits = 1 if number < 10 else 0 if number < 100 else -1
    return f"{round(number, digits):,g}" if digits > 0 else f"{round(number, digits):,.0f}"
