"""Several processes, each with its share of the examples, make one step: their gradients are added up.

This is done after the backward pass and not within it, as torch's DistributedDataParallel does, so that a process
whose share did not fit into memory, or that is to stop, can say so before the others wait for its gradients.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from napari_wsss.engine import ranks
from napari_wsss.types import Array


def own_share(batch: Array) -> Array:
    """Give the examples of a batch that are this process's; none, where there are fewer than processes."""
    return np.array_split(batch, ranks.world_size())[ranks.rank()]


@torch.no_grad()
def add_up(model: nn.Module, loss: Tensor, weight: float) -> Tensor:
    """Bring gradients and running statistics to their weighted sums over all processes, in place.

    Args:
        model: the same in every process; a weight without gradient in all of them keeps none.
        loss: mean over this process's examples.
        weight: share of all examples of the batch that are this process's; its gradients bear it already.

    Returns:
        The mean loss over all examples, a number on the device of ``loss``.
    """
    if ranks.world_size() == 1:
        return loss
    weights = _with_gradient(model)
    statistics = [buffer for buffer in model.buffers() if buffer.is_floating_point()]
    mine = [_gradient(one) for one in weights] + [weight * one for one in (*statistics, loss.float())]
    flat = torch.cat([tensor.reshape(-1) for tensor in mine])
    ranks.add_up(flat)
    *sums, total = torch.split(flat, [tensor.numel() for tensor in mine])
    for place, summed in zip([*(one.grad for one in weights), *statistics], sums, strict=True):
        if place is not None:
            place.copy_(summed.view(place.shape))
    return total[0]


def share_weights(model: nn.Module) -> None:
    """Give every process the weights and statistics of the one that leads."""
    if ranks.world_size() > 1:
        weights = {name: tensor.cpu() for name, tensor in model.state_dict().items()} if ranks.leads() else None
        given = ranks.from_leader(weights)
        if given is not None:
            model.load_state_dict(given)


def _gradient(weight: Tensor) -> Tensor:
    """Give the gradient of a weight, which is nought where this process had no example for it."""
    if weight.grad is None:
        weight.grad = torch.zeros_like(weight)
    return weight.grad


def _with_gradient(model: nn.Module) -> list[Tensor]:
    """Give the weights that have a gradient in some process."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    there = torch.tensor([weight.grad is not None for weight in weights], dtype=torch.float32)
    ranks.add_up(there)
    return [weight for weight, count in zip(weights, there.tolist(), strict=True) if count]
