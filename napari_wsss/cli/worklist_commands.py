"""Command that lists the cases of a project in the order in which to work through them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from tyro.conf import Positional

from napari_wsss.cli.options import APP, ProjectFolder
from napari_wsss.cli.sessions import open_session
from napari_wsss.cli.terminal import print_json, print_line, print_table, watch


@APP.command
def worklist(
    project: Positional[ProjectFolder],
    *,
    order: Literal["list", "uncertainty", "disagreement", "gain", "random"] = "list",
    seed: int = 0,
    json: bool = False,
) -> None:
    """List the cases with state, labels, Dice, volume and uncertainty, in the order to work through them.

    Args:
        project: the project folder.
        order: list; uncertainty, disagreement (between models) or gain (expected from correcting), the largest first;
            or random.
        seed: of the random order.
        json: print all figures as JSON.
    """
    from napari_wsss.session.worklist import progress_words

    with open_session(project) as session:
        rows = watch(session.worklist(order, seed))
    if json:
        print_json([asdict(row) for row in rows])
        return
    print_table(_plain(row) for row in rows)
    print_line(f"{progress_words([row.state for row in rows])}.")


def _plain(row: Any) -> dict[str, str]:  # noqa: ANN401 (a row of the worklist; its module is loaded later)
    masks = row.masks
    return {
        "case": row.case_id,
        "set": row.subset,
        "state": row.state,
        "labels": row.labels,
        "mask": masks.kind or "",
        "dice": _figure(masks.dice, 3),
        "ml": _figure(masks.volume_ml, 1),
        "uncertainty": _figure(row.uncertainty, 4),
        "disagreement": _figure(row.disagreement, 3),
        "gain": _figure(row.gain, 3),
    }


def _figure(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"
