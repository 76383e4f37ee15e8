"""Alarms: an edit made a design too large for a board that it fitted before; they stay until that is mended."""

from collections.abc import Mapping

import msgspec
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from studio.core.report import ResourceReport
from studio.core.state import State
from studio.core.target import TargetDevice
from studio.core.units import format_ms, format_size
from studio.ui.document import Document, StateCommand
from studio.ui.panels.target_reading import Measure, measures, refusal
from studio.ui.theme import GAP
from studio.ui.widgets.elided_label import ElidedLabel
from studio.ui.widgets.still import Still

_REMEMBERED = 200
_UNDO, _REDO = "Go back to the design before the edit that broke it", "Do the edit again that mended it"


class Alarm(msgspec.Struct, frozen=True):
    """A board that an edit broke: `over` are the measures that held before, `origin` is the state before the edit.

    Where an undo took a mend back, `origin` is the mended state and lies `ahead`; None where nothing leads to a state that held.
    """

    target: TargetDevice
    over: tuple[Measure, ...]
    origin: State | None
    fresh: bool = True
    ahead: bool = False

    @property
    def names(self) -> frozenset[str]:
        """The names of what is exceeded."""
        return frozenset(m.name for m in self.over)

    @property
    def words(self) -> str:
        """The alarm in words: "this edit breaks nRF52840 DK by 3.1 KiB RAM"."""
        return self.words_for(self.target.name)

    def words_for(self, name: str) -> str:
        """Say it with another name for the board, "it" where its name stands there already."""
        much = " and ".join(_much(m) for m in self.over)
        what = "going back breaks" if self.ahead else "this edit breaks" if self.fresh else "an edit broke"
        return f"{what} {name} by {much}"


class Alarms(QObject):
    """The alarms of the shown boards, by target. `changed` follows a new one, one with other figures, and one that is mended."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.by_target: dict[str, Alarm] = {}
        self._origins: dict[tuple[str, int], tuple[State | None, State]] = {}

    def follow(
        self, target: TargetDevice, now: ResourceReport | None, before: ResourceReport | None, document: Document, edited: bool
    ) -> None:
        """Take in a board's reports after and before the last edit; `edited` tells whether it changed what the figures are made of."""
        runs = now is not None and not refusal(now)
        over = tuple([m for m in measures(now, target, document.project.interval_ms) if m.taken > m.budget]) if runs else ()
        known = self.by_target.get(target.id)
        broken = _held(before, target, document.origin.project.interval_ms) if edited and over and before else frozenset()
        if known is not None and any(m.name in known.names for m in over):
            broken |= known.names
        still = tuple([m for m in over if m.name in broken])
        self._keep(target.id, self._alarm(target, still, known, document) if still else None)

    def _alarm(self, target: TargetDevice, over: tuple[Measure, ...], known: Alarm | None, document: Document) -> Alarm:
        """Make the alarm of a board; a state that an undo leads back to has the origin that it had first."""
        seen = (target.id, id(document.state))
        if known is not None:
            origin = None if known.ahead and not document.retraced else known.origin
        else:
            origin = self._origins.get(seen, (None, document.origin))[1]
        fresh = origin is document.origin
        alarm = Alarm(target, over, origin, fresh, fresh and document.retraced and _is_ahead(document.origin, document))
        if origin is not None and not alarm.ahead:
            self._origins[seen] = (document.state, origin)  # with the state, whose id is so taken
            while len(self._origins) > _REMEMBERED:
                del self._origins[next(iter(self._origins))]
        return alarm

    def drop(self, target: str) -> None:
        """Forget a board's alarm."""
        self._keep(target, None)

    def clear(self) -> None:
        """Forget all."""
        self._origins.clear()
        for target in list(self.by_target):
            self.drop(target)

    def _keep(self, target: str, alarm: Alarm | None) -> None:
        if alarm is None:
            if self.by_target.pop(target, None) is not None:
                self.changed.emit()
        elif not _same(self.by_target.get(target), alarm):
            self.by_target[target] = alarm
            self.changed.emit()


def take_back(alarm: Alarm, stack: QUndoStack) -> bool:
    """Go to the state in which the board held; tell whether the undo stack still has it."""
    at = _index_of(alarm.origin, stack) if alarm.origin is not None else None
    if at is not None:
        stack.setIndex(at)
    return at is not None


class AlarmRow(QWidget):
    """An alarm with a button that leads to where the board held; hidden while there is none. `undo_wanted` carries the alarm."""

    undo_wanted = Signal(object)

    def __init__(self, name: str, on_card: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.alarm: Alarm | None = None
        self._on_card = on_card
        self.label = QLabel() if on_card else ElidedLabel()
        self.label.setObjectName(f"{name}.alarm")
        self.label.setWordWrap(on_card)
        self.label.setProperty("state", "error")
        if not on_card:
            self.label.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        small = self.font()
        small.setPixelSize(12)
        self.label.setFont(small)
        self.undo = QPushButton("Undo", objectName=f"{name}.undo")
        self.undo.setProperty("kind", "link")
        self.undo.setToolTip(_UNDO)
        self.undo.clicked.connect(lambda: self.undo_wanted.emit(self.alarm))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(Still(self.label) if on_card else self.label, 1 if on_card else 0)
        row.addWidget(self.undo)
        self.hide()

    def show_alarm(self, alarm: Alarm | None, more: int = 0) -> None:
        """Show an alarm, and how many there are more; hide for None."""
        self.alarm = alarm
        if alarm is not None:
            words = alarm.words_for("it") if self._on_card else alarm.words
            self.label.setText(f"✕ {words}" + (f" (+{more})" if more else ""))
            self.undo.setText("Redo" if alarm.ahead else "Undo")
            self.undo.setToolTip(
                "Do the edit again that mended it" if alarm.ahead else "Go back to the design before the edit that broke it"
            )
            self.undo.setAccessibleName(f"{self.undo.text()}: {alarm.words}")
            self.undo.setVisible(alarm.origin is not None)
        self.setVisible(alarm is not None)


def foremost(alarms: Mapping[str, Alarm]) -> Alarm | None:
    """Return the alarm to show where there is room for one: a fresh one before others."""
    return max(alarms.values(), key=lambda a: a.fresh, default=None)


def _held(made: ResourceReport, target: TargetDevice, interval_ms: float) -> frozenset[str]:
    if refusal(made):
        return frozenset()
    return frozenset([m.name for m in measures(made, target, interval_ms) if m.taken <= m.budget])


def _much(m: Measure) -> str:
    over = m.taken - m.budget
    return f"{format_ms(over)} of the interval" if m.name == "Time" else f"{format_size(over)} {m.name if m.name == 'RAM' else 'flash'}"


def _same(a: Alarm | None, b: Alarm) -> bool:
    return a is not None and (a.over, a.fresh, a.ahead) == (b.over, b.fresh, b.ahead) and a.origin is b.origin


def _is_ahead(state: State, document: Document) -> bool:
    """Whether the undo stack has a state behind the present one."""
    there, here = (_index_of(s, document.undo_stack) for s in (state, document.state))
    return there is not None and here is not None and there > here


def _index_of(state: State, stack: QUndoStack) -> int | None:
    """Return the index at which the stack shows a state."""
    for number in range(stack.count()):
        command = stack.command(number)
        if isinstance(command, StateCommand):
            if command.before is state:
                return number
            if command.after is state:
                return number + 1
    return None
