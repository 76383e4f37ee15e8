"""The flash card: by which flasher and which probe, and the button."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from studio.core.target import TargetDevice
from studio.deploy.probes import Found
from studio.plugin.plugins import PluginRecord
from studio.ui.panels.deploy_probes import ProbeWatch
from studio.ui.panels.target_prove import stand_in
from studio.ui.session import Session
from studio.ui.theme import GAP, PAD, ROOM
from studio.ui.widgets.glyphs import glyph

_VIRTUAL = (
    "A virtual kit is an emulated Cortex-M. It runs the very program that a board would get, byte for byte, counts each instruction, "
    "and finds faults and stack overflows. What it cannot know are a chip's caches and buses: its times come from the core's documented "
    "cycles and the flash's wait states."
)


class FlashCard(QFrame):
    """Chooses flasher and probe for the target; `flash_wanted`, `cancel_wanted`, and `target_wanted` with a virtual kit's id."""

    flash_wanted = Signal()
    cancel_wanted = Signal()
    target_wanted = Signal(str)

    def __init__(self, session: Session, watch: ProbeWatch, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.watch = session, watch
        self.target: TargetDevice | None = None
        self.setObjectName("card")
        self.flasher, self.probe = _combo("flash_flasher", "Programmed by"), _combo("flash_probe", "Probe")
        self.note, self.refusal = QLabel(), QLabel()
        self.note.setObjectName("flash_note")
        self.refusal.setObjectName("flash_refusal")
        self.refusal.setProperty("state", "too_large")
        self.about = QLabel(_VIRTUAL)
        self.about.setObjectName("flash_about")
        for label in (self.note, self.refusal, self.about):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        for label in (self.note, self.about):
            label.setProperty("kind", "dim")
        grid = QGridLayout()
        grid.setHorizontalSpacing(ROOM)
        grid.setVerticalSpacing(GAP)
        grid.setColumnStretch(1, 1)
        for row, (title, control) in enumerate((("With", self.flasher), ("Probe", self.probe))):
            label = QLabel(title)
            label.setBuddy(control)
            grid.addWidget(label, row, 0)
            grid.addWidget(control, row, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(ROOM, ROOM, ROOM, ROOM)
        column.setSpacing(PAD)
        column.addLayout(self._make_head())
        column.addLayout(grid)
        column.addWidget(self.note)
        column.addWidget(self.refusal)
        column.addLayout(self._make_buttons())
        column.addWidget(self.about)
        column.addWidget(self.instead, 0, Qt.AlignmentFlag.AlignLeft)
        self._unfold(False)
        self.flasher.currentIndexChanged.connect(self.show_probes)
        watch.changed.connect(self.show_probes)

    def _make_head(self) -> QHBoxLayout:
        title = QLabel("Flash")
        title.setProperty("kind", "title")
        words = QLabel("build, program the kit, hear it answer")
        words.setProperty("kind", "dim")
        row = QHBoxLayout()
        row.setSpacing(PAD)
        row.addWidget(title)
        row.addWidget(words, 1)
        return row

    def _make_buttons(self) -> QHBoxLayout:
        self.flash = QPushButton("Flash")
        self.flash.setObjectName("flash_button")
        self.flash.setToolTip("build the design as it stands, program the target and run it there (F6)")
        self.flash.setProperty("kind", "primary")
        self.flash.clicked.connect(self.flash_wanted)
        self.cancel = QPushButton("Cancel")
        self.cancel.setObjectName("flash_cancel")
        self.cancel.clicked.connect(self.cancel_wanted)
        self.cancel.hide()
        self.no_board = QPushButton("What if there is no board?")
        self.no_board.setObjectName("flash_no_board")
        self.no_board.setCheckable(True)
        self.no_board.toggled.connect(self._unfold)
        self.instead = QPushButton()
        self.instead.setObjectName("flash_instead")
        self.instead.clicked.connect(self._take_instead)
        self.restyle()
        row = QHBoxLayout()
        row.setSpacing(PAD)
        row.addWidget(self.flash)
        row.addWidget(self.cancel)
        row.addStretch(1)
        row.addWidget(self.no_board)
        return row

    def restyle(self) -> None:
        """Draw the glyph in the theme's colours."""
        self.flash.setIcon(glyph("bolt", on_accent=True))

    @property
    def chosen(self) -> tuple[str, str]:
        """The ids of flasher and probe, "" where it is the only one."""
        return self.flasher.currentData() or "", self.probe.currentData() or ""

    def show_target(self, target: TargetDevice | None) -> None:
        """Offer the ways to program a target."""
        self.target = target
        self.flasher.blockSignals(True)
        self.flasher.clear()
        for method in target.flash_methods if target else ():
            name, problem = self._plugin(method.flasher)
            self.flasher.addItem(f"{name} ({problem})" if problem else name, method.flasher)
        self.flasher.blockSignals(False)
        self._unfold(self.no_board.isChecked())
        self.show_probes()

    def _plugin(self, flasher: str) -> tuple[str, str]:
        """Return the name of a flasher's plugin, and in a word what stands against using it."""
        plugins = self.session.plugins
        if flasher not in plugins.flashers:
            return flasher, "no such plugin"
        record: PluginRecord = plugins.record(plugins.flashers.owner(flasher))
        return record.name, "" if record.state == "ready" else record.state

    def show_probes(self) -> None:
        """Offer what is plugged in for the chosen flasher."""
        flasher, before = self.chosen
        found = self.watch.found.get(flasher)
        self.probe.blockSignals(True)
        self.probe.clear()
        for probe in found.probes if found else ():
            self.probe.addItem(probe.name if probe.id in probe.name or probe.id == "virtual" else f"{probe.name} · {probe.id}", probe.id)
        if not self.probe.count():
            self.probe.addItem("none is plugged in" if found else "looking…", "")
        self.probe.setCurrentIndex(max(0, self.probe.findData(before)))
        self.probe.setEnabled(bool(found and found.probes))
        self.probe.blockSignals(False)
        self._say(flasher, found)

    def _say(self, flasher: str, found: Found | None) -> None:
        note = ""
        if self.target is None:
            note = "Choose a target first."
        elif not flasher:
            note = f"{self.target.name} cannot be programmed from here: export the design and use the vendor's tool."
        elif found is None:
            note = self.watch.problem
        elif found.problem:
            note = found.problem
        elif not found.probes:
            note = "Plug in the board; it appears here by itself."
        self.note.setText(note)
        self.note.setVisible(bool(note))

    def show_refusal(self, reason: str, can_flash: bool) -> None:
        """Say what stands against flashing the design, and whether it may be tried all the same."""
        self.refusal.setText(reason)
        self.refusal.setVisible(bool(reason))
        self.flash.setEnabled(can_flash and self.target is not None and self.flasher.count() > 0)

    def show_running(self, running: bool, stopping: bool = False) -> None:
        """Offer to cancel while it runs."""
        self.flash.setVisible(not running)
        self.cancel.setVisible(running)
        self.cancel.setEnabled(not stopping)
        self.cancel.setText("Stopping…" if stopping else "Cancel")
        for control in (self.flasher, self.no_board):
            control.setEnabled(not running)

    def _unfold(self, open: bool) -> None:
        self.about.setVisible(open)
        kit = stand_in(self.target, self.session.gauges.boards) if self.target and not self.target.virtual else None
        self.instead.setVisible(open and kit is not None)
        self.instead.setText(f"Take the {kit.name}" if kit else "")
        self.instead.setProperty("target", kit.id if kit else "")

    def _take_instead(self) -> None:
        self.target_wanted.emit(self.instead.property("target"))


def _combo(name: str, accessible: str) -> QComboBox:
    box = QComboBox()
    box.setObjectName(name)
    box.setAccessibleName(accessible)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(12)
    return box
