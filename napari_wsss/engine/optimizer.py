"""The optimisers by name."""

from __future__ import annotations

import torch
from torch import nn

from napari_wsss.engine.settings import Fit


def optimizer(model: nn.Module, params: Fit) -> torch.optim.Optimizer:
    """Give the optimiser that ``params`` name, for all weights of ``model`` that are learnt."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    # One fused kernel for all weights: on a CPU a tenth to a half of the step for networks of many layers.
    if params.optimizer == "adam":
        return torch.optim.Adam(parameters, params.learning_rate, weight_decay=params.weight_decay, fused=True)
    return torch.optim.SGD(
        parameters, params.learning_rate, momentum=params.momentum, weight_decay=params.weight_decay, fused=True
    )
