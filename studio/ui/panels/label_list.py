"""The labels with how many clips each has; a clip dropped on one gets that label."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QAbstractListModel, QItemSelectionModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QFont, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from studio.core.library import SPLITS, Library
from studio.ui.panels.clip_list import MIME, dragged_clips
from studio.ui.theme import PAD, RADIUS, theme

ALL = "All clips"
ROW = 40

Index = QModelIndex | QPersistentModelIndex
Counts = Mapping[str, Mapping[str, int]]


class LabelModel(QAbstractListModel):
    """Labels with their counts; the first row stands for all of them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.labels: tuple[str, ...] = ()
        self.counts: Counts = {}
        self.outputs: frozenset[str] = frozenset()

    def show_labels(self, labels: Sequence[str], counts: Counts) -> None:
        """Show the project's labels, and others that clips bear."""
        others = tuple(sorted(set(counts) - set(labels)))
        if (*labels, *others) != self.labels:
            self.beginResetModel()
            self.labels, self.counts, self.outputs = (*labels, *others), counts, frozenset(labels)
            self.endResetModel()
            return
        self.counts, self.outputs = counts, frozenset(labels)
        self.dataChanged.emit(self.index(0), self.index(len(self.labels)))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.labels) + 1

    def label(self, row: int) -> str | None:
        """Return a row's label, None for all."""
        return self.labels[row - 1] if 0 < row <= len(self.labels) else None

    def split_counts(self, row: int) -> dict[str, int]:
        """Count a row's clips by split."""
        label = self.label(row)
        rows = self.counts.values() if label is None else [self.counts.get(label, {})]
        return {s: sum(r.get(s, 0) for r in rows) for s in SPLITS}

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        label = self.label(index.row())
        if role == Qt.ItemDataRole.DisplayRole:
            return ALL if label is None else label
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            counts = self.split_counts(index.row())
            told = ", ".join(f"{n} {s}" for s, n in counts.items())
            missing = "" if label is None or label in self.outputs else "; the project does not have this label, so training leaves it out"
            return f"{ALL if label is None else label}: {sum(counts.values())} clips ({told}){missing}"
        return None


class LabelDelegate(QStyledItemDelegate):
    """Draws a label, its count, and beneath the counts by split."""

    def __init__(self, view: "LabelList") -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        return QSize(120, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        t, model = theme(), self._view.label_model
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        target = index.row() == self._view.drop_row
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = option.rect.adjusted(0, 1, 0, -1)
        if selected or target or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(QPen(QColor(t.accent if selected or target else t.line), 2 if target else 1))
            painter.setBrush(QColor(t.raised))
            painter.drawRoundedRect(QRectF(rect).adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        label, counts = model.label(index.row()), model.split_counts(index.row())
        known = label is None or label in model.outputs
        self._line(painter, rect.adjusted(PAD, 3, -PAD, -19), option.font, label or ALL, str(sum(counts.values())), known)
        painter.restore()
        self._splits(painter, rect, option.font, counts)

    def _line(self, painter: QPainter, rect: QRect, font: QFont, name: str, count: str, known: bool) -> None:
        t = theme()
        painter.setFont(font)
        painter.setPen(QColor(t.text))
        painter.drawText(rect, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, count)
        width = rect.width() - painter.fontMetrics().horizontalAdvance(count) - PAD
        painter.setPen(QColor(t.text if known else t.tight))
        shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, width)
        painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)

    def _splits(self, painter: QPainter, rect: QRect, font: QFont, counts: dict[str, int]) -> None:
        painter.save()
        small = QFont(font)
        small.setPixelSize(11)
        painter.setFont(small)
        painter.setPen(QColor(theme().dim))
        text = " · ".join(f"{n} {s}" for s, n in zip(("train", "val", "test"), counts.values(), strict=True))
        painter.drawText(rect.adjusted(PAD, 18, -PAD, -2), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()


class LabelList(QListView):
    """Labels; `chosen` says which one's clips to show, `dropped` which clips get which label."""

    chosen = Signal(object)
    dropped = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("label_list")
        self.setAccessibleName("Labels")
        self.label_model = LabelModel(self)
        self.drop_row = -1
        self.folder = Path()
        self.setModel(self.label_model)
        self.setItemDelegate(LabelDelegate(self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.selectionModel().currentChanged.connect(lambda index, _old: index.isValid() and self.chosen.emit(self.current()))

    def current(self) -> str | None:
        """Return the chosen label, None for all."""
        return self.label_model.label(self.currentIndex().row())

    def show_labels(self, labels: Sequence[str], library: Library) -> None:
        """Show labels; the chosen one stays chosen."""
        kept = self.current()
        self.folder = library.folder
        self.label_model.show_labels(labels, library.counts())
        self.choose(kept)

    def choose(self, label: str | None) -> None:
        """Choose a label, None for all."""
        known = self.label_model.labels
        row = known.index(label) + 1 if label in known else 0
        if self.currentIndex().row() != row:
            self.selectionModel().setCurrentIndex(self.label_model.index(row), QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if event.mimeData().hasFormat(MIME):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802
        row = self.indexAt(event.position().toPoint()).row()
        self._show_drop(row if self.label_model.label(row) is not None else -1)
        event.setAccepted(self.drop_row >= 0)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: N802
        self._show_drop(-1)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        label = self.label_model.label(self.indexAt(event.position().toPoint()).row())
        self._show_drop(-1)
        numbers = dragged_clips(event.mimeData(), self.folder)
        if label is not None and numbers:
            event.acceptProposedAction()
            self.dropped.emit(numbers, label)

    def _show_drop(self, row: int) -> None:
        if row != self.drop_row:
            self.drop_row = row
            self.viewport().update()
