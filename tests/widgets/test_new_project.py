from pathlib import Path

import pytest
from qtpy.QtWidgets import QDialogButtonBox

from napari_wsss.widgets._new_project import NewProjectDialog


@pytest.fixture
def dialog(qtbot):
    made = NewProjectDialog()
    qtbot.addWidget(made)
    return made


def may_go_on(dialog):
    return dialog.buttons.button(QDialogButtonBox.StandardButton.Ok).isEnabled()


def test_it_says_what_is_missing(dialog):
    assert "folder for the project" in dialog.missing.text()
    dialog.fields["folder"].setText("/project")
    assert "folder of scans" in dialog.missing.text()
    assert not may_go_on(dialog)
    dialog.fields["images"].setText("/scans")
    assert dialog.missing.text() == ""
    assert may_go_on(dialog)
    dialog.channels.setPlainText("flair = /flair")
    assert "not both" in dialog.missing.text()
    assert not may_go_on(dialog)


def test_arguments_are_those_of_the_session(dialog):
    dialog.fields["folder"].setText("/p")
    dialog.channels.setPlainText("t1c = /scans/t1c\n\nflair=/scans/flair\nnonsense")
    dialog.fields["classes"].setText("benign, malignant")
    assert dialog.arguments() == {
        "folder": Path("/p"),
        "images": None,
        "labels": None,
        "split": None,
        "reference": None,
        "channels": {"t1c": Path("/scans/t1c"), "flair": Path("/scans/flair")},
        "patient_regex": None,
        "name": None,
        "classes": ["benign", "malignant"],
    }


def test_every_field_has_a_tooltip(dialog):
    assert all(field.toolTip() for field in dialog.fields.values())
    assert all(button.toolTip() for button in dialog.buttons.buttons())
