"""Files that an earlier benchmark wrote and the present one did not."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from napari_wsss.files import cannot_write


def remove_leftovers(own: Iterable[Path], written: Collection[Path]) -> None:
    """Remove the files of ``own``, those that benchmarks write, that are not among ``written``.

    Raises:
        ProjectError: one cannot be removed.
    """
    for path in own:
        try:
            if path not in written:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise cannot_write(path, error) from error
