"""Where a card's figures come from, in a word; a better figure takes a worse one's place until an edit makes it stale."""

from collections.abc import Callable, Mapping
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any

import msgspec
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QToolTip, QWidget

from studio.core.refinement import Check, Refinement
from studio.core.report import Parts, ResourceReport
from studio.core.target import TargetDevice
from studio.lower.engine import RUNTIMES as ENGINE
from studio.ui.paint import colour, width, write
from studio.ui.refiner import Refiner
from studio.ui.theme import theme

if TYPE_CHECKING:
    from studio.ui.session import Session

MORE = "Click for the self-check: all plans of this session beside what came of them."
_SMALL = 11
_WIDEST = "estimated"


class ProvenanceWord(QAbstractButton):
    """The word on a card, in a place of its own size, so that an edit makes no layout count anew; `tip` explains it when asked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("provenance")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedSize(round(width(_WIDEST, _SMALL)) + 1, 22)
        self._word = ""
        self._tip: Callable[[], str] = str

    @property
    def word(self) -> str:
        """The word on show."""
        return self._word

    def show_word(self, word: str, tip: Callable[[], str]) -> None:
        """Show a word; "" hides it."""
        self._tip = tip
        if self._word != word:
            self._word = word
            self.setAccessibleName(f"Flash and RAM are {word}: open the self-check")
            self.setVisible(bool(word))
            self.update()

    def explain(self) -> str:
        """Return the tooltip, rich text."""
        return self._tip()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        t, painter = theme(), QPainter(self)
        painter.fillRect(self.rect(), colour(t.raised))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.hasFocus():
            painter.setPen(QPen(QColor(t.accent), 1))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        left = (self.width() - width(self._word, _SMALL)) / 2
        write(painter, QPointF(left, self.height() / 2), self._word, _SMALL, t.text if self.underMouse() else t.dim)

    def event(self, event: QEvent) -> bool:
        """Make the tooltip only when it is asked for; stay opaque, which a style takes from every button."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.explain(), self)
            return True
        if event.type() in (QEvent.Type.Enter, QEvent.Type.Leave):
            self.update()
        done = super().event(event)
        if event.type() in (QEvent.Type.Polish, QEvent.Type.StyleChange):
            self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # the card beneath need not be painted again
        return done

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)


def compiled(made: ResourceReport, found: Refinement) -> ResourceReport:
    """Return a report with a compiler's flash and RAM in place of the planned ones; stack and time stay."""
    ram, flash = (Parts({name: size for name, size in parts.items() if size}) for parts in (found.ram, found.flash))
    sources = {**made.sources, "memory": f"{found.tool} at {clock(found.when)}; {differences(found)}"}
    return msgspec.structs.replace(made, ram=ram, flash=flash, sources=sources, memory_provenance="compiled")


def provenance_of(made: ResourceReport, target: TargetDevice, kit: Mapping[str, Any] | None) -> str:
    """Say where flash and RAM come from: a kit's proof, a compiler, the plan, or an estimate."""
    if kit is not None:
        return "emulated" if target.virtual else "measured"
    return made.memory_provenance


def provenances(session: "Session") -> str:
    """Name where the figures on the targets' cards come from, for the status bar."""
    gauges, refiner, settings = session.gauges, session.refiner, session.settings
    if gauges.present is None:
        return ""
    places = [(t, settings.runtime_of(t)) for t in gauges.present.project.targets if t in gauges.boards]
    words = {"compiled" if refiner.at(*place) else gauges.report(*place).memory_provenance for place in places}
    return ", ".join(sorted(words | {gauges.report(*place).provenance for place in places}))


def explain_word(made: ResourceReport, target: TargetDevice, kit: Mapping[str, Any] | None, refiner: Refiner) -> str:
    """Return the word's tooltip: by what, of which version, when, and what is still estimated."""
    word = provenance_of(made, target, kit)
    found = refiner.at(made.target, made.runtime)
    if kit is not None:
        lines = _kit_lines(kit, word)
    elif word == "compiled" and found is not None:
        weights = "trained" if found.trained else "random"
        lines = [f"{found.tool} compiled and linked it at {clock(found.when)}, with {weights} weights: {differences(found)}"]
    else:
        lines = [": ".join(filter(None, (made.runtime_version, made.sources.get("memory", "")))), _refined_words(made, refiner)]
    head = "Flash, RAM and time" if kit is not None else "Flash and RAM"
    rest = () if kit is not None else ("stack, time and energy: estimated",)
    return f"<b>{head}: {word}</b><br>" + "<br>".join(escape(line) for line in (*filter(None, lines), *rest, MORE))


def _kit_lines(kit: Mapping[str, Any], word: str) -> list[str]:
    ran = "ran on the virtual kit" if word == "emulated" else "ran on the board"
    return [f"built with {kit['compiler']}, {ran}; the estimate stands beside it"]


def _refined_words(made: ResourceReport, refiner: Refiner) -> str:
    """Say what refining brought where it brings no figure of its own, or why it has not come."""
    allocated = refiner.allocation
    if made.runtime.startswith("tflm"):
        return allocated_words(allocated, made.runtime) if allocated else refiner.why_not(made.target, made.runtime)
    if made.runtime not in ENGINE:
        return ""
    why = refiner.why_not(made.target, made.runtime)
    return f"not compiled: {why}" if why else refiner.off or "the compiler's own figures follow when you rest"


def allocated_words(found: Refinement, runtime: str) -> str:
    """Say what TFLM's own allocator confirms of a plan, and what not."""
    head = found.checks[0]
    given = f"{head.planned:,} B" if not head.difference else f"{head.found:,} B instead of {head.planned:,} B"
    rest = "the rest of the arena is planned" if runtime == "tflm-ref" else "CMSIS-NN's scratch and the rest of the arena are planned"
    return f"{found.tool} allocated the head of the reference kernels as {given} on this computer at {clock(found.when)}; {rest}"


def differences(found: Refinement) -> str:
    """Say by how much a program is off its plan: "flash 36 B less than planned, RAM as planned"."""
    return ", ".join(f"{check.figure} {_difference(check)}" for check in found.checks if check.tolerance is not None)


def _difference(check: Check) -> str:
    if not check.difference:
        return "as planned"
    return f"{abs(check.difference):,} B {'more' if check.difference > 0 else 'less'} than planned"


def clock(when: float) -> str:
    """Write a time of day."""
    return f"{datetime.fromtimestamp(when).astimezone():%H:%M:%S}"
