"""Matrix products on one core.

The products here are shared out over threads of our own. Spread over all cores by the library too they wait, while a
training keeps those cores busy, ten times longer for each other than they compute.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


def one_core() -> AbstractContextManager[Any]:
    """Hold NumPy's matrix products to one core while the context lasts."""
    limiter: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return limiter


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()  # looks through all loaded libraries: once is enough
