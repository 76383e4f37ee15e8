"""A few words beside the pointer while a gesture lasts."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QWidget

from studio.ui.theme import PAD, RADIUS, theme

_OFFSET = QPoint(16, 16)


class Hint(QLabel):
    """Says why something is refused, or what will be wrong with it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("canvasHint")
        self.setAccessibleName("Why not here")
        self.setWordWrap(True)
        self.setFixedWidth(260)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def say(self, at: QPoint, text: str, refused: bool) -> None:
        """Show the text beside a point of the parent, within it; no text hides the hint."""
        self.setText(text)
        self.setVisible(bool(text))
        if not text:
            return
        t = theme()
        colour = t.too_large if refused else t.tight
        self.setStyleSheet(
            f"background: {t.raised}; color: {colour}; border: 1px solid {colour}; border-radius: {RADIUS}px; padding: {PAD}px; font-size: 12px;"
        )
        self.setFixedHeight(self.heightForWidth(self.width()))
        area = self.parentWidget().rect()
        point = at + _OFFSET
        x = max(4, min(point.x(), area.right() - self.width() - 4))
        y = point.y() if point.y() + self.height() < area.bottom() else at.y() - self.height() - _OFFSET.y()
        self.move(x, max(4, y))
