"""Models back from their folders: one and the same again where they are kept, a new one elsewhere."""

import numpy as np
import pytest
import torch

from napari_wsss.models.files import save_model
from napari_wsss.models.segmenter import build_segmenter
from napari_wsss.models.settings import SegmenterNet
from napari_wsss.pipeline.trained import load_segmenter, models_kept


@pytest.fixture
def folder(tmp_path):
    return kept_in(tmp_path / "model", seed=0)


def kept_in(folder, seed):
    settings = SegmenterNet(network="unet", width=4)
    torch.manual_seed(seed)
    network = settings.model_dump() | {"in_channels": 1}
    save_model(
        folder, build_segmenter(settings, 1, 1), {"network": network, "classes": ["lesion"], "role": "segmenter"}
    )
    return folder


def test_a_model_is_read_once_where_models_are_kept_and_each_time_elsewhere(folder):
    assert load_segmenter(folder) is not load_segmenter(folder)
    kept = {}
    with models_kept(kept):
        first = load_segmenter(folder)
        assert load_segmenter(folder) is first
    with models_kept(kept):
        assert load_segmenter(folder) is first
    assert load_segmenter(folder) is not first


def test_a_model_trained_anew_in_the_same_folder_is_read_again(folder):
    with models_kept({}):
        before = next(load_segmenter(folder).parameters()).detach().numpy().copy()
        kept_in(folder, seed=1)
        after = next(load_segmenter(folder).parameters()).detach().numpy()
    assert not np.array_equal(before, after)
