"""What can be done with a board of the matrix, by its menu."""

from collections.abc import Callable

from PySide6.QtWidgets import QMenu, QWidget

from studio.core.errors import StudioError
from studio.deploy.own_boards import is_own
from studio.ui.dialogs.board_form import BoardForm, copy_of, edit_board
from studio.ui.dialogs.boards import show_boards
from studio.ui.session import Session


def board_menu(session: Session, id: str, toggle: Callable[[str], None], parent: QWidget) -> QMenu:
    """Return the menu of a board: target or not, sheet, copy, and the form of one of the user's."""
    menu = QMenu(parent)
    window = parent.window()
    chosen = id in session.document.project.targets
    menu.addAction("Take it off the targets\tSpace" if chosen else "Make it a target\tSpace", lambda: toggle(id))
    menu.addSeparator()
    menu.addAction("Sheet and sources…", lambda: show_boards(session, window, id))
    menu.addAction("Edit a copy…", lambda: _run(copy_of(session, id, window)))
    if is_own(session.catalogue.devices[id][0].path):
        menu.addAction("Edit…", lambda: edit_own(session, id, window))
    return menu


def edit_own(session: Session, id: str, window: QWidget) -> None:
    """Show the form of a board of the user's; say where its file cannot be read any more."""
    try:
        form = edit_board(session, id, window)
    except StudioError as error:
        session.told.emit(str(error))
    else:
        _run(form)


def _run(form: BoardForm) -> None:
    form.exec()
    form.deleteLater()
