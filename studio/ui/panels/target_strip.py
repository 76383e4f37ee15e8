"""The arena of runtime `c` over time: how many bytes are alive during each kernel call, the peak marked."""

from collections import Counter
from html import escape
from typing import NamedTuple

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolTip, QVBoxLayout, QWidget

from studio.core.network import Network
from studio.core.report import ResourceReport
from studio.core.units import format_size
from studio.estimate.timeline import alive, covered
from studio.lower.engine.sketch import Sketch, Use
from studio.ui.paint import colour, pen
from studio.ui.session import Session
from studio.ui.theme import GAP, theme
from studio.ui.widgets.line import Line

_LEAST = 3.0


class Step(NamedTuple):
    """A kernel call: its block or operator, the bytes alive meanwhile, the uses of the arena that hold them, and its cycles."""

    block: str
    operator: str
    alive: int
    uses: list[Use]
    cycles: int


def steps(network: Network, plan: Sketch, made: ResourceReport) -> tuple[Step, ...]:
    """Return what is alive during each call of a program; memory that tensors share counts once."""
    calls = Counter([op for of in plan.operators for op in of])
    shown = []
    for of, uses in zip(plan.operators, alive(plan.memory, len(plan.operators)), strict=True):
        first, cycles = network.ops[of[0]], sum([made.ops[op].cycles // calls[op] for op in of])
        shown.append(Step(first.block, first.kind, covered(uses), uses, cycles))
    return tuple(shown)


def peak(shown: tuple[Step, ...]) -> int:
    """Return the number of the call with the most bytes alive."""
    return max(range(len(shown)), key=lambda i: shown[i].alive)


class RamPlot(QWidget):
    """Paints the steps as bars, as wide as their time; a click, or Left, Right and Return, select a step's block."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("ram_over_time")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # the panel beneath need not be painted again
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.network: Network | None = None
        self.steps: tuple[Step, ...] = ()
        self.greyed = False
        self._session = session
        self._at = -1

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(240, 64)

    def show_steps(self, shown: tuple[Step, ...], greyed: bool) -> None:
        """Show these steps."""
        if shown is self.steps and greyed == self.greyed:
            return
        self.steps, self.greyed, self._at = shown, greyed, -1
        self.setAccessibleName(self.describe(peak(shown)) if shown else "RAM over time: nothing to show")
        self.update()

    def describe(self, number: int) -> str:
        """Say a step in words."""
        step = self.steps[number]
        return f"{format_size(step.alive)} alive during {step.block or step.operator}"

    def bars(self) -> list[QRectF]:
        """Return where each step stands."""
        return [QRectF(*place) for place in self._places()]

    def _places(self) -> list[tuple[float, float, float, float]]:
        if not self.steps:
            return []
        width, height = self.width() - 2.0 * GAP, self.height() - 2.0 * GAP
        least = min(_LEAST, width / len(self.steps))
        free = width - least * len(self.steps)
        cycles = sum([s.cycles for s in self.steps]) or 1
        most = max([s.alive for s in self.steps]) or 1
        left, made = float(GAP), []
        for step in self.steps:
            wide = least + free * step.cycles / cycles
            tall = height * step.alive / most
            made.append((left, GAP + height - tall, wide, tall))
            left += wide
        return made

    def step_at(self, x: float) -> int:
        """Return the number of the step at this place, -1 for none."""
        return next((i for i, bar in enumerate(self.bars()) if bar.left() <= x < bar.right()), -1)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        t = theme()
        painter = QPainter(self)
        painter.fillRect(self.rect(), colour(t.panel))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen(t.accent if self.hasFocus() else t.line))
        painter.setBrush(colour(t.raised))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        for ink, bars in self._inked().items():
            painter.setBrush(colour(*ink))
            painter.drawRects(bars)

    def _inked(self) -> dict[tuple[str, float], list[QRect]]:
        """Return the bars on whole pixels by their colours."""
        if not self.steps:
            return {}
        t, highest, selected = theme(), peak(self.steps), frozenset(self._session.selection)
        inked: dict[tuple[str, float], list[QRect]] = {}
        for number, (step, (left, top, wide, tall)) in enumerate(zip(self.steps, self._places(), strict=True)):
            chosen = number == self._at or step.block in selected
            name = t.dim if self.greyed else t.tight if number == highest else t.accent
            alpha = 1.0 if chosen else 0.8 if number == highest else 0.45
            x, y = round(left), round(top)
            bar = QRect(x, y, round(left + wide) - x - (wide > 4), round(top + tall) - y)
            inked.setdefault((name, alpha), []).append(bar)
        return inked

    def select(self, number: int) -> None:
        """Select the block of a step."""
        if 0 <= number < len(self.steps) and self.steps[number].block:
            self._at = number
            self._session.find((self.steps[number].block,))
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton:
            self.select(self.step_at(event.position().x()))
            self._session.view_wanted.emit("memory")

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if not self.steps:
            super().keyPressEvent(event)
        elif step is not None:
            at = self._at if self._at >= 0 else peak(self.steps) - step
            self.select(min(max(at + step, 0), len(self.steps) - 1))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Home):
            self.select(peak(self.steps))
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            number = self.step_at(event.pos().x())
            if number >= 0:
                QToolTip.showText(event.globalPos(), self._tip(number), self)
            return True
        return super().event(event)

    def _tip(self, number: int) -> str:
        rows = sorted(self.steps[number].uses, key=lambda use: -use.size)
        table = "".join(f"<tr><td>{self._name(u)}&nbsp;&nbsp;</td><td align='right'>{format_size(u.size)}</td></tr>" for u in rows)
        return f"<b>{self.describe(number)}</b><table>{table}</table>tensors and scratch in the arena; click to select the block and see its buffers"

    def _name(self, use: Use) -> str:
        tensors = self.network.tensors if self.network is not None else ()
        return escape(tensors[use.tensor].name) if 0 <= use.tensor < len(tensors) else "rows and scratch"


class RamStrip(QWidget):
    """The plot with its title, for the first target."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._of: tuple[Sketch, ResourceReport] | None = None
        self._steps: tuple[Step, ...] = ()
        self._name = self._target = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        row = QHBoxLayout()
        self._title, self.peak = QLabel("RAM OVER TIME"), Line()
        self._title.setProperty("kind", "heading")
        row.addWidget(self._title)
        row.addWidget(self.peak, 1)
        column.addLayout(row)
        self.plot = RamPlot(session)
        column.addWidget(self.plot)
        session.selection_changed.connect(self.plot.update)
        session.settings_changed.connect(self._follow_runtime)

    def show_target(self, target: str) -> None:
        """Show the arena of this board; hide where runtime `c` has no plan."""
        self._target = target
        gauges, runtime = self._session.gauges, self._session.settings.engine_of(target)
        plan, made = gauges.sketch(target, runtime), gauges.report(target, runtime)
        if plan is None or made is None or not plan.operators or gauges.shown is None:
            self.hide()
            return
        if self._of is None or self._of[0] is not plan or self._of[1] is not made:
            self._of = (plan, made)
            self.plot.network = gauges.shown.network
            self._steps = steps(gauges.shown.network, plan, made)
        shown = self._steps
        highest = shown[peak(shown)]
        name = gauges.boards[target].name
        if self._name != name:
            self._name = name
            self._title.setToolTip(f"the arena of runtime c on {name}; front end, stack and application come on top")
        size, where = format_size(highest.alive), highest.block or highest.operator
        self.peak.show_texts((f"peak {size} at {where}", f"{size} at {where}", f"peak {size}"))
        self.plot.show_steps(shown, bool(gauges.stale))
        self.show()

    def _follow_runtime(self, key: str) -> None:
        if key in ("card_runtimes", "runtime") and self._target in self._session.document.project.targets:
            self.show_target(self._target)
