"""Make ``import torchvision`` work beside a torch it was not compiled for.

PyPI's torchvision is compiled against the CUDA build of torch. Beside a CPU-only torch its compiled operators cannot
be loaded; torchvision itself carries on without them, but then registers shape rules for two of them and stops with
``RuntimeError: operator torchvision::nms does not exist``. Lightning Fabric, torchmetrics and MONAI import
torchvision and fall with it. Declaring the *schemas* of these two operators (names and argument types, no code) is
all that is missing: box suppression, which they implement, is used nowhere in this package.
"""

from __future__ import annotations

import sys
from typing import Any

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_declared: list[Any] = []  # torch withdraws a schema when the library object that declared it is collected


def declare() -> None:
    """Import torchvision, declaring the two schemas first where its compiled operators are absent.

    Call it before anything that imports torchvision, Lightning, torchmetrics or MONAI. Calling it again costs
    nothing. Without an installed torchvision it does nothing.
    """
    if "torchvision" in sys.modules:
        return
    try:
        import torchvision
    except ModuleNotFoundError as error:
        if error.name != "torchvision":
            raise
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        _forget_partial_import()
        _define_schemas()
        import torchvision  # noqa: F401


def _define_schemas() -> None:
    from torch.library import Library

    library = Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    for schema in _SCHEMAS:
        library.define(schema)  # type: ignore[no-untyped-call]
    _declared.append(library)


def _forget_partial_import() -> None:
    """Drop the modules a failed import leaves behind; a second import would trip over them."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
