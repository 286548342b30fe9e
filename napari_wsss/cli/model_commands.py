"""Commands about trained models: the library of a project, and segmenting a folder of scans."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tyro.conf import Positional, arg

from napari_wsss.cli.options import (
    APP,
    Channels,
    Device,
    OptionalFolder,
    OptionalStart,
    OptionalText,
    ProjectFolder,
    UsageError,
    channel_folders,
)
from napari_wsss.cli.sessions import in_worker, open_session
from napari_wsss.cli.terminal import print_json, print_line, print_table, watch

if TYPE_CHECKING:
    from napari_wsss.session import Session
    from napari_wsss.session.library import ModelEntry

OptionalPath = Annotated[Path | None, arg(metavar="PATH", help_behavior_hint="")]
Two = Annotated[tuple[str, str] | None, arg(metavar="OLDER NEWER", help_behavior_hint="")]
Renaming = Annotated[tuple[str, str] | None, arg(metavar="MODEL NAME", help_behavior_hint="")]
Format = Literal["onnx", "torch-export", "torchscript", "weights"]


@APP.command
def models(
    project: Positional[ProjectFolder],
    *,
    use: OptionalText = None,
    rename: Renaming = None,
    remove: OptionalText = None,
    compare: Two = None,
    export: OptionalText = None,
    out: OptionalPath = None,
    format: Format = "onnx",
    import_: Annotated[Path | None, arg(name="import", metavar="PATH", help_behavior_hint="")] = None,
    start_from: OptionalStart = None,
    device: Device = "auto",
    json: bool = False,
) -> None:
    """List the trained models of a project; put one to use, compare two, export or import one.

    A model is named as listed, by its folder, or by the beginning of that.

    Args:
        project: the project folder.
        use: put this model to use; the masks it made come back.
        rename: give a model another name.
        remove: delete this model and the masks it made, for good.
        compare: two segmenters, on the accepted masks, patient by patient.
        export: write this segmenter to --out, with a model card and without any name of a patient.
        out: new folder for --export, or a file that ends in .zip.
        format: what other programs get: onnx, torch-export, torchscript, or weights for none.
        import_: take over a model that was exported elsewhere; it is not put to use by it.
        start_from: what is offered in scans that are not accepted: proposals, or the segmenter's masks.
        device: where to compute (compare).
        json: print the result as JSON.
    """
    wanted = [use, rename, remove, compare, export, import_, start_from]
    if sum(one is not None for one in wanted) > 1:
        raise UsageError("models does one thing at a time: give one of its options.")
    if (export is None) != (out is None):
        raise UsageError("--export MODEL and --out PATH go together.")
    with open_session(project) as session:
        if compare is not None:
            _tell_comparison(watch(session.compare_models(*compare, device=device)), json=json)
        elif export is not None and out is not None:
            made = watch(session.export_model(export, out, format=format))
            print_json({"exported": made}) if json else print_line(str(made))
        else:
            said = _change(session, use=use, rename=rename, remove=remove, taken_in=import_, start_from=start_from)
            if said and not json:
                print_line(said)
            _list(session.models(), json=json)


@APP.command
def segment(
    model: Positional[Annotated[Path, arg(metavar="MODEL")]],
    *,
    out: Annotated[Path, arg(metavar="DIR")],
    images: OptionalFolder = None,
    channel: Channels = [],  # noqa: B006 (tyro reads the default, nobody changes it)
    cutoff: Annotated[float | None, arg(metavar="P", help_behavior_hint="")] = None,
    device: Device = "auto",
    json: bool = False,
) -> None:
    """Segment a folder of scans with a trained model; no project is needed.

    Args:
        model: a model: the folder or ZIP file of an export, or its folder in a project.
        out: folder for the masks, each on the grid of its scan.
        images: folder of scans with one channel (or colour) each; or give --channel.
        channel: folder of the scans of a channel; once for each, named as the model's channels or in their order.
        cutoff: probability from which a voxel counts as lesion; the model's own unless given.
        device: where to compute.
        json: print the result as JSON.
    """
    folders = {name: str(folder) for name, folder in channel_folders(channel).items()} if channel else None
    result = in_worker(
        "segment",
        model=str(model),
        out=str(out),
        images=None if images is None else str(images),
        channels=folders,
        device=device,
        cutoff=cutoff,
    )
    if json:
        print_json(result)
    else:
        print_line(f"{len(result['masks'])} scans segmented into {out}. Not for diagnosis.")


def _change(
    session: Session,
    *,
    use: str | None,
    rename: tuple[str, str] | None,
    remove: str | None,
    taken_in: Path | None,
    start_from: Any,  # noqa: ANN401 (a literal of a module that is loaded later)
) -> str:
    """Do what is asked for; give a line about it, if there is anything to say."""
    if use is not None and (brought := session.use_model(use)) is not None:
        return brought.words
    if rename is not None:
        session.rename_model(*rename)
    if remove is not None:
        session.remove_model(remove)
    if taken_in is not None:
        return f"Imported: {session.import_model(taken_in).name}"
    if start_from is not None:
        session.set_start_from(start_from)
    return ""


def _list(entries: list[ModelEntry], *, json: bool) -> None:
    from napari_wsss.store.provenance import clock

    if json:
        print_json([_plain(entry) for entry in entries])
        return
    print_table(
        {
            "model": entry.name,
            "in use": "yes" if entry.current else "",
            "kind": entry.kind,
            "network": entry.network,
            "learnt from": entry.data,
            "score": ", ".join(f"{name} {value:.4f}" for name, value in entry.scores.items()),
            "made": clock(entry.made)[:16],
            "folder": entry.folder.name,
        }
        for entry in entries
    )


def _plain(entry: ModelEntry) -> dict[str, Any]:
    taken = ("name", "step", "key", "role", "network", "data", "settings", "curves", "scores", "current", "made")
    return {name: getattr(entry, name) for name in taken} | {"folder": str(entry.folder)}


def _tell_comparison(result: dict[str, Any], *, json: bool) -> None:
    from napari_wsss.report.tables import as_text
    from napari_wsss.report.two_models import means_table, patients_table

    if json:
        print_json(result)
        return
    print_line(as_text(patients_table(result)))
    print_line(as_text(means_table(result)))
    print_line(result["text"])
    print_line("\n".join(result["files"]))
