"""Whose time it was, with a clock that is set by hand."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from napari_wsss.pipeline import clock as clock_module
from napari_wsss.pipeline.clock import Clock

SOURCES = {"soft": [], "cut": ["soft", "kernel"], "flip": ["cut"], "kernel": []}


@pytest.fixture
def now(monkeypatch):
    """The time, moved by tests alone."""
    time = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(clock_module, "perf_counter", lambda: time.seconds)
    return time


def spend(clock, now, name, seconds):
    with clock.running(name):
        now.seconds += seconds


def test_runs_of_a_step_add_up(now):
    clock = Clock(threads=2)
    for name, seconds in (("soft", 1.0), ("cut", 2.0), ("soft", 0.5)):
        spend(clock, now, name, seconds)
    assert clock.ran == {"soft", "cut"}
    assert clock.seconds(SOURCES.get) == {"soft": 1.5, "cut": 2.0}


def test_what_several_threads_did_side_by_side_took_its_share(now):
    clock = Clock(threads=2)
    spend(clock, now, "soft", 1.0)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(spend, clock, now, "cut", 3.0).result()
    assert clock.seconds(SOURCES.get) == {"soft": 1.0, "cut": 1.5}


def test_what_a_kernel_builds_while_a_step_uses_it_is_the_kernels_time(now):
    clock, kernel = Clock(threads=1), SimpleNamespace(seconds=5.0)
    clock.watch("kernel", kernel)
    spend(clock, now, "soft", 1.0)
    spend(clock, now, "cut", 3.0)
    kernel.seconds += 2.0
    assert clock.seconds(SOURCES.get) == {"soft": 1.0, "cut": 1.0, "kernel": 2.0}
    assert "kernel" not in clock.ran, "it was kept; only a part of it is new"


def test_building_on_more_threads_than_one_takes_no_longer_than_what_passed(now):
    clock, kernel = Clock(threads=1), SimpleNamespace(seconds=0.0)
    clock.watch("kernel", kernel)
    spend(clock, now, "cut", 3.0)
    kernel.seconds = 4.0
    assert clock.seconds(SOURCES.get) == {"cut": 0.0, "kernel": 3.0}


def test_a_kernel_that_built_nothing_new_keeps_its_figure(now):
    clock = Clock(threads=1)
    clock.watch("kernel", SimpleNamespace(seconds=5.0))
    clock.watch("region", object())
    spend(clock, now, "cut", 3.0)
    assert clock.seconds(SOURCES.get) == {"cut": 3.0}


def test_a_run_that_fails_is_no_run():
    clock = Clock(threads=1)
    with pytest.raises(ValueError, match="no"), clock.running("cut"):
        raise ValueError("no")
    assert clock.ran == set()
    assert clock.seconds(SOURCES.get) == {}
