"""How many files the worker may hold open: trainings map every case's network input into memory, a file each."""

from __future__ import annotations

import sys
from contextlib import suppress

ENOUGH = 10_240
"""What is asked for where the system names no limit; macOS grants no more."""


def allow_many_files() -> None:
    """Raise the limit, 1024 on most systems, as far as the system lets this process (Unix; Windows has none).

    A cohort of single images has thousands of cases.
    """
    if sys.platform == "win32":
        return
    import resource

    granted, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if most == resource.RLIM_INFINITY else most
    if resource.RLIM_INFINITY != granted < wanted:
        with suppress(ValueError, OSError):  # then it stays as it is
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
