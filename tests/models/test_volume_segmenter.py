import pytest
import torch

from napari_wsss.losses.dice import dice_and_cross_entropy
from napari_wsss.models.counts import parameter_counts
from napari_wsss.models.segmenter import build_volume_segmenter
from napari_wsss.models.settings import VolumeSegmenterNet
from napari_wsss.models.volume_unet import VolumeUNet


@pytest.mark.parametrize("classes", [1, 2])
def test_one_batch_is_learnt_by_heart(classes):
    torch.manual_seed(0)
    target = torch.zeros(2, 16, 16, 32, dtype=torch.int64)
    target[0, 2:8, 4:10, 5:20] = 1
    target[1, 8:15, 2:9, 10:18] = classes
    image = target[:, None] + 0.3 * torch.randn(2, 1, 16, 16, 32)
    network = build_volume_segmenter(VolumeSegmenterNet(width=4), 1, classes).train()
    optimizer = torch.optim.Adam(network.parameters(), 0.02)
    for _ in range(60):
        loss = dice_and_cross_entropy(network(image), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    logits = network(image)
    found = logits[:, 0] > 0 if classes == 1 else logits.argmax(dim=1)
    assert loss < 0.25
    assert (found == target).float().mean() > 0.99


def test_outputs_and_parameters():
    with torch.device("meta"):
        assert build_volume_segmenter(VolumeSegmenterNet(width=4), 2, 1)(torch.ones(1, 2, 16, 16, 32)).shape[1] == 1
        assert build_volume_segmenter(VolumeSegmenterNet(width=4), 2, 3)(torch.ones(1, 2, 16, 16, 32)).shape[1] == 4
    # VolumeUNet's own count is derived by hand in its test: 2 more input channels, 1 output less than there
    assert parameter_counts()["volume-unet"] == 5_749_410 + 2 * 27 * 32 - (32 + 1)
    assert isinstance(build_volume_segmenter(VolumeSegmenterNet(), 1, 1), VolumeUNet)
