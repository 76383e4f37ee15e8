"""Refine: while the design rests, a warm child compiles it and runs TFLM's allocator; figures and differences are kept."""

import time
from collections import OrderedDict, deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication

from studio.core.errors import Cancelled, InputError, StudioError, ToolMissing
from studio.core.frontend import FrontEnd
from studio.core.graph import ModelGraph
from studio.core.refinement import Refinement
from studio.lower.engine import RUNTIMES as ENGINE
from studio.ui.jobs import TRAINING, Work
from studio.ui.warm import WarmChild

if TYPE_CHECKING:
    from studio.ui.session import Session

REST_MS = 1000
ENTRY, MODULE, TITLE = "studio.deploy.refine:run_design", "studio.deploy.refine", "Refine the figures"
DESIGNS, KEPT = 50, 1000


class Place(msgspec.Struct, frozen=True):
    """Target, its core, runtime and tool chain; all "" for TFLM's allocation, which is the same everywhere."""

    target: str = ""
    core: str = ""
    runtime: str = ""
    toolchain: str = ""


ALLOCATION = Place()


class Design(msgspec.Struct):
    """A design, told by its graph's identity, with what was found of it, or the words why nothing was."""

    graph: ModelGraph
    frontend: FrontEnd
    found: dict[Place, Refinement | str]


class Refiner(QObject):
    """Works from `start` to `stop`, for the runtimes of the targets' cards. `changed` says that a figure, a difference or a note came.

    An edit cancels what runs; a design that an undo brings back has its figures at once. `kept` are all differences of the session, oldest
    first; `notes` say, each once, why something is not refined, and since when.
    """

    changed = Signal()

    def __init__(self, session: "Session") -> None:
        super().__init__(session)
        self._session = session
        self.kept: list[Refinement] = []
        self.notes: dict[str, float] = {}
        self._designs: OrderedDict[int, Design] = OrderedDict()
        self._queue: deque[Place] = deque()
        self._running: tuple[Design, Place] | None = None
        self._child = WarmChild(TITLE, (MODULE,), self)
        self._child.answered.connect(self._answered)
        self._rest = QTimer(self, interval=REST_MS, singleShot=True)
        self._rest.timeout.connect(self._look)
        self._started = False

    @property
    def started(self) -> bool:
        """Whether it works at all: a window that nobody sees compiles nothing."""
        return self._started

    @property
    def off(self) -> str:
        """Say that the user switched it off; "" where not."""
        return "" if self._session.settings.get("refine") else "Refine is switched off in the settings"

    @property
    def working(self) -> bool:
        """Whether a look waits or a job runs."""
        return self._rest.isActive() or self._running is not None

    def start(self) -> None:
        """Follow the design from now on."""
        if self._started:
            return
        self._started = True
        session = self._session
        session.gauges.updated.connect(self._edited)
        session.settings_changed.connect(self._follow_setting)
        session.jobs.added.connect(self._make_way)
        session.document_replaced.connect(self._forget_designs)
        if session.settings.get("refine"):
            self._child.start()
        self._edited()

    def stop(self) -> None:
        """End the child and look no more."""
        if not self._started:
            return
        self._started = False
        session = self._session
        session.gauges.updated.disconnect(self._edited)
        session.settings_changed.disconnect(self._follow_setting)
        session.jobs.added.disconnect(self._make_way)
        session.document_replaced.disconnect(self._forget_designs)
        self._rest.stop()
        self._queue.clear()
        self._running = None
        self._child.stop()

    # what is known

    def at(self, target: str, runtime: str) -> Refinement | None:
        """Return what the compiler said of the design on show, None while it has not."""
        found = self._found(self._place(target, runtime))
        return found if isinstance(found, Refinement) and found.kind == "compiled" else None

    @property
    def allocation(self) -> Refinement | None:
        """What TFLM's allocator said of the design on show."""
        found = self._found(ALLOCATION)
        return found if isinstance(found, Refinement) else None

    def why_not(self, target: str, runtime: str) -> str:
        """Say why the design on show was not refined for a target; "" while that is not known."""
        found = self._found(self._place(target, runtime))
        return found if isinstance(found, str) else ""

    def _place(self, target: str, runtime: str) -> Place:
        board = self._session.gauges.boards.get(target)
        if board is None or runtime not in ENGINE:
            return ALLOCATION
        return Place(target, board.core.id, runtime, self._session.settings.get("toolchain"))

    def _found(self, place: Place) -> Refinement | str | None:
        design = self._design(make=False) if self._designs else None
        return design.found.get(place) if design else None

    def _design(self, make: bool) -> Design | None:
        shown = self._session.gauges.shown
        if shown is None:
            return None
        project = shown.project
        known = self._designs.get(id(project.graph))
        if known is not None and known.graph is project.graph and known.frontend == project.frontend:
            return known
        if not make:
            return None
        made = self._designs[id(project.graph)] = Design(project.graph, project.frontend, {})
        self._designs.move_to_end(id(project.graph))
        while len(self._designs) > DESIGNS:
            self._designs.popitem(last=False)
        return made

    def forget(self) -> None:
        """Drop the differences and the notes; the figures on show stay."""
        self.kept.clear()
        self.notes.clear()
        self.changed.emit()

    # when to work

    def _edited(self) -> None:
        self._rest.start()
        if self._running is not None and self._running[0] is not self._design(make=False):
            self._cancel()

    def _make_way(self, work: Work) -> None:
        """Leave the processors to what the user asked for."""
        if work.running:
            self._cancel()
            self._rest.start()
        if work.entry == TRAINING:
            work.done.connect(self._forget_designs)  # a trained design is another file

    def _forget_designs(self) -> None:
        self._designs.clear()
        self._rest.start()

    def _follow_setting(self, key: str) -> None:
        if key in ("refine", "toolchain", "runtime", "card_runtimes"):
            self._cancel()
            self._rest.start()
            self.changed.emit()

    def _cancel(self) -> None:
        self._queue.clear()
        self._child.cancel()

    def _look(self) -> None:
        """Begin where the user rests; look again later where the hands or a job are busy."""
        gauges = self._session.gauges
        if not self._session.settings.get("refine") or gauges.stale or gauges.shown is None:
            return
        if self._child.busy or self._session.jobs.running() or QApplication.mouseButtons() != Qt.MouseButton.NoButton:
            self._rest.start()
            return
        design = self._design(make=True)
        self._queue = deque(place for place in self._places() if place not in design.found)
        self._next(design)

    def _places(self) -> list[Place]:
        gauges, settings = self._session.gauges, self._session.settings
        cards = [(t, settings.runtime_of(t)) for t in gauges.shown.project.targets if t in gauges.boards]
        engines = [(t, r) for t, r in cards if r in ENGINE and gauges.report(t, r).runtime_version]
        return [ALLOCATION, *(self._place(t, r) for t, r in engines)]

    def _next(self, design: Design) -> None:
        if self._queue:
            place = self._queue.popleft()
            self._running = (design, place)
            self._child.ask(ENTRY, self._args(place))

    def _args(self, place: Place) -> Mapping[str, Any]:
        project = msgspec.json.encode(self._session.gauges.shown.project).decode()
        board = msgspec.to_builtins(self._session.gauges.boards[place.target]) if place.target else None
        runs = str(self._session.document.path / "runs")
        return {"project": project, "runs": runs, "target": board, "runtime": place.runtime, "toolchain": place.toolchain}

    # what came of it

    def _answered(self, said: dict[str, Any] | StudioError) -> None:
        if self._running is None:
            return
        (design, place), self._running = self._running, None
        if isinstance(said, Cancelled):
            self._queue.clear()
            return
        design.found[place] = self._note(said) if isinstance(said, StudioError) else self._keep(said)
        self.changed.emit()
        self._next(design)

    def _keep(self, said: Mapping[str, Any]) -> Refinement:
        made = msgspec.convert(said["refinement"], Refinement)
        del self.kept[: -KEPT + 1]
        self.kept.append(made)
        return made

    def _note(self, error: StudioError) -> str:
        words = f"{error}" + (f"; {error.hint}" if error.hint else "")
        self.notes.setdefault(words, time.time())
        if not isinstance(error, ToolMissing | InputError):
            self._session.jobs.note_failure(ENTRY, TITLE, error)
        return words
