"""Whether two systems differ on the same patients: the two-tailed paired t-test, and an interval by the bootstrap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def paired_t_test(first: Mapping[str, float | None], second: Mapping[str, float | None]) -> dict[str, Any]:
    """Compare two systems patient by patient.

    Args:
        first: patient → figure of the one system; None where undefined.
        second: likewise of the other.

    Returns:
        Ready for JSON: ``compared`` (patients with both figures), ``first`` and ``second`` (means over them),
        ``difference`` (second − first), ``t`` of that difference and ``p``, two-tailed. ``t`` and ``p`` are None where
        the test is undefined: fewer than two patients, or the same difference in all of them.
    """
    both = [(one, other) for name, one in first.items() if one is not None and (other := second.get(name)) is not None]
    result: dict[str, Any] = dict.fromkeys(("first", "second", "difference", "t", "p"))
    if not both:
        return {"compared": 0, **result}
    pairs = np.asarray(both, dtype=np.float64)
    change = pairs[:, 1] - pairs[:, 0]
    result |= dict(zip(("first", "second"), pairs.mean(axis=0).tolist(), strict=True), difference=float(change.mean()))
    if len(both) > 1 and not np.isclose(change.std(), 0.0):
        from scipy.stats import ttest_rel

        test = ttest_rel(pairs[:, 1], pairs[:, 0])
        result |= {"t": float(test.statistic), "p": float(test.pvalue)}
    return {"compared": len(both), **result}


def bootstrap_interval(
    differences: Sequence[float], *, level: float = 0.95, draws: int = 9999, seed: int = 0
) -> tuple[float, float] | None:
    """Give the percentile interval of the mean difference between two systems, patients drawn with replacement.

    Args:
        differences: one a patient.
        level: share of the draws whose mean lies inside.
        draws: how many.
        seed: of the draws; the same differences give the same interval.

    Returns:
        Its ends; None for fewer than two patients.
    """
    if len(differences) < 2:
        return None
    from scipy.stats import bootstrap

    found = bootstrap(
        (np.asarray(differences, dtype=np.float64),),
        np.mean,
        n_resamples=draws,
        confidence_level=level,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return float(found.low), float(found.high)
