"""Too little memory: how it is recognised on every device, explained, and how memory is given back."""

from __future__ import annotations

import errno
import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psutil
import torch

from napari_wsss.errors import OutOfMemory

_WORDS = (
    "out of memory",  # CUDA, MPS
    "can't allocate memory",  # torch on a CPU
    "not enough memory",  # likewise, on Windows
    "bad_alloc",  # C++
    "alloc_failed",  # cuBLAS, cuDNN
    "allocation_failed",  # cuDNN 9
    "could not create a memory",  # oneDNN
    "could not create a primitive",  # oneDNN, which does not say why; there is no other reason for a network that ran
    "cannot allocate memory",
)


def is_out_of_memory(error: BaseException | None) -> bool:
    """Whether an error, or the one behind it, says that memory ran out: that of any device."""
    if error is None:
        return False
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
        return True
    if isinstance(error, RuntimeError) and any(word in str(error).lower() for word in _WORDS):
        return True
    return is_out_of_memory(error.__cause__)


@contextmanager
def explained(advice: str, device: torch.device) -> Iterator[None]:
    """Say in one line when memory runs out inside.

    Args:
        advice: what does not fit and what to do, "…: {there}. …", where ``{there}`` becomes the memory there is.
        device: the one it runs on.

    Raises:
        OutOfMemory: it did.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, OutOfMemory) or not is_out_of_memory(error):
            raise
        raise OutOfMemory(advice.format(there=memory_there(device))) from error


def give_back(device: torch.device) -> None:
    """Free what nothing holds any more, on the device too."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


def memory_there(device: torch.device) -> str:
    """Say how much memory there is: "1.2 of 8.0 GiB are free on the GPU"."""
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        return f"{free / 2**30:.1f} of {total / 2**30:.1f} GiB are free on the GPU"
    memory, allowed = psutil.virtual_memory(), _allowed()
    if allowed < memory.available:
        return f"a limit set on this process (ulimit -v) leaves it {allowed / 2**30:.1f} GiB more"
    return f"{memory.available / 2**30:.1f} of {memory.total / 2**30:.1f} GiB are free in this computer"


def size_of(shape: Sequence[int]) -> str:
    """Say a shape in words: "4 × 128 × 128 values"."""
    return f"{' × '.join(str(side) for side in shape)} values"


def _allowed() -> int:
    """Give how much more this process may take, where a limit was set on it (``ulimit -v``)."""
    if sys.platform == "win32":
        return sys.maxsize
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return sys.maxsize if limit == resource.RLIM_INFINITY else max(0, limit - psutil.Process().memory_info().vms)
