"""The clips of the library as a list with waveforms: a model of numbers, a delegate that draws, a view that drags."""

import json
from pathlib import Path

import msgspec
from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QDrag, QFont, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from studio.core.library import Library, Segment
from studio.ui.theme import PAD, RADIUS, theme
from studio.ui.widgets.thumbnails import Thumbnails

MIME = "application/x-otolith-clips"
ROW = 46
NARROW = 560

Index = QModelIndex | QPersistentModelIndex


def clip_name(segment: Segment) -> str:
    """Return what a clip is called in lists: its recording without the label's folder."""
    return segment.recording.rpartition("/")[2]


class ClipModel(QAbstractListModel):
    """Numbers of segments; the library itself stays a value."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.library = Library()
        self.numbers: tuple[int, ...] = ()

    def show_clips(self, library: Library, numbers: tuple[int, ...]) -> None:
        """Show these segments of the library."""
        same = numbers == self.numbers and len(library.segments) == len(self.library.segments)
        if same:
            self.library = library
            if numbers:
                self.dataChanged.emit(self.index(0), self.index(len(numbers) - 1))
            return
        self.beginResetModel()
        self.library, self.numbers = library, numbers
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.numbers)

    def segment(self, index: Index) -> Segment:
        """Return the segment of a row."""
        return self.library.segments[self.numbers[index.row()]]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        segment = self.segment(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return clip_name(segment)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return describe(self.library, segment)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled


def describe(library: Library, segment: Segment) -> str:
    """Return all that is known of a clip in one line."""
    recording = library.by_id[segment.recording]
    parts = [segment.recording, f"label {segment.label}", segment.split]
    parts += [f"speaker {recording.speaker}"] if recording.speaker else []
    parts += [f"{(segment.end - segment.start) / recording.rate:.2f} s at {recording.rate / 1000:g} kHz"]
    parts += [f"recorded from {recording.device}"] if recording.device else []
    return " · ".join(parts)


class Columns(msgspec.Struct, frozen=True):
    """Widths of a row's columns in pixels; the waveform has the rest."""

    name: int
    label: int
    split: int


class ClipDelegate(QStyledItemDelegate):
    """Draws a clip: name, length and speaker, waveform, split; the label too where clips of several are shown."""

    def __init__(self, thumbnails: Thumbnails, view: "ClipList") -> None:
        super().__init__(view)
        self._thumbnails, self._view = thumbnails, view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        return QSize(200, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = self._view.clips
        segment, library = model.segment(index), model.library
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = option.rect.adjusted(0, 1, 0, -1)
        self._ground(painter, rect, selected, bool(option.state & QStyle.StateFlag.State_MouseOver))
        self._texts(painter, rect, option.font, library, segment)
        self._wave(painter, self._wave_rect(rect), library, segment)
        painter.restore()

    def _ground(self, painter: QPainter, rect: QRect, selected: bool, hovered: bool) -> None:
        t = theme()
        if not selected and not hovered:
            return
        painter.setPen(QPen(QColor(t.accent if selected else t.line), 1))
        painter.setBrush(QColor(t.raised))
        painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)

    def _texts(self, painter: QPainter, rect: QRect, font: QFont, library: Library, segment: Segment) -> None:
        t, recording, room = theme(), library.by_id[segment.recording], self._columns(rect)
        about = [f"{(segment.end - segment.start) / recording.rate:.2f} s", recording.speaker]
        if self._view.shows_labels and not room.label:
            about.insert(0, segment.label)
        name = QRect(rect.left() + PAD, rect.top() + 4, room.name - PAD, 18)
        small = QFont(font)
        small.setPixelSize(11)
        _text(painter, name, clip_name(segment), font, t.text)
        _text(painter, name.translated(0, 18), " · ".join(filter(None, about)), small, t.dim, elide=Qt.TextElideMode.ElideRight)
        right = rect.adjusted(rect.width() - room.split, 0, -PAD, 0)
        _text(painter, right, self.remark(segment), small, t.dim if segment.split == "train" else t.text, Qt.AlignmentFlag.AlignRight)
        if room.label:
            label = rect.adjusted(rect.width() - room.split - room.label, 0, -room.split, 0)
            _text(painter, label, segment.label, font, t.text)

    def remark(self, segment: Segment) -> str:
        """Return the word at a row's end: the part of the split."""
        return segment.split

    def _columns(self, rect: QRect) -> "Columns":
        """Share a row's width out; where it is narrow the label stands under the name."""
        if rect.width() < NARROW:
            return Columns(132, 0, 70)
        return Columns(200, 104 if self._view.shows_labels else 0, 84)

    def _wave_rect(self, rect: QRect) -> QRectF:
        room = self._columns(rect)
        return QRectF(rect).adjusted(room.name + PAD, 4, -room.split - room.label - PAD, -4)

    def _wave(self, painter: QPainter, rect: QRectF, library: Library, segment: Segment) -> None:
        t = theme()
        if rect.width() < 40:
            return
        summary = self._thumbnails.summary(library, segment, ask=False)
        if summary is not None and summary.problem:
            _text(painter, rect.toRect(), summary.problem, painter.font(), t.too_large)
            return
        scale = painter.device().devicePixelRatioF()
        picture = self._thumbnails.picture(library, segment, rect.size().toSize(), t.accent, scale)
        if picture is None:
            painter.setPen(QPen(QColor(t.line), 1))
            painter.drawLine(QPointF(rect.left(), rect.center().y()), QPointF(rect.right(), rect.center().y()))
            return
        painter.drawPixmap(rect.topLeft(), picture)
        self._cursor(painter, rect, library, segment)

    def _cursor(self, painter: QPainter, rect: QRectF, library: Library, segment: Segment) -> None:
        playing = self._view.playing
        if playing is None or playing >= len(library.segments) or library.segments[playing] is not segment:
            return
        length = (segment.end - segment.start) / library.by_id[segment.recording].rate
        x = rect.left() + rect.width() * min(1.0, self._view.position / length)
        painter.setPen(QPen(QColor(theme().text), 1.5))
        painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()))


def _text(
    painter: QPainter,
    rect: QRect,
    text: str,
    font: QFont,
    colour: str,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    elide: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle,
) -> None:
    painter.setFont(font)
    painter.setPen(QColor(colour))
    shown = painter.fontMetrics().elidedText(text, elide, rect.width())
    painter.drawText(rect, align | Qt.AlignmentFlag.AlignVCenter, shown)


class ClipList(QListView):
    """Clips that can be chosen, played (Space, double click), dragged onto a label, deleted."""

    chosen = Signal(int)
    play_wanted = Signal(int)

    def __init__(self, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("clip_list")
        self.setAccessibleName("Clips")
        self.clips = ClipModel(self)
        self.shows_labels = True
        self.playing: int | None = None
        self.position = 0.0
        self._thumbnails = thumbnails
        self._quiet = False
        self.setModel(self.clips)
        self.setItemDelegate(ClipDelegate(thumbnails, self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self.setDragEnabled(True)
        self.selectionModel().currentChanged.connect(self._current_changed)
        self.doubleClicked.connect(lambda index: self.play_wanted.emit(self.clips.numbers[index.row()]))
        thumbnails.ready.connect(self.viewport().update)

    def show_clips(self, library: Library, numbers: tuple[int, ...], current: int) -> None:
        """Show these clips; the current one stays chosen where it is among them."""
        kept = self.selected()
        changed = numbers != self.clips.numbers
        self._quiet = True
        self.clips.show_clips(library, numbers)
        self._quiet = False
        if changed or current not in kept:
            self.show_current(current)

    def show_current(self, number: int) -> None:
        """Choose a clip without saying so."""
        row = self._row(number)
        if self._quiet:
            return
        if row is None:
            self.selectionModel().clear()
            return
        index = self.clips.index(row)
        if number in self.selected() and index == self.currentIndex():
            return
        self._quiet = True
        self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self._quiet = False
        self.scrollTo(index)

    def selected(self) -> tuple[int, ...]:
        """Return the numbers of the chosen clips, in order."""
        rows = sorted(i.row() for i in self.selectionModel().selectedRows())
        return tuple(self.clips.numbers[r] for r in rows if r < len(self.clips.numbers))

    def show_playing(self, number: int | None, position: float) -> None:
        """Draw where the player is."""
        if (number, position) != (self.playing, self.position):
            self.playing, self.position = number, position
            self.viewport().update()

    def startDrag(self, _actions: Qt.DropAction) -> None:  # noqa: N802
        if self.selected():
            self.run_drag(self.drag_data())

    def drag_data(self) -> QMimeData:
        """Return the chosen clips as they are dragged."""
        data = QMimeData()
        data.setData(MIME, json.dumps([str(self.clips.library.folder), *self.selected()]).encode())
        return data

    def run_drag(self, data: QMimeData) -> None:
        """Drag until the button is let go."""
        drag = QDrag(self)
        drag.setMimeData(data)
        drag.exec(Qt.DropAction.MoveAction)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        current = self.currentIndex()
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() and current.isValid():
            self.play_wanted.emit(self.clips.numbers[current.row()])
            return
        super().keyPressEvent(event)

    def _row(self, number: int) -> int | None:
        try:
            return self.clips.numbers.index(number)
        except ValueError:
            return None

    def _current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if current.isValid() and not self._quiet:
            self._quiet = True  # the answer to this must not change the selection that the mouse is about to make
            self.chosen.emit(self.clips.numbers[current.row()])
            self._quiet = False


def dragged_clips(data: QMimeData, folder: Path) -> tuple[int, ...]:
    """Return the numbers of the clips that are dragged; none where they come from another project."""
    if not data.hasFormat(MIME):
        return ()
    source, *numbers = json.loads(bytes(data.data(MIME).data()))
    return tuple(numbers) if source == str(folder) else ()
