"""The command line: it parses, and calls the session. Heavy imports wait until a command needs them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; ``arguments`` without the program's name. Gives the exit code."""
    # Each adds its commands, in the order in which they are listed.
    from napari_wsss.cli import project_commands, run_commands, tuning_commands  # noqa: F401, I001
    from napari_wsss.cli import run_list_commands, study_commands, benchmark_commands, list_commands  # noqa: F401
    from napari_wsss.cli import model_commands, worklist_commands, edit_commands, decision_commands  # noqa: F401
    from napari_wsss.cli import export_commands  # noqa: F401
    from napari_wsss.cli.options import parse
    from napari_wsss.cli.terminal import guarded

    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words or bool(os.environ.get("NAPARI_WSSS_DEBUG"))
    return guarded(lambda: parse([word for word in words if word != "--debug"]), debug=debug)
