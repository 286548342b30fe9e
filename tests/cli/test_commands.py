"""Every command: what it asks of the session, what it prints, what it returns."""

import json
from pathlib import Path

import pytest

from napari_wsss.cli import main
from napari_wsss.session.segmenter_choice import SegmenterChoice

HOME = Path("p")


def asked(session, name):
    return [call[1:] for call in session.calls if call[0] == name]


def test_init(session, capsys):
    words = "init p --images scans --labels l.csv --split s.csv --reference r --patient-regex ^(..) --name Heads"
    assert main(words.split()) == 0
    ((folder, given),) = asked(session, "create")
    assert folder == HOME
    assert given == {
        "images": Path("scans"),
        "channels": None,
        "labels": Path("l.csv"),
        "split": Path("s.csv"),
        "reference": Path("r"),
        "patient_regex": "^(..)",
        "classes": None,
        "name": "Heads",
    }
    told = capsys.readouterr().out
    assert "3 cases of 2 patients (2 train, 1 val, 0 test)" in told
    assert "classes: lesion, edema; channels: T2, FLAIR" in told
    assert session.calls[-1] == ("close",)


@pytest.mark.parametrize("channels", ["--channel T2=a FLAIR=b", "--channel T2=a --channel FLAIR=b"])
def test_init_with_channels_and_classes(session, channels, capsys):
    assert main(["init", "p", *channels.split(), "--classes", "lesion", "edema", "--json"]) == 0
    ((_, given),) = asked(session, "create")
    assert given["channels"] == {"T2": Path("a"), "FLAIR": Path("b")}
    assert given["classes"] == ("lesion", "edema")
    assert json.loads(capsys.readouterr().out)["subsets"] == {"train": 2, "val": 1, "test": 0}


def test_run_takes_the_default_recipe_for_a_new_project(session):
    assert main(["run", "p"]) == 0
    assert asked(session, "use") == [(None, [], "auto", True)]
    assert asked(session, "run") == [(None, "auto", None)]


def test_run_with_recipe_and_settings(session, capsys):
    words = "run p --recipe mixed-unet --set slices.size=64 crf.gt_prob=0.6 --set maps.method=cam --device cpu --json"
    assert main(words.split()) == 0
    assert asked(session, "use") == [
        ("mixed-unet", ["slices.size=64", "crf.gt_prob=0.6", "maps.method=cam"], "cpu", True)
    ]
    assert json.loads(capsys.readouterr().out) == {"done": ["maps"]}


def test_run_keeps_the_choice_of_the_project_and_adds_settings(session):
    session.settings |= {"recipe": "own", "overrides": ["a.b=1"]}
    assert main(["run", "p"]) == 0
    assert asked(session, "use") == []
    assert main(["run", "p", "--set", "c.d=2"]) == 0
    assert asked(session, "use") == [(None, ["c.d=2"], "auto", True)]


def test_what_a_person_should_know_about_an_opened_project_is_a_warning(session, capsys, monkeypatch):
    monkeypatch.setattr(session, "notes", ("settings left out: gone.value=1",))
    assert main(["run", "p", "--json"]) == 0
    told = capsys.readouterr()
    assert "warning: settings left out: gone.value=1" in told.err
    assert json.loads(told.out) == {"done": ["maps"]}


def test_dry_run_plans_and_does_nothing(session, capsys):
    assert main(["run", "p", "--dry-run", "--stages", "maps", "propose"]) == 0
    assert asked(session, "estimate") == [(("maps", "propose"), "auto")]
    assert asked(session, "use") == [(None, [], "auto", False)]
    assert asked(session, "run") == []
    assert capsys.readouterr().out.splitlines() == [
        "stage    step  state    units  time",
        "maps     maps  missing  3      2 min",
        "propose  crf   valid    0",
        "together about 2 min",
    ]
    assert main(["run", "p", "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["seconds"] == 90.0


@pytest.mark.parametrize("stage", ["train-classifier", "maps", "propose", "predict"])
def test_single_stages(session, stage):
    assert main([stage, "p", "--device", "cpu", "--cases", "a1", "b1"]) == 0
    assert asked(session, "run") == [((stage,), "cpu", ("a1", "b1"))]


def test_a_segmenter_is_trained_with_the_choices_of_the_train_dock(session, capsys):
    session.settings |= {"recipe": "own"}
    assert main(["train-segmenter", "p"]) == 0
    assert asked(session, "choose") == asked(session, "use") == []
    words = "--network unet-3d --learn-from accepted --quality quick-look --set segmenter.epochs=7 --device cpu"
    assert main(["train-segmenter", "p", *words.split()]) == 0
    wanted = SegmenterChoice(network="unet-3d", learn_from="accepted", quality="quick look", fine_tune=True)
    assert asked(session, "choose") == [(wanted,)]
    names = [call[0] for call in session.calls]
    assert names.index("choose") < names.index("use"), "settings by hand come last"
    assert asked(session, "use") == [(None, ["segmenter.epochs=7"], "cpu", True)]
    assert asked(session, "run")[-1] == (("train-segmenter",), "cpu", None)
    assert "predict p" in capsys.readouterr().out


@pytest.mark.parametrize(("flag", "fine_tune"), [("--fine-tune", True), ("--from-scratch", False)])
def test_a_segmenter_starts_from_the_model_in_use_or_from_nothing(session, flag, fine_tune):
    assert main(["train-segmenter", "p", flag]) == 0
    assert asked(session, "choose") == [(SegmenterChoice(quality="thorough", fine_tune=fine_tune),)]


def test_a_segmenter_does_not_start_in_two_ways(capsys):
    assert main(["train-segmenter", "p", "--fine-tune", "--from-scratch"]) == 2
    assert "--fine-tune or --from-scratch, not both" in capsys.readouterr().err


def test_cases_are_done_here_by_several_processes_or_on_a_cluster(session, capsys):
    assert main(["maps", "p"]) == 0
    assert main(["predict", "p", "--workers", "2"]) == 0
    assert main(["run", "p", "--cluster", "tcp://node7:8786"]) == 0
    assert asked(session, "hands") == [(1, None), (2, None), (1, "tcp://node7:8786")]
    assert main(["run", "p", "--workers", "2", "--cluster", "tcp://node7:8786"]) == 2
    assert "not both" in capsys.readouterr().err


def test_evaluate_project(session, capsys):
    assert main(["evaluate", "p", "--subsets", "val", "test", "--report"]) == 0
    assert asked(session, "evaluate") == [(("val", "test"),)]
    assert capsys.readouterr().out.splitlines() == [
        "Class     AUC",
        "lesion  0.750",
        "",
        "Mask     Dice",
        "crf     0.500",
        "origin      –",
        "",
        f"report: {HOME / 'report.html'}",
    ]


def test_evaluate_folders(monkeypatch, capsys):
    scores = {"masks": [{"case": "a", "dice": 1.0}]}
    monkeypatch.setattr("napari_wsss.cli.run_commands.in_worker", lambda task, **given: {**scores, task: given})
    assert main(["evaluate", "--pred", "x", "--ref", "y", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["evaluate-folders"] == {"pred": "x", "ref": "y"}


@pytest.mark.parametrize(
    "words", ["evaluate", "evaluate p --pred x --ref y", "evaluate --pred x", "evaluate p --ref y"]
)
def test_evaluate_needs_a_project_or_two_folders(words, capsys):
    assert main(words.split()) == 2
    assert capsys.readouterr().err == (
        "napari-wsss: error: evaluate needs either a PROJECT, or both --pred DIR and --ref DIR.\n"
    )


def test_label(session):
    assert main(["label", "p", "a1", "lesion", "1", "--slices", "3", "5-7"]) == 0
    assert main(["label", "p", "a1", "lesion", "unknown"]) == 0
    assert asked(session, "label") == [("a1", "lesion", 1, [3, 5, 6, 7]), ("a1", "lesion", -1, None)]


def test_accept_proposals_as_they_are(session, capsys):
    assert main(["accept", "p", "a1", "a2"]) == 0
    assert asked(session, "accept") == [("a1", 4, False), ("a2", 4, False)]
    assert main(["accept", "p", "b1"]) == 3
    assert "b1: no proposal yet" in capsys.readouterr().err
    assert main(["accept", "p"]) == 2


def test_networks(monkeypatch, capsys):
    monkeypatch.setattr("napari_wsss.cli.list_commands.in_worker", lambda _: {"unet": 34527041})
    assert main(["networks", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"unet": 34527041}
    assert main(["networks"]) == 0
    assert capsys.readouterr().out.splitlines() == ["network  parameters", "unet     34,527,041"]


def test_recipes_are_listed_shown_and_exported(capsys, tmp_path):
    assert main(["recipes", "--json"]) == 0
    assert "mixed-unet" in json.loads(capsys.readouterr().out)
    assert main(["recipes"]) == 0
    assert "mixed-unet" in capsys.readouterr().out
    assert main(["recipes", "--show", "mixed-unet"]) == 0
    shown = capsys.readouterr().out
    assert "slices.size" in shown
    assert "refined.value" in shown
    assert "without-crf  box.mask=clusters" in shown
    assert main(["recipes", "--export", "mixed-unet"]) == 0
    own = tmp_path / "own.yaml"
    own.write_text(capsys.readouterr().out)
    assert main(["recipes", "--export", str(own)]) == 0
    assert capsys.readouterr().out == own.read_text()


def test_unknown_recipe_names_the_nearest(capsys):
    assert main(["recipes", "--show", "mixed-net"]) == 4
    assert capsys.readouterr().err == ("napari-wsss: error: no recipe called 'mixed-net'. Did you mean 'mixed-unet'?\n")


def test_demo_tells_where_the_report_is(monkeypatch, capsys):
    def run_demo(folder, device):
        assert (folder, device) == (Path("here"), "cpu")
        yield from ()
        return {"project": "here/project", "report": "here/report.html", "masks": [{"mask": "crf", "dice": 0.5}]}

    opened = []
    monkeypatch.setattr("napari_wsss.session.demo.run_demo", run_demo)
    monkeypatch.setattr("napari_wsss.cli.run_commands.show_desk", opened.append)
    monkeypatch.setattr("napari_wsss.cli.run_commands.has_screen", lambda: True)
    assert main(["demo", "here", "--device", "cpu", "--no-window"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "report: here/report.html"
    assert opened == []
    assert main(["demo", "here", "--device", "cpu"]) == 0
    assert opened == [Path("here/project")]


def test_open_without_project_folder_is_an_error(tmp_path, capsys):
    assert main(["open", str(tmp_path / "none")]) == 5
    assert "no such folder" in capsys.readouterr().err


def test_open_without_napari_says_how_to_get_it(monkeypatch, capsys):
    monkeypatch.setattr("napari_wsss.cli.desk._napari_is_here", lambda: False)
    assert main(["open"]) == 1
    assert "pip install 'napari-wsss[gui]'" in capsys.readouterr().err
