"""Where the cells of a feature map lie on the network's input.

Strides and paddings decide it: in a ResNet cell i of a map of stride s is centred on input pixel s·i; in a VGG, whose
poolings have no padding, on s·i + (s − 1)/2. So the centres are followed through a forward pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.weak import WeakTensorKeyDictionary

from napari_wsss.cam.capture import borrowed, captured
from napari_wsss.cam.lines import Line, Lines, evenly, mean_line, rule_of


def cell_grid(model: nn.Module, layer: str, sides: Sequence[int], channels: int) -> list[Line]:
    """Find where the cells of one layer's map lie; arguments and errors as :func:`cell_grids`."""
    return cell_grids(model, [layer], sides, channels)[0]


def cell_grids(model: nn.Module, layers: Sequence[str], sides: Sequence[int], channels: int) -> list[list[Line]]:
    """Find where the cells of layers' maps lie, by one forward pass of an empty image.

    Convolutions, poolings, paddings, slices, transpositions and resizings move the cells; any other operation keeps
    the cells of every axis whose length it keeps. Where branches meet that do not agree, their mean is taken. Where an
    axis is lost sight of (an unknown operation changed its length), its cells share the input out evenly.

    Args:
        model: any network; given back exactly as it came.
        layers: names of layers, as in ``model.named_modules()``, that give (B, K, *spatial).
        sides: of the input along each spatial axis, pixels.
        channels: of the input.

    Returns:
        Per layer and spatial axis (first, step): centre of cell 0 and distance between cells, in pixels; the centre of
        the input's pixel 0 is 0.

    Raises:
        RecipeError: the network has no such layer.
        ModelError: a layer gives no feature map, or does not run exactly once in a forward pass.
    """
    like = next(model.parameters(), torch.zeros(()))
    images = torch.zeros(1, channels, *sides, dtype=like.dtype, device=like.device)
    with borrowed(model, like.device), captured(model, *layers) as features, torch.no_grad():
        with _Follow(images) as follow:
            model(images)
        cells = [feature.take() for feature in features]
    return [_lines_of(follow, map_, sides) for map_ in cells]


def _lines_of(follow: _Follow, cells: Tensor, sides: Sequence[int]) -> list[Line]:
    lines = zip(follow.lines(cells)[2:], sides, cells.shape[2:], strict=True)
    return [line or evenly(side, count) for line, side, count in lines]


def as_fractions(lines: Sequence[Line], sides: Sequence[int]) -> list[Line]:
    """Turn (first, step) in pixels into fractions of the input's sides; its borders are 0 and 1."""
    return [((first + 0.5) / side, step / side) for (first, step), side in zip(lines, sides, strict=True)]


class _Follow(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch declares no types here
    """Knows the lines of ``images`` and of every tensor computed from it while the context lasts."""

    def __init__(self, images: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._known: Any = WeakTensorKeyDictionary()
        self._known[images] = (None, None, *[(0.0, 1.0)] * (images.ndim - 2))

    def lines(self, tensor: Tensor) -> Lines:
        """Give the lines of ``tensor``'s axes."""
        known: Lines = self._known.get(tensor, (None,) * tensor.ndim)
        return known

    def __torch_dispatch__(
        self,
        func: Any,  # noqa: ANN401
        types: Any,  # noqa: ANN401
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """Run one of torch's basic operations and note where the cells of its results lie."""
        result = func(*args, **(kwargs or {}))
        sources = [tensor for tensor in _tensors(args) if tensor in self._known]
        if sources:
            rule = rule_of(func.name().removeprefix("aten::").split(".")[0])
            for target in _tensors([result]):
                lines = rule(self.lines(args[0]), args, target) if rule else self._kept(sources, target)
                self._known[target] = lines
        return result

    def _kept(self, sources: Sequence[Tensor], target: Tensor) -> Lines:
        """Give, along each axis, the mean line of the sources that have as many axes and the same length there."""
        alike = [(source.shape, self.lines(source)) for source in sources if source.ndim == target.ndim]
        return tuple(
            mean_line([lines[axis] for shape, lines in alike if shape[axis] == length])
            for axis, length in enumerate(target.shape)
        )


def _tensors(values: Sequence[Any]) -> list[Tensor]:
    """List the tensors among ``values`` and in the lists and tuples among them."""
    groups = (value if isinstance(value, list | tuple) else (value,) for value in values)
    return [item for group in groups for item in group if isinstance(item, Tensor)]
