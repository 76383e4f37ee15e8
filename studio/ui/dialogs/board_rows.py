"""The rows of a board's form: a value, where it comes from, what it would be if left empty, and what is wrong with it."""

from collections.abc import Container

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QComboBox, QCompleter, QGridLayout, QLabel, QLineEdit, QWidget

from studio.boards import BoardFileError, Catalogue
from studio.boards.fields import AS_IN_FILE, FIELDS, SECTIONS, Field
from studio.plugin import Plugins
from studio.ui.theme import GAP, PAD, ROOM
from studio.ui.widgets.state import set_state

VALUE_WIDE = 190
TITLE_WIDE = 150
_KIT = "kit_virtual"


class BaseRow(QWidget):
    """The core, SoC or board that a board is based on: found as you type, or taken from the list."""

    chosen = Signal()

    def __init__(self, catalogue: Catalogue, without: str) -> None:
        super().__init__()
        self.box = QComboBox()
        self.box.setObjectName("board_extends")
        self.box.setAccessibleName("Based on")
        self.box.setEditable(True)
        self.box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.box.setMaxVisibleItems(16)
        tip = "the core, SoC or board whose numbers count where you leave a field empty; type to find one"
        self.box.setToolTip(tip)
        self.box.setAccessibleDescription(tip)
        for id, (_, core) in sorted(catalogue.cores.items(), key=lambda each: each[1][1].name):
            self.box.addItem(f"{core.name} · core", id)
        others = [(source, record) for id, (source, record) in catalogue.devices.items() if id != without]
        for kind in ("socs", "boards"):
            self.box.insertSeparator(self.box.count())
            for source, record in sorted(others, key=lambda each: each[1].name.lower()):
                if (source.path.parent.name == "socs") == (kind == "socs"):
                    self.box.addItem(f"{record.name} · {'SoC' if kind == 'socs' else 'board'}", record.id)
        completer = QCompleter(self.box.model(), self.box)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.box.setCompleter(completer)
        self.fault = _fault("board_extends_fault")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GAP)
        grid.addWidget(self.box, 0, 0)
        grid.addWidget(self.fault, 1, 0)
        self.setFocusProxy(self.box)
        self.box.currentIndexChanged.connect(lambda _: self.chosen.emit())
        self.box.editTextChanged.connect(lambda _: self.chosen.emit())

    @property
    def id(self) -> str:
        """The chosen one's id, "" where what was typed is none."""
        at = self.box.findText(self.box.currentText())
        return self.box.itemData(at) or "" if at >= 0 else ""

    def choose(self, id: str) -> None:
        """Choose a core, SoC or board."""
        self.box.setCurrentIndex(self.box.findData(id))

    def show_fault(self, error: BoardFileError | None) -> None:
        """Say what is wrong with the choice."""
        self.fault.setText(error.message if error else "")
        self.fault.setVisible(error is not None)


class FieldRow(QObject):
    """A field's widgets in the form's grid. `edited` and `entered` carry the field's key.

    `missing` are the parts that are still needed, "value" and "source"; `wrong` counts those that cannot be as they are.
    """

    edited = Signal(str)
    entered = Signal(str)

    def __init__(self, field: Field, plugins: Plugins, parent: QObject) -> None:
        super().__init__(parent)
        self.field = field
        self.inherited = ("", "")
        self.missing: tuple[str, ...] = ()
        self.wrong = 0
        self.faulty: QWidget | None = None
        self.title = QLabel(field.title)
        self.title.setToolTip(field.help)
        self.editor: QLineEdit | QComboBox = self._make_choice(plugins) if field.kind == "choice" else self._make_line()
        self.title.setBuddy(self.editor)
        self.source_line = self._make_source() if field.source else None
        self.hint = QLabel("" if field.kind == "text" or field.source else field.range)
        self.hint.setProperty("kind", "dim")
        self.fault = _fault(f"board_{field.key}_fault")
        for widget in filter(None, (self.editor, self.source_line)):
            widget.installEventFilter(self)

    def _make_line(self) -> QLineEdit:
        line = QLineEdit()
        line.textEdited.connect(lambda _: self.edited.emit(self.field.key))
        return self._named(line)

    def _make_choice(self, plugins: Plugins) -> QComboBox:
        box = QComboBox()
        known = [value for value, _ in self.field.choices]
        others = [(id, id) for id in plugins.flashers if id not in (*known, _KIT)] if self.field.key == "flasher" else []
        for value, title in (*self.field.choices, *others):
            if value != AS_IN_FILE:
                box.addItem(title, value)
        box.activated.connect(lambda _: self.edited.emit(self.field.key))
        return self._named(box)

    def _named(self, widget):
        widget.setObjectName(f"board_{self.field.key}")
        widget.setAccessibleName(f"{self.field.section}: {self.field.title}")
        widget.setAccessibleDescription(self.field.help)
        widget.setToolTip(self.field.help)
        return widget

    def _make_source(self) -> QLineEdit:
        line = QLineEdit()
        line.setObjectName(f"board_sources.{self.field.source}")
        line.setAccessibleName(f"Source of {self.field.title}")
        line.setToolTip("where the number comes from: a data sheet with its page, a page's address, your own meter")
        line.textEdited.connect(lambda _: self.edited.emit(self.field.key))
        return line

    @property
    def value(self) -> str:
        """What is given here, "" where it is taken from the base."""
        return self.editor.text().strip() if isinstance(self.editor, QLineEdit) else self.editor.currentData() or ""

    @property
    def source(self) -> str:
        """Where the value comes from."""
        return self.source_line.text().strip() if self.source_line is not None else ""

    def show_values(self, value: str, source: str) -> None:
        """Show what a file gives."""
        if isinstance(self.editor, QLineEdit):
            self.editor.setText(value)
        else:
            if self.editor.findData(value) < 0:
                self.editor.addItem(next((t for v, t in self.field.choices if v == value), value), value)
            self.editor.setCurrentIndex(self.editor.findData(value))
        if self.source_line is not None:
            self.source_line.setText(source)

    def show_inherited(self, value: str, source: str) -> None:
        """Show what counts where the field is left empty."""
        self.inherited = (value, source)
        if isinstance(self.editor, QLineEdit):
            self.editor.setPlaceholderText(value or (f"such as {self.field.example}" if self.field.example else ""))
        else:
            said = next((title for known, title in self.field.choices if known == value and value), value)
            self.editor.setItemText(0, f"as its base: {said}" if value else "not given")
        self._show_source_hint()

    def _show_source_hint(self) -> None:
        if self.source_line is not None:
            value, source = self.inherited
            inherits = not self.value and value
            self.source_line.setPlaceholderText(source if inherits else "where it comes from: data sheet, page, your own meter")
            self.source_line.setCursorPosition(0)

    def fault_key(self, found: Container[str]) -> str:
        """Return under which of the found faults' names the value's fault stands."""
        return self._among(
            (self.field.key, self.field.key.removesuffix(".size"), {"flasher": "flash_methods"}.get(self.field.key, "")), found
        )

    def source_key(self, found: Container[str]) -> str:
        """Return under which name the fault of the source stands; the power table's, where no part of it has one."""
        own = f"sources.{self.field.source}"
        whole = "sources.power" if self.field.section == "Power" and self.value and not self.source else own
        return self._among((own, whole), found)

    @staticmethod
    def _among(keys: tuple[str, ...], found: Container[str]) -> str:
        return next((key for key in keys if key in found), keys[0])

    def show_faults(self, value: BoardFileError | None, source: BoardFileError | None, tried: bool) -> None:
        """Show what the files' reader has against the value and its source; what is only empty waits until the user tries to save."""
        empty = {"value": value is not None and not self.value, "source": source is not None and not self.source}
        self.missing = tuple(part for part, is_so in empty.items() if is_so)
        bad = {"value": value is not None and not empty["value"], "source": source is not None and not empty["source"]}
        self.wrong = sum(bad.values())
        self._show_source_hint()
        shown = {part: bad[part] or (tried and empty[part]) for part in bad}
        self.faulty = next((w for part, w in (("value", self.editor), ("source", self.source_line)) if bad[part] or empty[part]), None)
        for widget, is_shown in ((self.editor, shown["value"]), (self.source_line, shown["source"])):
            if widget is not None:
                set_state(widget, "error" if is_shown else "")
        said = [self._words(e, empty[part]) for part, e in (("value", value), ("source", source)) if e is not None and shown[part]]
        self.fault.setText(" · ".join(said))
        self.fault.setVisible(bool(said))

    def _words(self, error: BoardFileError, empty: bool) -> str:
        if empty and error.field.startswith("sources."):
            return "it needs its source"
        if empty:
            return "it is needed: nothing that it is based on gives it"
        return f"{error.message}; {error.hint}" if error.hint else error.message

    def words_of(self, part: str) -> str:
        """Name a part of the field in a sentence."""
        title = self.field.title if self.field.title.startswith("RAM") else self.field.title[0].lower() + self.field.title[1:]
        return f"the source of {title}" if part == "source" else title

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.FocusIn:
            self.entered.emit(self.field.key)
        return False


def lay_rows(inside: QWidget, base: BaseRow, id_line: QLineEdit, plugins: Plugins) -> tuple[dict[str, FieldRow], QGridLayout]:
    """Lay all fields under each other, section by section; return the rows by key, and the grid."""
    grid = QGridLayout(inside)
    grid.setHorizontalSpacing(ROOM)
    grid.setVerticalSpacing(GAP + 2)
    grid.setColumnMinimumWidth(0, TITLE_WIDE)
    grid.setColumnMinimumWidth(1, VALUE_WIDE)
    grid.setColumnStretch(2, 1)
    rows: dict[str, FieldRow] = {}
    at = 0
    for section in SECTIONS:
        at = _heading(grid, at, section)
        for field in FIELDS:
            if field.section == section:
                rows[field.key] = row = FieldRow(field, plugins, inside)
                at = _lay(grid, at, row)
                if field.key == "name":
                    at = _special(grid, at, "Id", id_line)
                    at = _special(grid, at, "Based on", base)
    grid.setRowStretch(at, 1)
    return rows, grid


def _heading(grid: QGridLayout, at: int, section: str) -> int:
    title = QLabel(section.upper())
    title.setProperty("kind", "heading")
    title.setContentsMargins(0, PAD if at else 0, 0, 0)
    grid.addWidget(title, at, 0)
    if section in ("Processor", "Memory", "Power"):
        source = QLabel("WHERE IT COMES FROM")
        source.setProperty("kind", "heading")
        source.setContentsMargins(0, PAD, 0, 0)
        grid.addWidget(source, at, 2)
    return at + 1


def _lay(grid: QGridLayout, at: int, row: FieldRow) -> int:
    grid.addWidget(row.title, at, 0)
    if row.source_line is not None:
        grid.addWidget(row.editor, at, 1)
        grid.addWidget(row.source_line, at, 2)
    elif row.field.kind == "text" or row.field.key == "flasher":
        grid.addWidget(row.editor, at, 1, 1, 2)
    else:
        grid.addWidget(row.editor, at, 1)
        grid.addWidget(row.hint, at, 2)
    grid.addWidget(row.fault, at + 1, 1, 1, 2)
    return at + 2


def _special(grid: QGridLayout, at: int, title: str, widget: QWidget) -> int:
    label = QLabel(title)
    label.setBuddy(widget)
    label.setContentsMargins(0, GAP, 0, 0)
    grid.addWidget(label, at, 0, Qt.AlignmentFlag.AlignTop)
    grid.addWidget(widget, at, 1, 1, 2)
    return at + 1


def _fault(name: str) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setProperty("state", "error")
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.hide()
    return label
