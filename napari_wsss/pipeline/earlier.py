"""What earlier versions called things: settings and recipes stored then still hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml

from napari_wsss.pipeline.step import Step
from napari_wsss.pipeline.steps import ComputeMaps, CrfMask
from napari_wsss.refine.crf_settings import KernelWidths


def present_setting(steps: Mapping[str, Step], step: str, knob: str, value: str) -> tuple[str, str, str]:
    """Give step, knob and value (as text) of a setting under their present names.

    What still has its name, or never was one, comes back as it is.
    """
    owner = steps.get(step)
    if owner is None or knob in type(owner).knobs():
        return step, knob, value
    if isinstance(owner, ComputeMaps) and knob == "layer":
        return step, "layers", json.dumps(_layers(_read(value)))
    if isinstance(owner, CrfMask) and knob in KernelWidths.model_fields:
        return owner.kernel, knob, value
    return step, knob, value


def present_recipe(data: Any) -> Any:  # noqa: ANN401 (anything read from YAML)
    """Give a recipe, as read from a file, in its present form.

    One layer of maps became several, and the kernel of a dense CRF a step of its own. What has another form than a
    recipe comes back as it is, for the recipe itself to refuse.
    """
    if not isinstance(data, dict) or not isinstance(data.get("steps"), dict):
        return data
    steps: dict[str, Any] = {}
    for name, step in data["steps"].items():
        steps |= _present_step(name, step) if isinstance(step, dict) else {name: step}
    return {**data, "steps": steps}


def _present_step(name: str, step: dict[str, Any]) -> dict[str, Any]:
    if step.get("kind") == "activation-maps" and "layer" in step:
        kept = {key: value for key, value in step.items() if key != "layer"}
        return {name: {"layers": _layers(step["layer"]), **kept}}
    if step.get("kind") == "dense-crf" and "kernel" not in step:
        widths = {key: value for key, value in step.items() if key in KernelWidths.model_fields}
        kept = {key: value for key, value in step.items() if key not in widths}
        kernel = f"{name}-kernel"
        return {kernel: {"kind": "crf-kernel", **widths}, name: {**kept, "kernel": kernel}}
    return {name: step}


def _read(value: str) -> Any:  # noqa: ANN401 (anything read from YAML)
    try:
        return yaml.safe_load(value)
    except yaml.YAMLError:
        return value


def _layers(layer: Any) -> list[Any]:  # noqa: ANN401 (anything read from YAML)
    """Give the layers that one layer stands for; none named was the last one, as it is now."""
    return [layer] if layer else []
