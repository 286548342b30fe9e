"""Which masks settings are chosen with."""

from __future__ import annotations

from qtpy.QtWidgets import QComboBox

from napari_wsss.widgets._controls import wrapped


def masks_box() -> QComboBox:
    """Make the list; its data is what ``Session.search_thresholds`` and ``Session.calibrate`` take."""
    made = QComboBox()
    made.addItem("accepted masks", "accepted")
    made.addItem("expert masks", "reference")
    made.setToolTip(
        wrapped(
            "Masks to compare with: those you accepted, or expert masks of training patients. Patients kept for "
            "testing are never used."
        )
    )
    return made
