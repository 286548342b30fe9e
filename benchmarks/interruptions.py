"""Interrupt `napari-wsss run` at every stage, again and again, and compare what it ends with to a run left alone.

    python benchmarks/interruptions.py PROJECT --recipe mixed-unet --set classifier.epochs=2 … [--seed 0]

Three ways, each at a random moment of every stage: Ctrl-C, kill -9 of the command, kill -9 of its process.
The project is copied first and stays as it is. A line for each interruption; exit code 1 if any mask or weight differs.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import psutil
import yaml

WAYS = ("Ctrl-C", "kill -9 of the command", "kill -9 of its process")


def run(project: Path, arguments: list[str], heard: Callable[[str, psutil.Process], bool]) -> int:
    """Run the command; ``heard`` gets the stage of every line it prints until it says True. Gives the exit code."""
    words = [str(Path(sys.executable).with_name("napari-wsss")), "run", str(project), *arguments]
    command = subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    process, listening, last = psutil.Process(command.pid), True, ""
    assert command.stderr is not None  # noqa: S101 (asked for as a pipe above)
    for line in command.stderr:
        stage, _, rest = line.partition(" ")
        last = line
        if listening and rest.partition("/")[0].isdecimal():
            listening = not heard(stage, process)
    code = command.wait()
    if code > 0 and code not in {7, 130}:
        sys.exit(f"failed: {last}")
    return code


def interrupt(process: psutil.Process, way: str) -> None:
    """Interrupt a command that is at work."""
    if way == "Ctrl-C":
        process.send_signal(signal.SIGINT)
    elif way == "kill -9 of the command":
        process.kill()
    else:
        for child in process.children():
            child.kill()


def digests(project: Path) -> dict[str, str]:
    """Give file → digest of the masks and weights that a project holds."""
    found = {}
    for path in sorted((*project.glob("p*/*/[!.]*.yaml"), *project.glob("models/*/model.yaml"))):
        facts = yaml.safe_load(path.read_text(encoding="utf-8"))
        found[str(path.relative_to(project))] = facts.get("mask_sha256") or facts["weights_sha256"]
    return found


def main() -> int:
    """Do it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("--recipe", default="mixed-unet")
    parser.add_argument("--set", nargs="*", default=[], metavar="STEP.KNOB=VALUE")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    arguments = ["--recipe", options.recipe, "--device", "cpu", *(["--set", *options.set] if options.set else [])]
    draw = random.Random(options.seed)  # noqa: S311 (nothing secret)
    with tempfile.TemporaryDirectory() as folder:
        quiet, stopped = (Path(shutil.copytree(options.project, Path(folder) / name)) for name in ("quiet", "stopped"))
        lines: list[str] = []
        run(quiet, arguments, lambda stage, _: bool(lines.append(stage)))
        stages = list(dict.fromkeys(lines))
        for place, stage in enumerate(stages):
            for way in WAYS:
                wait = draw.randrange(lines.count(stage))
                code = run(stopped, arguments, _at(stage, wait, way, stages[place + 1 :]))
                print(f"{stage:20} line {wait + 1:2}  {way:25} exit code {code}", flush=True)
        run(stopped, arguments, lambda *_: True)
        first, second = digests(quiet), digests(stopped)
    differ = [name for name in first | second if first.get(name) != second.get(name)]
    print(f"{options.recipe}: {len(first)} masks and weights, {len(differ)} differ{': ' if differ else ''}{differ[:5]}")
    return bool(differ)


def _at(stage: str, wait: int, way: str, later: list[str]) -> Callable[[str, psutil.Process], bool]:
    """Give a listener that interrupts at line ``wait`` of a stage, or when a later one begins."""
    seen = 0

    def heard(name: str, process: psutil.Process) -> bool:
        nonlocal seen
        seen += name == stage
        due = seen > wait or name in later
        if due:
            interrupt(process, way)
        return due

    return heard


if __name__ == "__main__":
    sys.exit(main())
