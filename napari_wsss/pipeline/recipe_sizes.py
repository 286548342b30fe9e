"""Slices of a size that the networks of a recipe can take."""

from __future__ import annotations

from collections.abc import Mapping

from napari_wsss.pipeline.step import Step


def check_sizes(steps: Mapping[str, Step]) -> None:
    """Refuse network inputs whose side is no multiple of what a step that links to them needs.

    Raises:
        ValueError: the nearest size that will do is named.
    """
    for name, step in steps.items():
        for inputs in step.links().values():
            given, wanted = steps.get(inputs), step.side_multiple
            size = getattr(given, "size", 0)
            if given is not None and given.gives == "slices" and size % wanted:
                nearest = max(wanted, round(size / wanted) * wanted)
                raise ValueError(
                    f"{inputs}.size: must be a multiple of {wanted} for '{name}', whose network halves it again and "
                    f"again; nearest: {nearest}; got {size}"
                )
