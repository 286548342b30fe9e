"""Cases on Dask workers: the same files as one process writes, whatever dies on the way; stopping; what is refused."""

import shutil
import threading
from contextlib import ExitStack, closing

import distributed
import nibabel
import numpy as np
import psutil
import pytest
import torch
import yaml
from tiny_recipe import TINY

from napari_wsss.errors import FaultsError, JobError
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.runner import pinned_models, run
from napari_wsss.progress import Note, Progress, drain
from napari_wsss.session import Session, cluster, cluster_worker, dask_workers
from napari_wsss.session.cluster import Crew, crew
from napari_wsss.session.workspaces import workspace_of
from napari_wsss.store.project import Project

CASE_BY_CASE = ["maps", "propose", "predict"]
CASES = ["a", "b", "c"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A project of three scans after all stages, in one process with one thread, as workers have; its recipe."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("cohort")
    with drain(Session.create(folder / "project", **scans_in(folder))) as session:
        drain(session.use("mixed-unet", TINY, device="cpu"))
        drain(run(session.recipe, session.workspace, device="cpu"))
    torch.set_num_threads(before)
    return session.project.folder, session.recipe


@pytest.fixture
def project(finished, tmp_path):
    """A copy with nothing but the trained models."""
    folder = tmp_path / "project"
    shutil.copytree(finished[0], folder, ignore=shutil.ignore_patterns("cache", "proposals", "predictions"))
    return folder


@pytest.fixture(scope="module")
def lent():
    """Address of a cluster that runs already: one worker, a thread of this process."""
    with cluster_here(workers=1) as running:
        yield running.scheduler_address


@pytest.fixture
def hire(project, finished, lent):
    """Give a crew of that cluster."""
    with ExitStack() as stack:
        yield lambda folder=project, address=lent: stack.enter_context(crew_of(folder, finished[1], 1, address))


def scans_in(folder):
    """Write scans of 4 slices, 40×32, with a bright square on the two in the middle; give them, labels and sets."""
    rng, rows = np.random.default_rng(0), ["image,slice,lesion"]
    for name in CASES:
        scan = rng.normal(100, 5, (32, 40, 4)).astype(np.float32)
        scan[10:20, 8:16, 1:3] += 100
        (folder / "images").mkdir(exist_ok=True)
        nibabel.save(nibabel.Nifti1Image(scan, np.diag([1.0, 1.0, 3.0, 1.0])), folder / "images" / f"{name}.nii.gz")
        rows += [f"{name},{index},{int(index in (1, 2))}" for index in range(4)]
    (folder / "labels.csv").write_text("\n".join(rows))
    (folder / "split.csv").write_text("\n".join(["image,split", "a,train", "b,train", "c,val"]))
    return {"images": folder / "images", "labels": folder / "labels.csv", "split": folder / "split.csv"}


def cluster_here(workers):
    given = {"processes": False, "protocol": "tcp", "dashboard_address": "127.0.0.1:0"}
    return distributed.LocalCluster(n_workers=workers, threads_per_worker=1, **given)


def crew_of(folder, recipe, workers, address=None):
    return Crew(str(folder), recipe.model_dump(mode="json"), workers, address)


def job_of(folder, recipe, step):
    workspace = workspace_of(Project.open(folder, lock=False), recipe)
    return Job(step, recipe, workspace, Keys(recipe, workspace, pinned_models(recipe, workspace)), "cpu")


def files_in(folder):
    """Give path → content of all that the stages leave; what is written beside a mask without its time."""
    found = {}
    for path in sorted(path for name in ("cache", "proposals", "predictions") for path in (folder / name).rglob("*")):
        name = path.relative_to(folder)
        if path.suffix == ".yaml":
            found[name] = {**yaml.safe_load(path.read_text(encoding="utf-8")), "time": ""}
        elif path.is_file():
            found[name] = path.read_bytes()
    return found


def processes_of(workers):
    return [psutil.Process(nanny.pid) for nanny in workers._workers._cluster.workers.values()]


def test_two_workers_write_the_files_of_one_process_although_one_dies(project, finished):
    recipe, events = finished[1], []
    with crew_of(project, recipe, workers=2) as two:

        def hear(event):
            first = Progress("slices", 1, len(CASES), event.message)
            if event == first and event not in events:  # it is told again while others are in work
                processes_of(two)[0].kill()
            events.append(event)

        job = job_of(project, recipe, "maps")
        drain(run(recipe, job.workspace, CASE_BY_CASE, device="cpu", spread=two), hear)
    assert files_in(project) == files_in(finished[0])
    for stage in ("slices", "maps", "propose", "prediction"):
        told = [event.done for event in events if event.stage == stage]
        assert sorted(set(told)) == [0, 1, 2, 3]
        assert told == sorted(told)


def test_workers_are_gone_when_their_work_is_stopped(project, finished):
    with crew_of(project, finished[1], workers=2) as two:
        with closing(two(job_of(project, finished[1], "slices"), CASES)) as work:
            assert next(work) == Progress("slices", 0, len(CASES))
            next(work)
            living = processes_of(two)
            assert len(living) == 2
        assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in living)


def test_one_process_calls_nobody(finished):
    with crew(str(finished[0]), {}, 1, None) as nobody:
        assert nobody is None


def test_workers_that_stay_read_the_project_anew_for_each_run(project, finished, monkeypatch):
    monkeypatch.setattr(cluster_worker, "_follow", lambda desk, *_: seen.append(desk))
    job, seen = job_of(project, finished[1], "prediction"), []
    first, second = (crew_of(project, finished[1], 2) for _ in range(2))
    for crew_now in (first, first, second):
        cluster_worker.do_case(crew_now._order(job), job.name, "a", "")
    assert seen[0] is seen[1]
    assert seen[1] is not seen[2]


def test_what_went_wrong_with_a_case_keeps_class_and_text(hire, project, finished, monkeypatch):
    def fail(_job, case_ids):
        yield Note("looking")
        raise FaultsError(case_ids[0], ["no slice", "no mask"])

    monkeypatch.setattr(cluster_worker, "propose", fail)
    with pytest.raises(FaultsError) as caught:
        drain(hire()(job_of(project, finished[1], "crf"), ["b"]))
    assert (caught.value.subject, caught.value.faults) == ("b", ("no slice", "no mask"))


def test_an_unforeseen_error_names_step_and_case(hire, project, finished, monkeypatch):
    monkeypatch.setattr(cluster_worker, "propose", lambda *_: 1 / 0)
    with pytest.raises(JobError, match=r"crf, b: failed unexpectedly with ZeroDivisionError"):
        drain(hire()(job_of(project, finished[1], "crf"), ["b"]))


def test_what_holds_for_every_case_is_told_once(hire, project, finished):
    recipe, events = finished[1].with_knobs("slices", crop=16), []
    job = job_of(project, recipe, "slices")
    with crew_of(project, recipe, 1, hire()._workers._address) as lent:
        drain(lent(job, CASES), events.append)
    assert [event.text[:20] for event in events if isinstance(event, Note)] == ["'slices.crop' keeps "]


def test_a_wish_to_stop_reaches_a_case_in_work_on_a_cluster(hire, project, finished, monkeypatch):
    begun, ended = threading.Event(), threading.Event()

    def forever(*_):
        try:
            while True:
                begun.set()
                yield Progress("forever", 0, 0)
        finally:
            ended.set()

    monkeypatch.setattr(cluster_worker, "_work", forever)
    monkeypatch.setattr(cluster_worker, "_LOOK", 0.0)
    with closing(hire()(job_of(project, finished[1], "maps"), ["a", "b"])) as work:
        while not begun.is_set():
            next(work)
    assert ended.wait(20)


def test_each_worker_gets_one_case_at_a_time_so_that_a_pause_ends_the_work(hire, project, finished, monkeypatch):
    asked = []

    def note_down(_job, case_id):
        asked.append(case_id)
        yield Note("done")

    monkeypatch.setattr(cluster_worker, "_work", note_down)
    with closing(hire()(job_of(project, finished[1], "maps"), ["a", "b", "c"])) as work:
        while next(work) != Progress("maps", 1, 3, "a"):
            pass
        assert asked == ["a"]


def test_a_cluster_that_cannot_do_the_work_is_refused_with_the_reason(hire, project, finished, tmp_path, monkeypatch):
    job = job_of(project, finished[1], "maps")
    with pytest.raises(JobError, match=r"a worker does not see .*elsewhere"):
        drain(hire(tmp_path / "elsewhere")(job, ["a"]))
    monkeypatch.setattr(cluster_worker, "__version__", "0.0.1")
    with pytest.raises(JobError, match=r"workers have napari-wsss 0\.0\.1, here it is"):
        drain(hire()(job, ["a"]))
    monkeypatch.setattr(dask_workers, "_PATIENCE", 0.5)
    with pytest.raises(JobError, match="no Dask cluster answers there"):
        drain(hire(address="tcp://127.0.0.1:9")(job, ["a"]))


def test_a_cluster_without_workers_is_refused_and_one_that_loses_them_is_left(hire, project, finished, monkeypatch):
    job = job_of(project, finished[1], "maps")
    with cluster_here(workers=0) as empty:
        with pytest.raises(JobError, match="the cluster has no worker"):
            drain(hire(address=empty.scheduler_address)(job, ["a"]))
        monkeypatch.setattr(dask_workers.HiredWorkers, "_check", lambda *_: None)
        monkeypatch.setattr(cluster, "_ALONE", 0.0)
        with pytest.raises(JobError, match="No worker is left"):
            drain(hire(address=empty.scheduler_address)(job, ["a"]))


def test_a_case_that_kills_its_worker_again_and_again_is_named():
    class Fatal:
        def result(self):
            raise distributed.KilledWorker("maps-a", None, 3)

    with pytest.raises(JobError, match=r"a: the worker process died each time.*fewer workers"):
        cluster._result(Fatal(), "a")
