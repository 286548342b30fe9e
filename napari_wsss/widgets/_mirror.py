"""Mirror: a layer in another canvas that looks like the one it copies."""

from __future__ import annotations

from typing import Any

IMAGE = ("visible", "opacity", "colormap", "contrast_limits", "gamma", "blending", "interpolation2d")
PICTURE = ("visible", "opacity", "gamma", "blending", "interpolation2d")
MASK = ("visible", "opacity", "contour", "blending", "colormap")


class Mirror:
    """Copies properties from one layer to another, now and whenever they change.

    Args:
        source: the layer to copy.
        target: the layer that follows.
        names: the properties.
    """

    def __init__(self, source: Any, target: Any, names: tuple[str, ...]) -> None:  # noqa: ANN401
        self._source, self._target, self._names = source, target, names
        for name in names:
            getattr(source.events, name).connect(self._on_change)
        self.follow()

    def follow(self) -> None:
        """Copy all properties."""
        for name in self._names:
            self._copy(name)

    def close(self) -> None:
        """Follow no longer."""
        for name in self._names:
            getattr(self._source.events, name).disconnect(self._on_change)

    def _on_change(self, event: Any) -> None:  # noqa: ANN401
        self._copy(event.type)

    def _copy(self, name: str) -> None:
        value = getattr(self._source, name)
        if name == "colormap" or getattr(self._target, name) != value:
            setattr(self._target, name, value)
