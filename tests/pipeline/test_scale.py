"""The values tried for a number."""

import pytest

from napari_wsss.pipeline.scale import ROUNDS, Scale

SHARE = Scale(0.0, 1.0, 0.01, 0.35)
REACH = Scale(1.0, 200.0, 1.0, 10.0)


def test_even_spacing_where_the_best_value_may_lie_anywhere():
    assert SHARE.candidates(0.35, 0) == [0.0, 0.15, 0.55, 0.75, 0.95, 1.0]
    assert SHARE.candidates(0.35, 1) == [0.15, 0.25, 0.45, 0.55]
    assert SHARE.candidates(0.35, 2) == [0.25, 0.3, 0.4, 0.45]
    assert SHARE.candidates(0.35, 4) == [0.34, 0.36]
    assert Scale(-10.0, 10.0, 0.5, 0.0).candidates(2.0, 0) == [-10.0, -6.0, -2.0, 6.0, 10.0]


def test_spacing_by_ratio_where_useful_values_crowd_at_the_lower_end():
    # The share s of the range lies at log(1 + 64 s) / log 65; value 1 is place 0, then a fifth of the way each time.
    values = REACH.candidates(1.0, 0)
    assert values == [round(1 + 199 * (65 ** (place / 5) - 1) / 64) for place in range(1, 6)]
    assert values == [5, 14, 36, 86, 200]


def test_a_number_with_few_values_is_tried_at_all_of_them():
    assert Scale(2, 5, 1, 2, whole=True).candidates(3, 0) == [2, 4, 5]
    assert all(isinstance(value, int) for value in Scale(0, 100, 1, 50, whole=True).candidates(50, 0))


@pytest.mark.parametrize("held", [0.0, 0.01, 0.5, 0.99, 1.0])
@pytest.mark.parametrize("number", range(len(ROUNDS)))
def test_values_stay_in_bounds_and_are_never_the_one_held(held, number):
    values = SHARE.candidates(held, number)
    assert values == sorted(set(values) - {held})
    assert all(0 <= value <= 1 for value in values)


def test_the_last_rounds_reach_every_value_from_the_nearest_coarse_one():
    for target in range(101):
        held = 0.35
        for number in range(len(ROUNDS)):
            held = min([held, *SHARE.candidates(held, number)], key=lambda value: abs(value - target / 100))
        assert held == pytest.approx(target / 100, abs=0.0151)
