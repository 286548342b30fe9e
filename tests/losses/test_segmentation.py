"""Cross-entropy of hard and soft masks against torch's own."""

import pytest
import torch
import torch.nn.functional as F

from napari_wsss.losses.segmentation import IGNORE, segmentation_loss


def test_several_classes_equal_torchs_cross_entropy():
    torch.manual_seed(0)
    logits, target = torch.randn(2, 4, 5, 6), torch.randint(0, 4, (2, 5, 6))
    target[0, :2] = IGNORE
    expected = F.cross_entropy(logits, target, ignore_index=IGNORE)
    torch.testing.assert_close(segmentation_loss(logits, target), expected)


def test_one_class_equals_torchs_binary_cross_entropy():
    torch.manual_seed(0)
    logits, target = torch.randn(2, 1, 5, 6), torch.randint(0, 2, (2, 5, 6))
    expected = F.binary_cross_entropy_with_logits(logits[:, 0], target.float())
    torch.testing.assert_close(segmentation_loss(logits, target), expected)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int32, torch.int64])
def test_label_maps_of_any_integer_type(dtype):
    logits, target = torch.randn(1, 1, 2, 2), torch.tensor([[[0, 1], [255, 1]]])
    torch.testing.assert_close(segmentation_loss(logits, target.to(dtype)), segmentation_loss(logits, target))


@pytest.mark.parametrize("outputs", [1, 3])
def test_hard_and_one_hot_soft_labels_agree(outputs):
    torch.manual_seed(0)
    classes = max(2, outputs)
    logits, target = torch.randn(2, outputs, 4, 4), torch.randint(0, classes, (2, 4, 4))
    soft = F.one_hot(target, classes).movedim(-1, 1).float()
    torch.testing.assert_close(segmentation_loss(logits, soft), segmentation_loss(logits, target))
    target[1, 2:], soft[1, :, 2:] = IGNORE, 0.0
    torch.testing.assert_close(segmentation_loss(logits, soft), segmentation_loss(logits, target))


def test_soft_labels_are_best_met_by_themselves():
    """The cross-entropy of a soft label is lowest, with gradient 0, where the probability equals it."""
    soft = torch.tensor([0.3, 0.7]).reshape(1, 2, 1, 1)
    logits = torch.tensor(0.7 / 0.3).log().reshape(1, 1, 1, 1).requires_grad_()
    segmentation_loss(logits, soft).backward()
    assert logits.grad.item() == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("target", [torch.full((1, 2, 2), IGNORE), torch.zeros(1, 2, 2, 2)])
def test_everything_ignored_is_zero(target):
    logits = torch.randn(1, 1, 2, 2, requires_grad=True)
    loss = segmentation_loss(logits, target)
    loss.backward()
    assert loss.item() == 0


def test_extreme_wrong_logits_stay_finite():
    assert torch.isfinite(segmentation_loss(torch.full((1, 1, 1, 1), -1e4), torch.ones(1, 1, 1).long()))
