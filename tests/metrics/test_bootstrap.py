"""The bootstrap over patients, against what can be counted by hand and against SciPy's."""

import numpy as np
import pytest
from scipy.stats import bootstrap

from napari_wsss.metrics.bootstrap import RESAMPLES, mean_interval, paired_difference, paired_ratio


def patients(*values):
    return {f"p{number}": value for number, value in enumerate(values)}


def test_the_interval_of_a_mean():
    assert mean_interval([0.5]) is None
    assert mean_interval([0.25, 0.25, 0.25]) == (0.25, 0.25)
    assert mean_interval([0.0, 1.0]) == (0.0, 1.0), "a quarter of the draws has both ends each"


def test_it_is_scipys():
    values = np.random.default_rng(1).random(20)
    given = {"n_resamples": RESAMPLES, "method": "percentile", "rng": np.random.default_rng(0)}
    other = bootstrap((values,), np.mean, **given).confidence_interval
    assert mean_interval(values.tolist()) == pytest.approx((other.low, other.high), abs=0.01)


def test_a_difference_is_paired():
    found = paired_difference(patients(0.1, 0.9, 0.5, None), patients(0.2, 1.0, 0.6, 0.7))
    assert found["compared"] == 3, "a patient without one of the figures is left out"
    assert (found["first"], found["second"]) == pytest.approx((0.5, 0.6))
    assert (found["difference"], found["low"], found["high"]) == pytest.approx((0.1, 0.1, 0.1))
    assert found["p"] == 0.0


def test_p_is_twice_the_share_on_the_other_side():
    found = paired_difference(patients(0.0, 0.0), patients(-1.0, 3.0))
    assert found["p"] == pytest.approx(2 / 4, abs=0.03), "in a quarter of the draws both are the first patient"
    found = paired_difference(patients(0.0, 0.0), patients(-1.0, 1.0))
    assert found["p"] == 1.0, "three quarters are zero or below, and as many zero or above"


@pytest.mark.parametrize("both", [({}, {}), (patients(None), patients(0.5))])
def test_nobody_to_compare(both):
    assert paired_difference(*both)["compared"] == 0
    assert paired_difference(*both)["difference"] is None
    assert paired_ratio(*both)["ratio"] is None


def test_one_patient_has_no_interval():
    found = paired_difference(patients(0.5), patients(0.75))
    assert (found["difference"], found["low"], found["p"]) == (0.25, None, None)


def test_a_ratio_is_that_of_the_means():
    found = paired_ratio(patients(0.8, 0.4), patients(0.4, 0.2))
    assert (found["ratio"], found["ratio_low"], found["ratio_high"]) == pytest.approx((0.5, 0.5, 0.5))
    assert paired_ratio(patients(1.0, 0.5), patients(0.5, 0.5))["ratio"] == pytest.approx(2 / 3)
    assert paired_ratio(patients(0.0, 0.0), patients(0.5, 0.5))["ratio"] is None
