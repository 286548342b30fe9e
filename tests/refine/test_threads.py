from concurrent.futures import ThreadPoolExecutor
from threading import get_ident

import pytest

from napari_wsss.refine import threads
from napari_wsss.refine.threads import each, one_thread


@pytest.fixture(autouse=True)
def _two_cores(monkeypatch):
    monkeypatch.setattr(threads.os, "sched_getaffinity", lambda _: {0, 1}, raising=False)


def test_answers_in_order():
    assert each(lambda a, b: 10 * a + b, [(n, n + 1) for n in range(20)]) == [11 * n + 1 for n in range(20)]
    assert each(lambda: 1, []) == []


def test_what_runs_inside_stays_in_its_thread():
    def inner():
        return get_ident()

    def outer():
        return get_ident(), threads.threads(), each(inner, [()] * 3)

    for thread, count, inside in each(outer, [()] * 6):
        assert count == 1
        assert set(inside) == {thread}


def test_one_thread_is_kept_to_and_left_again():
    assert threads.threads() == 2
    with one_thread():
        with one_thread():
            assert threads.threads() == 1
        assert set(each(get_ident, [()] * 4)) == {get_ident()}
    assert threads.threads() == 2


def test_the_first_error_is_raised_after_all_have_ended():
    ended = []

    def work(n):
        ended.append(n)
        if n in {0, 2, 5}:
            raise ValueError(f"at {n}")

    with pytest.raises(ValueError, match="at 0"):
        each(work, [(n,) for n in range(8)])
    assert sorted(ended) == list(range(8))
    with pytest.raises(ValueError, match="at 2"):
        each(work, [(n,) for n in range(1, 8)])


def test_many_callers_at_once():
    with ThreadPoolExecutor(12) as pool:
        sums = pool.map(lambda n: sum(each(lambda a: a, [(n + k,) for k in range(10)])), range(12))
    assert list(sums) == [10 * n + 45 for n in range(12)]
