"""The arena's plan of the chosen target and runtime, worked out when a view asks for it and kept until the design changes."""

from studio.core.report import ResourceReport
from studio.estimate.timeline import Timeline, engine_timeline, tflm_timeline
from studio.lower.engine import RUNTIMES as ENGINE
from studio.ui.panels.cost_subject import Subject
from studio.ui.panels.target_reading import refusal
from studio.ui.session import Session
from studio.ui.settings import RUNTIME_NAMES

NO_TARGET = "No target is chosen. Choose one (Ctrl+B) to see what the design costs there."
NO_PLAN = "There is no arena to draw: on {} the runtime takes its memory from the operating system as it runs."
NO_PLACES = (
    "There is no plan to draw: of {} only the size of its memory is known, not which tensor lies where. The C engine and TFLM have one."
)
DRAWN = (*ENGINE, "tflm", "tflm-ref")


class Plan:
    """`of` returns what was asked for last without working it out again."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._of: tuple[object, ...] = ()
        self._made: Timeline | None = None

    def of(self, subject: Subject) -> Timeline | None:
        """Return the plan of the last complete graph; None where `reason` says why."""
        made = subject.report
        if made is None or no_plan(subject):
            return None
        key = (self._session.gauges.shown.network, made.target, made.runtime)
        if self._made is None or not all(a is b or (isinstance(a, str) and a == b) for a, b in zip(key, self._of, strict=True)):
            self._made, self._of = self._work_out(made), key
        return self._made

    def _work_out(self, made: ResourceReport) -> Timeline:
        gauges = self._session.gauges
        program = gauges.program(made.target, made.runtime) if made.runtime in ENGINE else None
        return engine_timeline(program) if program else tflm_timeline(gauges.shown.network, made, gauges.boards[made.target])


def no_figures(subject: Subject) -> str:
    """Return why there are no figures, "" where there are."""
    made = subject.report
    if subject.board is None:
        return NO_TARGET
    if made is None:
        return f"No figures: {subject.session.gauges.stale}"
    return refusal(made)


def no_plan(subject: Subject) -> str:
    """Return why there is no plan to draw, "" where there is one."""
    said = no_figures(subject)
    if said or subject.report is None:
        return said
    if subject.runtime not in DRAWN:
        return NO_PLACES.format(RUNTIME_NAMES[subject.runtime])
    return "" if subject.report.ram.parts.get("arena") else NO_PLAN.format(subject.board.name)
