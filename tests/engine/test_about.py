"""The facts of a training."""

import os

import psutil
import pytest
import torch
from torch import nn

from napari_wsss.engine.about import about, memory_gib
from napari_wsss.engine.device import choose


@pytest.mark.parametrize(("precision", "words"), [("32", "32 bit"), ("bf16", "bf16, weights 32 bit")])
def test_the_facts_are_counted(precision, words):
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Conv2d(2, 1, 1))
    model[1].requires_grad_(False)
    fabric, _ = choose("cpu", precision)
    facts = about("segmenter", model, fabric, 12).facts
    assert facts["device"].startswith("CPU")
    assert (facts["precision"], facts["examples"], facts["parameters"]) == (words, "12", "20")
    assert facts["threads"] == str(torch.get_num_threads())


def test_memory_on_the_cpu_is_that_of_the_process():
    expected = psutil.Process(os.getpid()).memory_info().rss / 2**30
    assert memory_gib(torch.device("cpu")) == pytest.approx(expected, rel=0.2)
