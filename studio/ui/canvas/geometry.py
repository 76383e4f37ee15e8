"""Shapes on the canvas: cards, ports and the ways of wires."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

from studio.ui.canvas.layout import Spacing

SPACING = Spacing()
PORT_RADIUS = 4.5
PORT_REACH = 11.0
CORNER = 10.0
GRID = 24
SNAP = 8


def card_rect(place: tuple[float, float]) -> QRectF:
    """Return the card whose top left corner stands there."""
    return QRectF(place[0], place[1], SPACING.width, SPACING.height)


def input_point(card: QRectF, port: int, ports: int) -> QPointF:
    """Return where an input port stands: on the left edge, the ports spread evenly."""
    return QPointF(card.left(), card.top() + card.height() * (port + 1) / (max(ports, port + 1) + 1))


def output_point(card: QRectF) -> QPointF:
    """Return where the output port stands."""
    return QPointF(card.right(), card.center().y())


def free_path(start: QPointF, end: QPointF) -> QPainterPath:
    """Return a wire's curve between two points, where nothing is in the way."""
    path = QPainterPath(start)
    bend = max(24.0, abs(end.x() - start.x()) / 2)
    path.cubicTo(start + QPointF(bend, 0), end - QPointF(bend, 0), end)
    return path


def wire_path(source: QRectF, target: QRectF, end: QPointF, port: int, cards: Sequence[QRectF]) -> tuple[QPainterPath, QPointF]:
    """Return a wire's curve and the middle of its label.

    A wire that runs forward is a cubic, led around the cards in its way; one that runs back goes through the gap between the rows, as the
    eye does from the end of a line to the start of the next.
    """
    start = output_point(source)
    if end.x() - start.x() < 2 * CORNER:
        return _return_path(source, target, end, port, cards)
    path = free_path(start, end)
    blocking = _blocking(path, start, end, cards)
    if not blocking:
        return path, QPointF((start.x() + end.x()) / 2, path.pointAtPercent(0.5).y() - 10)
    return _detour(start, end, blocking)


def _blocking(path: QPainterPath, start: QPointF, end: QPointF, cards: Sequence[QRectF]) -> list[QRectF]:
    if end.x() - start.x() < SPACING.width:
        return []
    between = [c for c in cards if c.left() > start.x() and c.right() < end.x()]
    return [c for c in between if path.intersects(c.adjusted(-4, -4, 4, 4))]


def _detour(start: QPointF, end: QPointF, blocking: Sequence[QRectF]) -> tuple[QPainterPath, QPointF]:
    above, below = min(c.top() for c in blocking) - 10, max(c.bottom() for c in blocking) + 10
    middle = (start.y() + end.y()) / 2
    y = above if middle - above <= below - middle else below
    turn = 30.0
    path = QPainterPath(start)
    path.cubicTo(start + QPointF(turn * 0.7, 0), QPointF(start.x() + turn * 0.3, y), QPointF(start.x() + turn, y))
    path.lineTo(end.x() - turn, y)
    path.cubicTo(QPointF(end.x() - turn * 0.3, y), end - QPointF(turn * 0.7, 0), end)
    return path, QPointF((start.x() + end.x()) / 2, y)


def _return_path(source: QRectF, target: QRectF, end: QPointF, port: int, cards: Sequence[QRectF]) -> tuple[QPainterPath, QPointF]:
    start = output_point(source)
    right, left = start.x() + CORNER, end.x() - CORNER
    y = next((y for y in _gutters(source, target) if _is_free(y, left, right, cards)), _gutters(source, target)[0]) + 5 * port
    corners = (start, QPointF(right, start.y()), QPointF(right, y), QPointF(left, y), QPointF(left, end.y()), end)
    return rounded(corners, CORNER), QPointF((start.x() + end.x()) / 2, y)


def _gutters(source: QRectF, target: QRectF) -> tuple[float, ...]:
    """Heights at which a wire may run back, the best first."""
    half = SPACING.row_gap / 2
    if target.top() > source.bottom():
        return max(source.bottom() + 4, target.top() - half), source.bottom() + half
    if target.bottom() < source.top():
        return target.bottom() + half, source.top() - half
    return max(source.bottom(), target.bottom()) + half, min(source.top(), target.top()) - half


def _is_free(y: float, left: float, right: float, cards: Sequence[QRectF]) -> bool:
    return not any(c.top() <= y <= c.bottom() and c.right() > left and c.left() < right for c in cards)


def rounded(points: Sequence[QPointF], radius: float) -> QPainterPath:
    """Return a line through these points with rounded corners."""
    path = QPainterPath(points[0])
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        path.lineTo(_towards(corner, before, radius))
        path.quadTo(corner, _towards(corner, after, radius))
    path.lineTo(points[-1])
    return path


def _towards(origin: QPointF, other: QPointF, reach: float) -> QPointF:
    step = other - origin
    length = max(1e-6, (step.x() ** 2 + step.y() ** 2) ** 0.5)
    return origin + step * (min(reach, length / 2) / length)
