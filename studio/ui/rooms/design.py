"""The Design room: palette, canvas, and beneath them the sound with its knobs and the inspector, or the views of what the design costs."""

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QThreadPool, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QSplitter, QTabWidget, QVBoxLayout, QWidget

from studio.core.graph import INPUT_KIND
from studio.ui.canvas import GraphCanvas
from studio.ui.panels.cost_tabs import CostTabs
from studio.ui.panels.frontend import FrontEndPanel
from studio.ui.panels.inspector import InspectorPanel
from studio.ui.panels.outline import OutlinePanel
from studio.ui.panels.palette import PalettePanel
from studio.ui.session import Session

AFTER_PAINT_MS = 30
THREADS_MS = 2000


class DesignRoom(QWidget):
    """The room; `canvas` is the graph's editor. The clip's plots are made after the room was first seen."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.canvas = GraphCanvas(session)
        self.palette_panel, self.outline = PalettePanel(session), OutlinePanel(session)
        self.frontend, self.inspector = FrontEndPanel(session), InspectorPanel(session)
        self._clip_view: Any = None
        self._place = QWidget()
        self._place.setObjectName("panel")
        self._place.setMinimumWidth(120)  # on the narrowest screen too there is something to see, and so it is made
        self._lay_out()
        for source in (self.canvas, self.outline):
            source.inspect_wanted.connect(self.inspect)
        for panel in (self.inspector, self.frontend):
            panel.left.connect(self.canvas.setFocus)
        self.inspector.frontend_wanted.connect(self.frontend.focus_first)

    @property
    def clip_view(self) -> Any:
        """Waveform and features; made at the first call, for the plots' library takes half a second to load."""
        if self._clip_view is None:
            from studio.ui.plots.clip_view import ClipView

            self._clip_view = ClipView(self.session)
            self._place.layout().addWidget(self._clip_view)
            self._order_focus()
        return self._clip_view

    def toggle_int8(self) -> None:
        """Show the features as the kit sees them, or as the host computes them."""
        self.show_view("sound")
        self.clip_view.toggle_int8()

    def play(self) -> None:
        """Play the shown clip, or stop."""
        self.clip_view.play()

    def delete_selected(self) -> None:
        """Delete the selected blocks and wires."""
        self.canvas.delete_selected()

    def show_view(self, id: str, focus: bool = False) -> None:
        """Show the sound, or a view of what the design costs; with `focus`, the keys go to it."""
        self.views.show_view(id, focus)

    def inspect(self, id: str) -> None:
        """Give the fields of a block the focus; the front end's knobs for the input block."""
        self.show_view("sound")
        if self.session.selection != (id,):
            self.session.select((id,))
        node = self.session.document.project.graph.by_id.get(id)
        if node is not None and node.kind == INPUT_KIND:
            self.frontend.focus_first()
        else:
            self.inspector.focus_first()

    def reset_layout(self) -> None:
        """Give every panel its first size."""
        width, height = max(self.width(), 800), max(self.height(), 500)
        bottom = 328 if height < 900 else 388
        self._rows.setSizes([height - bottom, bottom])
        self._top.setSizes([176, width - 176])
        sides = (252, 252) if width < 1200 else (300, 300)
        self._bottom.setSizes([sides[0], width - sum(sides), sides[1]])

    def close_room(self) -> None:
        """Stop what runs."""
        self.frontend.close_panel()
        if self._clip_view is not None:
            self._clip_view.close_view()
        QThreadPool.globalInstance().waitForDone(THREADS_MS)

    # building

    def _lay_out(self) -> None:
        self._shown = False
        tabs = QTabWidget()
        tabs.setDocumentMode(True)
        tabs.tabBar().setDrawBase(False)
        tabs.tabBar().setAccessibleName("Blocks or outline")
        tabs.setObjectName("design.tabs")
        tabs.addTab(self.palette_panel, "Blocks")
        tabs.addTab(self.outline, "Outline")
        column = QVBoxLayout(self._place)
        column.setContentsMargins(0, 0, 0, 0)
        self._top = _splitter(Qt.Orientation.Horizontal, tabs, self.canvas)
        self._bottom = _splitter(Qt.Orientation.Horizontal, self.frontend, self._place, self.inspector)
        self.views = CostTabs(self.session, self._bottom)
        self._rows = _splitter(Qt.Orientation.Vertical, self._top, self.views)
        self._top.setStretchFactor(1, 1)
        self._bottom.setStretchFactor(1, 1)
        self._rows.setStretchFactor(0, 1)
        self._top.setCollapsible(1, False)
        room = QVBoxLayout(self)
        room.setContentsMargins(0, 0, 0, 0)
        room.addWidget(self._rows)

    def _order_focus(self) -> None:
        """Tab goes from the knobs through the clip to the inspector."""
        view = self._clip_view
        chain = [view.previous_button, view.next_button, view.play_button, view.int8_button, view.wave, view.features]
        last = [w for w in self.frontend.findChildren(QWidget) if w.focusPolicy() & Qt.FocusPolicy.TabFocus][-1]
        for before, after in zip([last, *chain], chain, strict=False):
            QWidget.setTabOrder(before, after)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        if not self._shown:
            self._shown = True
            self.reset_layout()
            self.session.arrangement.place("design", {"rows": self._rows, "top": self._top, "bottom": self._bottom})
            self._place.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Make the clip's plots once their place was seen: on a slow start a time after the room's showing would come too early."""
        if event.type() == QEvent.Type.Paint:
            self._place.removeEventFilter(self)
            QTimer.singleShot(AFTER_PAINT_MS, self, lambda: self.clip_view)
        return super().eventFilter(watched, event)


def _splitter(way: Qt.Orientation, *widgets: QWidget) -> QSplitter:
    splitter = QSplitter(way)
    splitter.setHandleWidth(1)
    for widget in widgets:
        splitter.addWidget(widget)
    return splitter
