"""Fit: the knobs of a training run. Free of torch, so that forms can show them."""

from __future__ import annotations

from typing import Literal

from napari_wsss.params import Params, knob

Precision = Literal["auto", "32", "bf16", "16"]
Device = Literal["auto", "cpu", "cuda", "mps"]


class Fit(Params):
    """How a network is trained. Defaults: paper 1 (multi-scale CAM + Mixed-UNet), section on training."""

    epochs: int = knob(100, "How often the training goes through all examples.", ge=1, le=10_000, unit="epochs")
    least_examples: int = knob(
        0,
        "Where there are fewer examples than this, an epoch goes through them several times, until there are at least "
        "as many: a small cohort then gets as many steps as a large one. 0: once.",
        ge=0,
        le=1_000_000,
        unit="examples",
        advanced=True,
        before=0,
    )
    batch_size: int = knob(8, "Examples per step. Fewer need less memory.", ge=1, le=1024)
    accumulate: int = knob(
        1,
        "Parts in which the examples of a step go through the network, one after another (gradient accumulation). More "
        "need less memory and up to half as much time again; what is learnt stays the same, except that batch "
        "normalisation sees the examples of one part at a time.",
        ge=1,
        le=1024,
        unit="parts",
        advanced=True,
        before=1,
    )
    optimizer: Literal["adam", "sgd"] = knob("adam", "Rule by which the weights are changed.")
    learning_rate: float = knob(
        1e-3, "Size of the first steps. Lower it when training diverges.", ge=1e-6, le=10.0, step=1e-6
    )
    weight_decay: float = knob(
        1e-4, "Pull of all weights towards zero (L2), against overfitting.", ge=0.0, le=1.0, step=1e-6, advanced=True
    )
    momentum: float = knob(0.9, "Memory of earlier steps (sgd only).", ge=0.0, le=0.999, step=0.001, advanced=True)
    schedule: Literal["polynomial", "constant", "step"] = knob(
        "polynomial", "How the learning rate falls: smoothly to zero, not at all, or halved every so many epochs."
    )
    gamma: float = knob(0.9, "Exponent of the polynomial schedule.", ge=0.0, le=10.0, step=0.01, advanced=True)
    halve_every: int = knob(20, "Epochs between halvings (step schedule).", ge=1, unit="epochs", advanced=True)
    patience: int = knob(
        0, "Stop after this many epochs without improvement; 0 trains to the end.", ge=0, unit="epochs"
    )
    precision: Precision = knob(
        "auto", "Arithmetic: auto takes the fastest this machine is good at; 32 is the most exact.", advanced=True
    )
    seed: int = knob(
        0, "Start of all random choices; the same seed gives the same result.", ge=0, le=2**32 - 1, advanced=True
    )
