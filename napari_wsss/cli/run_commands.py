"""Commands that compute: all stages, a single one, scores, the demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from tyro.conf import Positional, arg

from napari_wsss.cli.desk import has_screen, show_desk
from napari_wsss.cli.options import (
    APP,
    Cases,
    Device,
    OptionalCluster,
    OptionalFolder,
    OptionalLearnFrom,
    OptionalNetwork,
    OptionalQuality,
    OptionalRecipe,
    Overrides,
    ProjectFolder,
    UsageError,
    Workers,
)
from napari_wsss.cli.results import tell_plan, tell_scores
from napari_wsss.cli.sessions import choose_recipe, in_worker, open_session
from napari_wsss.cli.terminal import PROGRAM, print_json, print_line, watch


@APP.command
def run(
    project: Positional[ProjectFolder],
    *,
    recipe: OptionalRecipe = None,
    set_: Overrides = [],  # noqa: B006 (tyro reads the default, nobody changes it)
    device: Device = "auto",
    stages: Annotated[tuple[str, ...], arg(metavar="STAGE …", help_behavior_hint="")] = (),
    cases: Cases = (),
    workers: Workers = 1,
    cluster: OptionalCluster = None,
    dry_run: bool = False,
    write_job: bool = False,
    json: bool = False,
) -> None:
    """Run all stages: classifier, maps, masks, segmenter, prediction. What is still valid is not done again.

    Args:
        project: the project folder.
        recipe: a published recipe (see `recipes`) or a YAML file; the project's own, else default, unless given.
        set_: change a knob of the recipe; `recipes --show NAME` lists them.
        device: where to compute.
        stages: only these: train-classifier, maps, propose, train-segmenter, predict.
        cases: only these cases (maps, propose and predict).
        workers: do so many cases side by side, each in a process of this machine.
        cluster: let the Dask workers of this scheduler do the cases, such as tcp://node7:8786.
        dry_run: print the stages and the estimated time, do nothing.
        write_job: only write the job and print its folder, for torchrun or SLURM; see docs/running.md.
        json: print the result as JSON.
    """
    if workers < 1 or (workers > 1 and cluster is not None):
        raise UsageError("give --workers N, 1 or more, or --cluster ADDRESS, not both.")
    with open_session(project) as session:
        choose_recipe(session, recipe, set_, device, keep=not dry_run)
        if dry_run:
            tell_plan(watch(session.estimate(stages or None, device=device)), json=json)
            return
        given: dict[str, Any] = {"device": device, "cases": cases or None, "workers": workers, "cluster": cluster}
        if write_job:
            print_line(str(watch(session.write_job(stages or None, **given)).folder))
            return
        result = watch(session.run(stages or None, **given, earlier=False))
        if json:
            print_json(result)
        else:
            print_line(f"Done: {project}. Score it with: {PROGRAM} evaluate {project}")


def _stage_command(stage: str, summary: str) -> None:
    """Add the command of a single stage."""

    def one_stage(
        project: Positional[ProjectFolder],
        *,
        recipe: OptionalRecipe = None,
        set_: Overrides = [],  # noqa: B006 (tyro reads the default, nobody changes it)
        device: Device = "auto",
        cases: Cases = (),
        workers: Workers = 1,
        cluster: OptionalCluster = None,
        write_job: bool = False,
        json: bool = False,
    ) -> None:
        run(
            project,
            recipe=recipe,
            set_=set_,
            device=device,
            stages=(stage,),
            cases=cases,
            workers=workers,
            cluster=cluster,
            write_job=write_job,
            json=json,
        )

    one_stage.__doc__ = f"""{summary}

    Args:
        project: the project folder.
        recipe: a published recipe or a YAML file; the project's own unless given.
        set_: change a knob of the recipe; `recipes --show NAME` lists them.
        device: where to compute.
        cases: only these cases, where the stage works case by case.
        workers: do so many cases side by side, each in a process of this machine.
        cluster: let the Dask workers of this scheduler do the cases, such as tcp://node7:8786.
        write_job: only write the job and print its folder, for torchrun or SLURM; see docs/running.md.
        json: print the result as JSON.
    """
    APP.command(name=stage)(one_stage)


_stage_command("train-classifier", "Train the classifier on the image-level labels.")
_stage_command("maps", "Compute the classifier's activation maps of every case.")
_stage_command("propose", "Turn the maps into proposed masks.")


@APP.command
def train_segmenter(
    project: Positional[ProjectFolder],
    *,
    network: OptionalNetwork = None,
    learn_from: OptionalLearnFrom = None,
    quality: OptionalQuality = None,
    fine_tune: bool = False,
    from_scratch: bool = False,
    recipe: OptionalRecipe = None,
    set_: Overrides = [],  # noqa: B006 (tyro reads the default, nobody changes it)
    device: Device = "auto",
    write_job: bool = False,
    json: bool = False,
) -> None:
    """Train the segmenter on accepted and proposed masks. What is chosen is kept in the project.

    Args:
        project: the project folder.
        network: the network that learns the masks.
        learn_from: all: accepted masks, and proposals where there are none; accepted: accepted masks alone.
        quality: a quarter of the recipe's epochs, the recipe's settings, or three times as many epochs.
        fine_tune: start from the model in use: a quarter of the epochs.
        from_scratch: start from nothing, although the project is set to fine-tune.
        recipe: a published recipe or a YAML file; the project's own unless given.
        set_: change a knob of the recipe, after the choices above; `recipes --show NAME` lists them.
        device: where to compute.
        write_job: only write the job and print its folder, for torchrun or SLURM; see docs/running.md.
        json: print the result as JSON.
    """
    if fine_tune and from_scratch:
        raise UsageError("train-segmenter takes --fine-tune or --from-scratch, not both.")
    start = {"fine_tune": fine_tune} if fine_tune or from_scratch else {}
    words = quality.replace("-", " ") if quality is not None else None
    given = {"network": network, "learn_from": learn_from, "quality": words}
    chosen = {name: value for name, value in given.items() if value is not None} | start
    with open_session(project) as session:
        choose_recipe(session, recipe, (), device)
        if chosen:
            session.choose(session.choice().replace(**chosen))
        choose_recipe(session, None, set_, device)
        if write_job:
            print_line(str(watch(session.write_job(("train-segmenter",), device=device)).folder))
            return
        result = watch(session.run(("train-segmenter",), device=device, earlier=False))
        if json:
            print_json(result)
        else:
            print_line(f"Done: {project}. Segment every scan with: {PROGRAM} predict {project}")


_stage_command("predict", "Segment every case with the trained segmenter.")


@APP.command
def evaluate(
    project: Positional[Annotated[Path | None, arg(metavar="[PROJECT]", help_behavior_hint="")]] = None,
    *,
    pred: OptionalFolder = None,
    ref: OptionalFolder = None,
    subsets: tuple[Literal["train", "val", "test"], ...] = ("val",),
    report: bool = False,
    json: bool = False,
) -> None:
    """Score a project against its reference masks, or one folder of masks against another.

    Args:
        project: the project folder; or give --pred and --ref.
        pred: folder of masks to score.
        ref: folder of reference masks of the same names.
        subsets: which patients of the project to score.
        report: also write an HTML report into the project.
        json: print the result as JSON.
    """
    if (project is None) == (pred is None) or (pred is None) != (ref is None):
        raise UsageError("evaluate needs either a PROJECT, or both --pred DIR and --ref DIR.")
    if project is None:
        tell_scores(in_worker("evaluate-folders", pred=str(pred), ref=str(ref)), json=json)
        return
    with open_session(project) as session:
        scores = watch(session.evaluate(subsets))
        if report:
            scores["report"] = str(watch(session.report()))
        tell_scores(scores, json=json)


@APP.command
def demo(
    folder: Positional[Annotated[Path, arg(metavar="[DIR]")]] = Path("demo"),
    *,
    device: Device = "auto",
    no_window: bool = False,
    json: bool = False,
) -> None:
    """Do the whole job on a simulated cohort: labels in, masks, segmenter and a report out.

    Args:
        folder: where to keep it.
        device: where to compute.
        no_window: do not open napari on the result, even with a screen.
        json: print the result as JSON.
    """
    from napari_wsss.session.demo import run_demo

    result = watch(run_demo(folder, device))
    if json:
        print_json(result)
    else:
        tell_scores(result, json=False)
    if not no_window and has_screen():
        show_desk(Path(result["project"]))
