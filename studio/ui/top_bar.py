"""The bar above the rooms: what is open, undo and redo, the search, and the three verbs."""

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QUndoStack
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from studio.ui.document import Document
from studio.ui.jobs import TRAINING, Job, JobList
from studio.ui.theme import GAP, PAD, theme
from studio.ui.widgets.glyphs import glyph

FLASHING = "studio.deploy.flash:run"
ICON = QSize(16, 16)


class TopBar(QFrame):
    """The bar; its verbs turn into "Stop" while their work runs. `stop_wanted` carries the job."""

    stop_wanted = Signal(object)

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self._actions = actions
        self._working: dict[str, Job] = {}
        self._proving = ""
        self.name, self.state = QLabel(), QLabel()
        self.name.setProperty("kind", "title")
        self.state.setProperty("kind", "dim")
        self.undo_button, self.redo_button = self._tool("undo"), self._tool("redo")
        self.search_button = SearchButton(self)
        self.search_button.clicked.connect(actions["palette"].trigger)
        self.train_button, self.prove_button, self.flash_button = self._verb("train"), self._verb("prove"), self._verb("flash")
        self.prove_button.setProperty("kind", "primary")
        self._lay_out()
        self.restyle()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(PAD + GAP, GAP, PAD + GAP, GAP)
        row.setSpacing(PAD)
        row.addWidget(self.name)
        row.addWidget(self.state)
        row.addSpacing(PAD)
        row.addWidget(self.undo_button)
        row.addWidget(self.redo_button)
        row.addStretch(1)
        row.addWidget(self.search_button, 2)
        row.addStretch(1)
        for button in (self.train_button, self.prove_button, self.flash_button):
            row.addWidget(button)

    def _tool(self, id: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"top.{id}")
        button.setIconSize(ICON)
        button.setFixedSize(34, 30)
        button.clicked.connect(self._actions[id].trigger)
        return button

    def _verb(self, id: str) -> QPushButton:
        button = QPushButton(self)
        button.setObjectName(f"top.{id}")
        button.setIconSize(ICON)
        button.clicked.connect(lambda: self._press(id))
        return button

    def _press(self, id: str) -> None:
        if id in self._working:
            self.stop_wanted.emit(self._working[id])
        else:
            self._actions[id].trigger()

    # what it shows

    def show_document(self, document: Document) -> None:
        """Show what is open and whether it is saved."""
        self.name.setText(document.project.name)
        self.state.setText("saved" if document.is_saved else "edited")
        self.name.setToolTip(str(document.path))

    def show_undo(self, stack: QUndoStack) -> None:
        """Say what undo and redo would do."""
        for id, button, can, text in (
            ("undo", self.undo_button, stack.canUndo(), stack.undoText()),
            ("redo", self.redo_button, stack.canRedo(), stack.redoText()),
        ):
            words = f"{id.capitalize()}: {text}" if text else f"Nothing to {id}"
            button.setEnabled(can)
            if button.accessibleName() != words:
                button.setToolTip(f"{words} ({self._actions[id].shortcut().toString()})")
                button.setAccessibleName(words)

    def show_jobs(self, jobs: JobList) -> None:
        """Let the verbs say how far their work is."""
        entries = {TRAINING: "train", FLASHING: "flash"}
        working = {entries[j.entry]: j for j in jobs.running() if j.entry in entries}
        changed, self._working = working.keys() != self._working.keys(), working
        if changed:
            self.restyle()
        for id, job in working.items():
            self._button(id).setText(f"Stop · {job.fraction:.0%}")

    def show_proving(self, words: str) -> None:
        """Let the middle verb say how far proving is; "" once nothing runs."""
        changed, self._proving = bool(words) != bool(self._proving), words
        if changed:
            self.restyle()
        elif words:
            self.prove_button.setText(f"Stop · {words}")

    def restyle(self) -> None:
        """Draw icons and words anew, in the theme's colours."""
        self.undo_button.setIcon(glyph("undo"))
        self.redo_button.setIcon(glyph("redo"))
        self.search_button.restyle()
        for id, title, symbol in (("train", "Train", "play"), ("prove", "Prove it", "check"), ("flash", "Flash", "bolt")):
            self._restyle_verb(id, title, symbol)

    def _restyle_verb(self, id: str, title: str, symbol: str) -> None:
        button, action = self._button(id), self._actions[id]
        job = self._working.get(id)
        words = self._proving if id == "prove" else f"{job.fraction:.0%}" if job else ""
        button.setText(f"Stop · {words}" if words else title)
        button.setIcon(glyph("stop" if words else symbol, on_accent=id == "prove"))
        button.setToolTip(f"Stop: {title.lower()}" if words else f"{action.statusTip() or title} ({action.shortcut().toString()})")
        button.setAccessibleName(f"Stop {title}" if words else title)

    def _button(self, id: str) -> QPushButton:
        return {"train": self.train_button, "prove": self.prove_button, "flash": self.flash_button}[id]

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(640, super().minimumSizeHint().height())


class SearchButton(QPushButton):
    """Looks like the field that it opens."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("top.search")
        self.setProperty("kind", "field")
        self.setAccessibleName("Search actions, blocks, boards and clips")
        self.setToolTip("Find anything by its name (Ctrl+Shift+P)")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(30)
        self.setMinimumWidth(180)
        self.setMaximumWidth(440)
        self._icon, text, keys = QLabel(self), QLabel("Search actions, blocks, boards, clips…", self), QLabel("Ctrl+Shift+P", self)
        text.setMinimumWidth(0)
        row = QHBoxLayout(self)
        row.setContentsMargins(PAD, 0, PAD + GAP, 0)
        row.setSpacing(PAD)
        for label in (self._icon, text, keys):
            label.setProperty("kind", "dim")
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            row.addWidget(label, 1 if label is text else 0)

    def restyle(self) -> None:
        """Draw the icon anew."""
        self._icon.setPixmap(glyph("search", theme().dim).pixmap(ICON))


class Rail(QFrame):
    """The rooms, one button each; `wanted` carries the room's id."""

    wanted = Signal(str)

    def __init__(self, rooms: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setFixedWidth(72)
        self._group = QButtonGroup(self)
        self.buttons: dict[str, QToolButton] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, PAD, 0, PAD)
        column.setSpacing(GAP)
        for number, (id, title) in enumerate(rooms.items(), 1):
            self.buttons[id] = self._make_button(id, title, number)
            column.addWidget(self.buttons[id])
        column.addStretch(1)
        self.restyle()

    def _make_button(self, id: str, title: str, number: int) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName("rail")
        button.setCheckable(True)
        button.setText(title)
        button.setIconSize(QSize(20, 20))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setFixedWidth(72)
        button.setAccessibleName(f"Room {title}")
        button.setToolTip(f"{title} (Ctrl+{number})")
        button.clicked.connect(lambda: self.wanted.emit(id))
        self._group.addButton(button)
        return button

    def show_room(self, id: str) -> None:
        """Mark the room that is shown."""
        self.buttons[id].setChecked(True)
        for room, button in self.buttons.items():
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus if room == id else Qt.FocusPolicy.ClickFocus)  # arrows reach the others

    def restyle(self) -> None:
        """Draw the icons anew."""
        for id, button in self.buttons.items():
            button.setIcon(glyph(id))
