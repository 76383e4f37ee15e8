"""A place for a label whose text changes with every edit: the layouts around it need not count anew each time."""

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget


class Still(QWidget):
    """Holds a label and asks for other room only where the label's height changes; it takes any width, and no room while it is hidden.

    With a `grain`, in pixels, it is as wide as the label, to the next multiple of it. It has no layout of its own: a label in a
    layout tells every layout up to the window of each new text.
    """

    def __init__(self, label: QLabel, grain: int = 0) -> None:
        super().__init__()
        self.label = label
        self._grain = grain
        hidden = label.isHidden() and label.testAttribute(Qt.WidgetAttribute.WA_WState_ExplicitShowHide)
        label.setParent(self)  # hides it
        label.setHidden(hidden)
        self._asked = QSize()
        policy = QSizePolicy(QSizePolicy.Policy.Fixed if grain else QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(label.wordWrap())
        self.setSizePolicy(policy)

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        return self.label.wordWrap()

    def heightForWidth(self, wide: int) -> int:  # noqa: N802
        if self.label.isHidden():
            return 0
        return max(self.label.heightForWidth(wide), self._line()) if self.label.wordWrap() else self._line()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(self._wide(), self.heightForWidth(max(1, self.width())))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(1, 0 if self.label.isHidden() else self._line())

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._follow()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.label.setGeometry(self.rect())

    def event(self, event: QEvent) -> bool:
        """Hear from the label that its text has changed."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._follow()
        return super().event(event)

    def _follow(self) -> None:
        asked = self.sizeHint()
        if asked != self._asked:
            self._asked = asked
            self.updateGeometry()

    def _wide(self) -> int:
        if not self._grain or self.label.isHidden():
            return 1
        return -(-self.label.sizeHint().width() // self._grain) * self._grain

    def _line(self) -> int:
        margins = self.label.contentsMargins()
        return self.label.fontMetrics().height() + margins.top() + margins.bottom()
