"""Recipes of a benchmark held against one another, and against their ceilings, patient by patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from napari_wsss.session.benchmark.patients import Row
from napari_wsss.session.benchmark.rows import CEILING, SEGMENTER, difference_row, ratio_row
from napari_wsss.session.benchmark.run import Groups, Run
from napari_wsss.session.benchmark.scored import Scored, places


def differences(runs: Sequence[Run], scored: Mapping[tuple[str, bool], Scored], groups: Groups) -> list[Row]:
    """Hold every recipe against the first, row by row, and every segmenter against its ceiling.

    Args:
        runs: recipes and ceilings.
        scored: (recipe, whether it is the ceiling) → what it came to.
        groups: whose patients are scored; none is held against one of another group.
    """
    recipes = [run for run in runs if not run.ceiling]
    found = []
    for what, group in places(recipes[0], groups):
        first = scored[recipes[0].recipe, False].table(what, group.name)
        for run in recipes[1:]:
            row = difference_row(first, scored[run.recipe, False].table(what, group.name))
            place = {"recipe": run.recipe, "against": recipes[0].recipe, "masks": what, "group": group.name}
            found += [place | row] if row["compared"] else []
    for run in (run for run in recipes if (run.recipe, True) in scored):
        for group in groups.apart:
            ceiling = scored[run.recipe, True].table(CEILING, group.name)
            row = ratio_row(ceiling, scored[run.recipe, False].table(SEGMENTER, group.name))
            place = {"recipe": run.recipe, "against": f"{run.recipe} {CEILING}", "masks": SEGMENTER}
            found += [place | {"group": group.name} | row] if row["compared"] else []
    return found
