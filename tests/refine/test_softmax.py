import numpy as np
import pytest

from napari_wsss.refine.softmax import differences, exponential


def test_exponential():
    values = np.linspace(-31.9, 0, 2000, dtype=np.float32)
    ours = np.array([exponential(value) for value in values])
    np.testing.assert_allclose(ours, np.exp(values.astype(float)), rtol=3e-5)
    assert 0 < exponential(np.float32(-1e9)) < 2e-14


@pytest.mark.parametrize("classes", [1, 2, 5])
def test_differences(classes):
    logits = np.random.default_rng(0).normal(0, 6, size=(classes, 300)).astype(np.float32)
    ours = np.empty_like(logits)
    differences(logits, ours)
    shares = np.exp(np.concatenate([np.zeros((1, 300)), logits.astype(float)]))
    shares /= shares.sum(axis=0)
    np.testing.assert_allclose(ours, shares[1:] - shares[0], atol=5e-6)
