"""The lower part of the Design room: one tab for the sound, and the views of what the design costs."""

from importlib import import_module
from typing import Any

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from studio.ui.panels.cost_subject import Subject
from studio.ui.session import Session
from studio.ui.theme import GAP, PAD
from studio.ui.widgets.panel import Panel

NOTE = "design.view"
TOOLS_HIGH = 34


class View(msgspec.Struct, frozen=True):
    """A tab: its widget is made when it is first shown, from `object` ("module:class"), called with the session and the subject."""

    id: str
    title: str
    help: str
    object: str = ""


VIEWS = (
    View("sound", "Sound", "the front end's knobs, the clip, the fields of the selected block"),
    View(
        "memory", "Memory", "which bytes are alive during which operator, and where the peak is", "studio.ui.panels.cost_memory:MemoryView"
    ),
    View("operators", "Operators", "what each operator costs: MACs, weights, RAM, time", "studio.ui.panels.cost_operators:OperatorsView"),
    View("boards", "Boards", "which of all boards could run the design", "studio.ui.panels.cost_boards:BoardsView"),
    View("history", "History", "what the last edits did to flash, RAM and time", "studio.ui.panels.cost_history:HistoryView"),
)


class CostTabs(Panel):
    """The tabs over the views. What is hidden hears of no edit; it catches up when it is shown.

    A view has `tools`, a widget for the row of tabs, and `refresh()`, which shows the figures as they stand.
    """

    def __init__(self, session: Session, sound: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.subject = session, Subject(session, self)
        self.views: dict[str, Any] = {"sound": sound}
        self.bar = QTabBar()
        self.bar.setObjectName("design.views")
        self.bar.setAccessibleName("Sound, or what the design costs")
        self.bar.setDrawBase(False)
        self.bar.setExpanding(False)
        self.bar.setUsesScrollButtons(False)
        self.bar.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.bar.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        for at, view in enumerate(VIEWS):
            self.bar.addTab(view.title)
            self.bar.setTabToolTip(at, f"{view.help} (Alt+{at + 1})")
        self._tools, self._stack = QStackedWidget(), QStackedWidget()
        self._tools.setFixedHeight(TOOLS_HIGH)
        self._tools.addWidget(QWidget())
        self._stack.addWidget(sound)
        self._lay_out()
        self.bar.currentChanged.connect(lambda at: self.show_view(VIEWS[at].id))
        session.gauges.updated.connect(self._follow)
        self.subject.changed.connect(self._follow)
        session.document_replaced.connect(self._restore)
        self._restore()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(GAP, 0, PAD, 0)
        row.addWidget(self.bar)
        row.addWidget(self._tools, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self._stack, 1)

    @property
    def current(self) -> str:
        """The id of the view that is shown."""
        return VIEWS[self.bar.currentIndex()].id

    def view(self, id: str) -> Any:
        """Return a view's widget, made at the first call."""
        if id not in self.views:
            module, name = next(v for v in VIEWS if v.id == id).object.split(":")
            made = self.views[id] = getattr(import_module(module), name)(self.session, self.subject)
            self._stack.addWidget(made)
            self._tools.addWidget(made.tools)
        return self.views[id]

    def show_view(self, id: str, focus: bool = False) -> None:
        """Show a view by its id, the sound where there is none of that name; with `focus`, the keys go to it."""
        at = next((i for i, v in enumerate(VIEWS) if v.id == id), 0)
        view = self.view(VIEWS[at].id)
        self.bar.setCurrentIndex(at)
        self._stack.setCurrentWidget(view)
        self._tools.setCurrentWidget(getattr(view, "tools", self._tools.widget(0)))
        self.session.arrangement.note(NOTE, VIEWS[at].id)
        self._follow()
        if focus:
            (view if view.focusPolicy() else self.bar).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _follow(self) -> None:
        view = self._stack.currentWidget()
        if self.bar.currentIndex() and view.isVisible():
            view.refresh()

    def _restore(self) -> None:
        self.show_view(self.session.arrangement.noted(NOTE))
