"""Predicted gain: how much correcting a proposal is expected to change it, learnt from the cases already accepted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

FEWEST = 5
"""Accepted cases needed before anything is learnt from them."""
_STRENGTHS = np.logspace(-2, 3, 11)
"""Regularisation strengths that leaving one case out chooses from."""


@dataclass(frozen=True)
class Gains:
    """What correcting is expected to be worth.

    Attributes:
        expected: case id → expected 1 − Dice of its proposal, 0 … 1; empty where nothing could be learnt.
        note: why nothing could be learnt, in one sentence, or what it was learnt from.
    """

    expected: Mapping[str, float]
    note: str


def predict_gains(features: Mapping[str, Sequence[float | None]], gains: Mapping[str, float | None]) -> Gains:
    """Learn 1 − Dice of the proposal from cheap features of it (ridge regression) and expect it of every case.

    Args:
        features: case id → figures of its proposal, None where unknown; all of one length. Cases without any figure
            are left out.
        gains: case id → 1 − Dice of its proposal against the accepted mask; None where not known.

    Returns:
        The same for the same figures, in whatever order they come.
    """
    usable = {case_id: values for case_id, values in sorted(features.items()) if any(v is not None for v in values)}
    known = {case_id: gain for case_id, gain in sorted(gains.items()) if gain is not None and case_id in usable}
    if len(known) < FEWEST:
        return Gains({}, f"The gain is learnt from accepted cases: {len(known)} so far, at least {FEWEST} are needed.")
    model = _model()
    model.fit(_table([usable[case_id] for case_id in known]), np.array(list(known.values()), np.float64))
    expected = np.clip(model.predict(_table(list(usable.values()))), 0.0, 1.0)
    note = f"The gain is learnt from {len(known)} accepted cases."
    return Gains(dict(zip(usable, expected.tolist(), strict=True)), note)


def _model() -> Any:  # noqa: ANN401 (scikit-learn has no types)
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler(), RidgeCV(alphas=_STRENGTHS))


def _table(rows: Sequence[Sequence[float | None]]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.array([[np.nan if value is None else value for value in row] for row in rows], np.float64)
