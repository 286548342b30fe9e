"""What is faster than the CPU, if anything."""

import subprocess
import sys

import pytest

from napari_wsss.refine.accelerator import accelerated, fast_kernel


def test_the_innermost_is_asked():
    assert fast_kernel("plan") is None
    with accelerated(lambda plan: f"fast {plan}"):
        assert fast_kernel("plan") == "fast plan"
        with accelerated(None):
            assert fast_kernel("plan") == "fast plan"
        with accelerated(lambda _: "faster"):
            assert fast_kernel("plan") == "faster"
        assert fast_kernel("plan") == "fast plan"
    assert fast_kernel("plan") is None


def test_an_error_takes_it_out_again():
    with pytest.raises(KeyError), accelerated(lambda _: "fast"):
        raise KeyError
    assert fast_kernel("plan") is None


def test_no_torch():
    code = (
        "import sys, napari_wsss.refine.accelerator, napari_wsss.session.remote_crf; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
