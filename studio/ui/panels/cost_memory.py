"""The memory view: the arena over time, what is alive at the peak, and how that adds up to the RAM gauge."""

from PySide6.QtWidgets import QHBoxLayout

from studio.core.report import ResourceReport
from studio.core.units import format_size
from studio.estimate.timeline import Timeline
from studio.ui.panels.cost_arena import ArenaPlot, Picture, shape_words
from studio.ui.panels.cost_plan import Plan, no_plan
from studio.ui.panels.cost_subject import Subject, SubjectChooser
from studio.ui.panels.cost_view import CostView
from studio.ui.session import Session
from studio.ui.widgets.elided_label import ElidedLabel
from studio.ui.widgets.line import Line


class MemoryView(CostView):
    """The plot with a line of words above it. A buffer that is taken selects its block."""

    def __init__(self, session: Session, subject: Subject) -> None:
        super().__init__(session, subject)
        self.words, self.sum = ElidedLabel(), Line()
        self.sum.setObjectName("memory_sum")
        self.words.setObjectName("memory_words")
        row = QHBoxLayout()
        row.addWidget(self.words, 1)
        row.addWidget(self.sum, 1)
        self.plot = ArenaPlot()
        self.setFocusProxy(self.plot)
        self.setFocusPolicy(self.plot.focusPolicy())
        self.column.addLayout(row)
        self.column.addWidget(self.plot, 1)
        self.chooser = SubjectChooser(subject)
        self.tool_row.addStretch(1)
        self.tool_row.addWidget(self.chooser)
        self.plot.taken.connect(lambda block: self.select((block,)))
        self.plot.pointed.connect(self._tell)
        self.plan = Plan(session)
        self._timeline: Timeline | None = None

    def refresh(self) -> None:
        """Draw the plan as it stands."""
        self.chooser.refresh()
        self._timeline = timeline = self.plan.of(self.subject)
        if timeline is None:
            self.plot.show_picture(Picture(reason=no_plan(self.subject)))
        else:
            owners = tuple(self.input_block() if life.role == "input" else life.block for life in timeline.lives)
            self.plot.show_picture(Picture(timeline, owners, self._categories(), bool(self.session.gauges.stale)))
        self._tell()
        self._add_up(self.subject.report if timeline else None)

    def show_selection(self) -> None:
        """Mark what the selected blocks own."""
        self.plot.show_selection(self.session.selection)

    def _categories(self) -> dict[str, str]:
        blocks = self.session.blocks
        nodes = self.session.document.project.graph.by_id
        return {id: blocks.get(node.kind).category if node.kind in blocks else "input" for id, node in nodes.items()}

    def _tell(self, number: int = -1) -> None:
        """Speak of a buffer, or of the peak."""
        if self._timeline is None:
            self.words.setText("")
        elif number < 0:
            stale = self.session.gauges.stale
            aside = f"    as of the last complete graph: {stale}" if stale else self._where()
            self.words.setText(self.plot.describe() + aside)
        else:
            life = self._timeline.lives[number]
            made = f"{life.first + 1}" if life.first == life.last else f"{life.first + 1} to {life.last + 1}"
            parts = (" = ".join(life.names), format_size(life.size), shape_words(life), f"alive during step {made}")
            self.words.setText("  ·  ".join(filter(None, parts)))

    def _where(self) -> str:
        timeline = self._timeline
        held = sorted(timeline.during(timeline.peak), key=lambda life: -life.size)
        return f"  ·  step {timeline.peak + 1} of {len(timeline.steps)}: " + ", ".join(life.names[-1] for life in held[:3])

    def _add_up(self, made: ResourceReport | None) -> None:
        """Write the sum that is the RAM gauge."""
        board = self.subject.board
        if made is None or board is None:
            self.sum.show_texts(("",))
            return
        parts = {**made.ram.parts, "stack": made.stack_bytes}
        total = sum(parts.values())
        written = " + ".join(f"{name} {format_size(size)}" for name, size in parts.items() if size)
        whole = f"RAM {format_size(total)} of {format_size(board.ram.free)}"
        short = f"arena {format_size(parts['arena'])} + {format_size(total - parts['arena'])} = {whole}"
        self.sum.show_texts((f"{written} = {whole}", short, whole))
