"""Which patients are shown."""

from types import SimpleNamespace

from napari_wsss.progress import drain
from napari_wsss.session.benchmark.pictures import chosen, write_pictures


def rows(*values, by="dice"):
    return [{"patient": f"p{number}", "positive": 1, by: value} for number, value in enumerate(values)]


def names(found):
    return {place: row["patient"] for place, row in found.items()}


def test_best_median_and_worst():
    assert names(chosen(rows(0.2, 0.9, 0.5, None, 0.7))) == {"best": "p1", "median": "p2", "worst": "p0"}
    assert names(chosen(rows(0.2, 0.9))) == {"best": "p1", "worst": "p0"}
    assert names(chosen(rows(0.2))) == {"best": "p0"}
    assert chosen([]) == {}


def test_without_references_by_the_area_marked():
    found = names(chosen(rows(5.0, 1.0, 3.0, by="area")))
    assert found == {"most marked": "p0", "middle": "p2", "least marked": "p1"}


def test_pictures_of_an_earlier_benchmark_go_and_no_others(tmp_path):
    ours = ("old-proposal-best.png", "old-segmenter-most-marked.png")
    theirs = ("mine.png", "old-proposal-best.txt", "proposal-best.png")
    for name in ours + theirs:
        (tmp_path / name).touch()
    assert drain(write_pictures(SimpleNamespace(folder=tmp_path), [], tmp_path)) == []
    assert {path.name for path in tmp_path.iterdir()} == set(theirs)
