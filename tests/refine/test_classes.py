import numpy as np

from napari_wsss.refine.classes import bounding_box, classes_of, each_class, largest_part


def labels(*rows):
    return np.array([[int(letter) for letter in row] for row in rows], dtype=np.uint8)


def test_each_class_by_itself_and_cropped():
    seen = []
    given = labels("11000", "00002")
    result = each_class(given, lambda own, index, crop: seen.append((index, crop, own.tolist())) or own)
    assert result.tolist() == given.tolist()
    assert seen == [(0, (slice(0, 1), slice(0, 2)), [[True, True]]), (1, (slice(1, 2), slice(4, 5)), [[True]])]


def test_a_voxel_given_up_becomes_background_and_no_other_class_takes_it():
    def change(own, index, _):
        return np.zeros_like(own) if index == 0 else np.ones_like(own)

    assert each_class(labels("1102"), change, reach=3).tolist() == labels("0022").tolist()


def test_growing_takes_background_only_and_the_lower_class_first():
    grown = each_class(labels("10002"), lambda own, *_: np.ones_like(own), reach=3)
    assert grown.tolist() == labels("11112").tolist()


def test_the_given_map_stays_as_it_is():
    given = labels("101")
    each_class(given, lambda own, *_: np.zeros_like(own))
    assert given.tolist() == [[1, 0, 1]]


def test_bounding_box():
    mask = np.zeros((3, 4, 5), dtype=bool)
    assert bounding_box(mask) is None
    mask[1, 2, 3] = mask[1, 3, 1] = True
    assert bounding_box(mask) == (slice(1, 2), slice(2, 4), slice(1, 4))
    assert bounding_box(mask, reach=2) == (slice(0, 3), slice(0, 4), slice(0, 5))


def test_classes_of():
    assert list(classes_of(labels("0020"))) == [0, 1]
    assert list(classes_of(np.zeros((2, 0), np.uint8))) == []


def test_largest_part():
    assert largest_part(labels("110", "001") > 0).tolist() == [[True, True, False], [False, False, False]]
    assert not largest_part(labels("000") > 0).any()
