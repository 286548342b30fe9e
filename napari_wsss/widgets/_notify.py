"""Errors and notes, shown as napari notifications."""

from __future__ import annotations

from napari.utils.notifications import (
    ErrorNotification,
    notification_manager,
    show_error,
    show_info,
    show_warning,
)

from napari_wsss.errors import WsssError
from napari_wsss.progress import Note


def tell_error(error: BaseException) -> None:
    """Show an error: our own as the sentence it carries, any other with its traceback to unfold."""
    if isinstance(error, WsssError):
        show_error(str(error))
    else:
        notification_manager.dispatch(ErrorNotification(error))


def tell_note(note: Note) -> None:
    """Show a note that long work yielded."""
    (show_warning if note.level == "warning" else show_info)(note.text)


def tell(text: str) -> None:
    """Show one line."""
    show_info(text)
