"""The gain expected from correcting: learnt from accepted cases, the same for the same figures."""

import numpy as np
import pytest

from napari_wsss.session.gain import FEWEST, predict_gains


def cases(count, seed=0):
    """Cases whose gain is a line in their first figure; the second is noise."""
    rng = np.random.default_rng(seed)
    features = {f"case{n}": (n / count, float(rng.uniform())) for n in range(count)}
    return features, {name: 0.2 + 0.5 * values[0] for name, values in features.items()}


def test_with_fewer_than_five_accepted_cases_it_says_so():
    features, gains = cases(20)
    known = {name: gains[name] for name in list(gains)[: FEWEST - 1]}
    found = predict_gains(features, known)
    assert not found.expected
    assert found.note == "The gain is learnt from accepted cases: 4 so far, at least 5 are needed."


def test_a_line_is_found_again():
    features, gains = cases(40)
    known = {name: gain for place, (name, gain) in enumerate(gains.items()) if place % 2}
    found = predict_gains(features, known)
    assert found.note == "The gain is learnt from 20 accepted cases."
    for name, gain in gains.items():
        assert found.expected[name] == pytest.approx(gain, abs=0.02)


def test_the_order_of_cases_changes_nothing():
    features, gains = cases(12)
    turned = {name: features[name] for name in reversed(features)}
    one, other = predict_gains(features, gains), predict_gains(turned, dict(reversed(gains.items())))
    assert one == other


def test_missing_figures_are_filled_in_and_cases_without_any_are_left_out():
    features, gains = cases(10)
    features |= {"half": (None, 0.5), "none": (None, None)}
    found = predict_gains(features, gains | {"none": 0.3, "half": None})
    assert "none" not in found.expected
    assert 0.0 <= found.expected["half"] <= 1.0
    without = {name: (None, values[1]) for name, values in features.items()}
    assert set(predict_gains(without, gains).expected) == set(features) - {"none"}


def test_what_is_expected_is_a_share():
    features = {f"case{n}": (float(n),) for n in range(8)}
    gains = {f"case{n}": float(n > 3) for n in range(8)}
    found = predict_gains(features | {"far": (1000.0,), "below": (-1000.0,)}, gains)
    assert (found.expected["far"], found.expected["below"]) == (1.0, 0.0)
