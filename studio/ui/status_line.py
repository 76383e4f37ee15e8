"""What the status bar always shows: saved or not, errors, the model's figures, what runs, where figures come from."""

from datetime import datetime

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QStatusBar, QToolButton, QWidget

from studio.core.units import format_count
from studio.ui.document import Document
from studio.ui.gauges import Gauges
from studio.ui.jobs import Job, JobList
from studio.ui.paint import colour, fitted, write
from studio.ui.panels.target_alarm import AlarmRow
from studio.ui.theme import PAD, theme
from studio.ui.widgets.still import Still

_GRAIN = 24
_LEFT, _PIXELS = 14, 13


class StatusLine(QStatusBar):
    """The bar; `jobs_wanted` asks for the list of jobs."""

    jobs_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # its style fills it
        self.saved, self.counts = self._label("saved"), self._label("counts")
        self.job = QToolButton(self)
        self.job.setObjectName("quiet")
        self.job.setToolTip("Show the list of jobs")
        self.job.setAccessibleName("List of jobs")
        self.job.clicked.connect(self.jobs_wanted)
        self.job.hide()
        self.unprotected, self.source = self._label("unprotected"), self._label("source")
        self.unprotected.setProperty("state", "error")
        self.unprotected.hide()
        for widget in (self.saved, Still(self.counts, grain=_GRAIN), self.job):
            self.addWidget(widget)
        self.messageChanged.connect(self.setToolTip)
        self.alarm = AlarmRow("status", on_card=False)
        for widget in (self.alarm, self.unprotected, self.source):
            self.addPermanentWidget(widget)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Write a message where the labels begin that it hides, cut to its room; the whole of it is the tooltip."""
        message = self.currentMessage()
        if not message:
            super().paintEvent(event)
            return
        painter, t = QPainter(self), theme()
        painter.fillRect(self.rect(), colour(t.panel))
        painter.fillRect(0, 0, self.width(), 1, colour(t.line))
        right = min((w.x() for w in (self.alarm, self.unprotected, self.source) if w.isVisible()), default=self.width())
        write(painter, QPointF(_LEFT, self.height() / 2), fitted(message, _PIXELS, False, right - _LEFT - PAD), _PIXELS, t.dim)

    def _label(self, name: str) -> QLabel:
        label = QLabel(self)
        label.setObjectName(f"status.{name}")
        return label

    def show_saved(self, document: Document, just_saved: bool) -> None:
        """Say when the document was saved, or that it is edited."""
        if not document.is_saved:
            self.saved.setText("edited")
        elif just_saved:
            self.saved.setText(f"✓ saved {datetime.now().astimezone():%H:%M}")
        else:
            self.saved.setText("✓ saved")

    def show_protection(self, problem: str) -> None:
        """Say that edits are not protected, for as long as that is so."""
        self.unprotected.setText("edits are not protected against a crash" if problem else "")
        self.unprotected.setToolTip(problem)
        self.unprotected.setVisible(bool(problem))

    def show_figures(self, gauges: Gauges) -> None:
        """Count errors and advice, and show what holds on every target."""
        errors = sum(i.severity == "error" for i in gauges.issues)
        others = len(gauges.issues) - errors
        parts = [f"{errors} error{'' if errors == 1 else 's'}" + (f" · {others} advice" if others else "")]
        if gauges.figures:
            parts += [f"{format_count(gauges.figures.macs)} MACs", f"{format_count(gauges.figures.parameters)} parameters"]
        self.counts.setText("     ".join(parts))
        said = "\n".join(f"{i.where}: {i.message}" if i.where else i.message for i in gauges.issues)
        if self.counts.toolTip() != said:
            self.counts.setToolTip(said)

    def show_provenance(self, words: str) -> None:
        """Say where the figures on the cards come from; "" where there are none."""
        self.source.setText(f"figures: {words or 'none, the graph is not complete'}")

    def show_jobs(self, jobs: JobList) -> None:
        """Say how far the newest job is, and how many more run."""
        running = jobs.running()
        self.job.setVisible(bool(running))
        if running:
            more = f" (+{len(running) - 1})" if len(running) > 1 else ""
            self.job.setText(_progress(running[-1]) + more)


def _progress(job: Job) -> str:
    left = f" · {duration(job.seconds_left)} left" if job.seconds_left else ""
    return f"{job.title}: {job.message} {job.fraction:.0%}{left}"


def duration(seconds: float) -> str:
    """Write a time as people say it: "40 s", "3 min 05 s"."""
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02d} s"
