"""Examples stay on the disk: however many scans there are, no file stays open or mapped for one of them."""

import numpy as np
import psutil
import pytest

from napari_wsss.pipeline.batches import LabelledSlices, MaskedSlices
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.patches import MaskedPatches
from napari_wsss.pipeline.sequences import SliceSequences
from napari_wsss.pipeline.stacks import MaskedStacks
from napari_wsss.pipeline.volume_examples import blocks, whole_volumes
from napari_wsss.progress import drain
from napari_wsss.recipes import recipe_named

FLAT = recipe_named("mixed-unet").with_overrides(["slices.size=32"])
DEEP = recipe_named("attentional-cam").with_overrides(
    ["volumes.grid=fill", "volumes.shape=[16,16,16]", "segmenter.patch=[8,8,8]"]
)
KINDS = {
    "labelled slices": (FLAT, "classifier", lambda job, _, ids: LabelledSlices(job, "slices", ids)),
    "slices with masks": (FLAT, "segmenter", MaskedSlices),
    "stacks with masks": (FLAT, "segmenter", MaskedStacks),
    "sequences": (FLAT, "classifier", lambda job, _, ids: SliceSequences(job, "slices", ids, 2)),
    "volumes": (DEEP, "classifier", lambda job, _, ids: whole_volumes(job, "volumes", ids)),
    "blocks": (DEEP, "classifier", lambda job, _, ids: blocks(job, "volumes", ids, 8)),
    "patches with masks": (DEEP, "segmenter", MaskedPatches),
}


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_held_of_what_was_read(workspace, kind):
    recipe, name, examples_of = KINDS[kind]
    job = Job(name, recipe, workspace, Keys(recipe, workspace))
    prepared = recipe.step(name).links()["slices" if recipe is FLAT else "volumes"]
    cases = sorted(workspace.cases)
    drain(recipe.step(prepared).run(job.of(prepared), cases))
    mask = np.zeros((4, 32, 40), np.uint8)
    mask[1:3, 8:16, 10:20] = 1
    for case_id in cases:
        workspace.accepted.kept[case_id] = (mask, np.ones(4, dtype=bool))
    process = psutil.Process()
    before = {file.path for file in process.open_files()}
    examples = examples_of(job, recipe.step(name), cases)
    held = [examples.load(np.array([index])) for index in range(len(examples))]
    assert len(held) >= len(cases)
    opened = {file.path for file in process.open_files()} - before
    assert not [path for path in opened if path.endswith(".npy")]
    assert len(opened) <= 1  # the file of masks
    assert not [one.path for one in process.memory_maps() if str(workspace.cache) in one.path]
