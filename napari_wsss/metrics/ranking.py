"""How well a classifier's scores tell lesion from no lesion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from napari_wsss.errors import InputError
from napari_wsss.types import Array, FloatArray


def area_under_curve(scores: FloatArray, labels: Array) -> float:
    """Give the area under the ROC curve.

    Args:
        scores: (N,), higher means more likely a lesion.
        labels: (N,) 1, 0, or −1 (unknown, left out).

    Returns:
        0 … 1, 0.5 is chance; nan where only one kind of label is known.
    """
    known = np.asarray(labels) >= 0
    if len(np.unique(labels[known])) < 2:
        return float("nan")
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(labels[known], scores[known]))


def accuracy(probabilities: FloatArray, labels: Array, threshold: float = 0.5) -> float:
    """Give the share of right answers when a probability of ``threshold`` and more means lesion.

    Args:
        probabilities: (N,) in [0, 1].
        labels: (N,) 1, 0, or −1 (unknown, left out).
        threshold: in [0, 1].

    Returns:
        0 … 1; nan where no label is known.
    """
    known = np.asarray(labels) >= 0
    if not known.any():
        return float("nan")
    from sklearn.metrics import accuracy_score

    return float(accuracy_score(labels[known], probabilities[known] >= threshold))


def rank_classes(probabilities: FloatArray, labels: Array, classes: Sequence[str]) -> list[dict[str, Any]]:
    """Judge every class.

    Args:
        probabilities: (N, C) in [0, 1].
        labels: (N, C) 1, 0 or −1.
        classes: C names.

    Returns:
        one row per class, ready for JSON: class, images (known), positive, auc, accuracy (None = undefined).

    Raises:
        InputError: shapes do not fit one another.
    """
    if probabilities.shape != labels.shape or labels.shape[1:] != (len(classes),):
        raise InputError(
            f"Scores of shape {probabilities.shape} and labels of shape {labels.shape} for {len(classes)} classes: "
            "expected (images, classes) for both."
        )
    rows = []
    for index, name in enumerate(classes):
        column, score = labels[:, index], probabilities[:, index]
        values = {"auc": area_under_curve(score, column), "accuracy": accuracy(score, column)}
        counts = {"images": int((column >= 0).sum()), "positive": int((column == 1).sum())}
        rows.append({"class": name, **counts, **{key: _or_none(value) for key, value in values.items()}})
    return rows


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value
