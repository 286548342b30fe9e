"""The errors a user can meet. Each says what came, what was expected and what to do."""

from __future__ import annotations

from collections.abc import Sequence


class WsssError(Exception):
    """Base of every error this package raises on purpose; its text is fit to be shown as it is.

    ``exit_code`` is what the command line returns for it.
    """

    exit_code = 1


class InputError(WsssError):
    """A scan, table or folder handed in cannot be used as it is."""

    exit_code = 3


class FaultsError(InputError):
    """Several faults found in one go, reported together.

    Attributes:
        faults: one line per fault.
    """

    def __init__(self, subject: str, faults: Sequence[str]) -> None:
        self.subject = subject
        self.faults = tuple(faults)
        lines = "\n".join(f"  - {fault}" for fault in self.faults)
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        super().__init__(f"{subject}: {count}\n{lines}")


class RecipeError(WsssError):
    """A recipe, a step or a knob is unknown, or its value is out of bounds."""

    exit_code = 4


class ProjectError(WsssError):
    """The project folder cannot be opened, written or trusted."""

    exit_code = 5


class ModelError(WsssError):
    """A model file is damaged, missing or made for another network."""

    exit_code = 6


class OutOfMemory(WsssError):  # noqa: N818 (the word everybody knows)
    """Something does not fit into memory, in however small parts; the text says what to lower."""

    exit_code = 8


class JobError(WsssError):
    """The worker process failed; the text carries its last words."""

    exit_code = 7


class Cancelled(WsssError):  # noqa: N818 (not an error: the person asked for it)  # noqa: N818 (it is no error that a person stops something)
    """The person stopped it. Whatever was finished before is kept."""

    exit_code = 130
