"""What the last edits did to flash, RAM and time on the chosen board; a click goes back to any of them."""

from collections.abc import Iterator
from typing import Any

import msgspec
from PySide6.QtCore import QTimer

from studio.core.errors import StudioError
from studio.core.graph import infer
from studio.core.project import Project
from studio.core.target import TargetDevice
from studio.core.units import format_ms, format_size
from studio.estimate.report import report
from studio.lower.graph import lower_graph
from studio.lower.int8 import quantised_types
from studio.ui.document import StateCommand
from studio.ui.panels.cost_plan import NO_TARGET
from studio.ui.panels.cost_sparks import Sparks
from studio.ui.panels.cost_subject import Subject, SubjectChooser
from studio.ui.panels.cost_view import CostView
from studio.ui.panels.target_reading import Measure, measures, refusal
from studio.ui.session import Session
from studio.ui.widgets.elided_label import ElidedLabel

SHOWN, AHEAD = 20, 5
FIRST = "as it was before these edits"
NO_EDITS = "No edit yet. What each of the next ones does to flash, RAM and time is drawn here."


class Point(msgspec.Struct, frozen=True):
    """A design after an edit: the undo stack's index that leads to it, the edit's title, its measures; () where it has no figures."""

    index: int
    title: str
    project: Project
    measures: tuple[Measure, ...] = ()


class HistoryView(CostView):
    """Three lines over the last edits. They are worked out when the view is seen, one design after another between other work."""

    def __init__(self, session: Session, subject: Subject) -> None:
        super().__init__(session, subject)
        self.words = ElidedLabel()
        self.words.setObjectName("history_words")
        self.plot = Sparks()
        self.column.addWidget(self.words)
        self.column.addWidget(self.plot, 1)
        self.setFocusProxy(self.plot)
        self.setFocusPolicy(self.plot.focusPolicy())
        self.chooser = SubjectChooser(subject)
        self.tool_row.addStretch(1)
        self.tool_row.addWidget(self.chooser)
        self.points: tuple[Point, ...] = ()
        self._known: dict[tuple[int, str, str], tuple[Project, tuple[Measure, ...]]] = {}
        self._work: Iterator[None] = iter(())
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._step)
        self.plot.pointed.connect(self._tell)
        self.plot.wanted.connect(self.go_to)
        session.boards_changed.connect(self._forget)

    @property
    def counting(self) -> bool:
        """Whether designs are still to be counted."""
        return self._timer.isActive()

    def refresh(self) -> None:
        """Show the edits as they stand; what is not counted yet follows."""
        self.chooser.refresh()
        self._work = self._counting()
        self._timer.start(0)
        self._show()

    def _forget(self) -> None:
        """Count anew: a board's file says something else now."""
        self._known = {}
        if self.isVisible():
            self.refresh()

    def go_to(self, number: int) -> None:
        """Go back, or forth again, to the design of a point."""
        self.session.document.undo_stack.setIndex(self.points[number].index)

    def hideEvent(self, event: Any) -> None:  # noqa: N802
        """Leave what is not counted for the next time."""
        super().hideEvent(event)
        self._timer.stop()

    def _listed(self) -> list[Point]:
        """Return the designs that the undo stack leads to, the last ones before the present and a few undone ones after it."""
        stack = self.session.document.undo_stack
        now = stack.index()
        first, last = max(0, now - SHOWN), min(stack.count(), now + AHEAD)
        commands = [stack.command(i) for i in range(first, last)]
        if not commands:
            return []
        assert all(isinstance(c, StateCommand) for c in commands)
        listed = [Point(first, FIRST, commands[0].before.project)]
        for number, command in enumerate(commands, first + 1):
            if command.after.project is command.before.project:  # blocks were moved, or clips changed
                listed[-1] = msgspec.structs.replace(listed[-1], index=number if number <= now else listed[-1].index)
            else:
                listed.append(Point(number, command.text(), command.after.project))
        return listed

    def _counting(self) -> Iterator[None]:
        board, runtime = self.subject.board, self.subject.runtime
        kept = {}
        for point in self._listed() if board else ():
            key = (id(point.project), board.id, runtime)
            if key not in self._known:
                self._known[key] = (point.project, measured(point.project, self.session, board, runtime))
                yield
            kept[key] = self._known[key]
        self._known = kept

    def _step(self) -> None:
        if next(self._work, self) is self:
            self._timer.stop()
        self._show()

    def _show(self) -> None:
        board, runtime = self.subject.board, self.subject.runtime
        listed = self._listed() if board else []
        known = self._known
        empty: tuple[Project | None, tuple[Measure, ...]] = (None, ())
        keys = [(id(p.project), board.id if board else "", runtime) for p in listed]
        self.points = tuple(msgspec.structs.replace(p, measures=known.get(key, empty)[1]) for p, key in zip(listed, keys, strict=True))
        now = self.session.document.undo_stack.index()
        present = max((i for i, p in enumerate(self.points) if p.index <= now), default=0)
        reason = NO_TARGET if board is None else NO_EDITS if len(self.points) < 2 else ""
        self.plot.show_points([p.measures for p in self.points], present, reason)
        self._tell()

    def _tell(self, number: int = -1) -> None:
        """Speak of a point, or of the present."""
        if len(self.points) < 2 or self.plot.reason:
            self.words.setText("")
            return
        at = number if number >= 0 else self.plot.present
        point, before = self.points[at], self.points[max(at - 1, 0)]
        pairs = zip(point.measures, before.measures or point.measures, strict=False)  # an unfinished design has none
        figures = [figure_words(m, b) for m, b in pairs]
        there = "" if at == self.plot.present else "click or Return goes there"
        said = ("now: " if number < 0 else "") + point.title
        self.words.setText("  ·  ".join(filter(None, (said, *(figures or [self._missing(point)]), there))))

    def _missing(self, point: Point) -> str:
        """Say why a point has no figures."""
        counted = (id(point.project), self.subject.target, self.subject.runtime) in self._known
        return "no figures: the graph is not complete, or the runtime cannot run it" if counted else "counting…"


def measured(project: Project, session: Session, board: TargetDevice, runtime: str) -> tuple[Measure, ...]:
    """Return what a design takes on a board; nothing where its graph is not complete, or the runtime cannot run it."""
    found = infer(project.graph, session.blocks, project.frontend.shape)
    if not found.runnable:
        return ()
    try:
        network = quantised_types(lower_graph(project.graph, session.blocks, project.frontend.shape, name=project.name, inference=found))
        made = report(network, board, runtime, project.frontend, project.interval_ms)
    except StudioError:
        return ()
    return () if refusal(made) else measures(made, board, project.interval_ms)


def figure_words(now: Measure, before: Measure) -> str:
    """Write a measure and its change: "RAM 22.9 KiB (+1.2 KiB)"."""
    write = format_ms if now.name == "Time" else format_size
    more = now.taken - before.taken
    return f"{now.name} {write(now.taken)}" + (f" ({'+' if more > 0 else '−'}{write(abs(more))})" if more else "")
