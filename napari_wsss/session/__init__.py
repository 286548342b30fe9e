"""The facade: window, command line and Python all come in here."""

from napari_wsss.session.session import Session
from napari_wsss.session.tuner import Tuner

__all__ = ["Session", "Tuner"]
