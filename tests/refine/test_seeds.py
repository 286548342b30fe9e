import numpy as np
import pytest

from napari_wsss.errors import RecipeError
from napari_wsss.refine.seeds import Seeds, seed_labels


def test_published_limits():
    """≥ 0.1 is lesion, ≤ 0.01 normal tissue, both limits included; between them nothing is said."""
    maps = np.array([[0.0, 0.01, 0.011, 0.099, 0.1, 1.0]], dtype=np.float32)
    assert seed_labels(maps, Seeds()).tolist() == [1, 1, 0, 0, 2, 2]


def test_the_stronger_class_wins_and_normal_tissue_is_free_of_both():
    maps = np.array([[0.5, 0.2, 0.3, 0.0, 0.05], [0.1, 0.6, 0.3, 0.02, 0.0]], dtype=np.float32)
    assert seed_labels(maps, Seeds()).tolist() == [2, 3, 2, 0, 0]


def test_limits_must_be_in_order():
    with pytest.raises(RecipeError, match=r"background \(0.3\) must be lower than foreground \(0.2\)"):
        Seeds.parse({"foreground": 0.2, "background": 0.3})
