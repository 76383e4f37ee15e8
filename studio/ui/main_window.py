"""The window: top bar, rail of rooms, the room itself, the targets' cards, the status bar."""

from collections.abc import Iterator
from functools import partial
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import QByteArray, QEvent, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QHBoxLayout,
    QMainWindow,
    QMenu,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.core.state import State
from studio.ui.actions import make_actions
from studio.ui.commands import Commands
from studio.ui.opening import recent
from studio.ui.panels.target_provenance import provenances
from studio.ui.panels.targets import TargetsColumn
from studio.ui.screen import first_size
from studio.ui.session import Session
from studio.ui.status_line import StatusLine
from studio.ui.top_bar import Rail, TopBar


class Room(msgspec.Struct, frozen=True):
    """A room of the rail: the widget is made when it is first shown, from `object` ("module:class"), called with the session."""

    id: str
    title: str
    object: str


ROOMS = (
    Room("sounds", "Sounds", "studio.ui.rooms.sounds:SoundsRoom"),
    Room("design", "Design", "studio.ui.rooms.design:DesignRoom"),
    Room("train", "Train", "studio.ui.rooms.train:TrainRoom"),
    Room("deploy", "Deploy", "studio.ui.rooms.deploy:DeployRoom"),
)
FIRST_ROOM = "design"
TARGETS_WIDTH = 300


class MainWindow(QMainWindow):
    """One window over one session."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setAcceptDrops(True)
        self.rooms: dict[str, QWidget] = {}
        self.current_room = FIRST_ROOM
        self.commands = Commands(self)
        self.actions_by_id = make_actions(self)
        self._closed = self._unasked = False
        self._make_recent_menu()
        self.top_bar = TopBar(self.actions_by_id, self)
        self.rail = Rail({r.id: r.title for r in ROOMS}, self)
        self._stack = QStackedWidget()
        self._stack.setObjectName("panel")
        self.targets = TargetsColumn(session)
        self.status_line = StatusLine()
        self.setStatusBar(self.status_line)
        self._lay_out()
        self._follow()
        self._restore()
        self.show_room(session.arrangement.room)
        self._show_document()

    # what others ask of the window

    def room(self, id: str) -> Any:
        """Return a room's widget, made at the first call."""
        if id not in self.rooms:
            room = next(r for r in ROOMS if r.id == id)
            module, name = room.object.split(":")
            self.rooms[id] = getattr(import_module(module), name)(self.session)
            self._stack.addWidget(self.rooms[id])
        return self.rooms[id]

    def show_room(self, id: str) -> None:
        """Show a room."""
        self.current_room = self.session.arrangement.room = id if any(r.id == id for r in ROOMS) else FIRST_ROOM
        self._stack.setCurrentWidget(self.room(self.current_room))
        self.rail.show_room(self.current_room)
        getattr(self.room(self.current_room), "canvas", self._stack).setFocus()

    def show_view(self, id: str) -> None:
        """Show a view of the Design room, and give it the keys."""
        if self.current_room != "design":
            self.show_room("design")
        self.room("design").show_view(id, focus=True)

    def tell(self, text: str, seconds: float = 8) -> None:
        """Show a line in the status bar."""
        self.status_line.showMessage(text, round(seconds * 1000))

    def close_now(self) -> None:
        """Close without a question; what is unsaved waits in the journal."""
        self._unasked = True
        self.close()

    # building

    def _lay_out(self) -> None:
        centre = QWidget()
        centre.setObjectName("seams")
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addWidget(self.top_bar)
        row = QHBoxLayout()
        row.setSpacing(1)
        row.addWidget(self.rail)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(1)
        self._splitter.addWidget(self._stack)
        self._splitter.addWidget(self.targets)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setStretchFactor(1, 0)
        self._splitter.setCollapsible(0, False)
        row.addWidget(self._splitter, 1)
        column.addLayout(row, 1)
        self.setCentralWidget(centre)

    def _make_recent_menu(self) -> None:
        self.recent_menu = QMenu("Open recent", self)
        self.recent_menu.aboutToShow.connect(self._fill_recent)
        files = self.actions_by_id["sample"].associatedObjects()
        menu = next(m for m in files if isinstance(m, QMenu))
        menu.insertMenu(self.actions_by_id["sample"], self.recent_menu)

    def _fill_recent(self) -> None:
        self.recent_menu.clear()
        here = self.session.document.path.absolute()
        for folder in (f for f in recent(self.session.settings) if f != here):
            action = self.recent_menu.addAction(f"{folder.name}    {_shorter(folder.parent)}")
            action.setData(str(folder))
            action.triggered.connect(partial(self.commands.open_recent, folder))
        if self.recent_menu.isEmpty():
            self.recent_menu.addAction("No other project was open yet").setEnabled(False)

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802
        """Let Tab go through the room, whatever was added to it meanwhile, before the targets."""
        chain = list(_focus_chain(self))
        inside, beside = ([w for w in chain if part.isAncestorOf(w)] for part in (self.rooms[self.current_room], self.targets))
        for before, after in pairwise([*inside, *beside]):
            QWidget.setTabOrder(before, after)
        return super().focusNextPrevChild(forward)

    # following the session

    def _follow(self) -> None:
        session = self.session
        session.told.connect(self.tell)
        session.erred.connect(self.commands.show_error)
        session.room_wanted.connect(self.show_room)
        session.view_wanted.connect(self.show_view)
        session.self_check_wanted.connect(self.commands.show_self_check)
        session.document_replaced.connect(self._show_document)
        session.document_replaced.connect(lambda: self.show_room(session.arrangement.room))
        session.gauges.updated.connect(self._show_figures)
        session.refiner.changed.connect(self._show_provenance)
        session.jobs.changed.connect(self._show_jobs)
        session.theme_changed.connect(self.top_bar.restyle)
        session.theme_changed.connect(self.rail.restyle)
        self.targets.proving_changed.connect(self.top_bar.show_proving)
        self.targets.alarmed.connect(self.status_line.alarm.show_alarm)
        self.status_line.alarm.undo_wanted.connect(self.targets.take_back)
        self.top_bar.stop_wanted.connect(lambda job: job.cancel())
        self.rail.wanted.connect(self.show_room)
        self.status_line.jobs_wanted.connect(self.commands.show_jobs)

    def _show_document(self) -> None:
        document = self.session.document
        document.saved_changed.connect(self._show_just_saved)
        document.changed.connect(self._show_name)
        document.unprotected.connect(self._show_protection)
        document.undo_stack.indexChanged.connect(self._show_undo)
        self._show_saved()
        self._show_undo()
        self._show_figures()
        self._show_protection(document.problem)
        recovered = document.recovered
        if recovered.steps:
            what = "1 change" if recovered.steps == 1 else f"{recovered.steps} changes"
            since = ", and the files were changed since" if recovered.files_changed else ""
            self.tell(f"recovered {what} that had not been saved{since}; Ctrl+Z takes them back", 60)

    def _show_just_saved(self) -> None:
        self._show_saved(just_saved=True)

    def _show_name(self, before: State, after: State) -> None:
        if before.project.name != after.project.name:
            self._show_saved()

    def _show_saved(self, just_saved: bool = False) -> None:
        document = self.session.document
        self.status_line.show_saved(document, just_saved)
        self.top_bar.show_document(document)
        self.setWindowTitle(f"{document.project.name}[*] - Otolith Studio")
        self.setWindowModified(not document.is_saved)

    def _show_undo(self, *_: object) -> None:
        stack = self.session.document.undo_stack
        self.top_bar.show_undo(stack)
        self.actions_by_id["undo"].setEnabled(stack.canUndo())
        self.actions_by_id["redo"].setEnabled(stack.canRedo())

    def _show_protection(self, problem: str) -> None:
        self.status_line.show_protection(problem)
        if problem:
            self.tell(f"edits are not protected against a crash: {problem}", 60)

    def _show_figures(self) -> None:
        self.status_line.show_figures(self.session.gauges)
        self._show_provenance()

    def _show_provenance(self) -> None:
        self.status_line.show_provenance(provenances(self.session))

    def _show_jobs(self) -> None:
        self.top_bar.show_jobs(self.session.jobs)
        self.status_line.show_jobs(self.session.jobs)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Tell, whenever the user comes back, that somebody changed the files meanwhile."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow() and not self._closed:
            self.session.attempt(self._tell_changed_on_disk)
            self.session.read_boards()

    def _tell_changed_on_disk(self) -> None:
        names = self.session.document.changed_on_disk()
        if names:
            self.tell(f"{' and '.join(names)} changed on disk; File > Reload from disk takes it in", 60)

    # layout, closing, keys, dropping

    def _restore(self) -> None:
        geometry = self.session.settings.get("geometry")
        if not isinstance(geometry, str) or not self.restoreGeometry(QByteArray.fromBase64(geometry.encode())):
            room = self.screen().availableGeometry()
            self.resize(*first_size(room.width(), room.height()))
        self._splitter.setSizes([1000, TARGETS_WIDTH])
        self.session.arrangement.place("window", {"sides": self._splitter})

    def reset_layout(self) -> None:
        """Give every panel its first place and size."""
        self._splitter.setSizes([max(400, self.width() - TARGETS_WIDTH - self.rail.width()), TARGETS_WIDTH])
        for room in self.rooms.values():
            if hasattr(room, "reset_layout"):
                room.reset_layout()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        if self._closed:
            return
        if not self._unasked and not self.commands.may_close():
            event.ignore()
            return
        self._closed = True
        self.session.refiner.stop()
        self.session.jobs.stop_all()
        for room in self.rooms.values():
            if hasattr(room, "close_room"):
                room.close_room()
        self.session.attempt(self._remember)
        self.session.document.close(discard=self.commands.discard)

    def _remember(self) -> None:
        self.session.settings.set("geometry", bytes(self.saveGeometry().toBase64().data()).decode())
        self.session.arrangement.keep()

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


def _focus_chain(window: QWidget) -> Iterator[QWidget]:
    """Yield the widgets that Tab reaches, in its order."""
    widget = window.nextInFocusChain()
    while widget is not None and widget is not window:
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            yield widget
        widget = widget.nextInFocusChain()


def _shorter(folder: Path) -> str:
    home = Path.home()
    return f"~/{folder.relative_to(home)}" if folder.is_relative_to(home) else str(folder)
