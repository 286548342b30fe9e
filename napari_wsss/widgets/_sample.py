"""napari sample data: the simulated cohort, with a trained classifier and maps, opened on the desk."""

from __future__ import annotations

from typing import Any

import numpy as np

NAME = "opening the sample …"


def load_sample() -> list[tuple[Any, dict[str, Any], str]]:
    """Open the sample project on the desk of the current viewer; it is made in the background at the first opening.

    Returns:
        One empty layer, because napari asks every sample for a layer; it goes when the first case is there.
    """
    from napari_wsss.session.demo import open_sample
    from napari_wsss.widgets._open_desk import open_desk

    desk = open_desk()

    def opened(session: Any) -> None:  # noqa: ANN401
        if NAME in desk.viewer.layers:
            desk.viewer.layers.remove(NAME)
        desk.adopt(session)

    desk.start(open_sample(), "Open the simulated sample", opened)
    return [(np.empty((0, 3)), {"name": NAME, "visible": False}, "points")]
