"""A trained segmenter as a program of its own: a file that ONNX runtimes or PyTorch run without this package."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from napari_wsss.errors import ModelError
from napari_wsss.losses.probability import class_probabilities
from napari_wsss.models.card import read_card
from napari_wsss.pipeline.outliner import Outliner
from napari_wsss.pipeline.steps.prepare import PrepareSlices

MULTIPLE = 32
"""Sides that can vary are multiples of this, from two of it on: what every network here can halve five times."""
INPUT, OUTPUT = "images", "probabilities"
FILES = {"onnx": "model.onnx", "torch-export": "model.pt2", "torchscript": "model.pt"}
TOLERANCE = 1e-3
"""Largest difference of a probability from the model's own; more means that something was translated wrongly."""


class Program(nn.Module):
    """A segmenter that gives probabilities of the lesion classes: (B, C, …) in [0, 1] for images (B, channels, …)."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        """Give the probability of every class at every place."""
        return class_probabilities(self.model(images))


def write_program(model: Path, folder: Path, format: str) -> dict[str, Any]:
    """Write a trained segmenter as a program into ``folder``, and say what it takes.

    Args:
        model: folder of the model.
        folder: where to.
        format: a key of :data:`FILES`.

    Returns:
        ``file``, ``format``, ``input``, ``output``: names; ``shape``: of the input, a number or a word for each side;
        ``largest_difference`` of a probability from the model's own, where it could be tried.

    Raises:
        ModelError: no complete segmenter; ONNX is not installed; or the program answers otherwise than the model.
    """
    outliner = Outliner(model, "cpu")
    program = Program(outliner.model).eval()
    sides = outliner.window or _square(outliner)
    channels = int(read_card(model)["network"]["in_channels"])
    example = torch.rand((2, channels, *sides), generator=torch.Generator().manual_seed(0))
    path = folder / FILES[format]
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # of the exporters, about what they do inside
        difference = _WRITERS[format](program, example, path)
    if difference is not None and difference > TOLERANCE:
        raise ModelError(
            f"{model}: as {format} it answers otherwise than the model itself (a probability differs by "
            f"{difference:.1g}). Export it in another format."
        )
    facts = {"file": path.name, "format": format, "input": INPUT, "output": OUTPUT, "shape": _shape(channels, sides)}
    return facts | ({} if difference is None else {"largest_difference": float(f"{difference:.2g}")})


def _square(outliner: Outliner) -> tuple[int, ...]:
    if not isinstance(outliner.preparation, PrepareSlices):
        raise ModelError("the model takes volumes, and its card does not say of which size. Train the model again.")
    return outliner.preparation.size, outliner.preparation.size


def _varies(side: int) -> bool:
    return side % MULTIPLE == 0 and side > MULTIPLE


def _shape(channels: int, sides: Sequence[int]) -> list[int | str]:
    return [
        "any",
        channels,
        *(f"a multiple of {MULTIPLE}, at least {2 * MULTIPLE}" if _varies(s) else s for s in sides),
    ]


def _exported(program: Program, example: Tensor) -> torch.export.ExportedProgram:
    from torch.export import Dim, export

    letters = "dhw"[-(example.ndim - 2) :]
    dims: dict[int, Any] = {0: Dim("batch")}
    for axis, letter in enumerate(letters, start=2):
        if _varies(example.shape[axis]):
            dims[axis] = MULTIPLE * Dim(letter, min=2)
    return export(program, (example,), dynamic_shapes={"images": dims})


def _write_torch_export(program: Program, example: Tensor, path: Path) -> float | None:
    exported = _exported(program, example)
    torch.export.save(exported, path)
    return _apart(program, torch.export.load(path).module(), example)


def _write_torchscript(program: Program, example: Tensor, path: Path) -> float | None:
    traced: Any = torch.jit.trace(program, example, check_trace=False)  # type: ignore[no-untyped-call]
    traced.save(str(path))
    return _apart(program, torch.jit.load(str(path)), example)  # type: ignore[no-untyped-call]


def _write_onnx(program: Program, example: Tensor, path: Path) -> float | None:
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise ModelError(
            "ONNX is not installed. Install it with `pip install napari-wsss[onnx]`, or choose another format."
        ) from error
    made = torch.onnx.export(
        _exported(program, example), (example,), dynamo=True, input_names=[INPUT], output_names=[OUTPUT], verbose=False
    )
    if made is None:
        raise ModelError("the model could not be written as ONNX. Choose another format.")
    made.save(path, external_data=False)
    try:
        import onnxruntime
    except ImportError:  # the file is whole; it cannot be tried here
        return None
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return _apart(program, lambda images: torch.from_numpy(session.run(None, {INPUT: images.numpy()})[0]), example)


def _apart(program: Program, other: Any, example: Tensor) -> float:  # noqa: ANN401 (anything that can be called)
    """Give the largest difference of two programs' answers, for one image and for two."""
    return max(float((program(images) - other(images)).abs().max()) for images in (example[:1], example))


_WRITERS = {"onnx": _write_onnx, "torch-export": _write_torch_export, "torchscript": _write_torchscript}
