"""How inner loops are compiled: once, kept on disk, without Python's lock. Imports numba."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Compile ``function`` at its first call; order of sums as written."""
    return cast("F", numba.njit(cache=True, nogil=True)(function))


def compiled_fast(function: F) -> F:
    """Compile ``function`` at its first call; sums may be reordered, so that they run on vector units.

    For finite numbers only.
    """
    return cast("F", numba.njit(cache=True, nogil=True, fastmath=True)(function))
