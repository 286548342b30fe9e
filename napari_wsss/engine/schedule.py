"""Learning rate of any step, in closed form, so that a resumed run needs no memory of earlier steps."""

from __future__ import annotations

from napari_wsss.engine.settings import Fit


def learning_rate(params: Fit, step: int, steps_per_epoch: int) -> float:
    """Give the learning rate of a step.

    "polynomial" is rate · (1 − itr / max)^γ. Eq. 13 of paper 1 prints 1 − itr / (max − itr), which turns negative
    half-way. "step" halves the rate every ``halve_every`` epochs.

    Args:
        params: schedule, base rate, epochs.
        step: steps done before this one since the training began, 0 … epochs · steps_per_epoch − 1.
        steps_per_epoch: steps of one epoch, ≥ 1.
    """
    if params.schedule == "polynomial":
        return float(params.learning_rate * (1 - step / (params.epochs * steps_per_epoch)) ** params.gamma)
    if params.schedule == "step":
        return float(params.learning_rate * 0.5 ** (step // steps_per_epoch // params.halve_every))
    return params.learning_rate
