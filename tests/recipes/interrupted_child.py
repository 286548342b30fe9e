"""A process that runs recipes in children it forks, so that each can be killed without paying for imports again.

It reads a line of JSON per run from standard input: ``project``, ``recipe``, ``settings``. The child writes ``pid N``,
then one line an event, and waits after each for a line that lets it go on; at the end the parent writes ``ended N``,
the child's exit status. Interrupted, a child closes its work as the worker process does.
"""

import importlib
import json
import os
import select
import signal
import sys
from contextlib import closing, suppress
from pathlib import Path

import torch

from napari_wsss import torchvision_ops
from napari_wsss.pipeline.runner import run
from napari_wsss.progress import Progress
from napari_wsss.recipes import recipe_named
from napari_wsss.session.workspaces import workspace_of
from napari_wsss.store.project import Project

SLOW = ("monai.networks.nets", "napari_wsss.engine.fit", "napari_wsss.pipeline.trained", "napari_wsss.refine.kernel")
"""Imported only when a step needs them; here once for all children."""


def tell(line):
    os.write(1, f"{line}\n".encode())


def wait():
    """Wait until told to go on. A signal that comes just before a read is only heard after it, hence the short ones."""
    while not select.select([0], [], [], 0.1)[0]:
        pass
    os.read(0, 1)


def work(project, recipe, settings):
    signal.signal(signal.SIGINT, signal.default_int_handler)
    tell(f"pid {os.getpid()}")
    wait()
    chosen = recipe_named(recipe).with_overrides(settings)
    opened = Project.open(Path(project))
    with suppress(KeyboardInterrupt), closing(run(chosen, workspace_of(opened, chosen), device="cpu")) as events:
        for event in events:
            if isinstance(event, Progress):
                tell(f"event {event.stage}")
                wait()


def main():
    torch.set_num_threads(1)
    torchvision_ops.declare()
    for name in SLOW:
        importlib.import_module(name)

    while line := read_line():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        child = os.fork()
        if not child:
            work(**json.loads(line))
            os._exit(0)
        tell(f"ended {os.waitpid(child, 0)[1]}")


def read_line():
    """Read a line without reading ahead: what follows is for the child."""
    line = b""
    while (byte := os.read(0, 1)) not in (b"", b"\n"):
        line += byte
    return line.decode()


if __name__ == "__main__":
    sys.exit(main())
