"""Settings: what a project keeps of knobs — for all its cases, for single cases, and under a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from napari_wsss.errors import ProjectError, RecipeError
from napari_wsss.params import nearest
from napari_wsss.pipeline.overrides import as_overrides, check_live, merged, sorted_out
from napari_wsss.pipeline.recipe import Recipe, parse_override
from napari_wsss.store.project import Project

Changes = Mapping[str, Mapping[str, Any]]
"""Step → knob → value."""

_CASES, _PRESETS = "cases", "presets"


class Settings:
    """The part of a project's manifest that holds knobs, each as ``step.knob=value``.

    Args:
        project: the project.
    """

    def __init__(self, project: Project) -> None:
        self._project = project

    def of_project(self, recipe: Recipe) -> tuple[list[str], list[str]]:
        """Give the settings that hold for all cases, as far as they fit ``recipe``, and a line for each left out."""
        kept = self._project.settings.get("overrides", ())
        texts = [str(text) for text in kept] if _listed(kept) else []
        _, fit, faults = sorted_out(recipe, texts, live=False)
        return fit, faults

    def of_cases(self) -> dict[str, list[str]]:
        """Give case id → the settings that hold for that case alone."""
        return _lists(self._project.settings.get(_CASES))

    def presets(self) -> dict[str, list[str]]:
        """Give name → settings kept under it."""
        return _lists(self._project.settings.get(_PRESETS))

    def keep_case(self, recipe: Recipe, case_id: str, changes: Changes) -> None:
        """Add settings of one case; ``recipe`` is the project's.

        Raises:
            InputError: no such case.
            RecipeError: a step that is no live one, an unknown knob, or a value out of bounds.
            ProjectError: the project cannot be written; nothing changed.
        """
        cases, case_id = self.of_cases(), self._project.case(case_id).id
        new = _live_settings(recipe, changes)
        cases[case_id] = merged(cases.get(case_id, []), new)
        self.store({_CASES: cases})

    def clear_case(self, case_id: str, step: str | None = None, knob: str | None = None) -> None:
        """Drop the settings of one case: all, those of a step, or one knob. Raises as :meth:`keep_case`."""
        cases = self.of_cases()
        kept = [
            text
            for text in cases.pop(self._project.case(case_id).id, [])
            if (step is not None and parse_override(text)[0] != step)
            or (knob is not None and parse_override(text)[1] != knob)
        ]
        self.store({_CASES: cases | ({case_id: kept} if kept else {})})

    def keep_preset(self, recipe: Recipe, name: str, changes: Changes) -> None:
        """Keep settings of live steps under a name; a preset of this name is replaced.

        Raises:
            RecipeError: no name, or as :meth:`keep_case`.
            ProjectError: the project cannot be written; nothing changed.
        """
        if not name.strip():
            raise RecipeError("a preset needs a name, such as 'small lesions'.")
        self.store({_PRESETS: self.presets() | {name.strip(): _live_settings(recipe, changes)}})

    def preset(self, recipe: Recipe, name: str) -> dict[str, dict[str, Any]]:
        """Give step → knob → value of a preset, as far as it fits the recipe. Raises RecipeError if there is none."""
        found: dict[str, dict[str, Any]] = {}
        fits, kept, _ = sorted_out(recipe, self._presets_with(name)[name], live=True)
        for text in kept:
            step, knob, _ = parse_override(text)
            found.setdefault(step, {})[knob] = getattr(fits.step(step), knob)
        return found

    def delete_preset(self, name: str) -> None:
        """Forget a preset.

        Raises:
            RecipeError: there is none of this name.
            ProjectError: the project cannot be written; nothing changed.
        """
        self.store({_PRESETS: {other: kept for other, kept in self._presets_with(name).items() if other != name}})

    def store(self, changes: Mapping[str, Any]) -> None:
        """Write entries of the manifest's settings; an empty one is left out.

        Raises:
            ProjectError: the project cannot be written; nothing changed.
        """
        self._project.check_writable()
        before = self._project.settings
        after = {name: value for name, value in {**before, **changes}.items() if value != {}}
        if after == before:
            return
        self._project.settings = after
        try:
            self._project.save()
        except ProjectError:
            self._project.settings = before
            raise

    def _presets_with(self, name: str) -> dict[str, list[str]]:
        presets = self.presets()
        if name not in presets:
            known = nearest(name, tuple(presets)) if presets else "None is kept yet."
            raise RecipeError(f"no preset called '{name}'. {known}")
        return presets


def _live_settings(recipe: Recipe, changes: Changes) -> list[str]:
    for step in changes:
        check_live(recipe, step)
    return as_overrides(recipe, changes)


def _lists(kept: Any) -> dict[str, list[str]]:  # noqa: ANN401 (the manifest may have been edited by hand)
    """Give name → texts; what has another form, or is no setting at all, is passed over."""
    if not isinstance(kept, Mapping):
        return {}
    return {str(name): [text for text in texts if _is_setting(text)] for name, texts in kept.items() if _listed(texts)}


def _listed(texts: Any) -> bool:  # noqa: ANN401
    return isinstance(texts, Sequence) and not isinstance(texts, str)


def _is_setting(text: Any) -> bool:  # noqa: ANN401
    try:
        parse_override(text)
    except (RecipeError, AttributeError):
        return False
    return True
