import numpy as np

from napari_wsss.pipeline.cache import ArrayCache


class Growing:
    """Something that takes more and more memory, as a kernel built slice by slice does."""

    nbytes = 4


def test_drops_the_least_recently_used_first():
    cache = ArrayCache(limit=24)
    for name in "abc":
        cache.put(name, np.zeros(1, dtype=np.float64))
    assert cache.get("a") is not None
    cache.put("d", np.zeros(1, dtype=np.float64))
    assert [name for name in "abcd" if cache.get(name) is not None] == ["a", "c", "d"]
    assert cache.nbytes == 24


def test_replacing_counts_bytes_once():
    cache = ArrayCache(limit=100)
    cache.put("a", np.zeros(10, dtype=np.uint8))
    cache.put("a", np.zeros(4, dtype=np.uint8))
    assert cache.nbytes == 4


def test_an_array_larger_than_the_limit_is_not_kept_and_drops_nothing():
    cache = ArrayCache(limit=8)
    cache.put("small", np.zeros(8, dtype=np.uint8))
    cache.put("large", np.zeros(9, dtype=np.uint8))
    assert cache.get("large") is None
    assert cache.get("small") is not None


def test_what_grew_is_weighed_anew_when_put_again():
    cache, kernel = ArrayCache(limit=16), Growing()
    cache.put("old", np.zeros(8, dtype=np.uint8))
    cache.put("kernel", kernel)
    assert cache.nbytes == 12
    kernel.nbytes = 10
    cache.put("kernel", kernel)
    assert cache.nbytes == 10
    assert cache.get("old") is None
    kernel.nbytes = 17
    cache.put("kernel", kernel)
    assert cache.nbytes == 0
    assert cache.get("kernel") is None
