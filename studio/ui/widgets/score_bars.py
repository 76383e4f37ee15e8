"""Scores as bars, one a label: what was heard, and what it really was."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.theme import PAD, theme

LINE, BAR = 22, 8
VALUE = 44


class ScoreBars(QWidget):
    """A bar for each label in the project's order; the highest stands out, the true one has a mark behind its name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.labels: tuple[str, ...] = ()
        self.scores: tuple[float, ...] = ()
        self.truth = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)

    def show_scores(self, labels: Sequence[str], scores: Sequence[float], truth: str) -> None:
        """Show the scores of a clip that really is `truth`."""
        self.labels, self.scores, self.truth = tuple(labels), tuple(scores), truth
        words = ", ".join(f"{label} {score:.0%}" for label, score in zip(self.labels, self.scores, strict=True))
        self.setAccessibleName(f"Scores of a clip of {truth}: {words}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(240, LINE * max(1, len(self.labels)))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(170, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        t = theme()
        bold = QFont(self.font())
        bold.setBold(True)
        widest = max((painter.fontMetrics().horizontalAdvance(label) for label in self.labels), default=0)
        names = min(widest + 22, self.width() // 2)
        best = max(self.scores, default=0.0)
        scale = max(1.0, best)
        for row, (label, score) in enumerate(zip(self.labels, self.scores, strict=True)):
            is_best, top = score == best, row * LINE
            painter.setFont(bold if is_best else self.font())
            painter.setPen(QColor(t.text if is_best or label == self.truth else t.dim))
            box = QRectF(0, top, names - PAD, LINE)
            mark = "  ✓" if label == self.truth else ""
            words = painter.fontMetrics().elidedText(label, Qt.TextElideMode.ElideRight, int(box.width()) - (16 if mark else 0)) + mark
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, words)
            bar = QRectF(names, top + (LINE - BAR) / 2, max(10.0, self.width() - names - VALUE - PAD), BAR)
            self._bar(painter, bar, score / scale, t.accent if is_best else t.dim)
            value = QRectF(self.width() - VALUE, top, VALUE, LINE)
            painter.drawText(value, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, written(score, scale))

    def _bar(self, painter: QPainter, rect: QRectF, share: float, colour: str) -> None:
        pen = painter.pen()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme().line))
        painter.drawRoundedRect(rect, BAR / 2, BAR / 2)
        if share > 0:
            painter.setBrush(QColor(colour))
            painter.drawRoundedRect(QRectF(rect.left(), rect.top(), max(BAR, rect.width() * min(1.0, share)), BAR), BAR / 2, BAR / 2)
        painter.setPen(pen)


def written(score: float, scale: float = 1.0) -> str:
    """Write a share in percent; what is no share, the logits of a net without softmax, as a number."""
    return f"{100 * score:.0f} %" if scale <= 1.0 and 0 <= score <= 1 else f"{score:.2f}"
