"""The napari manifest: valid, and every name in it exists."""

from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from npe2 import PluginManifest

import napari_wsss

MANIFEST = Path(napari_wsss.__file__).with_name("napari.yaml")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def manifest():
    return PluginManifest.from_file(MANIFEST)


def test_every_python_name_exists(manifest):
    for command in manifest.contributions.commands:
        module, _, name = command.python_name.partition(":")
        assert callable(getattr(import_module(module), name)), command.id


def test_the_five_docks_in_the_order_of_work(manifest):
    assert [widget.display_name for widget in manifest.contributions.widgets] == [
        "Project",
        "Maps",
        "Tune",
        "Review",
        "Train",
    ]


def test_reader_takes_scans_and_folders(manifest):
    (reader,) = manifest.contributions.readers
    assert {"*.nii", "*.nii.gz", "*.mha", "*.nrrd"} <= set(reader.filename_patterns)
    assert reader.accepts_directories


def test_sample_data(manifest):
    (sample,) = manifest.contributions.sample_data
    assert sample.display_name == "Simulated FLAIR cohort"


def test_entry_point_leads_to_the_manifest():
    (point,) = (point for point in entry_points(group="napari.manifest") if point.name == "napari-wsss")
    assert point.value == "napari_wsss:napari.yaml"


def test_links_at_the_top_lead_to_the_package():
    assert (ROOT / "napari.yaml").resolve() == (ROOT / "napari_wsss" / "napari.yaml").resolve()
    assert (ROOT / "models").resolve() == (ROOT / "napari_wsss" / "models").resolve()
