"""All boards with their sheets: every number with its source; the user's own are made, changed and deleted here."""

from collections.abc import Callable
from html import escape
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QUrl
from PySide6.QtGui import QColor, QDesktopServices
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSplitter,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from studio.boards import BoardFileError, Source
from studio.core.edits import SetTargets
from studio.core.errors import StudioError
from studio.core.target import TargetDevice
from studio.deploy.own_boards import delete_board, is_own, leaning_on, make_folder, restore_board
from studio.ui.dialogs.board_form import BoardForm, copy_of, edit_board, new_board
from studio.ui.dialogs.board_html import refusal_html, sheet_html
from studio.ui.questions import ask
from studio.ui.session import Session
from studio.ui.theme import PAD, ROOM, theme

_ID = Qt.ItemDataRole.UserRole
_FAULT = "fault:"
FIRST_FAULT = f"{_FAULT}0"


class BoardsDialog(QDialog):
    """The list of boards beside the sheet of the chosen one."""

    def __init__(self, session: Session, chosen: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("boards_dialog")
        self.setWindowTitle("Boards")
        self.resize(1080, 700)
        self._deleted: Source | None = None
        self._faulty: Path | None = None
        self.search = QLineEdit()
        self.search.setObjectName("sheet_search")
        self.search.setAccessibleName("Find a board")
        self.search.setPlaceholderText("Name, vendor, core, SoC…")
        self.search.setClearButtonEnabled(True)
        self.list = QListWidget()
        self.list.setObjectName("sheet_boards")
        self.list.setAccessibleName("Boards")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.sheet = QTextBrowser()
        self.sheet.setObjectName("board_sheet")
        self.sheet.setAccessibleName("The board's numbers and their sources")
        self.sheet.setOpenExternalLinks(True)
        self.sheet.document().setDocumentMargin(ROOM)
        self.note = QLabel()
        self.note.setObjectName("boards_note")
        self.note.setProperty("kind", "dim")
        self._lay_out()
        self.search.textChanged.connect(lambda _: self._fill(self.chosen))
        self.list.currentItemChanged.connect(lambda *_: self._show())
        session.boards_changed.connect(self._refill)
        session.theme_changed.connect(self._refill)
        self._fill(chosen or next(iter(session.document.project.targets), ""))
        self.search.setFocus()

    # building

    def _lay_out(self) -> None:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(PAD)
        column.addWidget(self.search)
        column.addWidget(self.list, 1)
        split = QSplitter()
        split.setChildrenCollapsible(False)
        split.addWidget(left)
        split.addWidget(self.sheet)
        split.setSizes([270, 810])
        split.setHandleWidth(PAD)
        split.setStyleSheet("QSplitter::handle { background: transparent; }")
        whole = QVBoxLayout(self)
        whole.setContentsMargins(ROOM, ROOM, ROOM, ROOM)
        whole.setSpacing(PAD)
        whole.addWidget(split, 1)
        whole.addWidget(self._make_note())
        whole.addLayout(self._make_buttons())

    def _make_note(self) -> QWidget:
        self.noted = QWidget()
        row = QHBoxLayout(self.noted)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(PAD)
        self.restore = _button("boards_restore", "Bring it back", self._restore)
        row.addWidget(self.note, 1)
        row.addWidget(self.restore)
        self.noted.hide()
        return self.noted

    def _make_buttons(self) -> QHBoxLayout:
        self.new = _button("boards_new", "New board…", self.make_new)
        self.copy = _button("boards_copy", "Edit a copy…", self.make_copy)
        self.edit = _button("boards_edit", "Edit…", self.edit_own)
        self.delete = _button("boards_delete", "Delete…", self.delete_own)
        self.folder = _button("boards_folder", "Open the folder", self.open_folder)
        self.target = _button("boards_target", "Make it a target", self._toggle_target)
        self.close_button = _button("boards_close", "Close", self.accept)
        self.close_button.setProperty("kind", "primary")
        row = QHBoxLayout()
        row.setSpacing(PAD)
        for button in (self.new, self.copy, self.edit, self.delete, self.folder):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.target)
        row.addWidget(self.close_button)
        return row

    # the list

    @property
    def chosen(self) -> str:
        """The id of the board on show; "fault:" and the number of the error for a refused file; "" for nothing."""
        item = self.list.currentItem()
        return item.data(_ID) if item is not None else ""

    @property
    def board(self) -> TargetDevice | None:
        """The board on show."""
        return self.session.catalogue.boards.get(self.chosen)

    @property
    def fault(self) -> BoardFileError | None:
        """The refused file on show."""
        return self.session.catalogue.errors[int(self.chosen.removeprefix(_FAULT))] if self.chosen.startswith(_FAULT) else None

    def choose(self, id: str) -> None:
        """Show a board's sheet; the first of the list where there is none of this id."""
        items = [self.list.item(i) for i in range(self.list.count())]
        able = [item for item in items if item.data(_ID)]
        wanted = next((item for item in able if item.data(_ID) == id), able[0] if able else None)
        self.list.setCurrentItem(wanted)
        self._show()

    def _refill(self) -> None:
        """List what there is now; a file that was refused is followed to the board that it has become."""
        chosen, path = self.chosen, self._faulty
        if chosen.startswith(_FAULT) and path is not None:
            errors = [error.path for error in self.session.catalogue.errors]
            chosen = f"{_FAULT}{errors.index(path)}" if path in errors else path.stem
        self._fill(chosen)

    def _fill(self, chosen: str) -> None:
        """List the boards that the typed words find, the user's own and the refused files first."""
        words = self.search.text().lower().split()
        self.list.blockSignals(True)
        self.list.clear()
        for title, entries in self._groups():
            shown = [(id, name, text) for id, name, text in entries if all(w in text.lower() for w in words)]
            if shown:
                self._add_heading(title)
            for id, name, _ in shown:
                self._add(id, name)
        self.list.blockSignals(False)
        self.choose(chosen)

    def _groups(self) -> list[tuple[str, list[tuple[str, str, str]]]]:
        found = self.session.catalogue
        boards = sorted(found.boards.values(), key=lambda b: b.name.lower())
        own = [b for b in boards if is_own(found.devices[b.id][0].path)]
        faults = [(f"{_FAULT}{n}", _file_name(e), f"{e} refused") for n, e in enumerate(found.errors)]
        rest = [b for b in boards if b not in own]
        return [
            ("REFUSED", faults),
            ("YOUR OWN", [_entry(b) for b in own]),
            ("VIRTUAL KITS", [_entry(b) for b in rest if b.virtual]),
            ("BOARDS", [_entry(b) for b in rest if not b.virtual]),
        ]

    def _add_heading(self, title: str) -> None:
        item = QListWidgetItem(title)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        small = self.font()
        small.setPixelSize(11)
        item.setFont(small)
        item.setForeground(QColor(theme().dim))
        self.list.addItem(item)

    def _add(self, id: str, name: str) -> None:
        item = QListWidgetItem(f"✕ {name}" if id.startswith(_FAULT) else name)
        item.setData(_ID, id)
        if id.startswith(_FAULT):
            item.setForeground(QColor(theme().too_large))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"refused: {name}")
        self.list.addItem(item)

    # the sheet

    def _show(self) -> None:
        board, fault, t = self.board, self.fault, theme()
        self._faulty = fault.path if fault is not None else None
        self.sheet.setStyleSheet(
            f"QTextBrowser {{ background: {t.raised}; border: 1px solid {t.line}; border-radius: 6px; }}"
            f"QTextBrowser:focus {{ border-color: {t.accent}; }}"
        )
        if board is not None:
            self.sheet.setHtml(sheet_html(board, self.session.catalogue))
        elif fault is not None:
            self.sheet.setHtml(refusal_html(fault))
        else:
            self.sheet.setHtml(f"<p style='color:{t.dim}'>{escape(self._nothing())}</p>")
        own = board is not None and is_own(self.session.catalogue.devices[board.id][0].path)
        self.copy.setEnabled(board is not None)
        self.edit.setEnabled(own or fault is not None)
        self.edit.setText("Open the file" if fault is not None else "Edit…")
        self.delete.setEnabled(own)
        self.target.setEnabled(board is not None)
        chosen = board is not None and board.id in self.session.document.project.targets
        self.target.setText("Take it off the targets" if chosen else "Make it a target")

    def _nothing(self) -> str:
        return "No board has these words. “New board…” makes one of your own, a TOML file in the folder of your boards."

    # what the buttons do

    def make_new(self) -> None:
        """Open the form of a new board."""
        self._run(new_board(self.session, self))

    def make_copy(self) -> None:
        """Open the form of a board that begins as the one on show."""
        if self.board is not None:
            self._run(copy_of(self.session, self.board.id, self))

    def edit_own(self) -> None:
        """Open the form of the user's board on show, or the refused file in an editor."""
        if self.fault is not None and self.fault.path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.fault.path)))
        elif self.board is not None:
            try:
                form = edit_board(self.session, self.board.id, self)
            except StudioError as error:
                self._say(str(error))
            else:
                self._run(form)

    def _run(self, form: BoardForm) -> None:
        form.exec()
        if form.saved:
            self.search.clear()
            self._fill(form.saved)
            self._say(f"Saved {form.path}")
        form.deleteLater()

    def delete_own(self) -> None:
        """Delete the user's board on show, after a question; it can be brought back while this dialog is open."""
        board = self.board
        if board is None:
            return
        leaning = leaning_on(board.id, self.session.catalogue)
        more = f"{', '.join(leaning)} would be refused: based on it." if leaning else ""
        if not ask(self, "Delete the board", f"Delete {board.name} and its file?", ("Delete it",), more=more):
            return
        try:
            self._deleted = delete_board(board.id)
        except StudioError as error:
            self._say(f"{error}; {error.hint}")
            return
        self.session.read_boards()
        self._say(f"Deleted {self._deleted.path}", restorable=True)

    def _restore(self) -> None:
        held = self._deleted
        if held is None:
            return
        try:
            restore_board(held)
        except StudioError as error:
            self._say(str(error))
            return
        self._deleted = None
        self.session.read_boards()
        self._fill(held.path.stem)
        self._say(f"Brought back {held.path}")

    def open_folder(self) -> None:
        """Open the folder of the user's boards in the desktop's file manager."""
        try:
            folder = make_folder()
        except StudioError as error:
            self._say(f"{error}; {error.hint}")
            return
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
        self._say(f"Your boards lie in {folder}")

    def _toggle_target(self) -> None:
        board, targets = self.board, self.session.document.project.targets
        if board is not None:
            self.session.try_push(SetTargets(tuple(t for t in targets if t != board.id) if board.id in targets else (*targets, board.id)))
            self._show()

    def _say(self, words: str, restorable: bool = False) -> None:
        self.note.setText(words)
        self.restore.setVisible(restorable)
        self.noted.show()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Read the files anew whenever the user comes back, from an editor say."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self.session.read_boards()


def show_boards(session: Session, parent: QWidget | None, chosen: str = "") -> None:
    """Read the files anew and show the boards."""
    session.read_boards()
    dialog = BoardsDialog(session, chosen, parent)
    dialog.exec()
    dialog.deleteLater()


def show_new_board(session: Session, parent: QWidget | None) -> str:
    """Show the form of a new board; return its id, "" where none was made."""
    session.read_boards()
    form = new_board(session, parent)
    form.exec()
    form.deleteLater()
    return form.saved


def _entry(board: TargetDevice) -> tuple[str, str, str]:
    return board.id, board.name, " ".join((board.name, board.vendor, board.soc, board.core.name, board.core.id, board.id))


def _file_name(error: BoardFileError) -> str:
    return Path(error.path).name if error.path else error.where


def _button(name: str, text: str, call: Callable[[], object]) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAutoDefault(False)
    button.clicked.connect(lambda _=False: call())
    return button
