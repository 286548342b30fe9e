"""What a training leaves in its folder for people."""

import csv
import io
import struct

import pytest
from PIL import Image
from tensorboardX.proto.event_pb2 import Event, SessionLog

from napari_wsss.engine.curves import as_csv, as_png
from napari_wsss.engine.records import CSV, PNG, TENSORBOARD, Records
from napari_wsss.errors import ProjectError

HISTORY = [
    {"epoch": 1.0, "loss": 0.5, "lr": 0.01, "val_loss": float("nan"), "seconds": 1.0},
    {"epoch": 2.0, "loss": 0.25, "lr": 0.005, "dice_to_targets": 0.75, "seconds": 2.0},
]


def events_of(folder):
    """Read the event files as TensorBoard does: a new start hides what was written of its step and later ones."""
    shown: list[Event] = []
    for path in sorted(folder.iterdir()):
        raw, at = path.read_bytes(), 0
        while at < len(raw):
            (length,) = struct.unpack_from("Q", raw, at)
            event = Event.FromString(raw[at + 12 : at + 12 + length])
            if event.session_log.status == SessionLog.START:
                shown = [one for one in shown if one.step < event.step]
            shown.append(event)
            at += 16 + length
    return shown


def figures(folder, tag):
    values = ((event.step, value) for event in events_of(folder) for value in event.summary.value)
    return [(step, pytest.approx(value.simple_value)) for step, value in values if value.tag == tag]


def test_the_table_has_a_column_for_every_figure():
    rows = list(csv.DictReader(as_csv(HISTORY).splitlines()))
    assert [row["loss"] for row in rows] == ["0.5", "0.25"]
    assert [row["dice_to_targets"] for row in rows] == ["", "0.75"]


def test_the_drawing_is_a_picture_whatever_is_missing():
    for number, history in enumerate((HISTORY, HISTORY[:1], [{"epoch": 1.0, "loss": float("nan"), "lr": 0.1}])):
        with Image.open(io.BytesIO(as_png(history, best_epoch=number))) as picture:
            assert picture.width == 700


def test_all_is_kept(tmp_path):
    records = Records(tmp_path, 0)
    records.step(1, {"loss": 0.6, "lr": 0.01, "samples_per_second": float("nan")})
    records.step(2, {"loss": 0.4, "lr": 0.01})
    records.epoch(2, HISTORY[:1], 1)
    assert (tmp_path / PNG).exists()
    (tmp_path / PNG).unlink()
    records.finish(HISTORY, 2)
    records.close()
    assert figures(tmp_path / TENSORBOARD, "step/loss") == [(1, 0.6), (2, 0.4)]
    assert figures(tmp_path / TENSORBOARD, "epoch/loss") == [(2, 0.5)]
    assert not figures(tmp_path / TENSORBOARD, "step/samples_per_second")
    assert (tmp_path / CSV).read_text() == as_csv(HISTORY[:1])
    assert (tmp_path / PNG).exists()


def test_after_a_kill_every_step_shows_once(tmp_path):
    first = Records(tmp_path, 0)
    for step in (1, 2, 3):
        first.step(step, {"loss": step / 10})
    first.close()
    again = Records(tmp_path, 1)  # the checkpoint was written after step 1
    for step in (2, 3, 4):
        again.step(step, {"loss": step * 1.0})
    again.close()
    assert figures(tmp_path / TENSORBOARD, "step/loss") == [(1, 0.1), (2, 2.0), (3, 3.0), (4, 4.0)]


def test_a_training_from_the_start_leaves_nothing_of_an_earlier_one(tmp_path):
    for loss in (1.0, 2.0):
        records = Records(tmp_path, 0)
        records.step(1, {"loss": loss})
        records.close()
    assert figures(tmp_path / TENSORBOARD, "step/loss") == [(1, 2.0)]


def test_a_picture_is_taken_as_it_is(tmp_path):
    Image.new("RGB", (30, 20)).save(tmp_path / "given.png")
    png = (tmp_path / "given.png").read_bytes()
    records = Records(tmp_path, 0)
    records.picture(7, png)
    records.close()
    event = events_of(tmp_path / TENSORBOARD)[-1]
    image = event.summary.value[0].image
    assert (event.step, image.width, image.height, image.encoded_image_string) == (7, 30, 20, png)


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path):
    (tmp_path / TENSORBOARD).write_text("in the way")
    with pytest.raises(ProjectError, match="cannot be written"):
        Records(tmp_path, 0)


def test_a_disk_that_fills_up_is_one_clear_line(tmp_path, monkeypatch):
    records = Records(tmp_path, 0)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(records._log._writer, "flush", full)
    records.step(1, {"loss": 0.1})
    with pytest.raises(ProjectError, match=r"No space left.*free space"):
        records.epoch(1, HISTORY[:1], 1)
    monkeypatch.undo()
    records.close()
