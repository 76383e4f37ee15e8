"""The stretch of a sound that is shown, shared by the plots over the same time; and round times to write beneath it."""

import math

from PySide6.QtCore import QObject, Signal

SHORTEST_S = 0.002
ZOOM = 0.8


class Stretch(QObject):
    """From `start` to `end` seconds of a sound of `length` seconds."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.length = self.end = 1.0
        self.start = 0.0

    @property
    def seconds(self) -> float:
        """How much is shown."""
        return self.end - self.start

    def set_length(self, seconds: float) -> None:
        """Set what there is to see, and show all of it."""
        self.length = seconds
        self.show_all()

    def show_all(self) -> None:
        """Show the whole length."""
        self.show(0.0, self.length)

    def show(self, start: float, end: float) -> None:
        """Show a stretch, moved or cut so that it lies within the sound, and never shorter than can be read."""
        wide = min(self.length, max(end - start, SHORTEST_S))
        start = min(max(0.0, start), self.length - wide)
        if (start, start + wide) != (self.start, self.end):
            self.start, self.end = start, start + wide
            self.changed.emit()

    def pan(self, seconds: float) -> None:
        """Move along, as far as there is sound."""
        self.show(self.start + seconds, self.end + seconds)

    def zoom(self, factor: float, about: float | None = None) -> None:
        """Show so many times as much; what stands at `about` seconds stays where it is, else the middle."""
        about = (self.start + self.end) / 2 if about is None else about
        wide = min(self.length, max(self.seconds * factor, SHORTEST_S))
        start = about - (about - self.start) * wide / self.seconds
        self.show(start, start + wide)

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """Return round times within the stretch, no more than so many, and how they are written."""
        rough = self.seconds / max(1, most)
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(s * power for s in (1, 2, 5, 10) if s * power >= rough * (1 - 1e-9))
        digits = max(0, math.ceil(-math.log10(step) - 1e-9))
        first, last = math.ceil(self.start / step - 1e-6), math.floor(self.end / step + 1e-6)
        return [(n * step, f"{n * step:.{digits}f} s") for n in range(first, last + 1)]
