"""A person takes a project to ten corrected, accepted, exported cases by keys and mouse alone; each step is pictured.

    xvfb-run -a -s "-screen 0 1600x1200x24" python benchmarks/person.py PROJECT PICTURES [--theme light]

PROJECT is a copy of a project folder with maps: it is changed. Without a project folder there, but with IMAGES and
LABELS, one is made and run from its labels first. What the person did is compared with what lies on the disk.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from time import perf_counter

import napari
import nibabel as nib
import numpy as np
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QFileDialog

from napari_wsss.session import Session
from napari_wsss.widgets import open_desk
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._fold import Fold
from napari_wsss.widgets._operation_panel import OperationPanel

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "widgets"))
from person import Person

CASES = 10
PATIENCE_SECONDS = 600.0


def main() -> None:
    """Do it, and print what took how long."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--theme", default="dark", choices=["dark", "light"])
    parser.add_argument("--size", default="1280x720", help="of the window")
    parser.add_argument("--images", type=Path, help="make the project from these scans")
    parser.add_argument("--labels", type=Path, help="and this table")
    asked = parser.parse_args()
    viewer = napari.Viewer(show=True)
    viewer.theme = asked.theme
    width, height = (int(part) for part in asked.size.split("x"))
    viewer.window.resize(width, height)
    desk = open_desk(viewer)
    person = Person(desk, wait, asked.pictures)
    open_project(desk, asked)
    person.wait_for_case()
    person.picture("01-project")
    if desk.tuner is None or not desk.tuner.has_maps:
        compute(person)
    look(person)
    decided = review(person)
    export(person, asked.pictures / "export", decided)
    person.dock("Project")
    person.picture("99-project")
    viewer.close()


def wait(condition: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    """Let the window work until ``condition`` holds."""
    end = perf_counter() + seconds
    while not condition():
        if perf_counter() > end:
            raise TimeoutError(f"waited {seconds:g} s in vain")
        QTest.qWait(2)


def must(true: bool, words: str) -> None:
    """End here if something is not as it should be."""
    if not true:
        raise RuntimeError(f"not so: {words}")


def open_project(desk: Desk, asked: argparse.Namespace) -> None:
    """Open the project, or make it from scans and labels."""
    if (asked.project / "project.json").exists():
        desk.open(asked.project)
    else:
        work = Session.create(asked.project, images=asked.images, labels=asked.labels)
        desk.start(work, "Read the scans", desk.adopt)
    wait(lambda: desk.session is not None)


def compute(person: Person) -> None:
    """Train the classifier and compute maps and proposals, as the step bar says."""
    dock = person.dock("Maps")
    for number, button in enumerate((dock.train, dock.compute)):
        person.click(button)
        person.wait(lambda: person.desk.idle)
        person.picture(f"02-maps-{number}")
    person.wait_for_case()


def look(person: Person) -> None:
    """Label a slice, look at everything that can be looked at."""
    desk = person.desk
    z = desk.layers.slice_index
    known = desk.session.project.labels.slice_labels(desk.loaded.case_id)[z, 0]
    person.key("1")
    person.wait(lambda: desk.session.project.labels.slice_labels(desk.loaded.case_id)[z, 0] != known)
    person.picture("03-labelled")
    person.key("1")
    person.dock("Review")
    for number, (name, key) in enumerate({"views": "V", "outline": "U", "no-map": "H", "crosshair-off": "C"}.items()):
        person.key(key)
        person.wait_for_case()
        person.rest()
        person.picture(f"04-look-{number}-{name}")
    for key in "HUV":
        person.key(key)


def review(person: Person) -> dict[str, np.ndarray]:
    """Correct and accept ten cases; give case → mask as the person left it."""
    desk, decided, spent = person.desk, {}, []
    for number in range(CASES):
        began, case, layers = perf_counter(), desk.loaded.case_id, desk.layers
        if layers.mask.any():
            layers.go_to(int(layers.mask.any(axis=(1, 2)).nonzero()[0].mean()))  # stands for turning the wheel
        person.wait_for_case()
        person.picture(f"10-case-{number}-0-proposal")
        correct(person, number)
        decided[case] = layers.mask.copy()
        person.key("A")
        person.wait(lambda case=case: desk.writer.idle and desk.session.project.state(case) == "accepted")
        person.picture(f"10-case-{number}-2-accepted")
        person.key("N")
        person.wait(lambda case=case: desk.loaded is not None and desk.loaded.case_id != case)
        person.wait_for_case()
        spent.append(perf_counter() - began)
    print(f"{CASES} cases corrected and accepted, {np.mean(spent):.1f} s each")
    return decided


def correct(person: Person, number: int) -> None:
    """Paint, erase, take back, make again, smooth: and see that each of them did what it should."""
    desk = person.desk
    mask = desk.layers.mask
    y, x, across = free_place(mask[desk.layers.slice_index])
    states = [mask.copy()]
    person.key("P")
    person.stroke([(y, x), (y, x + across)])
    states.append(mask.copy())
    person.stroke([(y + 12, x), (y + 12, x + across)])
    states.append(mask.copy())
    must(all((before != after).any() for before, after in pairwise(states)), "a stroke paints")
    z, row = desk.layers.slice_index, round(y)
    must(bool(mask[z, row, round(x) : round(x + across)].all()), "a stroke paints all along")
    person.key("Ctrl+Z")
    must(np.array_equal(mask, states[1]), "undo takes the last stroke back")
    person.key("Ctrl+Shift+Z")
    must(np.array_equal(mask, states[2]), "redo makes it again")
    person.key("E")
    person.stroke([(y + 12, x + across), (y + 12, x + across * 0.6)])
    must(not (mask > states[2]).any(), "the eraser adds nothing")
    person.key("Z")
    person.key("D")
    person.picture(f"10-case-{number}-1-difference")
    person.key("D")
    effect(person, number)


def free_place(page: np.ndarray) -> tuple[float, float, float]:
    """Give where (y, x) in a slice two strokes, so and so long, touch nothing that is painted, near its middle."""
    height, width = page.shape
    across = width // 8
    places = [(y, x) for y in range(8, height - 30, 4) for x in range(8, width - across - 8, 4)]
    free = [(y, x) for y, x in places if not page[y - 6 : y + 18, x - 6 : x + across + 6].any()]
    y, x = min(free, key=lambda place: abs(place[0] - height / 2) + abs(place[1] - width / 2))
    return y, x, across


def effect(person: Person, number: int) -> None:
    """Apply an effect from the panel, another one for every case, and take every second one back."""
    desk = person.desk
    dock = person.dock("Review")
    for fold in dock.findChildren(Fold):
        if fold.heading.text() == "Effects":
            fold.heading.setChecked(True)
    panel = dock.findChild(OperationPanel)
    names = [panel.effect.itemData(index) for index in range(panel.effect.count())]
    before = desk.layers.mask.copy()
    person.choose(panel.effect, names[number % len(names)])
    if panel.apply.text() != "Apply":
        return
    person.click(panel.apply)
    person.wait(lambda: not desk.operating.busy)
    person.picture(f"10-case-{number}-1-effect-{names[number % len(names)]}")
    if number % 2 and not np.array_equal(before, desk.layers.mask):
        person.key("Ctrl+Z")
        must(np.array_equal(before, desk.layers.mask), "undo takes an effect back")


def export(person: Person, folder: Path, decided: dict[str, np.ndarray]) -> None:
    """Export what was accepted, and compare the files with what the person left."""
    shutil.rmtree(folder, ignore_errors=True)
    QFileDialog.getExistingDirectory = lambda *_: str(folder)  # a system dialog takes no keys
    dock = person.dock("Export")
    person.click(dock.export)
    person.wait(lambda: person.desk.job is None)
    person.picture("90-exported")
    project = person.desk.session.project
    for case, mask in decided.items():
        out = nib.load(folder / f"{project.pseudonym(case)}.nii.gz")
        must(np.array_equal(project.accepted(case), mask), f"{case}: accepted is what was shown")
        must(np.array_equal(np.asarray(out.dataobj).reshape(mask.T.shape).T, mask), f"{case}: so is what was exported")
        must(np.allclose(out.affine, project.cases[case].geometry.affine), f"{case}: at the scan's place")
    print(f"{len(decided)} exported masks are the accepted ones, on their scans' grid, under pseudonyms")


if __name__ == "__main__":
    main()
