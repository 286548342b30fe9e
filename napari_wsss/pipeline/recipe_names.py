"""Unknown kinds and keys in the steps of a recipe, told with the nearest name that the step at hand has."""

from __future__ import annotations

from typing import Any, get_args

from napari_wsss.errors import RecipeError
from napari_wsss.params import nearest
from napari_wsss.pipeline.step import Step
from napari_wsss.pipeline.steps import AnyStep

KINDS: dict[str, type[Step]] = {step.model_fields["kind"].default: step for step in get_args(AnyStep)}


def check_names(data: Any, where: str) -> None:  # noqa: ANN401 (anything read from YAML)
    """Refuse steps of a kind that does not exist, or with keys that their kind does not have.

    All else is left to the recipe's own checks.

    Raises:
        RecipeError: one line per fault.
    """
    steps = data.get("steps") if isinstance(data, dict) else None
    if not isinstance(steps, dict):
        return
    faults = [
        f"{where}: steps.{name}: {fault}"
        for name, step in steps.items()
        if isinstance(step, dict)
        for fault in _faults(step)
    ]
    if faults:
        raise RecipeError("\n".join(faults))


def _faults(step: dict[Any, Any]) -> list[str]:
    if "kind" not in step:
        return [f"a step needs a 'kind': one of {', '.join(KINDS)}."]
    kind = str(step["kind"])
    if kind not in KINDS:
        return [f"no kind of step is called '{kind}'. {nearest(kind, tuple(KINDS))}"]
    valid = tuple(KINDS[kind].model_fields)
    # YAML 1.1 reads a bare ``on`` as true; the filters, which have that knob, know.
    unknown = [str(key) for key in step if key not in valid and not (key is True and "on" in valid)]
    return [f"'{kind}' has no key '{key}'. {nearest(key, valid)}" for key in unknown]
