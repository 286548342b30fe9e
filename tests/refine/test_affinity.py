"""Segmentation from seeds, by hand and against the plain formula."""

from math import exp, log, sqrt

import numpy as np
import pytest

from napari_wsss.refine import affinity
from napari_wsss.refine.affinity import Affinity, candidates, segment

HALF = sqrt(log(3))
"""Distance at which the affinity is 1/2."""
LINE = np.array([[0.0, 0.5, 1.04, 1.06, 5.0, 5.5]])
EVIDENCE = np.array([0.9, 0.7, 0.2, 0.1, 0.4, 0.0])


def members(found, count):
    return np.unpackbits(found.members, axis=1, count=count).tolist()


def test_candidates_by_hand():
    """HALF is 1.048…: from 0 voxels 0, 1, 2 are reached, from 5 voxels 4 and 5."""
    assert 1.04 < HALF < 1.06
    found = candidates(LINE, EVIDENCE, np.array([0, 4]), 0.5)
    assert members(found, 6) == [[1, 1, 1, 0, 0, 0], [0, 0, 0, 0, 1, 1]]
    assert found.confidence.tolist() == pytest.approx([0.6, 0.2])


def test_segmentation_by_hand():
    """Seed 1 reaches voxels 0 to 3 (mean 0.475) and overlaps the better seed 0 by 3/4."""
    seeds = np.array([1, 0, 4])
    assert segment(LINE, EVIDENCE, seeds, Affinity(affinity=0.5, overlap=0.5)).tolist() == pytest.approx(
        [0.6, 0.6, 0.6, 0, 0.2, 0.2]
    )
    assert segment(LINE, EVIDENCE, seeds, Affinity(affinity=0.5, overlap=0.8)).tolist() == pytest.approx(
        [0.6, 0.6, 0.6, 0.475, 0.2, 0.2]
    )


def test_it_is_the_formula_whatever_the_pieces(monkeypatch):
    """83 voxels in pieces of 8, the last one cut short within a byte."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(0, 0.7, (3, 83)) + 100  # far from the origin, where digits are lost
    evidence, seeds = rng.random(83), np.array([3, 50, 82, 3])
    squared = ((vectors[:, seeds, None] - vectors[:, None]) ** 2).sum(axis=0)
    expected = 2 / (1 + np.exp(squared)) >= 0.4
    monkeypatch.setattr(affinity, "_DISTANCES", 40)
    found = candidates(vectors, evidence, seeds, 0.4)
    assert np.array_equal(members(found, 83), expected)
    assert 0.05 < expected.mean() < 0.95
    assert found.confidence.tolist() == pytest.approx([evidence[inside].mean() for inside in expected])


@pytest.mark.parametrize("limit", [0.01, 0.99])
def test_a_seed_is_in_its_own_candidate(limit):
    vectors = np.random.default_rng(1).normal(0, 30, (8, 20))
    found = candidates(vectors, np.ones(20), np.arange(20), limit)
    assert np.diag(members(found, 20)).all()
    farthest = log(2 / limit - 1)
    assert 2 / (1 + exp(farthest)) == pytest.approx(limit)
