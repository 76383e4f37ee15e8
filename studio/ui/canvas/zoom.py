"""A view that zooms at the pointer, is panned by hand, and fits what it shows until then."""

from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QWheelEvent
from PySide6.QtWidgets import QFrame, QGraphicsView, QWidget

from studio.ui.canvas.geometry import GRID
from studio.ui.canvas.layout import fit_scale
from studio.ui.theme import theme

_LEAST_SCALE, _MOST_SCALE = 0.2, 3.0
_FAR = 50_000


class ZoomView(QGraphicsView):
    """`fitted` holds until the view is zoomed or panned by hand."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fitted = True
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # the panel beneath need not be painted again
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheBackground)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSceneRect(-_FAR, -_FAR, 2 * _FAR, 2 * _FAR)

    def zoom_by(self, factor: float, at: QPoint | None = None) -> None:
        """Zoom about a point of the viewport, its middle if none is given."""
        anchor = at or self.viewport().rect().center()
        before = self.mapToScene(anchor)
        scale = self.transform().m11()
        factor = min(_MOST_SCALE, max(_LEAST_SCALE, scale * factor)) / scale
        self.scale(factor, factor)
        self.scroll_by(self.mapFromScene(before) - anchor)
        self.fitted = False

    def pan_by(self, step: QPoint) -> None:
        """Move the view's content by pixels."""
        self.scroll_by(-step)
        self.fitted = False

    def scroll_by(self, step: QPoint) -> None:
        """Move the view over its content by pixels."""
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() + step.x())
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() + step.y())

    def fit(self, extent: QRectF) -> None:
        """Show this rectangle of the scene as large as text may be."""
        view = self.viewport().rect()
        scale = fit_scale((extent.width(), extent.height()), (view.width(), view.height()))
        self.resetTransform()
        self.scale(scale, scale)
        self.centerOn(extent.center())
        self.scroll_by(self.mapFromScene(extent.center()) - view.center())

    def holds(self, extent: QRectF) -> bool:
        """Whether this rectangle of the scene is in view."""
        return self.viewport().rect().adjusted(-1, -1, 1, 1).contains(self.mapFromScene(extent).boundingRect())

    def bring(self, extent: QRectF) -> None:
        """Bring this rectangle of the scene into view, where it is not there."""
        if not self.holds(extent):
            self.scroll_by(self.mapFromScene(extent.center()) - self.viewport().rect().center())
            self.fitted = False

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        held = event.modifiers()
        sideways = bool(held & Qt.KeyboardModifier.ShiftModifier)
        touched = not event.pixelDelta().isNull()
        if not held & Qt.KeyboardModifier.ControlModifier and (touched or sideways):
            step = event.pixelDelta() if touched else event.angleDelta() / 2
            self.pan_by(step.transposed() if sideways and not step.x() else step)
        else:
            self.zoom_by(1.0015 ** event.angleDelta().y(), event.position().toPoint())
        event.accept()

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:  # noqa: N802
        painter.fillRect(rect, QColor(theme().background))
        step = GRID if self.transform().m11() > 0.45 else GRID * 4
        dots = QPen(QColor(theme().line), 1.6)
        dots.setCosmetic(True)
        painter.setPen(dots)
        left, top = int(rect.left() // step) * step, int(rect.top() // step) * step
        columns, rows = range(left, int(rect.right()) + 1, step), range(top, int(rect.bottom()) + 1, step)
        painter.drawPoints([QPoint(x, y) for x in columns for y in rows])
        self.scene().drawBackground(painter, rect)

    def write_centred(self, painter: QPainter, text: str) -> None:
        """Write a quiet line into the lower half of the view."""
        painter.resetTransform()
        painter.setPen(QColor(theme().dim))
        area = self.viewport().rect().adjusted(24, self.viewport().height() // 2, -24, -24)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap), text)
