"""The Deploy room: export the design, flash a kit with it, see what the kit says."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QFileDialog, QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QSplitter, QVBoxLayout, QWidget

from studio.core.errors import StudioError
from studio.core.project import design_digest
from studio.core.state import State
from studio.core.target import TargetDevice
from studio.deploy.export_folder import changed_export
from studio.ui.jobs import Job
from studio.ui.panels.deploy_export import ExportCard
from studio.ui.panels.deploy_flash import FlashCard
from studio.ui.panels.deploy_probes import ProbeWatch
from studio.ui.panels.deploy_run import RunPanel
from studio.ui.panels.target_prove import Snapshot
from studio.ui.panels.target_reading import excess, refusal
from studio.ui.questions import ask
from studio.ui.session import Session
from studio.ui.theme import GAP, PAD, ROOM

EXPORT, FLASH = "studio.deploy.export:run", "studio.deploy.flash:run"
CLIPS = 10
LEFT = 366


class DeployRoom(QWidget):
    """What to do at the left, what came of it at the right."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.watch = ProbeWatch(self)
        self.setObjectName("panel")
        self.target = QComboBox()
        self.target.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.target.setMinimumContentsLength(12)
        self.target.setObjectName("deploy_target")
        self.target.setAccessibleName("Target")
        self.target.setMaxVisibleItems(24)
        self.flash_card = FlashCard(session, self.watch)
        self.exports: dict[str, ExportCard] = {}
        self.run = RunPanel(session)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.addWidget(self._make_left())
        self._splitter.addWidget(self.run)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setChildrenCollapsible(False)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._splitter)
        self.reset_layout()
        self._follow()
        self._fill_targets()

    # building

    def _make_left(self) -> QWidget:
        inside = QWidget()
        inside.setObjectName("panel")
        column = QVBoxLayout(inside)
        column.setContentsMargins(ROOM, ROOM, ROOM, ROOM)
        column.setSpacing(PAD)
        column.addWidget(_heading("TARGET"))
        column.addWidget(self.target)
        column.addWidget(self._make_untrained())
        column.addWidget(self.flash_card)
        column.addSpacing(GAP)
        column.addWidget(_heading("EXPORT"))
        for name in self.session.plugins.exporters:
            column.addWidget(self._make_export(name))
        for widget in self._make_failed_plugins():
            column.addWidget(widget)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setMinimumWidth(320)
        area.setWidget(inside)
        return area

    def _make_untrained(self) -> QWidget:
        self.untrained = QFrame()
        self.untrained.setObjectName("card")
        words = QLabel("This design is not trained: the kit gets random weights.")
        words.setObjectName("untrained_words")
        words.setProperty("state", "tight")
        words.setWordWrap(True)
        train = QPushButton("Train")
        train.setObjectName("untrained_train")
        train.setToolTip("train the design as it stands, in the Train room")
        train.clicked.connect(self._train)
        row = QHBoxLayout(self.untrained)
        row.setContentsMargins(ROOM, PAD, PAD, PAD)
        row.addWidget(words, 1)
        row.addWidget(train)
        return self.untrained

    def _make_export(self, name: str) -> ExportCard:
        plugins = self.session.plugins
        card = ExportCard(name, plugins.record(plugins.exporters.owner(name)))
        card.export_wanted.connect(lambda exporter: self.export(exporter))
        card.folder_wanted.connect(self._export_elsewhere)
        card.details_wanted.connect(self.session.erred)
        self.exports[name] = card
        return card

    def _make_failed_plugins(self) -> list[QWidget]:
        """Name the plugins that could not even be read, with the reason."""
        made: list[QWidget] = []
        for record in self.session.plugins.records:
            if record.state == "failed":
                label = QLabel(f"The plugin in {record.folder} cannot be used: {record.reason}. {record.hint}")
                label.setObjectName("failed_plugin")
                label.setProperty("kind", "dim")
                label.setWordWrap(True)
                made.append(label)
        return made

    def _follow(self) -> None:
        session = self.session
        self.target.currentIndexChanged.connect(lambda _: self._show_target())
        self.flash_card.flash_wanted.connect(self.flash)
        self.flash_card.cancel_wanted.connect(self._cancel)
        self.flash_card.target_wanted.connect(lambda id: self.target.setCurrentIndex(self.target.findData(id)))
        session.document.changed.connect(self._changed)
        session.document_replaced.connect(self._replaced)
        session.boards_changed.connect(self._fill_targets)
        session.gauges.updated.connect(self._show_refusal)
        session.theme_changed.connect(self._restyle)
        session.jobs.changed.connect(self._show_trained_soon)

    # what is chosen, and whether it can be done

    @property
    def chosen(self) -> TargetDevice | None:
        """The target that is chosen."""
        return self.session.gauges.boards.get(self.target.currentData() or "")

    def _fill_targets(self) -> None:
        """List the project's targets first, then all others."""
        boards, before = self.session.gauges.boards, self.target.currentData()
        mine = [t for t in self.session.document.project.targets if t in boards]
        others = sorted((b for b in boards.values() if b.id not in mine), key=lambda b: (not b.virtual, b.name))
        self.target.blockSignals(True)
        self.target.clear()
        for id in mine:
            self.target.addItem(boards[id].name, id)
        if mine and others:
            self.target.insertSeparator(len(mine))
        for board in others:
            self.target.addItem(board.name, board.id)
        self.target.setCurrentIndex(max(0, self.target.findData(before)) if before else 0)
        self.target.blockSignals(False)
        self._show_target()

    def _show_target(self) -> None:
        self.flash_card.show_target(self.chosen)
        self._show_refusal()

    def _show_refusal(self) -> None:
        """Say what stands against the design on this target: an incomplete graph cannot be built, a tight memory may be tried."""
        gauges, target = self.session.gauges, self.chosen
        reason = f"the graph is not complete: {gauges.stale}" if gauges.stale else ""
        made = gauges.report(target.id, self.session.settings.engine_of(target.id)) if target and not gauges.stale else None
        if made is not None and gauges.shown is not None:
            reason = refusal(made) or excess(made, target, gauges.shown.project.interval_ms)
        self.flash_card.show_refusal(reason, can_flash=not gauges.stale)
        for card in self.exports.values():
            card.show_state(can_export=not gauges.stale)

    def _show_trained(self) -> None:
        document = self.session.document
        try:
            trained = document.folder.latest_run(design_digest(document.project)) is not None
        except StudioError:
            trained = False
        self.untrained.setVisible(not trained)

    _running = 0

    def _show_trained_soon(self) -> None:
        """Look for a new run whenever a job has ended."""
        running = len(self.session.jobs.running())
        if running < self._running and self.isVisible():
            self._show_trained()
        self._running = running

    def _changed(self, before: State, after: State) -> None:
        if before.project.targets != after.project.targets:
            self._fill_targets()
        if self.isVisible() and before.project is not after.project:
            self._show_trained()

    def _replaced(self) -> None:
        self.session.document.changed.connect(self._changed)
        self.run.reset()
        self._fill_targets()
        self._show_trained()

    def _restyle(self) -> None:
        self.flash_card.restyle()
        self.update()

    def _train(self) -> None:
        actions = getattr(self.window(), "actions_by_id", {})
        if "train" in actions:
            actions["train"].trigger()
        else:
            self.session.room_wanted.emit("train")

    # doing it

    def flash(self) -> None:
        """Build the design as it stands, program the chosen target and run it there; a saved or unsaved design alike."""
        if self.run.running:
            self.session.told.emit("a kit is being flashed already")
            return
        if not self.flash_card.flash.isEnabled():
            self.session.told.emit(self.flash_card.refusal.text() or self.flash_card.note.text() or "choose a target first")
            return
        target = self.chosen
        assert target is not None
        flasher, probe = self.flash_card.chosen
        args = {
            "target": target.id,
            "flasher": flasher,
            "probe": probe,
            "toolchain": self.session.settings.get("toolchain"),
            "clips": CLIPS,
            "segment": self.session.segment,
            "runtime": self.session.settings.engine_of(target.id),
        }
        job = self._start(FLASH, args, f"Flash {target.name}")
        if job is not None:
            self.run.follow(job, target, self.session.document.project)
            self.flash_card.show_running(True)
            job.ended.connect(partial(self._flashed, job))

    def _flashed(self, job: Job) -> None:
        self.flash_card.show_running(False)
        self._note_plugins(job)
        self._show_refusal()

    def _cancel(self) -> None:
        if self.run.job is not None:
            self.run.job.cancel()
            self.flash_card.show_running(True, stopping=True)

    def export(self, exporter: str = "", out: Path | None = None) -> None:
        """Export by the exporter used last, unless another is named, to build/ in the project's folder, unless `out` is given."""
        exporter = exporter or self._last_exporter()
        card, target = self.exports.get(exporter), self.chosen
        if card is None or target is None:
            self.session.told.emit("there is no exporter" if card is None else "choose a target first")
            return
        if not card.export.isEnabled():
            self.session.told.emit(card.reason.text() or self.flash_card.refusal.text() or f"{card.record.name} runs already")
            return
        out = out or self.session.document.path / "build" / exporter
        changed = changed_export(out)
        if changed and not self._may_replace(out, changed):
            return
        args = {"exporter": exporter, "out": str(out), "target": target.id, "force": bool(changed)}
        args["runtime"] = self.session.settings.engine_of(target.id)
        job = self._start(EXPORT, args, f"Export {card.record.name}")
        if job is not None:
            card.follow(job, out)
            self.run.watch(job)
            job.ended.connect(partial(self._note_plugins, job))
            self.session.attempt(lambda: self.session.settings.set("last_exporter", exporter))

    def _last_exporter(self) -> str:
        last = self.session.settings.get("last_exporter")
        return last if last in self.exports else next(iter(self.exports), "")

    def _export_elsewhere(self, exporter: str) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Export to this folder, new or empty", str(self.session.document.path.parent))
        if chosen:
            self.export(exporter, Path(chosen))

    def _may_replace(self, out: Path, changed: tuple[str, ...]) -> bool:
        few = ", ".join(changed[:5]) + (" …" if len(changed) > 5 else "")
        more = f"Changed since: {few}. Files that no export made stay."
        return ask(self, "Replace the export?", f"The export in {out} was changed by hand.", ("Replace it",), more=more) == "Replace it"

    def _start(self, entry: str, args: dict[str, object], title: str) -> Job | None:
        """Start a job on the design as it stands; a copy of an unsaved one lives as long as the job."""
        try:
            snapshot = Snapshot(self.session.document)
            job = self.session.jobs.start(entry, {"path": str(snapshot.path), **args}, title)
        except StudioError as error:
            self.run.show_error(error)
            return None
        job.ended.connect(snapshot.remove)
        return job

    def _note_plugins(self, job: Job) -> None:
        """Show a plugin that failed as switched off."""
        if job.error is not None:
            self.session.plugins.note_failure(job.error)
            self._show_refusal()

    # coming and going

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self.watch.start()
        self._show_trained()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        super().hideEvent(event)
        self.watch.stop()

    def reset_layout(self) -> None:
        """Give the two sides their first widths."""
        self._splitter.setSizes([LEFT, 10 * LEFT])

    def close_room(self) -> None:
        """End the search for probes."""
        self.watch.close()


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("kind", "heading")
    return label
