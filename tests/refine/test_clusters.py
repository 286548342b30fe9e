import numpy as np
import pytest

from napari_wsss.errors import RecipeError
from napari_wsss.refine.clusters import Clusters, keep_cluster, split

GREY = np.array([[[0.0, 0.1, 0.5, 0.6, 1.0]], [[0.5, 0.6, 0.5, 0.6, 1.0]]], dtype=np.float32)
"""Two slices of one row."""
IMAGE = GREY[None]
ALL = np.ones(GREY.shape, np.uint8)


@pytest.mark.parametrize(
    ("choose", "scope", "expected"),
    [
        ("brightest", "slice", [[0, 0, 0, 0, 1], [0, 0, 0, 0, 1]]),
        ("darkest", "slice", [[1, 1, 0, 0, 0], [1, 0, 1, 0, 0]]),
        ("darkest", "volume", [[1, 1, 0, 0, 0], [0, 0, 0, 0, 0]]),
    ],
)
def test_three_clusters(choose, scope, expected):
    kept = keep_cluster(ALL, IMAGE, Clusters(choose=choose, k=3, scope=scope))
    assert kept[:, 0].tolist() == expected


def test_the_cluster_with_most_evidence_on_average():
    # At k = 2 the volume's clusters are 0 and 0.1, and all else: means 0.55 and 0.275, sums 1.1 and 2.2.
    evidence = np.array([[[[0.9, 0.2, 0.2, 0.2, 0.5]], [[0.2, 0.2, 0.2, 0.2, 0.5]]]], dtype=np.float32)
    params = Clusters(choose="most evidence", k=2, scope="volume")
    kept = keep_cluster(ALL, IMAGE, params, evidence=evidence)
    assert kept[:, 0].tolist() == [[1, 1, 0, 0, 0], [0, 0, 0, 0, 0]]
    other = keep_cluster(ALL, IMAGE, params, evidence=1 - evidence)
    assert other[:, 0].tolist() == [[0, 0, 1, 1, 1], [1, 1, 1, 1, 1]]
    nothing = keep_cluster(ALL, IMAGE, params, evidence=0 * evidence)
    assert nothing[:, 0].tolist() == [[1, 1, 0, 0, 0], [0, 0, 0, 0, 0]], "of equals the darkest"
    with pytest.raises(RecipeError, match="'most evidence' needs a soft map"):
        keep_cluster(ALL, IMAGE, params)


def test_only_what_is_inside_counts():
    mask = ALL.copy()
    mask[:, :, -1] = 0
    kept = keep_cluster(mask, IMAGE, Clusters(k=2))
    assert kept[:, 0].tolist() == [[0, 0, 1, 1, 0], [0, 1, 0, 1, 0]]


def test_fewer_values_than_clusters_the_brightest_there_is_is_kept():
    mask = np.array([[[1, 0, 0, 0, 0]], [[1, 0, 1, 0, 0]]], np.uint8)
    assert (keep_cluster(mask, IMAGE, Clusters(k=4)) == mask).all()


def test_each_class_by_itself():
    mask = np.array([[[1, 1, 1, 2, 2]], [[0, 0, 0, 0, 0]]], np.uint8)
    assert keep_cluster(mask, IMAGE, Clusters(k=2))[0, 0].tolist() == [0, 0, 1, 0, 2]


def test_the_channel_looked_at():
    image = np.stack([GREY, 1 - GREY])
    kept = keep_cluster(ALL, image, Clusters(k=3, channel=2, scope="volume"))
    assert kept[:, 0].tolist() == [[1, 1, 0, 0, 0], [0, 0, 0, 0, 0]]
    with pytest.raises(RecipeError, match="channel 3 of a scan with 2"):
        keep_cluster(ALL, image, Clusters(channel=3))


def test_numbers_from_dark_to_bright():
    assert split(ALL > 0, GREY, Clusters(k=3))[:, 0].tolist() == [[1, 1, 2, 2, 3], [1, 2, 1, 2, 3]]


def test_slices_alone_equal_the_volume():
    rng = np.random.default_rng(0)
    image = rng.random((1, 4, 8, 8), dtype=np.float32)
    mask = (rng.random((4, 8, 8)) < 0.5).astype(np.uint8)
    whole = keep_cluster(mask, image, Clusters(k=3))
    alone = [keep_cluster(mask[z : z + 1], image[:, z : z + 1], Clusters(k=3)) for z in range(4)]
    assert np.concatenate(alone).tolist() == whole.tolist()


def test_an_empty_mask():
    assert not keep_cluster(ALL * 0, IMAGE, Clusters()).any()
    assert not keep_cluster(ALL * 0, IMAGE, Clusters(choose="differential"), ask=lambda *_: None).any()


def test_the_classifier_decides():
    """A lesion of middle brightness: the score falls by what is blanked of it."""
    lesion = (GREY >= 0.5) & (GREY <= 0.6)
    asked = []

    def ask(regions, slices):
        asked.extend(slices.tolist())
        seen = [(lesion[z - 10] & ~region).sum() for region, z in zip(regions, slices, strict=True)]
        return np.array(seen, np.float32)[:, None]

    kept = keep_cluster(ALL, IMAGE, Clusters(choose="differential", k=3, scope="volume"), ask, first=10)
    assert kept[:, 0].tolist() == [[0, 0, 1, 1, 0], [1, 1, 1, 1, 0]]
    assert set(asked) == {10, 11}


def test_nobody_to_ask():
    with pytest.raises(RecipeError, match="needs a classifier to ask"):
        keep_cluster(ALL, IMAGE, Clusters(choose="differential"))
