from itertools import pairwise

import pytest

from napari_wsss.engine.schedule import learning_rate
from napari_wsss.engine.settings import Fit


def test_polynomial_table_by_hand():
    params = Fit(learning_rate=1e-3, epochs=5, gamma=0.9)
    # (1 - itr/10) ** 0.9 at itr = 0, 1, 5, 9
    for step, factor in ((0, 1.0), (1, 0.9095326), (5, 0.5358867), (9, 0.1258925)):
        assert learning_rate(params, step, steps_per_epoch=2) == pytest.approx(1e-3 * factor, rel=1e-6)


def test_polynomial_falls_and_stays_positive():
    params = Fit(epochs=7)
    rates = [learning_rate(params, step, 3) for step in range(21)]
    assert all(later < earlier for earlier, later in pairwise(rates))
    assert rates[-1] > 0


def test_step_halves():
    params = Fit(schedule="step", learning_rate=0.8, halve_every=2, epochs=6)
    rates = [learning_rate(params, step, 2) for step in range(12)]
    assert rates == [0.8] * 4 + [0.4] * 4 + [0.2] * 4


def test_constant():
    assert {learning_rate(Fit(schedule="constant"), step, 2) for step in range(10)} == {1e-3}
