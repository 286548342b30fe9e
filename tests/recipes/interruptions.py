"""Runs of a recipe that are interrupted by signals at chosen events, and what they leave."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import yaml

CHILD = Path(__file__).with_name("interrupted_child.py")


class Runs:
    """Starts runs one after another, each in a process of its own; see interrupted_child.py."""

    def __init__(self):
        # -P: this folder's modules must not pass for others; one thread: forked processes must not have any.
        self._parent = subprocess.Popen(
            [sys.executable, "-P", str(CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
        )

    def close(self):
        self._parent.stdin.close()
        self._parent.stdout.close()
        self._parent.wait()

    def run(self, project, recipe, settings, stop=None):
        """Run to the end, or until ``stop(stage, events of it so far)`` gives a signal, which the process then gets.

        Returns the number of events of every stage, and whether it was stopped.
        """
        self._say(json.dumps({"project": str(project), "recipe": recipe, "settings": list(settings)}) + "\n")
        pid, seen, stopped = int(self._hear("pid")), Counter(), False
        self._say(".")
        while not stopped and (line := self._hear("event", "ended")) and not line.isdecimal():
            seen[line] += 1
            sent = stop(line, seen[line]) if stop else None
            if sent is None:
                self._say(".")
            else:
                os.kill(pid, sent)
                line, stopped = self._hear("ended"), True
        status = int(line)
        ended_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        assert ended_by == (signal.SIGKILL if stopped and sent == signal.SIGKILL else 0), f"{recipe}: status {status}"
        assert stopped or status == 0, f"{recipe}: the run failed, see above"
        return seen, stopped

    def _say(self, text):
        self._parent.stdin.write(text.encode())
        self._parent.stdin.flush()

    def _hear(self, *kinds):
        line = self._parent.stdout.readline().decode()
        kind, _, rest = line.rstrip("\n").partition(" ")
        assert kind in kinds, f"expected {' or '.join(kinds)}, got {line!r}"
        return rest


def digests(project):
    """Give file → digest of the masks and weights that a project holds."""
    found = {}
    for description in sorted(project.glob("p*/*/[!.]*.yaml")):  # proposals, predictions; no half-written file
        found[str(description.relative_to(project))] = yaml.safe_load(description.read_text())["mask_sha256"]
    for card in sorted(project.glob("models/*/model.yaml")):
        found[card.parent.name] = yaml.safe_load(card.read_text())["weights_sha256"]
    return found


def interrupt_everywhere(runs, project, recipe, settings, expected):
    """Stop a run at the first event of every stage (SIGINT), then in the middle of what is left of it (SIGKILL).

    Where less is left, it is stopped as soon as the stage is over.

    Args:
        expected: events of every stage in a run that nobody stops.

    Returns:
        (stage, signal) of each interruption inside its stage, in order.
    """
    stages, done = list(expected), []
    for place, (stage, events) in enumerate(expected.items()):
        for sent, at in ((signal.SIGINT, 1), (signal.SIGKILL, max(events // 2, 1))):
            ends = {(stage, at), *((later, 1) for later in stages[place + 1 :])}
            stop = _StopAt(ends, sent)
            runs.run(project, recipe, settings, stop)
            if stop.where == stage:
                done.append((stage, sent))
    return done


class _StopAt:
    """Gives ``sent`` at the first of some (stage, events of it so far); remembers the stage."""

    def __init__(self, ends, sent):
        self.where, self._ends, self._sent = None, ends, sent

    def __call__(self, stage, count):
        if (stage, count) not in self._ends:
            return None
        self.where = stage
        return self._sent
