"""The window: top bar, rail of rooms, the room itself, the targets' cards, the status bar."""

from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import msgspec
from PySide6.QtCore import QByteArray, QEvent, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.core.errors import InputError, StudioError
from studio.ui.actions import make_actions
from studio.ui.commands import Commands
from studio.ui.session import Session
from studio.ui.theme import GAP, PAD
from studio.ui.widgets.glyphs import glyph


class Room(msgspec.Struct, frozen=True):
    """A room of the rail: the widget is made when it is first shown, from `object` ("module:class"), called with the session."""

    id: str
    title: str
    object: str


_ALL_ROOMS = (
    Room("sounds", "Sounds", "studio.ui.rooms.sounds:SoundsRoom"),
    Room("design", "Design", "studio.ui.rooms.design:DesignRoom"),
    Room("train", "Train", "studio.ui.rooms.train:TrainRoom"),
    Room("deploy", "Deploy", "studio.ui.rooms.deploy:DeployRoom"),
)
ROOMS = tuple(r for r in _ALL_ROOMS if find_spec(r.object.split(":")[0]))  # a room appears when it works, not before
FIRST_ROOM = "design"


class MainWindow(QMainWindow):
    """One window over one session."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setAcceptDrops(True)
        self.rooms: dict[str, QWidget] = {}
        self.commands = Commands(self)
        self.actions_by_id = make_actions(self)
        self.menuBar().setNativeMenuBar(True)
        self._stack = QStackedWidget()
        self.targets = self._make_targets()
        self._rail_buttons: dict[str, QToolButton] = {}
        self.setCentralWidget(self._make_centre())
        self._make_status_bar()
        self._follow()
        self.resize(1280, 800)
        self._restore()
        self.show_room(str(session.settings.get("last_room", FIRST_ROOM)))
        self._show_document()

    # what others ask of the window

    def room(self, id: str) -> Any:
        """Return a room's widget, made at the first call."""
        if id not in self.rooms:
            room = next((r for r in ROOMS if r.id == id), None)
            if room is None:
                raise InputError(f"there is no room {id} yet", where="window")
            module, name = room.object.split(":")
            self.rooms[id] = getattr(import_module(module), name)(self.session)
            self._stack.addWidget(self.rooms[id])
        return self.rooms[id]

    def show_room(self, id: str) -> None:
        """Show a room."""
        known = [r.id for r in ROOMS]
        if not known:
            self.current_room = ""
            return
        id = id if id in known else FIRST_ROOM if FIRST_ROOM in known else known[0]
        self._stack.setCurrentWidget(self.room(id))
        self._rail_buttons[id].setChecked(True)
        self.current_room = id

    def tell(self, text: str, seconds: float = 8) -> None:
        """Show a line in the status bar."""
        self.statusBar().showMessage(text, round(seconds * 1000))

    # building

    def _make_targets(self) -> Any:
        if not find_spec("studio.ui.panels.targets"):
            return QWidget()
        from studio.ui.panels.targets import TargetsColumn

        column = TargetsColumn(self.session)
        column.proving_changed.connect(self._show_proving)
        return column

    def _show_proving(self, words: str) -> None:
        """Let the button say how far proving is, and stop it."""
        self.prove_button.setText(f"Stop · {words}" if words else "Prove it")
        self.prove_button.setToolTip("Stop proving" if words else self.actions_by_id["prove"].statusTip())
        self.prove_button.setIcon(glyph("stop" if words else "check", on_accent=True))

    def _make_centre(self) -> QWidget:
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._make_top_bar())
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self._make_rail())
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.addWidget(self._stack)
        self._splitter.addWidget(self.targets)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setStretchFactor(1, 0)
        self._splitter.setCollapsible(0, False)
        row.addWidget(self._splitter, 1)
        column.addLayout(row, 1)
        return centre

    def _make_top_bar(self) -> QWidget:
        bar = QFrame()
        bar.setObjectName("panel")
        row = QHBoxLayout(bar)
        row.setContentsMargins(PAD + GAP, GAP + 2, PAD + GAP, GAP + 2)
        row.setSpacing(PAD)
        self._name = QLabel()
        self._name.setProperty("kind", "title")
        self._state = QLabel()
        self._state.setProperty("kind", "dim")
        row.addWidget(self._name)
        row.addWidget(self._state)
        for id, symbol, tip in (("undo", "undo", "Undo (Ctrl+Z)"), ("redo", "redo", "Redo (Ctrl+Shift+Z)")):
            button = QToolButton()
            button.setIcon(glyph(symbol))
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.clicked.connect(self.actions_by_id[id].trigger)
            row.addWidget(button)
            setattr(self, f"_{id}_button", button)
        row.addStretch(1)
        find = QPushButton("Search actions, blocks, boards, clips…    Ctrl+Shift+P")
        find.setMinimumWidth(340)
        find.setAccessibleName("Search actions, blocks, boards and clips")
        find.clicked.connect(self.actions_by_id["palette"].trigger)
        row.addWidget(find)
        row.addStretch(1)
        for id, title, symbol in (("train", "Train", "play"), ("prove", "Prove it", "check"), ("flash", "Flash", "bolt")):
            button = QPushButton(glyph(symbol, on_accent=id == "prove"), title)
            button.setToolTip(self.actions_by_id[id].statusTip() or title)
            if id == "prove":
                button.setProperty("kind", "primary")
            button.clicked.connect(self.actions_by_id[id].trigger)
            row.addWidget(button)
            setattr(self, f"{id}_button", button)
        return bar

    def _make_rail(self) -> QWidget:
        rail = QFrame()
        rail.setObjectName("panel")
        rail.setFixedWidth(72)
        column = QVBoxLayout(rail)
        column.setContentsMargins(0, PAD, 0, PAD)
        column.setSpacing(GAP)
        group = QButtonGroup(self)
        for room in ROOMS:
            button = QToolButton()
            button.setObjectName("rail")
            button.setCheckable(True)
            button.setText(room.title)
            button.setIcon(glyph(room.id))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            button.setFixedWidth(72)
            button.setAccessibleName(f"Room {room.title}")
            button.clicked.connect(lambda _=False, id=room.id: self.show_room(id))
            group.addButton(button)
            column.addWidget(button)
            self._rail_buttons[room.id] = button
        column.addStretch(1)
        return rail

    def _make_status_bar(self) -> None:
        bar = self.statusBar()
        bar.setSizeGripEnabled(False)
        self._counts, self._job_line, self._source = QLabel(), QLabel(), QLabel()
        bar.addWidget(self._counts)
        bar.addWidget(self._job_line)
        bar.addPermanentWidget(self._source)

    # following the session

    def _follow(self) -> None:
        session = self.session
        session.told.connect(self.tell)
        session.erred.connect(self.commands.show_error)
        session.room_wanted.connect(self.show_room)
        session.document_replaced.connect(self._show_document)
        session.gauges.updated.connect(self._show_figures)
        session.jobs.changed.connect(self._show_jobs)
        session.theme_changed.connect(self._show_theme)

    def _show_document(self) -> None:
        document = self.session.document
        document.saved_changed.connect(self._show_saved)
        document.changed.connect(self._show_saved)
        document.unprotected.connect(lambda text: self.tell(f"edits are not protected against a crash: {text}", 60))
        stack = document.undo_stack
        for id, can in (("undo", stack.canUndoChanged), ("redo", stack.canRedoChanged)):
            can.connect(self.actions_by_id[id].setEnabled)
            can.connect(getattr(self, f"_{id}_button").setEnabled)
        for id, now in (("undo", stack.canUndo()), ("redo", stack.canRedo())):
            self.actions_by_id[id].setEnabled(now)
            getattr(self, f"_{id}_button").setEnabled(now)
        self._show_saved()
        self._show_figures()
        recovered = document.recovered
        if recovered.steps:
            what = "1 change" if recovered.steps == 1 else f"{recovered.steps} changes"
            since = ", and the files were changed since" if recovered.files_changed else ""
            self.tell(f"recovered {what} that had not been saved{since}; Ctrl+Z takes them back", 60)

    def _show_saved(self, *_: object) -> None:
        document = self.session.document
        self._name.setText(document.project.name)
        self._state.setText("saved" if document.is_saved else "edited")
        self.setWindowTitle(f"{document.project.name}[*] - Otolith Studio")
        self.setWindowModified(not document.is_saved)

    def _show_figures(self) -> None:
        gauges = self.session.gauges
        errors = sum(i.severity == "error" for i in gauges.issues)
        parts = [f"{errors} error{'s' if errors != 1 else ''}" if errors else "no errors"]
        if gauges.figures:
            from studio.core.units import format_count

            parts.append(f"{format_count(gauges.figures.macs)} MACs")
            parts.append(f"{format_count(gauges.figures.parameters)} parameters")
        self._counts.setText("   ".join(parts))
        provenances = sorted({r.provenance for r in gauges.reports.values()})
        self._source.setText("figures: " + (", ".join(provenances) if provenances else "none: the graph is not complete"))

    def _show_jobs(self) -> None:
        running = self.session.jobs.running()
        if not running:
            self._job_line.setText("")
            return
        job = running[-1]
        left = f" · {_seconds(job.seconds_left)} left" if job.seconds_left else ""
        more = f" (+{len(running) - 1})" if len(running) > 1 else ""
        self._job_line.setText(f"{job.title}: {job.message} {job.fraction:.0%}{left}{more}")

    def _show_theme(self) -> None:
        for id, button in self._rail_buttons.items():
            button.setIcon(glyph(id))
        self._undo_button.setIcon(glyph("undo"))
        self._redo_button.setIcon(glyph("redo"))
        for id, symbol in (("train", "play"), ("prove", "check"), ("flash", "bolt")):
            getattr(self, f"{id}_button").setIcon(glyph(symbol, on_accent=id == "prove"))

    # layout, closing, dropping

    def _restore(self) -> None:
        geometry = self.session.settings.get("geometry")
        if isinstance(geometry, str):
            self.restoreGeometry(QByteArray.fromBase64(geometry.encode()))
        sizes = self.session.settings.get("panels")
        self._splitter.setSizes(sizes if isinstance(sizes, list) and len(sizes) == 2 else [1000, 300])

    def reset_layout(self) -> None:
        """Give every panel its first place and size."""
        self._splitter.setSizes([max(400, self.width() - 372), 300])
        for room in self.rooms.values():
            if hasattr(room, "reset_layout"):
                room.reset_layout()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        if not self.commands.may_close():
            event.ignore()
            return
        self.session.jobs.stop_all()
        for room in self.rooms.values():
            if hasattr(room, "close_room"):
                room.close_room()
        settings = self.session.settings
        try:
            settings.set("geometry", bytes(self.saveGeometry().toBase64().data()).decode())
            settings.set("panels", self._splitter.sizes())
            settings.set("last_room", self.current_room)
            settings.set("last_project", str(self.session.document.path))
        except StudioError as error:
            self.tell(str(error))
        self.session.document.close(discard=self.commands.discard)
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Leave the space bar to the button, box or list that has the focus, though it is a shortcut elsewhere."""
        space = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Space
        if space and isinstance(QApplication.focusWidget(), QAbstractButton | QComboBox | QAbstractItemView):
            event.accept()
            return True
        return super().event(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if any(u.toLocalFile().endswith(".tflite") for u in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        for path in (u.toLocalFile() for u in event.mimeData().urls()):
            if path.endswith(".tflite"):
                QTimer.singleShot(0, self, partial(self.commands.prove_file, path))


def _seconds(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02d} s"
