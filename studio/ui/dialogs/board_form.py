"""The form of a board of the user's own: each field with its unit, its range and its source, held against the files' own reader."""

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLabel, QLineEdit, QPushButton, QScrollArea, QVBoxLayout, QWidget

from studio.boards import BoardFileError, own_folder
from studio.boards.draft import free_id, inherited_values, problems, values_of
from studio.boards.read import load_text
from studio.core.errors import StudioError
from studio.deploy.own_boards import save_board
from studio.ui.dialogs.board_rows import BaseRow, FieldRow, lay_rows
from studio.ui.questions import ask
from studio.ui.session import Session
from studio.ui.theme import GAP, PAD, ROOM
from studio.ui.widgets.state import set_state

TYPING_MS = 200
DEFAULT_BASE = "cortex-m4f"
MANY = 3


class BoardForm(QDialog):
    """Makes a board, or changes one of the user's; `saved` is its id once its file is written.

    `values` are what the form begins with; `old` is the text of the file that is edited, "" for a new board.
    """

    def __init__(self, session: Session, values: Mapping[str, str], id: str = "", old: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.fixed_id, self.old, self.saved = session, id, old, ""
        self._first = dict(values)
        self._tried = False
        self.setObjectName("board_form")
        self.setWindowTitle(f"Edit {values.get('name', id)}" if id else "New board")
        self.resize(900, 760)
        self._typing = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._typing.timeout.connect(self.check)
        self.base = BaseRow(session.catalogue, id)
        self.base.chosen.connect(self._take_base)
        self.id_line = _line("board_id", "The board's id and its file's name", id)
        self.id_line.setReadOnly(bool(id))
        self.id_line.textEdited.connect(lambda _: self._typing.start())
        self.rows: dict[str, FieldRow] = {}
        self._lay_out()
        self._fill(values)
        self.check()
        self.rows["name"].editor.setFocus()

    # building

    def _lay_out(self) -> None:
        inside = QWidget()
        self.rows, grid = lay_rows(inside, self.base, self.id_line, self.session.plugins)
        for row in self.rows.values():
            row.edited.connect(self._edited)
            row.entered.connect(self._explain)
        grid.setContentsMargins(2 * ROOM, ROOM, 2 * ROOM, ROOM)
        self.scroll = QScrollArea()
        self.scroll.setWidgetResizable(True)
        self.scroll.setFrameShape(QFrame.Shape.NoFrame)
        self.scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroll.setWidget(inside)
        self.help, self.status, self.place = _words("board_help"), _words("board_status"), _words("board_place")
        self.help.setMinimumHeight(36)
        foot = QVBoxLayout()
        foot.setContentsMargins(2 * ROOM, GAP, 2 * ROOM, ROOM)
        foot.setSpacing(GAP)
        foot.addWidget(self.help)
        foot.addWidget(self.status)
        foot.addLayout(self._make_buttons())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.scroll, 1)
        column.addWidget(_rule())
        column.addLayout(foot)

    def _make_buttons(self) -> QHBoxLayout:
        self.cancel = QPushButton("Cancel")
        self.cancel.setObjectName("board_cancel")
        self.cancel.setAutoDefault(False)
        self.cancel.clicked.connect(self.reject)
        self.save = QPushButton("Save the board")
        self.save.setObjectName("board_save")
        self.save.setProperty("kind", "primary")
        self.save.setDefault(True)
        self.save.clicked.connect(self._save)
        row = QHBoxLayout()
        row.setSpacing(PAD)
        row.addWidget(self.place, 1)
        row.addWidget(self.cancel)
        row.addWidget(self.save)
        return row

    def _fill(self, values: Mapping[str, str]) -> None:
        self.base.choose(values.get("extends", DEFAULT_BASE))
        for key, row in self.rows.items():
            row.show_values(values.get(key, ""), values.get(f"sources.{row.field.source}", ""))
        self._take_base()
        self._first = self.values

    # what is typed

    @property
    def values(self) -> dict[str, str]:
        """What stands in the form, by field and "sources." with the source's key."""
        said = {"extends": self.base.id}
        for key, row in self.rows.items():
            said[key] = row.value
            if row.field.source:
                said[f"sources.{row.field.source}"] = row.source
        return {k: v for k, v in said.items() if v}

    @property
    def path(self) -> Path:
        """The file that the board will be, or is."""
        return own_folder() / f"{self.fixed_id or self.id_line.text().strip() or 'board'}.toml"

    @property
    def changed(self) -> bool:
        """Whether something stands in the form that did not when it was opened."""
        return self.values != self._first

    def _edited(self, key: str) -> None:
        if key == "name" and not self.fixed_id and not self.id_line.isModified():
            name = self.rows["name"].value
            self.id_line.setText(free_id(name, self.session.catalogue) if name.strip() else "")
        self._typing.start()

    def _take_base(self) -> None:
        """Show what each field takes from the base where it is left empty."""
        try:
            inherited = inherited_values(self.session.catalogue.inherited(self.base.id))
        except (KeyError, BoardFileError):
            inherited = {}
        for key, row in self.rows.items():
            row.show_inherited(inherited.get(key, ""), inherited.get(f"sources.{row.field.source}", ""))
        self._typing.start()

    def _explain(self, key: str) -> None:
        row = self.rows[key]
        self.help.setText(f"<b>{row.field.title}</b> · {row.field.help}")
        self.scroll.ensureWidgetVisible(row.editor, 0, 60)

    # checking and saving

    def check(self) -> dict[str, BoardFileError]:
        """Let the files' reader judge what stands in the form, and show what it says where it belongs; return it by field."""
        self._typing.stop()
        found = problems(self.path, self.values, self.session.catalogue, self.old)
        rest = dict(found)
        for row in self.rows.values():
            row.show_faults(rest.pop(row.fault_key(rest), None), rest.pop(row.source_key(rest), None), self._tried)
        self.base.show_fault(rest.pop("extends", None))
        self._show_status(found, list(rest.values()))
        self.place.setText(f"{'is' if self.old else 'becomes'} {self.path}")
        return found

    def _show_status(self, found: Mapping[str, BoardFileError], elsewhere: list[BoardFileError]) -> None:
        missing = [row.words_of(part) for row in self.rows.values() for part in row.missing]
        wrong = sum(row.wrong for row in self.rows.values()) + len(elsewhere)
        if elsewhere:
            self._say(" · ".join(f"{e.field}: {e.message}" if e.field else e.message for e in elsewhere), "error")
        elif wrong:
            self._say("1 field cannot be as it is" if wrong == 1 else f"{wrong} fields cannot be as they are", "error")
        elif missing:
            more = f" and {len(missing) - MANY} more" if len(missing) > MANY else ""
            self._say(f"still needed: {', '.join(missing[:MANY])}{more}", "error" if self._tried else "")
        else:
            self._say("✓ whole: every number has its source" if not found else "", "fits")

    def _say(self, words: str, state: str) -> None:
        self.status.setText(words)
        set_state(self.status, state, "" if state else "dim")

    def _save(self) -> None:
        self._tried = True
        if self.check():
            self._go_to_fault()
            return
        try:
            path = save_board(self.path.stem, self.values, self.session.catalogue, self.old)
        except StudioError as error:
            self._say(f"{error.message}; {error.hint}" if error.hint else error.message, "error")
            return
        self.saved = path.stem
        self.session.read_boards()
        self.session.told.emit(f"saved {path}")
        self.accept()

    def _go_to_fault(self) -> None:
        """Give the first field with a fault the focus."""
        for row in self.rows.values():
            if row.faulty is not None:
                row.faulty.setFocus(Qt.FocusReason.OtherFocusReason)
                return

    def reject(self) -> None:
        """Close; ask first where something was typed."""
        if self.changed and not ask(self, "Not saved", "Drop what you typed into the form?", ("Drop it",), "Keep editing"):
            return
        self._typing.stop()
        super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        event.ignore()
        self.reject()


def new_board(session: Session, parent: QWidget | None = None) -> BoardForm:
    """Return the form of a new board, based on a core."""
    return BoardForm(session, {"extends": DEFAULT_BASE}, parent=parent)


def copy_of(session: Session, id: str, parent: QWidget | None = None) -> BoardForm:
    """Return the form of a new board that begins as another: a shipped one is extended, one of the user's is copied field by field."""
    found = session.catalogue
    source, record = found.devices[id]
    values = values_of(record) if source.path.parent == own_folder() else {"extends": id}
    name = f"{record.name}, copy"
    form = BoardForm(session, {**values, "name": name}, parent=parent)
    form.setWindowTitle(f"Copy of {record.name}")
    form.id_line.setText(free_id(name, found))
    form.check()
    return form


def edit_board(session: Session, id: str, parent: QWidget | None = None) -> BoardForm:
    """Return the form of a board of the user's; raise InputError where its file cannot be read any more."""
    source, record = session.catalogue.devices[id]
    return BoardForm(session, values_of(record), id, load_text(source.path).text, parent)


def _line(name: str, spoken: str, text: str) -> QLineEdit:
    line = QLineEdit(text)
    line.setObjectName(name)
    line.setAccessibleName(spoken)
    return line


def _words(name: str) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setProperty("kind", "dim")
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _rule() -> QFrame:
    line = QFrame()
    line.setObjectName("seams")
    line.setFixedHeight(1)
    return line
