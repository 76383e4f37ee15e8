"""A target's card: head, line of core, clock and runtime, gauges, proof."""

from functools import partial

from PySide6.QtCore import QEvent, QRectF, Signal
from PySide6.QtGui import QAction, QContextMenuEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from studio.core.report import ResourceReport
from studio.core.target import TargetDevice
from studio.estimate.report import RUNTIMES
from studio.ui.paint import pen
from studio.ui.panels.target_alarm import Alarm, AlarmRow
from studio.ui.panels.target_body import GAUGES, TargetBody, say
from studio.ui.panels.target_header import TargetHeader
from studio.ui.panels.target_parts import breakdown
from studio.ui.panels.target_prove import Prover
from studio.ui.panels.target_provenance import ProvenanceWord, compiled, explain_word, provenance_of
from studio.ui.panels.target_reading import excess, explain, format_clock, readings, refusal, short_core, verdict, word_of
from studio.ui.session import Session
from studio.ui.settings import RUNTIME_NAMES
from studio.ui.theme import GAP, PAD, RADIUS, theme
from studio.ui.widgets.gauge import Reading
from studio.ui.widgets.line import Line

_SHORT = {"c-small": "C, least RAM"}


class TargetCard(QFrame):
    """The figures of one board. `runtime_chosen`, `removed`, `stepped`, `dragged`, `dropped` and those that end in `_wanted` are the user's wishes."""

    runtime_chosen = Signal(str)
    removed = Signal()
    stepped = Signal(int)
    dragged = Signal(int)
    dropped = Signal()
    folded = Signal(bool)
    energy_wanted = Signal()
    sheet_wanted = Signal()

    def __init__(self, session: Session, target: TargetDevice, prover: Prover, guest: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.session, self.target, self.guest = session, target, guest
        self.runtime = "c"
        column = QVBoxLayout(self)
        column.setContentsMargins(PAD + 2, GAP + 2, PAD + 2, GAP + 2)
        column.setSpacing(GAP)
        self.header = TargetHeader(target.name)
        self.header.setObjectName(f"target_{target.id}")
        self.header.setToolTip(_about(target))
        column.addWidget(self.header)
        self._line = self._make_line()
        column.addWidget(self._line)
        self.alarm_row = AlarmRow(f"target_{target.id}")
        column.addWidget(self.alarm_row)
        self.body = TargetBody(own_energy=True)
        self.body.cancelled.connect(lambda: prover.cancel(target.id))
        self.body.dismissed.connect(lambda: prover.dismiss(target.id))
        column.addWidget(self.body)
        self.body.breakdowns.show_open(frozenset(filter(None, session.arrangement.noted(self._note).split())))
        self.body.breakdowns.changed.connect(self._remember_parts)
        self.body.energy_wanted.connect(self.energy_wanted)
        self.header.clicked.connect(lambda: self.set_open(not self.header.open, by_user=True))
        for name in ("removed", "stepped", "dragged", "dropped"):
            getattr(self.header, name).connect(getattr(self, name))

    def _make_line(self) -> QWidget:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        core, clock = short_core(self.target.core), format_clock(self.target.clock_hz)
        kind = Line(lambda: f"{self.target.core.name}, {clock}", on_card=True)
        kind.setObjectName("target_core")
        kind.show_texts((f"{core} · {clock}", f"{core.removeprefix('Cortex-')} · {clock}", core.removeprefix("Cortex-")))
        small = self.font()
        small.setPixelSize(12)
        self.provenance = ProvenanceWord()
        self.provenance.clicked.connect(self.session.self_check_wanted)
        self.runtime_button = QToolButton()
        self.runtime_button.setObjectName("quiet")
        self.runtime_button.setFont(small)
        self.runtime_button.setStyleSheet("padding: 3px 0px;")
        self.runtime_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.runtime_button.setMenu(self._runtime_menu(self.runtime_button))
        self.runtime_button.setToolTip("which runtime's figures this card shows")
        self.more = QToolButton()
        self.more.setObjectName("quiet")
        self.more.setText("⋯")
        self.more.setStyleSheet("padding: 3px 2px;")
        self.more.setFixedWidth(18)
        self.more.setAccessibleName(f"More for {self.target.name}")
        self.more.setToolTip("show the parts, energy, sheet, move or remove this target")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setMenu(self._menu(self.more))
        row.addWidget(kind, 1)
        row.addWidget(self.provenance)
        row.addWidget(self.runtime_button)
        row.addWidget(self.more)
        return line

    def _runtime_menu(self, parent: QWidget) -> QMenu:
        menu = QMenu("Runtime", parent)
        for runtime in RUNTIMES:
            action = QAction(RUNTIME_NAMES[runtime], menu)
            action.triggered.connect(lambda _=False, r=runtime: self.runtime_chosen.emit(r))
            menu.addAction(action)
        return menu

    def _menu(self, parent: QWidget) -> QMenu:
        menu = QMenu(parent)
        menu.addAction("Move up\tAlt+Up", lambda: self.stepped.emit(-1)).setEnabled(not self.guest)
        menu.addAction("Move down\tAlt+Down", lambda: self.stepped.emit(1)).setEnabled(not self.guest)
        parts, reserve = menu.addAction("", self.toggle_parts), menu.addAction("", self.change_reserve)
        menu.aboutToShow.connect(lambda: parts.setText("Hide the parts" if self.body.breakdowns.open else "Show the parts"))
        menu.aboutToShow.connect(lambda: reserve.setText(f"Reserve: {self.session.settings.get('reserve_percent')} %…"))
        menu.addAction("Fold", lambda: self.set_open(False, by_user=True))
        menu.addMenu(self._runtime_menu(menu))
        menu.addSeparator()
        menu.addAction("Energy and battery…", self.energy_wanted.emit)
        menu.addAction("Board's sheet…", self.sheet_wanted.emit)
        menu.addSeparator()
        if self.guest:
            menu.addAction("Put this card away", self.removed.emit)
        else:
            menu.addAction("Remove from the targets\tDel", self.removed.emit)
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        self._menu(self).popup(event.globalPos())

    def toggle_parts(self) -> None:
        """Open every gauge into its parts, or close those that are open; a folded card unfolds for them."""
        opened = self.body.breakdowns.open
        self.body.breakdowns.show_open(frozenset() if opened else frozenset(GAUGES))
        if not opened and not self.header.open:
            self.set_open(True, by_user=True)

    def change_reserve(self) -> None:
        """Open the settings at the share of flash and RAM that stays free."""
        from studio.ui.dialogs.settings import SettingsDialog

        dialog = SettingsDialog(self.session, self.window())
        dialog.controls["reserve_percent"].setFocus()
        dialog.exec()

    @property
    def _note(self) -> str:
        return f"parts.{self.target.id}"

    def _remember_parts(self) -> None:
        self.session.arrangement.note(self._note, " ".join(sorted(self.body.breakdowns.open)))

    def set_open(self, open: bool, by_user: bool = False) -> None:
        """Unfold or fold the card to its head."""
        self.header.set_open(open)
        self._line.setVisible(open)
        self.layout().setContentsMargins(PAD + 2, GAP + 2 if open else 1, PAD + 2, GAP + 2 if open else 1)
        self._lay_body()
        if by_user:
            self.folded.emit(open)

    def show_figures(self) -> None:
        """Show the session's figures of this target and runtime."""
        gauges = self.session.gauges
        words = f"{_SHORT.get(self.runtime, RUNTIME_NAMES[self.runtime])} ▾"
        if self.runtime_button.text() != words:
            self.runtime_button.setText(words)
            self.runtime_button.setAccessibleName(f"Runtime: {RUNTIME_NAMES[self.runtime]}")
        made = gauges.report(self.target.id, self.runtime)
        kit = gauges.kit.get(self.target.id)
        kit = kit if kit is not None and kit["runtime"] == self.runtime else None
        if made is None:
            self._show_nothing(gauges.stale)
            return
        found = self.session.refiner.at(self.target.id, self.runtime) if kit is None else None
        made = made if found is None else compiled(made, found)
        budget = (gauges.shown.project.interval_ms, self.session.settings.get("reserve_percent"))
        shown = readings(made, self.target, *budget, kit)
        greyed = bool(gauges.stale)
        tip = partial(_explain, made, self.target, *budget)
        self.body.show_readings(
            shown, kit, "emulated" if self.target.virtual else "measured", greyed, tip, partial(breakdown, made, self.target, budget[0])
        )
        word = "" if refusal(made) else provenance_of(made, self.target, kit)
        self.provenance.show_word(word, partial(explain_word, made, self.target, kit, self.session.refiner))
        self._show_note(gauges.stale, refusal(made) or excess(made, self.target, budget[0]))
        self._show_verdict(shown, greyed)

    def show_alarm(self, alarm: Alarm | None) -> None:
        """Show that an edit broke this board, until that is mended."""
        if alarm is not self.alarm_row.alarm:
            self.alarm_row.show_alarm(alarm)

    def _show_nothing(self, reason: str) -> None:
        self.provenance.show_word("", str)
        self.body.show_readings((), None, "emulated", True)
        say(self.body.note, f"no figures: {reason}" if reason else "", "")
        self._show_verdict((), True)

    def _show_note(self, stale: str, problem: str) -> None:
        if stale:
            say(self.body.note, f"figures of the last complete graph: {stale}", "")
        elif self.guest and not problem:
            say(self.body.note, "no virtual kit is among the targets; this one stood in to prove the design", "")
        else:
            say(self.body.note, problem, "too_large")

    def _show_verdict(self, shown: tuple[Reading, ...], greyed: bool) -> None:
        state = "unknown" if greyed else verdict(shown)
        worst = max(shown, key=lambda r: r.fraction, default=None)
        aside = f"{worst.name} {worst.share.partition(' of ')[0]}" if worst else ""
        self.header.show_verdict(state, aside, "not complete" if greyed else word_of(shown))
        if (state == "too_large") != self._warns:
            self._warns = state == "too_large"
            self.update()

    def show_run(self, prover: Prover) -> None:
        """Show the proof of this card, if there is one; a folded card unfolds its lower part for it."""
        self.body.show_run(prover.runs.get(self.target.id))
        self._proving = self.target.id in prover.runs
        self._lay_body()

    _proving = False
    _warns = False

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint the edge in the colour of a warning; a style for it would style all that stands on the card anew."""
        super().paintEvent(event)
        if self._warns:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(pen(theme().too_large))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)

    def _lay_body(self) -> None:
        self.body.setVisible(self.header.open or self._proving)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self.update()


def _explain(made: ResourceReport, target: TargetDevice, interval_ms: float, reserve_percent: int, name: str) -> str:
    return explain(name, made, target, interval_ms, reserve_percent)


def _about(target: TargetDevice) -> str:
    sources = "".join(f"<br>{name}: {source}" for name, source in target.sources.items())
    return f"<b>{target.name}</b><br>{target.vendor} · {target.soc}{sources}"
