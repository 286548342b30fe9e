"""The dense CRF on the worker's GPU: for the masks of whole cohorts, and for one volume that a window asks about."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from napari_wsss.progress import Note, Work
from napari_wsss.refine.accelerator import accelerated
from napari_wsss.refine.theta import Theta

if TYPE_CHECKING:
    from napari_wsss.refine.crf_gpu_torch import TorchCrf
    from napari_wsss.refine.crf_torch import TorchKernel

T = TypeVar("T")

KEPT_KERNELS = 2
"""Kernels kept on the GPU for a window: the ones used last. A long job frees them."""

_kept: OrderedDict[str, TorchKernel] = OrderedDict()


def on_gpu(work: Work[T], device: str = "auto") -> Work[T]:
    """Do ``work`` with its dense CRFs on the GPU, if ``device`` is one with CUDA; on the CPU otherwise.

    Raises:
        WsssError: the device is unknown or this machine does not have it.
    """
    _kept.clear()
    engine = None if device == "cpu" else _engine(device)  # on the CPU torch need not be loaded
    with accelerated(engine):
        result = yield from work
    for text in engine.notes if engine is not None else ():
        yield Note(text, "warning")
    return result


def _engine(device: str) -> TorchCrf | None:
    from napari_wsss.engine.device import describe
    from napari_wsss.refine.crf_gpu_torch import TorchCrf

    return TorchCrf("cuda") if describe(device)["device"] == "cuda" else None


def with_gpu(task: Callable[..., Work[T]]) -> Callable[..., Work[T]]:
    """Give a task that runs :func:`on_gpu`, on its own argument ``device`` if it has one."""

    @wraps(task)
    def run(**arguments: Any) -> Work[T]:  # noqa: ANN401 (a message's fields)
        return on_gpu(task(**arguments), arguments.get("device", "auto"))

    return run


def ready() -> Work[bool]:
    """Load what the CRF needs and say whether it runs on a GPU here."""
    from napari_wsss.refine.crf_torch import TorchKernel

    yield from ()
    if not _has_gpu():
        return False
    image = np.linspace(0, 1, 64, dtype=np.float32).reshape(1, 4, 4, 4)
    TorchKernel(image, Theta((1.0,) * 3, (2.0,) * 3, (0.2,)), "cuda").differences(image, (1.0, 1.0), 1)
    return True


def answer(  # noqa: PLR0917 (a message's fields, by name)
    kernel: str,
    image: str,
    region: str | None,
    theta: Mapping[str, Sequence[float]],
    unary: str,
    compat: Sequence[float],
    iterations: int,
    result: str,
    device: str = "cuda",
) -> Work[bool]:
    """Run a CRF over a volume; arrays travel as ``.npy`` files.

    Args:
        kernel: name under which the kernels are kept; must change with image, region and theta.
        image: file of the image (channels, Z, Y, X).
        region: file of the voxels that take part (Z, Y, X); all when None.
        theta: fields of :class:`Theta`.
        unary: file of the log-ratio of every class to background, (C, Z, Y, X).
        compat: weights of the smoothness and of the appearance kernel.
        iterations: of mean field.
        result: file to write: Q_c - Q_0, (C, Z, Y, X) float32.
        device: where it is computed.

    Returns:
        Whether ``result`` was written; False when the device has too little memory.
    """
    from napari_wsss.refine.crf_gpu_torch import TorchCrf
    from napari_wsss.refine.crf_torch import TorchKernel

    yield from ()
    widths = Theta(**{name: tuple(values) for name, values in theta.items()})  # type: ignore[arg-type]
    inside = np.load(region) if region is not None else None
    engine = TorchCrf(device)
    kept = _kept.pop(kernel, None) or engine.attempt(lambda: TorchKernel(np.load(image), widths, device, region=inside))
    if kept is None:
        return False
    smoothness, appearance = compat
    found = engine.attempt(lambda: kept.differences(np.load(unary), (smoothness, appearance), iterations))
    if found is None:
        return False
    _kept[kernel] = kept
    while len(_kept) > KEPT_KERNELS:
        _kept.popitem(last=False)
    np.save(Path(result), found)
    return True


def _has_gpu() -> bool:
    from napari_wsss.engine.device import describe

    return bool(describe()["device"] == "cuda")


TASKS: dict[str, Any] = {"crf": answer, "crf-ready": ready}
