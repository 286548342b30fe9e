"""napari-wsss: from image-level labels to lesion masks, tuned and accepted in napari.

``Session`` is loaded on first use, so importing this package costs neither torch nor Qt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_wsss.version import __version__

if TYPE_CHECKING:
    from napari_wsss.session import Session

__all__ = ["Session", "__version__"]


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name == "Session":
        from napari_wsss.session import Session

        return Session
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
