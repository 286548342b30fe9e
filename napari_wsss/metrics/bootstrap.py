"""The bootstrap over patients: how far a mean, a difference or a ratio may lie from what other patients would give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

RESAMPLES = 10_000
"""Times patients are drawn anew, with replacement, as many as there are."""
LEVEL = 0.95
"""Share of the draws that lie inside an interval."""
SEED = 0

Values = npt.NDArray[np.float64]
Figures = Mapping[str, float | None]
"""Patient → figure; None where undefined."""


def mean_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """Give the percentile interval of a mean, one value a patient; None for fewer than two patients."""
    if len(values) < 2:
        return None
    return _interval(_drawn(np.asarray(values, dtype=np.float64)[:, None])[:, 0])


def paired_difference(first: Figures, second: Figures) -> dict[str, Any]:
    """Compare two systems on the patients that have both figures.

    Args:
        first: patient → figure of the one system.
        second: likewise of the other.

    Returns:
        Ready for JSON: ``compared`` (patients), ``first`` and ``second`` (means over them), ``difference`` (second −
        first), its interval ``low`` and ``high``, and ``p``, two-sided: twice the share of the draws whose difference
        is zero or lies on the other side of zero, at most 1. The last three are None for fewer than two patients.
    """
    pairs = _pairs(first, second)
    result: dict[str, Any] = dict.fromkeys(("first", "second", "difference", "low", "high", "p"))
    if not len(pairs):
        return {"compared": 0, **result}
    change = pairs[:, 1] - pairs[:, 0]
    result |= {"first": float(pairs[:, 0].mean()), "second": float(pairs[:, 1].mean())}
    result["difference"] = float(change.mean())
    if len(pairs) > 1:
        drawn = _drawn(change[:, None])[:, 0]
        other_side = min(float(np.mean(drawn <= 0)), float(np.mean(drawn >= 0)))
        low, high = _interval(drawn)
        result |= {"low": low, "high": high, "p": min(1.0, 2.0 * other_side)}
    return {"compared": len(pairs), **result}


def paired_ratio(first: Figures, second: Figures) -> dict[str, Any]:
    """Give what share of the one system's mean another reaches, on the patients that have both figures.

    Args:
        first: patient → figure of the system that stands for 1.
        second: likewise of the other.

    Returns:
        ``ratio``, mean of ``second`` / mean of ``first``, and its interval ``ratio_low`` and ``ratio_high``; None where
        undefined: no patient, a mean of 0, fewer than two patients.
    """
    pairs = _pairs(first, second)
    result: dict[str, Any] = dict.fromkeys(("ratio", "ratio_low", "ratio_high"))
    if not len(pairs) or not pairs[:, 0].mean():
        return result
    result["ratio"] = float(pairs[:, 1].mean() / pairs[:, 0].mean())
    if len(pairs) > 1:
        drawn = _drawn(pairs)
        defined = drawn[drawn[:, 0] > 0]
        result["ratio_low"], result["ratio_high"] = _interval(defined[:, 1] / defined[:, 0])
    return result


def _pairs(first: Figures, second: Figures) -> Values:
    both = [(one, other) for name, one in first.items() if one is not None and (other := second.get(name)) is not None]
    return np.asarray(both, dtype=np.float64).reshape(-1, 2)


def _drawn(values: Values) -> Values:
    """Give the means of the columns of (N, K) values over N rows drawn anew, (RESAMPLES, K)."""
    rng = np.random.default_rng(SEED)
    return np.stack([values[rows].mean(axis=0) for rows in rng.integers(len(values), size=(RESAMPLES, len(values)))])


def _interval(drawn: Values) -> tuple[float, float]:
    low, high = np.quantile(drawn, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return float(low), float(high)
