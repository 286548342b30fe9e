import numpy as np
import pytest
import torch
from scipy import ndimage

from napari_wsss.data.augment import Augment, Transforms
from napari_wsss.engine.augment import apply, augmenter
from napari_wsss.errors import WsssError


def transforms(angle=0.0, flip_y=False, flip_x=False, noise=0.0, *, seed=0, gain=1.0) -> Transforms:
    one = {name: np.array([value], np.float32) for name, value in (("angle", angle), ("noise", noise), ("gain", gain))}
    return Transforms(flip_y=np.array([flip_y]), flip_x=np.array([flip_x]), noise_seed=seed, **one)


def picture(size: int = 32) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).random((1, 2, size, size)).astype(np.float32))


def test_nothing_drawn_nothing_changed():
    image = picture()
    changed, labels = apply(transforms(), image)
    assert torch.equal(changed, image)
    assert changed is not image
    assert labels is None


@pytest.mark.parametrize("angle", [90, 180, 270])
@pytest.mark.parametrize(("flip_y", "flip_x"), [(False, False), (True, False), (False, True), (True, True)])
def test_quarter_turns_and_flips_are_exact(angle, flip_y, flip_x):
    image, label = picture(), torch.arange(32 * 32).reshape(1, 1, 32, 32)
    changed, moved = apply(transforms(angle, flip_y, flip_x), image, label)
    for before, after in ((image, changed), (label, moved)):
        expected = np.rot90(before.numpy(), angle // 90, (2, 3))
        expected = expected[:, :, ::-1] if flip_y else expected
        expected = expected[..., ::-1] if flip_x else expected
        assert np.array_equal(after.numpy(), expected)
        assert after.dtype == before.dtype


@pytest.mark.parametrize("angle", [25, -25])
def test_small_angles_follow_scipy(angle):
    y, x = np.mgrid[:64, :64]
    smooth = np.exp(-((y - 20.0) ** 2 + (x - 30.0) ** 2) / 20).astype(np.float32)
    changed, _ = apply(transforms(angle), torch.from_numpy(smooth)[None, None])
    expected = ndimage.rotate(smooth, angle, reshape=False, order=1, mode="constant")
    np.testing.assert_allclose(changed[0, 0].numpy(), expected, atol=1e-4)


def test_labels_turn_with_the_image_and_stay_labels():
    label = torch.zeros(1, 1, 64, 64, dtype=torch.int64)
    label[..., 10:30, 20:50] = 7
    changed, moved = apply(transforms(25), label.float(), label)
    assert moved is not None
    assert set(moved.unique().tolist()) == {0, 7}
    assert ((changed > 3.5) == (moved == 7)).float().mean() > 0.99


def test_what_turns_in_is_the_darkest_value():
    changed, _ = apply(transforms(25), torch.full((1, 1, 32, 32), -3.0))
    assert torch.equal(changed, torch.full((1, 1, 32, 32), -3.0))


def test_noise_has_the_drawn_share_of_the_contrast():
    image = 10 * picture(256)
    changed, _ = apply(transforms(noise=0.5, seed=3), image)
    for channel in range(2):
        grain = (changed - image)[0, channel]
        assert float(grain.std() / image[0, channel].std()) == pytest.approx(0.5, rel=0.02)
    again, _ = apply(transforms(noise=0.5, seed=3), image)
    assert torch.equal(changed, again)


def test_gain_stretches_what_lies_above_the_darkest_value():
    image = torch.tensor([[[[1.0, 2.0], [3.0, 1.0]]]])
    changed, labels = apply(transforms(gain=1.5), image, image.int())
    assert changed.tolist() == [[[[1.0, 2.5], [4.0, 1.0]]]]
    assert torch.equal(labels, image.int())


def test_oblong_images_refuse_quarter_turns():
    oblong = torch.zeros(1, 1, 16, 32)
    assert apply(transforms(25, True, True), oblong)[0].shape == oblong.shape
    assert apply(transforms(180), oblong)[0].shape == oblong.shape
    with pytest.raises(WsssError, match="square"):
        apply(transforms(90), oblong)


def test_augmenter_moves_every_grid_alongside():
    image = picture().repeat(6, 1, 1, 1)
    mask = (image[:, 0] > 0.5).long()
    batch = {"image": image, "seeds": mask, "stack": mask[:, None].repeat(1, 3, 1, 1), "label": torch.ones(6, 2)}
    params = Augment(noise_probability=0, rotation_angle=90, rotation_probability=1)
    changed = augmenter(params)(batch, np.random.default_rng(1))
    assert not torch.equal(changed["image"], image)
    assert torch.equal(changed["seeds"], (changed["image"][:, 0] > 0.5).long())
    assert torch.equal(changed["stack"][:, 1], changed["seeds"])
    assert changed["label"] is batch["label"]
    assert torch.equal(batch["image"], picture().repeat(6, 1, 1, 1))


def test_all_slices_of_a_volume_move_alike():
    image = torch.arange(2 * 3 * 4 * 8 * 8, dtype=torch.float32).reshape(2, 3, 4, 8, 8)
    mask = torch.arange(2 * 4 * 8 * 8).reshape(2, 4, 8, 8)
    params = Augment(flip_probability=1, rotation_probability=0, noise_probability=0)
    batch = {"image": image, "targets": mask, "label": torch.zeros(2, 4)}
    changed = augmenter(params)(batch, np.random.default_rng(0))
    assert torch.equal(changed["image"], image.flip(-2, -1))
    assert torch.equal(changed["targets"], mask.flip(-2, -1))
    assert changed["label"] is batch["label"]
