"""The column of targets: a card for each board, the change of the last edit, Prove it, the arena over time."""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from studio.core.edits import SetTargets
from studio.core.errors import StudioError
from studio.core.project import Project
from studio.core.report import ResourceReport
from studio.core.target import TargetDevice
from studio.ui.advisor import Advisor
from studio.ui.panels.advice_strip import AdviceStrip
from studio.ui.panels.target_alarm import Alarm, Alarms, foremost, take_back
from studio.ui.panels.target_card import TargetCard
from studio.ui.panels.target_file import FileCard
from studio.ui.panels.target_header import column_title
from studio.ui.panels.target_interval import IntervalRow
from studio.ui.panels.target_more import changed_cards, edit_energy, show_sheet
from studio.ui.panels.target_prove import Prover, Run, Snapshot, kits_for
from studio.ui.panels.target_reading import changes
from studio.ui.panels.target_strip import RamStrip
from studio.ui.session import Session
from studio.ui.theme import GAP, PAD
from studio.ui.widgets.line import Line
from studio.ui.widgets.panel import Panel

MANY = 4


class TargetsColumn(Panel):
    """The figures on every chosen board.

    `proving_changed` says in words how far proving is, "" once nothing runs; `alarmed` carries the alarm to show, or None, and
    how many there are more.
    """

    proving_changed = Signal(str)
    alarmed = Signal(object, int)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumWidth(280)
        self.session = session
        self.prover = Prover(session, self)
        self.alarms = Alarms(self)
        self.alarms.changed.connect(self._show_alarms)
        self.cards: dict[str, TargetCard] = {}
        self.guests: dict[str, TargetCard] = {}
        self.files: list[FileCard] = []
        self._unfolded: dict[str, bool] = {}
        self._order: tuple[str, ...] = ()
        self._boards = session.gauges.boards
        column = QVBoxLayout(self)
        column.setContentsMargins(PAD + GAP, PAD, PAD + GAP, PAD)
        column.setSpacing(PAD)
        column.addLayout(self._make_head())
        self.interval = IntervalRow(session)
        column.addWidget(self.interval)
        column.addWidget(self._make_list(), 1)
        self.strip = RamStrip(session)
        column.addWidget(self.strip)
        self.advisor = Advisor(session, self._places, self.isVisible, self)
        self.advice = AdviceStrip(session, self.advisor)
        self.advice.runtime_wanted.connect(lambda id, runtime: self._choose_runtime(self.cards[id], runtime))
        column.addWidget(self.advice)
        session.gauges.updated.connect(self._show)
        session.theme_changed.connect(self._restyle)
        session.settings_changed.connect(self._show_setting)
        session.document_replaced.connect(self._replace)
        session.refiner.changed.connect(self._show_refined)
        self.prover.changed.connect(self._show_run)
        self._show()

    # building

    def _make_head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self._title, self.edit_line = QLabel(), Line(self._all_changes)
        self._title.setProperty("kind", "heading")
        self.edit_line.setObjectName("this_edit")
        row.addWidget(self._title)
        row.addWidget(self.edit_line, 1)
        return row

    def _make_list(self) -> QScrollArea:
        inside = Panel()
        self._list = QVBoxLayout(inside)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(PAD)
        self._empty = QLabel("No targets: choose boards to see what the design costs on them.")
        self._empty.setProperty("kind", "dim")
        self._empty.setWordWrap(True)
        self._unknown = QLabel()
        self._unknown.setProperty("state", "error")
        self._unknown.setWordWrap(True)
        self.choose = QPushButton("Choose targets…")
        self.choose.setObjectName("choose_targets")
        self.choose.setToolTip("Which boards have a card (Ctrl+B)")
        self.choose.clicked.connect(self.choose_targets)
        self._list.addWidget(self._empty)
        self._list.addWidget(self._unknown)
        self._list.addWidget(self.choose)
        self._list.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(inside)
        return self._scroll

    # showing

    def _show(self) -> None:
        gauges = self.session.gauges
        if gauges.boards is not self._boards:
            self._boards, self._order = gauges.boards, ()
            for card in changed_cards(self.cards, gauges.boards) + changed_cards(self.guests, gauges.boards):
                self._take(card)
        targets = tuple(t for t in self.session.document.project.targets if t in gauges.boards)
        if targets != self._order:
            self._lay_cards(targets)
        self._follow_alarms()
        for card in (*self.cards.values(), *self.guests.values()):
            card.show_figures()
        self._show_edit()
        self.interval.show_interval()
        if targets:
            self.strip.show_target(targets[0])
        self.strip.setVisible(self.strip.isVisibleTo(self) and bool(targets))
        self.advice.setVisible(bool(targets))

    def _show_refined(self) -> None:
        for card in (*self.cards.values(), *self.guests.values()):
            card.show_figures()

    def _lay_cards(self, targets: tuple[str, ...]) -> None:
        """Make the cards that are missing, take away the others, and put them in order."""
        for id in set(self.cards) - set(targets):
            self._take(self.cards.pop(id))
        for id in set(self.guests) & set(targets):
            self._take(self.guests.pop(id))
        self.cards = {id: self.cards.get(id) or self._make_card(id) for id in targets}
        for at, card in enumerate((*self.files, *self.cards.values(), *self.guests.values())):
            if self._list.itemAt(at).widget() is not card:
                self._list.insertWidget(at, card)
                card.show()
        self._order = targets
        for id, card in self.cards.items():
            card.set_open(self._unfolded.get(id, len(targets) <= MANY))
        self._order_focus()
        self._show_counts(len(targets))

    def _order_focus(self) -> None:
        """Let Tab go through the cards from the top, then to what stands beneath them."""
        stops = [
            w for card in self.cards.values() for w in (card.header, card.provenance, card.runtime_button, card.more, card.alarm_row.undo)
        ]
        for before, after in pairwise([*stops, self.choose, self.strip.plot, *self.advice.buttons()]):
            QWidget.setTabOrder(before, after)

    def _show_counts(self, count: int) -> None:
        unknown = [t for t in self.session.document.project.targets if t not in self.session.gauges.boards]
        self._empty.setVisible(not count)
        self.interval.setVisible(bool(count))
        self._unknown.setText(f"There is no board {', '.join(unknown)} here; it keeps its place in the project." if unknown else "")
        self._unknown.setVisible(bool(unknown))

    def _make_card(self, id: str, guest: bool = False) -> TargetCard:
        card = TargetCard(self.session, self.session.gauges.boards[id], self.prover, guest)
        card.runtime = self.session.settings.runtime_of(id)
        card.runtime_chosen.connect(partial(self._choose_runtime, card))
        card.removed.connect(partial(self.close_guest if guest else self.remove, id))
        card.stepped.connect(partial(self.step, id))
        card.dragged.connect(partial(self._drag, id))
        card.dropped.connect(self._drop)
        card.alarm_row.undo_wanted.connect(self.take_back)
        card.folded.connect(partial(self._unfolded.__setitem__, id))
        card.energy_wanted.connect(partial(edit_energy, self, id))
        card.sheet_wanted.connect(partial(show_sheet, self, id))
        card.show_run(self.prover)
        return card

    def _take(self, card: QWidget) -> None:
        self._list.removeWidget(card)
        card.hide()
        card.deleteLater()

    def _choose_runtime(self, card: TargetCard, runtime: str) -> None:
        card.runtime = runtime
        self.alarms.drop(card.target.id)
        self.advisor.wake()
        chosen = self.session.settings.get("card_runtimes")
        kept = chosen if isinstance(chosen, dict) else {}
        self.session.attempt(lambda: self.session.change_setting("card_runtimes", {**kept, card.target.id: runtime}))
        card.show_figures()
        self._show_edit()

    # alarms and advice

    def _follow_alarms(self) -> None:
        """Hold the figures against those before the last edit; nothing is known of a graph that is not complete."""
        gauges, document = self.session.gauges, self.session.document
        for id in set(self.alarms.by_target) - set(self.cards):
            self.alarms.drop(id)
        if gauges.stale:
            return
        edited = gauges.changed_design or document.origin.project.interval_ms != document.project.interval_ms
        for id, card in self.cards.items():
            before = gauges.before_report(id, card.runtime) if edited else None
            self.alarms.follow(card.target, gauges.report(id, card.runtime), before, document, edited)

    def _show_alarms(self) -> None:
        for id, card in self.cards.items():
            card.show_alarm(self.alarms.by_target.get(id))
        self.alarmed.emit(foremost(self.alarms.by_target), len(self.alarms.by_target) - 1)

    def take_back(self, alarm: Alarm) -> None:
        """Go back to the design before an edit that broke a board."""
        if not take_back(alarm, self.session.document.undo_stack):
            self.session.told.emit("that edit is too long ago to be undone")

    def _places(self) -> tuple[tuple[TargetDevice, str], ...]:
        return tuple((card.target, card.runtime) for card in self.cards.values())

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self.advisor.wake()

    def _show_edit(self) -> None:
        title = column_title([card.header.state for card in self.cards.values()])
        if title != self._title.text():
            self._title.setText(title)
        pairs = list(self._pairs())
        found = [(change, card.target.name) for card, pair in pairs for change in changes(*pair)]
        if not found:
            self.edit_line.show_texts(("this edit: no change" if pairs else "",))
            return
        change, name = max(found, key=lambda each: each[0].share)
        short = f"this edit: {change.words}"
        on_which = change.measure.name == "Time" and len(pairs) > 1
        self.edit_line.show_texts((*([f"{short} on {name}"] if on_which else []), short, change.words))

    def _pairs(self) -> Iterator[tuple[TargetCard, tuple[ResourceReport, ResourceReport, TargetDevice, float]]]:
        """Yield each card with its report, the one before the last edit, the board and the interval."""
        gauges = self.session.gauges
        if gauges.stale or not gauges.changed_design:
            return
        for id, card in self.cards.items():
            now, before = gauges.report(id, card.runtime), gauges.before_report(id, card.runtime)
            if now and before:
                yield card, (now, before, card.target, self.session.document.project.interval_ms)

    def _all_changes(self) -> str:
        said = ((card.target.name, ", ".join(c.words for c in changes(*pair))) for card, pair in self._pairs())
        return "<br>".join(f"{name}: {words or 'no change'}" for name, words in said)

    def _show_setting(self, key: str) -> None:
        if key not in ("reserve_percent", "runtime"):
            return
        for id, card in self.cards.items():
            card.runtime = self.session.settings.runtime_of(id)
            card.show_figures()
        for file in self.files:
            file.show_figures()
        self._show_edit()

    def _restyle(self) -> None:
        self._show_edit()
        for file in self.files:
            file.restyle()
        for widget in self.findChildren(QWidget):
            widget.update()

    def _replace(self) -> None:
        self.prover.cancel_all()
        self.alarms.clear()
        self._unfolded.clear()
        for id in list(self.guests):
            self.close_guest(id)
        self._show_counts(len(self._order))

    # choosing, moving, removing

    def choose_targets(self) -> None:
        """Open the list of boards."""
        from studio.ui.dialogs.targets import TargetsDialog

        TargetsDialog(self.session, self.window()).exec()

    def remove(self, id: str) -> None:
        """Take a board off the targets."""
        self._set_targets(tuple(t for t in self.session.document.project.targets if t != id))

    def step(self, id: str, by: int) -> None:
        """Move a card up or down by one."""
        order = list(self.session.document.project.targets)
        at = order.index(id)
        to = min(max(at + by, 0), len(order) - 1)
        order.insert(to, order.pop(at))
        self._set_targets(tuple(order))
        self.cards[id].header.setFocus()

    def _set_targets(self, targets: tuple[str, ...]) -> None:
        if targets != self.session.document.project.targets:
            self.session.try_push(SetTargets(targets))

    def _drag(self, id: str, y: int) -> None:
        """Let a card follow the pointer among the others; nothing is changed before it is dropped."""
        here = self._list.parentWidget().mapFromGlobal(QPoint(0, y)).y()
        others = [c for c in self.cards.values() if c.target.id != id]
        to = sum(c.geometry().center().y() < here for c in others)
        order = [c.target.id for c in others]
        order.insert(to, id)
        if order != list(self.cards):
            self.cards = {t: self.cards[t] for t in order}
            for at, card in enumerate(self.cards.values(), len(self.files)):
                self._list.insertWidget(at, card)

    def _drop(self) -> None:
        order = tuple(self.cards)
        unknown = tuple(t for t in self.session.document.project.targets if t not in self.cards)
        self._order = order
        self._set_targets((*order, *unknown))

    def close_guest(self, id: str) -> None:
        """Put the card of a kit away that only stood in."""
        if id in self.guests:
            self.prover.cancel(id)
            self._take(self.guests.pop(id))

    # proving

    def prove(self) -> None:
        """Prove the design on the virtual kits among the targets, or on one that stands in; while that runs, stop it."""
        if self.prover.active:
            self.prover.cancel_all()
            return
        gauges, document = self.session.gauges, self.session.document
        if gauges.stale:
            self.session.told.emit(f"the design cannot be proven: {gauges.stale}")
            return
        try:
            snapshot = Snapshot(document)
        except StudioError as error:
            self.session.erred.emit(error)
            return
        kits = kits_for(document.project.targets, gauges.boards)
        for kit in kits:
            if kit.id not in self.cards:
                self._invite(kit)
            self._add(kit, snapshot, document.project)

    def _add(self, kit: TargetDevice, snapshot: Snapshot, project: Project) -> None:
        finished = partial(self._proven, kit, project)
        self.prover.add(Run(kit.id, kit, snapshot.path, f"Prove {project.name} on {kit.name}", finished, snapshot=snapshot))

    def _invite(self, kit: TargetDevice) -> None:
        """Show a card for a kit that is not among the targets."""
        self.session.told.emit(f"no virtual kit is among the targets: proving on {kit.name}")
        if kit.id not in self.guests:
            card = self.guests[kit.id] = self._make_card(kit.id, guest=True)
            card.runtime = "c"
            self._list.insertWidget(len(self.files) + len(self.cards), card)
            card.show()
            card.set_open(True)
            card.show_figures()

    def _proven(self, kit: TargetDevice, project: Project, validation: Mapping[str, Any]) -> None:
        self.session.gauges.note_kit(kit.id, validation, project)
        equal = validation["inputs"] - validation["mismatching_inputs"]
        self.session.told.emit(f"{kit.name}: outputs equal {equal} of {validation['inputs']}")

    def prove_file(self, path: Path) -> None:
        """Show a model file's estimate in a card of its own, and run it on a kit."""
        for card in [c for c in self.files if c.path == path]:
            self.close_file(card)
        (kit, *_) = kits_for(self.session.document.project.targets, self.session.gauges.boards)
        card = FileCard(self.session, path, kit, self.prover)
        card.closed.connect(partial(self.close_file, card))
        self.files.insert(0, card)
        self._list.insertWidget(0, card)
        card.show()
        self._scroll.verticalScrollBar().setValue(0)
        if card.load():
            self.prover.add(Run(card.key, kit, path, f"Prove {path.name} on {kit.name}", card.show_kit))

    def close_file(self, card: FileCard) -> None:
        """Put a model file's card away, and stop what it still runs."""
        self.files.remove(card)
        self.prover.dismiss(card.key)
        self.prover.cancel(card.key)
        self._take(card)

    def _show_run(self, key: str) -> None:
        for card in self.files:
            if card.key == key:
                card.show_run()
        card = self.cards.get(key) or self.guests.get(key)
        if card is not None:
            card.show_run(self.prover)
        active = self.prover.active
        running = next((r for r in active if r.job is not None), None)
        self.proving_changed.emit(f"{running.words} {running.fraction:.0%}" if running else "")
