"""The facade: window, command line and Python all come in here.

``Session`` and ``Tuner`` are loaded on first use, so that importing a module beside them costs nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_wsss.session.session import Session
    from napari_wsss.session.tuner import Tuner

__all__ = ["Session", "Tuner"]


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name == "Session":
        from napari_wsss.session.session import Session

        return Session
    if name == "Tuner":
        from napari_wsss.session.tuner import Tuner

        return Tuner
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
