"""Entropy of maps and disagreement between them, by hand."""

import numpy as np
import pytest

from napari_wsss.session.uncertainty import disagreement, mean_entropy, mean_inside


def maps(values):
    return np.array(values, np.float32).reshape(1, 1, 1, -1)


@pytest.mark.parametrize(
    ("values", "bits"),
    [
        ([0.0, 1.0, 0.0, 1.0], 0.0),
        ([0.5, 0.5], 1.0),
        ([0.25, 0.75], 0.811278),  # 2 - 3/4 log2(3)
        ([0.5, 0.0, 0.0, 1.0], 0.25),
        ([0.25, 0.5, 0.0, 0.0], (0.811278 + 1.0) / 4),
    ],
)
def test_entropy_is_the_mean_over_all_voxels_in_bits(values, bits):
    assert mean_entropy(maps(values)) == pytest.approx(bits, abs=1e-6)


def test_every_class_counts_alike_in_the_entropy():
    two = np.stack([np.full((2, 3, 4), 0.5, np.float32), np.zeros((2, 3, 4), np.float32)])
    assert mean_entropy(two) == pytest.approx(0.5)
    assert mean_entropy(np.zeros((1, 0, 3, 4), np.float32)) == 0.0


def test_disagreement_is_one_minus_soft_dice():
    first, second = maps([0.5, 1.0, 0.0]), maps([1.0, 0.5, 0.0])
    assert disagreement([first, second]) == pytest.approx(1 - 2 * 1.0 / 3.0)
    assert disagreement([first, first]) == pytest.approx(0.0)
    assert disagreement([maps([1.0, 0.0]), maps([0.0, 1.0])]) == pytest.approx(1.0)
    assert disagreement([maps([0.0]), maps([0.0])]) == 0.0
    assert disagreement([first]) is None


def test_disagreement_of_several_models_is_the_mean_over_pairs():
    three = [maps([1.0, 0.0]), maps([0.0, 1.0]), maps([1.0, 0.0])]
    assert disagreement(three) == pytest.approx((1 + 0 + 1) / 3)


def test_evidence_inside_a_mask_is_that_of_the_strongest_class():
    evidence = np.array([[0.2, 0.9, 0.4], [0.6, 0.1, 0.4]], np.float32).reshape(2, 1, 1, 3)
    inside = np.array([True, True, False]).reshape(1, 1, 3)
    assert mean_inside(evidence, inside) == pytest.approx((0.6 + 0.9) / 2)
    assert mean_inside(evidence, np.zeros((1, 1, 3), bool)) is None
