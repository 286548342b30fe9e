"""Kills: the real viewer in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("qtpy")
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "widgets")]
