"""The paired t-test, by hand."""

import math

import pytest

from napari_wsss.metrics.paired import paired_t_test


def test_by_hand():
    # Differences 0.1, 0.3, 0.2: mean 0.2, standard deviation 0.1 (n − 1), t = 0.2 / (0.1 / √3), 2 degrees of freedom.
    first = {"a": 0.1, "b": 0.2, "c": 0.5, "only here": 0.9, "undefined": None}
    second = {"c": 0.7, "a": 0.2, "b": 0.5, "only there": 0.1, "undefined": 0.3}
    found = paired_t_test(first, second)
    assert found["compared"] == 3
    assert found["first"] == pytest.approx(0.8 / 3)
    assert found["second"] == pytest.approx(1.4 / 3)
    assert found["difference"] == pytest.approx(0.2)
    t = 2 * math.sqrt(3)
    assert found["t"] == pytest.approx(t)
    # Student's distribution with 2 degrees of freedom has a closed form.
    assert found["p"] == pytest.approx(1 - t / math.sqrt(2 + t**2))


@pytest.mark.parametrize(
    ("first", "second", "compared"),
    [({}, {"a": 1.0}, 0), ({"a": 0.5}, {"a": 0.7}, 1), ({"a": 0.1, "b": 0.4}, {"a": 0.3, "b": 0.6}, 2)],
)
def test_what_cannot_be_tested_has_no_p(first, second, compared):
    found = paired_t_test(first, second)
    assert (found["compared"], found["t"], found["p"]) == (compared, None, None)
    assert found["difference"] == (None if compared == 0 else pytest.approx(0.2))
