"""Provenance: how a mask or a model came to be, written beside it."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import PurePath
from typing import Any

import numpy as np
from pydantic import BaseModel

from napari_wsss.version import __version__

_LIBRARIES = ("numpy", "torch")


def provenance(  # noqa: PLR0917 (the facts in the order one names them)
    recipe: str,
    step: str,
    params: Mapping[str, Any] | BaseModel,
    key: str,
    weights: Mapping[str, str] | None = None,
    seed: int | None = None,
    **more: Any,  # noqa: ANN401 (any YAML value)
) -> dict[str, Any]:
    """Describe how a result was made. No name of a machine goes in; ``by`` names who decided, where a person did.

    Args:
        recipe: name of the recipe.
        step: the step of it that made the result.
        params: its knobs and their values.
        key: the step's cache key; the result is still valid while the key is the current one.
        weights: model → digest of its weights, None where no model took part.
        seed: seed of the random draws, None where nothing was drawn.
        more: further facts to keep.
    """
    facts = {"recipe": recipe, "step": step, "params": params, "key": key, "weights": weights, "seed": seed}
    return {**plain({**facts, **more}), "versions": versions(), "time": now()}


def versions() -> dict[str, str]:
    """Give the versions of this package, Python and the libraries that decide numbers; nothing is imported."""
    found = {"napari_wsss": __version__, "python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def now() -> str:
    """Give the present time, UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def clock(time: str) -> str:
    """Write a time of :func:`now` as the clock here shows it; "?" where it is none."""
    try:
        return f"{datetime.fromisoformat(time).astimezone():%Y-%m-%d %H:%M:%S}"
    except (TypeError, ValueError):
        return "?"


def plain(value: Any) -> Any:  # noqa: ANN401 (any value in, any YAML value out)
    """Turn parameter sets, NumPy values, tuples and paths into what YAML and JSON can hold.

    Raises:
        TypeError: a value of another type.
    """
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, BaseModel):
        return plain(value.model_dump(mode="json"))
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in (sorted(value) if isinstance(value, set | frozenset) else value)]
    if isinstance(value, PurePath):
        return value.as_posix()
    raise TypeError(f"{type(value).__name__} cannot be written as YAML: {value!r}")
