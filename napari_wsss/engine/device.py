"""Which processor computes, and in which precision."""

from __future__ import annotations

import platform
from typing import Any, cast

import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins import MixedPrecision
from lightning_fabric.plugins import Precision as FullPrecision
from lightning_fabric.plugins.environments import LightningEnvironment

from napari_wsss.engine.ranks import local_rank
from napari_wsss.engine.settings import Device, Precision
from napari_wsss.errors import WsssError

_MIXED = {"bf16": "bf16-mixed", "16": "16-mixed"}


def choose(device: str = "auto", precision: Precision = "auto") -> tuple[Any, list[str]]:
    """Set up Lightning Fabric on one device.

    Args:
        device: "cpu", "cuda", "mps", or "auto": the GPU if there is one.
        precision: "32"; "bf16" and "16" compute mixed, weights stay 32 bit; "auto": bf16 where the processor has
            instructions for it, else 16 on CUDA, else 32.

    Returns:
        The Fabric object, and lines for the person about choices made for them.

    Raises:
        WsssError: the device is unknown or this machine does not have it.
    """
    found = _device(device)
    fitting, notes = _precision(found, precision)
    # Handed over as an object: asked for by name, Fabric writes a line to the console each time.
    arithmetic = FullPrecision() if fitting == "32" else MixedPrecision(_MIXED[fitting], device=found)
    # Which process does what is the business of ranks.py: to Fabric each is alone with one device.
    devices = [local_rank() % torch.cuda.device_count()] if found == "cuda" else 1
    return Fabric(accelerator=found, devices=devices, plugins=[arithmetic, LightningEnvironment()]), notes


def choose_to_learn(
    model: torch.nn.Module, device: str = "auto", precision: Precision = "auto"
) -> tuple[Any, list[str]]:
    """Set up Fabric for a training of ``model``, as :func:`choose` does, but so that it can be repeated exactly.

    On a CPU "auto" is 32 bit for 3-D networks, at up to 1.7 times the time: there the bf16 gradient of a 3 × 3 × 3
    convolution's weights differs from call to call where a feature map is two slices deep (oneDNN of torch 2.13).
    """
    if precision == "auto" and _volumetric(model) and _device(device) == "cpu":
        precision = "32"
    return choose(device, precision)


def describe(device: str = "auto", precision: Precision = "auto") -> dict[str, Any]:
    """Say what a training would run on.

    Returns:
        A JSON object: ``device`` ("cpu", "cuda", "mps"), ``gpu`` (bool), ``name`` (for a badge), ``precision``
        ("32", "bf16", "16"), ``threads``, ``memory_gib`` (of the GPU; 0 for others).

    Raises:
        WsssError: as :func:`choose`.
    """
    found = _device(device)
    fitting, _ = _precision(found, precision)
    memory = torch.cuda.get_device_properties(0).total_memory / 2**30 if found == "cuda" else 0.0
    return {
        "device": found,
        "gpu": found != "cpu",
        "name": name_of(found),
        "precision": fitting,
        "threads": torch.get_num_threads(),
        "memory_gib": round(memory, 1),
    }


def memory_format(model: torch.nn.Module) -> torch.memory_format:
    """Give the layout in which a model computes fastest: channels last for 2D networks.

    Measured on a CPU with bf16: a small U-Net 1.3 times as fast (32 bit: 1.4 to 2.8 times), ResNet50 1.1 times.
    """
    return torch.contiguous_format if _volumetric(model) else torch.channels_last


def _volumetric(model: torch.nn.Module) -> bool:
    return any(parameter.ndim == 5 for parameter in model.parameters())


def _device(device: str) -> Device:
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if device == "auto":
        device = next(name for name, present in available.items() if present)
    if device not in available:
        raise WsssError(f"Device '{device}' is unknown; choose auto, cpu, cuda or mps.")
    if not available[device]:
        raise WsssError(
            f"This machine has no usable {device} device, or its driver or torch's build for it is missing. "
            "Choose device auto or cpu."
        )
    return cast("Device", device)


def _precision(device: Device, precision: Precision) -> tuple[Precision, list[str]]:
    """Give the precision that will be used, never "auto", and why it is another than asked for."""
    if precision == "auto":
        return _fastest(device), []
    if precision == "16" and device != "cuda":
        instead = _fastest(device)
        return instead, [f"Precision 16 needs a CUDA device; on {device} it is {instead} instead."]
    return precision, []


def _fastest(device: Device) -> Precision:
    if device == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "16"
    return "bf16" if device == "cpu" and _cpu_has_bf16() else "32"


def _cpu_has_bf16() -> bool:
    """Whether the CPU multiplies bf16 in hardware; an older torch, which cannot tell, counts as no."""
    query = getattr(torch.cpu, "get_capabilities", None)
    capabilities = query() if query is not None else {}
    return any(capabilities.get(name, False) for name in ("avx512_bf16", "amx_bf16"))


def name_of(device: str) -> str:
    """Give the name of a device, "cpu", "cuda" or "mps", for a badge."""
    if device == "cuda":
        return torch.cuda.get_device_name(0)
    if device == "mps":
        return "Apple GPU"
    threads = torch.get_num_threads()
    return f"CPU ({platform.machine()}), {threads} {'thread' if threads == 1 else 'threads'}"
