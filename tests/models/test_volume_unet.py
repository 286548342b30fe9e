import pytest
import torch

from napari_wsss.models.counts import count, parameter_counts
from napari_wsss.models.embedding import build_embedding, pick
from napari_wsss.models.settings import EmbeddingNet
from napari_wsss.models.volume_unet import VolumeUNet


def by_hand(inputs, outputs, w):
    """Convolutions of 3³ with bias, each with scale and shift of its channels; transposed ones of 2³; the last 1³."""

    def pair(before, after):
        return sum(27 * first * after + after + 2 * after for first in (before, after))

    def up(before, after):
        return 8 * before * after + after

    down = pair(inputs, w) + pair(w, w) + pair(w, 2 * w) + pair(2 * w, 4 * w) + pair(4 * w, 8 * w)
    rise = up(8 * w, 4 * w) + pair(8 * w, 4 * w) + up(4 * w, 2 * w) + pair(4 * w, 2 * w)
    rise += up(2 * w, w) + pair(2 * w, w) + up(w, w) + pair(2 * w, w)
    return down + rise + w * outputs + outputs


@pytest.mark.parametrize(("inputs", "outputs", "width"), [(1, 2, 32), (2, 16, 32), (3, 4, 8)])
def test_parameters_by_hand(inputs, outputs, width):
    with torch.device("meta"):
        assert count(VolumeUNet(inputs, outputs, width)) == by_hand(inputs, outputs, width)
    assert by_hand(1, 2, 32) == 5_749_410


def test_the_embedding_is_counted_as_published_networks_are():
    assert parameter_counts()["embedding"] == by_hand(3, 16, 32) == 5_751_600


@pytest.mark.parametrize("sides", [(7, 16, 21), (16, 16, 16), (1, 2, 3)])
def test_any_size_and_training_makes_no_difference(sides):
    network = VolumeUNet(2, 3, width=2).double()  # norms over few voxels magnify what single precision rounds
    volumes = torch.randn(2, 2, *sides, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    with torch.inference_mode():
        learning, done = network.train()(volumes), network.eval()(volumes)
        alone = network(volumes[1:])
    assert done.shape == (2, 3, *sides)
    assert torch.equal(learning, done)
    torch.testing.assert_close(alone, done[1:])


def test_padding_repeats_the_edges_around_the_middle():
    network = VolumeUNet(1, 2, width=2).eval()
    volumes = torch.randn(1, 1, 16, 16, 14, generator=torch.Generator().manual_seed(0))
    wide = torch.cat((volumes[..., :1], volumes, volumes[..., -1:]), dim=-1)
    with torch.inference_mode():
        assert torch.equal(network(volumes), network(wide)[..., 1:-1])


def test_some_voxels_are_those_of_all():
    network = build_embedding(EmbeddingNet(width=2, dimensions=5), 1).eval()
    volumes = torch.randn(2, 1, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    places = torch.tensor([[0, 59, 27], [27, 27, 1]])
    with torch.inference_mode():
        field, some = network(volumes), network(volumes, places)
    assert some.shape == (2, 3, 5)
    assert torch.equal(some[0, 2], field[0, :, 1, 1, 2])  # 27 = 1·20 + 1·5 + 2
    assert torch.equal(some[1, 2], field[1, :, 0, 0, 1])
    assert torch.equal(pick(field, places), some)
