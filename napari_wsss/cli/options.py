"""Options that several commands share, and how their words are read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import tyro
from tyro.conf import UseAppendAction, arg

from napari_wsss.cli.terminal import PROGRAM
from napari_wsss.errors import WsssError


class UsageError(WsssError):
    """The words of a command do not fit together."""

    exit_code = 2


APP = tyro.extras.SubcommandApp()

Device = Literal["auto", "cpu", "cuda", "mps"]
ProjectFolder: TypeAlias = Annotated[Path, arg(metavar="PROJECT")]
Overrides: TypeAlias = Annotated[UseAppendAction[list[str]], arg(name="set", metavar="STEP.KNOB=VALUE")]
OptionalFolder: TypeAlias = Annotated[Path | None, arg(metavar="DIR", help_behavior_hint="")]
OptionalTable: TypeAlias = Annotated[Path | None, arg(metavar="CSV", help_behavior_hint="")]
OptionalText: TypeAlias = Annotated[str | None, arg(metavar="TEXT", help_behavior_hint="")]
OptionalRecipe: TypeAlias = Annotated[str | None, arg(metavar="NAME|FILE.yaml", help_behavior_hint="")]
OptionalNetwork: TypeAlias = Annotated[
    Literal["mixed-unet", "unet", "deeplabv3", "fcn", "unet-3d"] | None,
    arg(metavar="mixed-unet|unet|deeplabv3|fcn|unet-3d", help_behavior_hint=""),
]
OptionalLearnFrom: TypeAlias = Annotated[
    Literal["all", "accepted"] | None, arg(metavar="all|accepted", help_behavior_hint="")
]
OptionalQuality: TypeAlias = Annotated[
    Literal["quick-look", "standard", "thorough"] | None,
    arg(metavar="quick-look|standard|thorough", help_behavior_hint=""),
]
OptionalStart: TypeAlias = Annotated[
    Literal["proposals", "segmenter"] | None, arg(metavar="proposals|segmenter", help_behavior_hint="")
]
Cases: TypeAlias = Annotated[tuple[str, ...], arg(metavar="CASE …", help_behavior_hint="")]
Workers: TypeAlias = Annotated[int, arg(metavar="N", help_behavior_hint="")]
OptionalCluster: TypeAlias = Annotated[str | None, arg(metavar="ADDRESS", help_behavior_hint="")]
Channels: TypeAlias = Annotated[UseAppendAction[list[str]], arg(metavar="NAME=DIR")]


def parse(words: Sequence[str]) -> int | None:
    """Parse and do a command; gives its exit code, None for 0."""
    result: int | None = APP.cli(
        args=spread(words),
        prog=PROGRAM,
        description="From image-level labels to lesion masks. Not for diagnosis. --debug shows tracebacks.",
        config=(tyro.conf.FlagCreatePairsOff,),
    )
    return result


def spread(words: Sequence[str]) -> list[str]:
    """Let ``--set a=1 b=2`` mean ``--set a=1 --set b=2``; ``--channel`` likewise."""
    spread_words: list[str] = []
    option = ""
    for word in words:
        if word.startswith("-"):
            option = word if word in ("--set", "--channel") else ""
        elif option and "=" in word and spread_words[-1] != option:
            spread_words.append(option)
        spread_words.append(word)
    return spread_words


def channel_folders(texts: Sequence[str]) -> dict[str, Path]:
    """Read ``NAME=DIR`` texts.

    Raises:
        UsageError: another form, or a name given twice.
    """
    folders: dict[str, Path] = {}
    for text in texts:
        name, _, folder = text.partition("=")
        if not name or not folder:
            raise UsageError(f"--channel {text}: expected NAME=DIR, such as T2=scans/t2.")
        if name in folders:
            raise UsageError(f"--channel {text}: the channel '{name}' was given before.")
        folders[name] = Path(folder)
    return folders


def slice_numbers(texts: Sequence[str]) -> list[int]:
    """Read slice numbers and ranges with both ends, such as 4 7 10-20.

    Raises:
        UsageError: another form, or a range that runs backwards.
    """
    numbers: list[int] = []
    for text in texts:
        first, dash, last = text.partition("-")
        if not first.isdecimal() or not (last.isdecimal() if dash else True):
            raise UsageError(f"--slices {text}: expected a number or a range, such as 7 or 10-20.")
        span = range(int(first), int(last if dash else first) + 1)
        if not span:
            raise UsageError(f"--slices {text}: the range runs backwards.")
        numbers += span
    return numbers
