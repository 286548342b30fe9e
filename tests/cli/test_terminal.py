"""Exit codes, error lines, progress lines and bars."""

import io
import json
import os
import signal
import sys

import pytest

from napari_wsss.cli import main
from napari_wsss.cli.terminal import Lines, duration, guarded, print_table, watch
from napari_wsss.errors import (
    Cancelled,
    FaultsError,
    InputError,
    JobError,
    ModelError,
    ProjectError,
    RecipeError,
    WsssError,
)
from napari_wsss.progress import Note, Progress


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (WsssError("w"), 1),
        (InputError("i"), 3),
        (RecipeError("r"), 4),
        (ProjectError("p"), 5),
        (ModelError("m"), 6),
        (JobError("j"), 7),
        (RuntimeError("broken\nin two lines"), 1),
    ],
)
def test_an_error_is_one_line_and_an_exit_code(session, capsys, error, code):
    session.failure = error
    assert main(["run", "p"]) == code
    lines = capsys.readouterr().err.splitlines()
    text = (
        str(error)
        if isinstance(error, WsssError)
        else "unexpected RuntimeError: broken in two lines (--debug shows where)"
    )
    assert lines[-1] == f"napari-wsss: error: {text}"
    assert not any("Traceback" in line for line in lines)
    assert session.calls[-1] == ("close",)


def test_several_faults_are_one_line_each(session, capsys):
    session.failure = FaultsError("labels.csv", ["row 2: no such file", "row 4: value 2"])
    assert main(["init", "p", "--images", "x"]) == 3
    assert capsys.readouterr().err.splitlines()[-3:] == [
        "napari-wsss: error: labels.csv: 2 faults",
        "  - row 2: no such file",
        "  - row 4: value 2",
    ]


@pytest.mark.parametrize("way", ["flag", "variable"])
def test_debug_shows_the_traceback(session, capsys, monkeypatch, way):
    session.failure = InputError("bad scan")
    if way == "variable":
        monkeypatch.setenv("NAPARI_WSSS_DEBUG", "1")
    assert main(["run", "p", *(["--debug"] if way == "flag" else [])]) == 3
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), Cancelled("maps was stopped.")])
def test_ctrl_c_is_130_and_not_an_error(session, capsys, stop):
    session.failure = stop
    assert main(["run", "p"]) == 130
    assert capsys.readouterr().err.splitlines()[-1].startswith("napari-wsss: stopped. What was finished")
    assert session.calls[-1] == ("close",)


@pytest.mark.parametrize("words", [[], ["fly"], ["run"], ["run", "p", "--fly"], ["run", "p", "--device", "tpu"]])
def test_usage_errors_are_2(words, capsys):
    assert main(words) == 2
    assert capsys.readouterr().err


def test_help_is_0(capsys):
    assert main(["--help"]) == 0
    assert "train-segmenter" in capsys.readouterr().out


def test_watch_closes_the_work_when_interrupted():
    closed = []

    def work():
        try:
            yield Progress("maps", 0, 2)
            raise KeyboardInterrupt
        finally:
            closed.append(True)

    with pytest.raises(KeyboardInterrupt):
        watch(work())
    assert closed == [True]


def test_lines_tell_each_tenth_and_every_note(capsys):
    listener = Lines()
    for done in range(101):
        listener.hear(Progress("maps", done, 100, message=f"case {done}"))
    listener.hear(Note("offline: random weights", "warning"))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "maps 0/100 case 0"
    assert lines[1] == "maps 10/100 case 10"
    assert lines[-1] == "warning: offline: random weights"
    assert len(lines) == 12


def test_bars_draw_a_stage_and_its_figures(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")

    def work():
        yield Progress("train-classifier", 1, 2, values={"loss": 0.5})
        yield Note("no GPU")
        return "done"

    assert watch(work()) == "done"
    drawn = screen.getvalue()
    assert "train-classifier" in drawn
    assert "1/2" in drawn
    assert "loss 0.5" in drawn
    assert "no GPU" in drawn


@pytest.mark.parametrize(
    ("seconds", "told"), [(None, "?"), (3.4, "3 s"), (89, "89 s"), (90, "2 min"), (3600, "60 min"), (9000, "2.5 h")]
)
def test_duration(seconds, told):
    assert duration(seconds) == told


def test_table_has_all_columns_and_says_what_is_missing(capsys):
    print_table([{"a": 1, "b": 0.123456}, {"a": None, "c": "x"}])
    assert capsys.readouterr().out.splitlines() == ["a  b       c", "1  0.1235  –", "–  –       x"]


@pytest.mark.usefixtures("session")
def test_json_goes_to_standard_output_alone(capsys):
    assert main(["run", "p", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == {"done": ["maps"]}
    assert "a choice was made" in err


def test_a_polite_kill_stops_like_ctrl_c(capsys):
    before = signal.getsignal(signal.SIGTERM)
    assert guarded(lambda: os.kill(os.getpid(), signal.SIGTERM), debug=False) == 130
    assert capsys.readouterr().err.startswith("napari-wsss: stopped.")
    assert signal.getsignal(signal.SIGTERM) is before
