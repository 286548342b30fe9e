import math

import pytest
import torch

from napari_wsss.engine.meter import LossMeter
from napari_wsss.errors import WsssError


def test_mean_weighs_by_examples():
    meter = LossMeter()
    assert math.isnan(meter.mean)
    meter.add(torch.tensor(1.0), 3)
    meter.add(torch.tensor(5.0), 1)
    meter.settle()
    assert (meter.latest, meter.mean, meter.examples) == (5.0, 2.0, 4)


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_says_what_to_do(loss):
    with pytest.raises(WsssError, match=r"Lower learning_rate.*precision to 32"):
        LossMeter().add(torch.tensor(loss), 1)
