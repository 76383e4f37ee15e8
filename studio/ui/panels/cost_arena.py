"""The arena drawn over the steps of an inference: each buffer a rectangle of its life and its place, the peak marked."""

from collections.abc import Mapping
from itertools import groupby

import msgspec
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.core.units import format_size
from studio.estimate.timeline import Life, Timeline
from studio.ui.paint import colour, fitted, pen, width, write
from studio.ui.theme import GAP, PAD, theme

LEFT, RIGHT, TOP, BOTTOM = 60, 2, 4, 20
_SMALL, _TICKS = 11, 4
_NAME_ROOM, _LABEL_ROOM = 56.0, 52.0
_LEAST_HIGH = 2.0


class Picture(msgspec.Struct, frozen=True):
    """What is drawn: `owners` names the block of every life, `categories` those of the blocks; `reason` says why nothing is."""

    timeline: Timeline | None = None
    owners: tuple[str, ...] = ()
    categories: Mapping[str, str] = {}
    greyed: bool = False
    reason: str = ""


class ArenaPlot(QWidget):
    """Paints a picture. A click takes a buffer, and so do the arrows, Home and Return: `taken` carries its block.

    `pointed` carries the number of the buffer under the pointer or of the one that the keys stand on, -1 for none.
    """

    taken = Signal(str)
    pointed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("arena")
        self.setAccessibleName("Memory over time: nothing to show")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.picture = Picture()
        self._spans: tuple[tuple[float, float], ...] = ()
        self.selected: frozenset[str] = frozenset()
        self.at = self.hovered = -1

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(600, 200)

    @property
    def shown(self) -> int:
        """The number of the buffer that is spoken of."""
        return self.hovered if self.hovered >= 0 else self.at

    def show_picture(self, picture: Picture) -> None:
        """Draw this from now on; where it is of the same buffers, the keys stay where they stood."""
        if picture == self.picture:
            return
        before = self.picture.timeline
        self.picture, timeline = picture, picture.timeline
        if timeline is not before:
            self._spans = spans(timeline) if timeline else ()
        if timeline is None or before is None or [n.names for n in timeline.lives] != [n.names for n in before.lives]:
            self.at = self.hovered = -1
            self.pointed.emit(-1)
        self.setAccessibleName(self.describe() if timeline else f"Memory over time: {picture.reason}")
        self.update()

    def describe(self) -> str:
        """Say the peak in words."""
        timeline = self.picture.timeline
        step = timeline.steps[timeline.peak]
        return f"peak {format_size(step.alive)} at {step.name}"

    def show_selection(self, ids: tuple[str, ...]) -> None:
        """Mark what these blocks own."""
        if frozenset(ids) != self.selected:
            self.selected = frozenset(ids)
            self.update()

    # places

    def area(self) -> QRectF:
        """Return where the buffers are drawn."""
        return QRectF(LEFT, TOP, max(1, self.width() - LEFT - RIGHT), max(1, self.height() - TOP - BOTTOM))

    def place(self, number: int) -> QRectF:
        """Return where a buffer is drawn; one that takes over another's bytes shares that step with it."""
        timeline, area = self.picture.timeline, self.area()
        life, (left, right) = timeline.lives[number], self._spans[number]
        wide, high = area.width() / len(timeline.steps), area.height() / timeline.total
        tall = max(life.size * high, _LEAST_HIGH)
        bottom = area.bottom() - life.offset * high
        return QRectF(area.left() + left * wide, bottom - tall, (right - left) * wide, tall)

    def life_at(self, point: QPointF) -> int:
        """Return the number of the buffer at a point, the smallest one of several; -1 for none."""
        timeline = self.picture.timeline
        if timeline is None:
            return -1
        found = [i for i in range(len(timeline.lives)) if self.place(i).adjusted(0, -1, 0, 1).contains(point)]
        return min(found, key=lambda i: timeline.lives[i].size, default=-1)

    def explain(self, number: int) -> str:
        """Say all of a buffer as rich text."""
        life, steps = self.picture.timeline.lives[number], self.picture.timeline.steps
        when = f"{life.first + 1}" if life.first == life.last else f"{life.first + 1} to {life.last + 1}"
        rows = [
            ("size", format_size(life.size) + (f", {life.size} B" if life.size >= 1024 else "")),
            ("shape", shape_words(life)),
            ("alive", f"step {when} of {len(steps)}"),
            ("place", f"from byte {life.offset} of the arena"),
        ]
        table = "".join(f"<tr><td>{k}&nbsp;&nbsp;</td><td>{v}</td></tr>" for k, v in rows if v)
        return f"<b>{'<br>'.join(life.names)}</b><table>{table}</table>"

    # painting

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter, t = QPainter(self), theme()
        painter.fillRect(self.rect(), colour(t.panel))
        if self.picture.timeline is None:
            write_in_middle(painter, self.rect(), self.picture.reason)
        else:
            self._paint_ground(painter)
            self._paint_overhead(painter)
            for number in self._painting_order():
                self._paint_life(painter, number)
            self._frame_peak(painter)
            self._paint_labels(painter)
        if self.hasFocus():
            painter.setPen(pen(t.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _paint_ground(self, painter: QPainter) -> None:
        t, area = theme(), self.area()
        painter.fillRect(area, colour(t.raised))
        total = self.picture.timeline.total
        step = _tick(total)
        for value in range(0, total + 1, step):
            y = area.bottom() - area.height() * value / total
            painter.fillRect(QRectF(area.left(), round(y), area.width(), 1), colour(t.line))
            text = format_size(value).replace(".0 ", " ")
            middle = min(max(y, TOP + 7.0), area.bottom() - 5)
            write(painter, QPointF(LEFT - PAD - width(text, _SMALL), middle), text, _SMALL, t.dim)

    def peak_column(self) -> QRectF:
        """Return where the step with the most bytes alive stands."""
        timeline, area = self.picture.timeline, self.area()
        wide = area.width() / len(timeline.steps)
        return QRectF(area.left() + timeline.peak * wide, area.top(), wide, area.height())

    def _frame_peak(self, painter: QPainter) -> None:
        """Mark the peak by a frame and a flag: they stay visible where buffers fill the whole column."""
        column, ink = self.peak_column(), theme().dim if self.picture.greyed else theme().tight
        painter.fillRect(column, colour(ink, 0.12))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(pen(ink, 2.0))
        painter.drawRect(column.adjusted(0, 0, -1, -1))
        text = "peak"
        if column.width() >= width(text, _SMALL, True) + 2 * GAP + 4:
            flag = QRectF(
                column.right() - width(text, _SMALL, True) - 2 * GAP, column.bottom() - 17, width(text, _SMALL, True) + 2 * GAP, 16
            )
            painter.fillRect(flag, colour(ink))
            write(painter, QPointF(flag.left() + GAP, flag.center().y()), text, _SMALL, theme().panel, bold=True)

    def _paint_overhead(self, painter: QPainter) -> None:
        """Hatch what the runtime keeps or needs for a moment above what it planned."""
        timeline, area = self.picture.timeline, self.area()
        tall = area.height() * (timeline.total - timeline.planned) / timeline.total
        if tall < 1:
            return
        band = QRectF(area.left(), area.top(), area.width(), tall)
        painter.fillRect(band, QBrush(colour(theme().dim, 0.35), Qt.BrushStyle.BDiagPattern))
        words = f"interpreter's tables, needed once or always: {format_size(timeline.total - timeline.planned)}"
        if tall > 14:
            room = QRectF(band.right() - width(words, _SMALL) - 2 * PAD, band.center().y() - 8, width(words, _SMALL) + PAD, 16)
            painter.fillRect(room, colour(theme().raised))
            write(painter, QPointF(room.left() + GAP, room.center().y()), words, _SMALL, theme().dim)

    def _painting_order(self) -> list[int]:
        """Paint what is spoken of last, on top of its neighbours' edges."""
        owners = self.picture.owners
        return sorted(range(len(owners)), key=lambda i: (i == self.shown, owners[i] in self.selected))

    def _paint_life(self, painter: QPainter, number: int) -> None:
        t, life, owner = theme(), self.picture.timeline.lives[number], self.picture.owners[number]
        chosen = owner in self.selected
        ink = t.dim if self.picture.greyed else t.stripe(self.picture.categories.get(owner, ""))
        box = self.place(number).toAlignedRect().adjusted(0, 0, -1, -1)
        painter.fillRect(box, colour(ink, 0.5 if chosen else 0.28))
        if life.role == "scratch":
            painter.fillRect(box, QBrush(colour(ink, 0.6), Qt.BrushStyle.Dense6Pattern))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(pen(t.text if number == self.shown else t.accent if chosen else ink, 2.0 if number == self.shown or chosen else 1.0))
        painter.drawRect(box)
        self._name_life(painter, QRectF(box), life)

    def _name_life(self, painter: QPainter, box: QRectF, life: Life) -> None:
        room = box.width() - 2 * GAP
        size, name = format_size(life.size), life.names[-1].rpartition("/")[2]
        if life.role == "scratch":
            lines = [next((text for text in (f"scratch {size}", "scratch", size) if width(text, _SMALL) <= room), "")]
        elif room >= _NAME_ROOM or width(name, _SMALL) <= room:
            lines = [name, size] if box.height() >= 30 else [name]
        else:
            lines = [size] if width(size, _SMALL) <= room else [""]
        if box.height() < 14 or lines == [""]:
            return
        top = box.center().y() - 7 * (len(lines) - 1)
        for row, line in enumerate(lines):
            ink = theme().text
            write(painter, QPointF(box.left() + GAP + 1, top + 14 * row), fitted(line, _SMALL, False, room), _SMALL, ink)

    def _paint_labels(self, painter: QPainter) -> None:
        """Name the blocks under their steps, where there is room."""
        t, timeline, area = theme(), self.picture.timeline, self.area()
        wide, peak = area.width() / len(timeline.steps), timeline.steps[timeline.peak].block
        marked = []
        for _, same in groupby(range(len(timeline.steps)), key=lambda i: timeline.steps[i].blocks or str(i)):
            steps = list(same)
            step, left = timeline.steps[steps[0]], area.left() + steps[0] * wide
            block = step.block
            ink = t.accent if self.selected & set(step.blocks) else t.tight if block == peak and not self.picture.greyed else t.dim
            painter.fillRect(QRectF(round(left), area.bottom() + 1, 1, 5), colour(t.dim))
            room = len(steps) * wide - GAP
            fits = width(step.name, _SMALL) <= room
            if block and not fits and ink != t.dim:
                marked.append((left + GAP, step.name, ink))
            elif block and (fits or room >= _LABEL_ROOM):
                write(painter, QPointF(left + GAP, area.bottom() + 12), fitted(step.name, _SMALL, False, room), _SMALL, ink)
        for left, name, ink in marked:
            self._write_over(painter, left, name, ink)

    def _write_over(self, painter: QPainter, left: float, name: str, ink: str) -> None:
        """Write the whole name of what is marked, over its neighbours' where it must."""
        area = self.area()
        wide = width(name, _SMALL)
        left = min(left, area.right() - wide)
        painter.fillRect(QRectF(left - GAP + 1, area.bottom() + 5, wide + 2 * GAP, BOTTOM - 6), colour(theme().panel))
        write(painter, QPointF(left, area.bottom() + 12), name, _SMALL, ink)

    # pointer and keys

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._hover(self.life_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        super().leaveEvent(event)
        self._hover(-1)

    def _hover(self, number: int) -> None:
        if number != self.hovered:
            self.hovered = number
            self.pointed.emit(self.shown)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() != Qt.MouseButton.LeftButton or self.picture.timeline is None:
            return
        number, area = self.life_at(event.position()), self.area()
        if number >= 0:
            self.take(number)
        elif area.contains(event.position()):
            steps = self.picture.timeline.steps
            self.taken.emit(steps[int((event.position().x() - area.left()) * len(steps) / area.width()) % len(steps)].block)

    def take(self, number: int) -> None:
        """Stand on a buffer, and take its block."""
        self.at = number
        self.pointed.emit(self.shown)
        self.setAccessibleDescription(" ".join(self.picture.timeline.lives[number].names))
        self.taken.emit(self.picture.owners[number])
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        timeline, key = self.picture.timeline, Qt.Key(event.key())
        if timeline is None:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            by = 1 if key == Qt.Key.Key_Right else -1
            self.take(min(max(self.at + by, 0), len(timeline.lives) - 1) if self.at >= 0 else self.biggest(timeline.peak))
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._step_beside(1 if key == Qt.Key.Key_Up else -1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.at >= 0:
            self.take(self.at)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Home):
            self.take(self.biggest(timeline.peak))
        else:
            super().keyPressEvent(event)

    def biggest(self, step: int) -> int:
        """Return the number of the largest buffer that is alive during a step."""
        timeline = self.picture.timeline
        return timeline.lives.index(max(timeline.during(step), key=lambda life: life.size))

    def _step_beside(self, by: int) -> None:
        """Go to the next buffer above or below among those alive at the same time."""
        timeline = self.picture.timeline
        if self.at < 0:
            self.take(self.biggest(timeline.peak))
            return
        life = timeline.lives[self.at]
        beside = timeline.during(life.first)
        self.take(timeline.lives.index(beside[min(max(beside.index(life) + by, 0), len(beside) - 1)]))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            number = self.life_at(QPointF(event.pos()))
            if number >= 0:
                QToolTip.showText(event.globalPos(), self.explain(number), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)


def shape_words(life: Life) -> str:
    """Write shape and data type: "1×25×20×32 int8"; nothing for scratch."""
    return f"{'×'.join(map(str, life.shape))} {life.dtype}" if life.shape else ""


def write_in_middle(painter: QPainter, box: QRectF, text: str) -> None:
    """Write dim words, in several lines where need be, in the middle of a box."""
    painter.setPen(pen(theme().dim))
    painter.drawText(QRectF(box).adjusted(24, 12, -24, -12), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)


def spans(timeline: Timeline) -> tuple[tuple[float, float], ...]:
    """Return where every life begins and ends, in steps: half a step where one's bytes are handed on to another within it."""
    born: dict[int, list[Life]] = {}
    gone: dict[int, list[Life]] = {}
    for life in timeline.lives:
        if life.first < life.last:
            gone.setdefault(life.last, []).append(life)
        if life.first:
            born.setdefault(life.first, []).append(life)
    made = []
    for life in timeline.lives:
        takes = any(_touch(life, other) for other in gone.get(life.first, ()))
        gives = life.first < life.last and any(_touch(life, other) for other in born.get(life.last, ()))
        made.append((life.first + 0.5 * takes, life.last + 1 - 0.5 * gives))
    return tuple(made)


def _touch(a: Life, b: Life) -> bool:
    return a.offset < b.end and b.offset < a.end


def _tick(total: int) -> int:
    """Return the least power of two by which the axis has few ticks."""
    step = 1
    while step * _TICKS < total:
        step *= 2
    return step
