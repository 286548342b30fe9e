"""Folds of a cross-validation: every patient is scored once, by models that never saw that patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from napari_wsss.errors import InputError
from napari_wsss.types import Subset

VALIDATION = 5
"""One in so many of the patients that are not scored judges epochs instead of being learnt from."""


def draw_folds(patients: Mapping[str, bool], folds: int, seed: int = 0) -> list[dict[str, Subset]]:
    """Draw patients into folds at random; patients with a lesion are spread evenly, and so are those without.

    Args:
        patients: patient → whether a lesion is known.
        folds: how many.
        seed: same seed and same patients, same draw.

    Returns:
        For every fold, patient → "test" for those scored in it, "val" or "train" for all others.

    Raises:
        InputError: fewer than two folds, or more than there are patients, or too few patients to learn from.
    """
    if not 2 <= folds <= len(patients) or len(patients) - -(-len(patients) // folds) < 2:
        raise InputError(
            f"{folds} folds of {len(patients)} patients: at least 2 folds, a patient to score in each, and 2 others to "
            "learn from are needed. Give fewer folds, or a project with more patients."
        )
    dealt = _shuffled(patients, np.random.default_rng([seed, 0]))
    return [_fold(patients, dealt[place::folds], np.random.default_rng([seed, place + 1])) for place in range(folds)]


def _fold(patients: Mapping[str, bool], scored: Sequence[str], rng: np.random.Generator) -> dict[str, Subset]:
    others = _shuffled({name: ill for name, ill in patients.items() if name not in scored}, rng)
    subsets: dict[str, Subset] = dict.fromkeys(scored, "test")
    subsets |= {name: "val" if place % VALIDATION == 0 else "train" for place, name in enumerate(others)}
    return subsets


def _shuffled(patients: Mapping[str, bool], rng: np.random.Generator) -> list[str]:
    """Give those with a lesion in random order, then the others, so that dealing one by one spreads both."""
    groups = [sorted(name for name, ill in patients.items() if ill == wanted) for wanted in (True, False)]
    return [group[place] for group in groups for place in rng.permutation(len(group)).tolist()]
