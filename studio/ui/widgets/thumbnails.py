"""Outlines of clips for lists: made in one short-lived thread, the latest asked for first, and kept."""

import threading
from collections import OrderedDict, deque
from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np
from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPixmap

from studio.audio.level import CLIPPED, envelope
from studio.core.errors import StudioError
from studio.core.library import Library, Segment
from studio.data.audio import read_clip
from studio.ui.widgets.live_wave import outline_polygon

COLUMNS = 320
KEPT = 4096
PICTURES = 192
WAITING = 48
QUIETEST = 0.05

Key = tuple[str, int, int]


class Summary(msgspec.Struct, frozen=True, eq=False):
    """What a list shows of a clip: its outline, its peak, the share of clipped samples, or why it cannot be read."""

    columns: np.ndarray
    peak: float = 0.0
    clipped: float = 0.0
    problem: str = ""


class _Order(msgspec.Struct, frozen=True):
    key: Key
    path: Path
    start: int
    end: int


def key_of(library: Library, segment: Segment) -> Key:
    """Return what a clip's summary is kept by: the file's hash and the part."""
    return library.by_id[segment.recording].sha256, segment.start, segment.end


class Thumbnails(QObject):
    """Summaries of clips; `ready` says that some have come.

    A thread runs only while something is wanted. Of what a fast scroll asked for, only the latest is made; what `survey`
    asks for is made when nothing else waits.
    """

    ready = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._known: OrderedDict[Key, Summary] = OrderedDict()
        self._pictures: OrderedDict[tuple[Key, int, int, str, float], QPixmap] = OrderedDict()
        self._asked: deque[_Order] = deque(maxlen=WAITING)
        self._later: deque[_Order] = deque()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._running = self._closed = False

    def summary(self, library: Library, segment: Segment, ask: bool = True) -> Summary | None:
        """Return a clip's summary, or None and make it."""
        key = key_of(library, segment)
        known = self._known.get(key)
        if known is None and ask:
            self._ask(_order(library, segment, key))
        return known

    def picture(self, library: Library, segment: Segment, size: QSize, colour: str, scale: float) -> QPixmap | None:
        """Return a clip's outline drawn at a size in pixels of a screen's scale, or None and make it."""
        summary = self.summary(library, segment)
        if summary is None:
            return None
        key = (key_of(library, segment), size.width(), size.height(), colour, scale)
        if key not in self._pictures:
            self._pictures[key] = _draw(summary, size, colour, scale)
            while len(self._pictures) > PICTURES:
                self._pictures.popitem(last=False)
        self._pictures.move_to_end(key)
        return self._pictures[key]

    def survey(self, library: Library, segments: Iterable[Segment]) -> None:
        """Make the summaries of all these clips in the background, once."""
        orders = ((key_of(library, s), s) for s in segments)
        with self._lock:
            self._later = deque(_order(library, s, key) for key, s in orders if key not in self._known)
        self._work()

    def close(self) -> None:
        """End the thread."""
        self._closed = True
        with self._lock:
            self._asked.clear()
            self._later.clear()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _ask(self, order: _Order) -> None:
        with self._lock:
            if order in self._asked:
                return
            self._asked.append(order)
        self._work()

    def _work(self) -> None:
        with self._lock:
            if self._closed or self._running or not (self._asked or self._later):
                return
            self._running = True
            self._thread = threading.Thread(target=self._drain, name="thumbnails")
            self._thread.start()

    def _next(self) -> _Order | None:
        with self._lock:
            if self._asked:
                return self._asked.pop()
            if self._later:
                return self._later.popleft()
            self._running = False
            return None

    def _drain(self) -> None:
        made = 0
        while (order := self._next()) is not None:
            if order.key not in self._known:
                self._keep(order.key, _summarise(order))
                made += 1
            with self._lock:
                settled = not self._asked
            if made and (settled or made % 8 == 0) and made % 4 == 0:
                self._say()
        self._say()

    def _keep(self, key: Key, summary: Summary) -> None:
        self._known[key] = summary
        while len(self._known) > KEPT:
            self._known.popitem(last=False)

    def _say(self) -> None:
        if not self._closed:
            try:
                self.ready.emit()
            except RuntimeError:  # the window was closed meanwhile
                self._closed = True


def _draw(summary: Summary, size: QSize, colour: str, scale: float) -> QPixmap:
    picture = QPixmap(size * scale)
    picture.setDevicePixelRatio(scale)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(0, size.height() / 2)
    painter.scale(size.width() / (COLUMNS - 1), size.height() / 2)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawPolygon(outline_polygon(summary.columns / max(QUIETEST, summary.peak)))
    painter.end()
    return picture


def _order(library: Library, segment: Segment, key: Key) -> _Order:
    return _Order(key, library.file(library.by_id[segment.recording]), segment.start, segment.end)


def _summarise(order: _Order) -> Summary:
    try:
        samples = read_clip(order.path).samples[order.start : order.end]
    except StudioError as error:
        return Summary(np.zeros((COLUMNS, 2), np.float32), problem=error.message)
    if len(samples) == 0:
        return Summary(np.zeros((COLUMNS, 2), np.float32), problem="the marked part is not in the file")
    loud = np.abs(samples)
    return Summary(envelope(samples, COLUMNS), float(loud.max()), float((loud >= CLIPPED).mean()))
