"""The recipe card: how to train, one field a line, each change an entry of the undo stack."""

from collections.abc import Callable, Sequence

import msgspec
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio.core.edits import SetRecipe
from studio.core.errors import StudioError
from studio.core.project import Recipe, check_recipe
from studio.ui.session import Session
from studio.ui.theme import GAP, PAD
from studio.ui.widgets.glyphs import glyph
from studio.ui.widgets.number import DragLabel, Explanation, Measure, NumberField
from studio.ui.widgets.param_row import reset_button

NAME_WIDTH = 112

Values = tuple[float, ...]


class RecipeField(msgspec.Struct, frozen=True):
    """A line of the recipe: one number, or the two ends of a range, as they are shown."""

    name: str
    title: str
    help: str
    limits: str
    measure: Measure
    get: Callable[[Recipe], Values]
    set: Callable[[Recipe, Values], Recipe]


def _plain(name: str) -> tuple[Callable[[Recipe], Values], Callable[[Recipe, Values], Recipe]]:
    return lambda r: (getattr(r, name),), lambda r, values: msgspec.structs.replace(r, **{name: values[0]})


def _augmented(name: str, scale: float = 1.0) -> tuple[Callable[[Recipe], Values], Callable[[Recipe, Values], Recipe]]:
    """Get and set a field of the augmentation; a pair stays one, `scale` turns the shown unit into the stored one."""

    def read(recipe: Recipe) -> Values:
        value = getattr(recipe.augmentation, name)
        return value if isinstance(value, tuple) else (round(value / scale, 6),)

    def write(recipe: Recipe, values: Values) -> Recipe:
        value = tuple(map(float, values)) if len(values) > 1 else round(values[0] * scale, 8)
        return msgspec.structs.replace(recipe, augmentation=msgspec.structs.replace(recipe.augmentation, **{name: value}))

    return read, write


_DB = Measure("dB", step=1, digits=3)
TRAINING = (
    RecipeField("epochs", "Epochs", "how often each training clip is heard", "1 to 10000", Measure("", whole=True), *_plain("epochs")),
    RecipeField(
        "batch",
        "Batch",
        "clips between two steps of the weights",
        "2 to 4096",
        Measure("clips", whole=True, doubles=True),
        *_plain("batch"),
    ),
    RecipeField(
        "learning_rate",
        "Learning rate",
        "how far a step of the weights goes at first; it falls to 0 along a cosine",
        "above 0, at most 1",
        Measure(doubles=True, digits=4),
        *_plain("learning_rate"),
    ),
    RecipeField(
        "label_smoothing",
        "Label smoothing",
        "the share of certainty that training holds back; 0 for none",
        "0 to below 1",
        Measure(step=0.05, digits=4),
        *_plain("label_smoothing"),
    ),
    RecipeField("seed", "Seed", "the same seed gives the same run", "0 to 2147483647", Measure("", whole=True), *_plain("seed")),
)
AUGMENTATION = (
    RecipeField(
        "noise_probability",
        "Noise share",
        "the share of clips that get noise, of the background label's where there is one",
        "0 to 100 %",
        Measure("%", step=5, digits=4),
        *_augmented("noise_probability", 0.01),
    ),
    RecipeField(
        "noise_snr_db",
        "Noise SNR",
        "how far the noise lies beneath the clip, drawn from this range",
        "−100 to 200 dB, the lower first",
        _DB,
        *_augmented("noise_snr_db"),
    ),
    RecipeField(
        "gain_db",
        "Gain",
        "how much louder or softer a clip gets, drawn from this range",
        "−100 to 100 dB, the lower first",
        _DB,
        *_augmented("gain_db"),
    ),
    RecipeField(
        "shift_ms",
        "Shift",
        "how far a clip is moved in time, either way",
        "0 to 60000 ms",
        Measure("ms", step=10, digits=5),
        *_augmented("shift_ms"),
    ),
)


class RecipeRow(QWidget):
    """One line: name (drag it, double click resets), one or two numbers, the way back to the default, why a value was refused."""

    edited = Signal(object, str)
    entered = Signal()

    def __init__(self, spec: RecipeField) -> None:
        super().__init__()
        self.spec = spec
        self.values: Values = ()
        self.default = spec.get(Recipe())
        self.message = Explanation()
        ends = ("",) if len(self.default) == 1 else ("from", "to")
        self.fields = tuple(self._make_field(i, end) for i, end in enumerate(ends))
        self.name = DragLabel(spec.title, f"recipe.{spec.name}")
        self.name.setProperty("kind", "dim")
        self.name.setFixedWidth(NAME_WIDTH)
        self.name.setToolTip(f"{spec.help}; drag sideways to change it, double click to reset")
        self.name.dragged.connect(self.fields[-1].step)
        default = " to ".join(spec.measure.write(v) for v in self.default)
        self.reset = reset_button(f"Reset {spec.title.lower()} to {default}", f"recipe.{spec.name}.reset")
        for source in (self.name.reset, self.reset.clicked):
            source.connect(lambda *_: self.edited.emit(self.default, ""))
        self._lay_out()

    def _make_field(self, number: int, end: str) -> NumberField:
        name = f"recipe.{self.spec.name}{'.' * bool(end)}{end}"
        measure = self.spec.measure
        field = NumberField(msgspec.structs.replace(measure, unit="") if end == "from" else measure, name)
        field.setObjectName(name)
        field.setAccessibleName(f"{self.spec.title} {end}".strip())
        field.setAccessibleDescription(self.spec.help)
        field.setToolTip(f"{self.spec.help} ({self.spec.limits})")
        field.setMinimumWidth(36)
        field.edited.connect(lambda value, key: self._edited(number, value, key))
        field.unreadable.connect(lambda text: self.explain(f"“{text}” is no number; {self.spec.limits}"))
        field.settled.connect(self.message.show_now)
        field.textEdited.connect(lambda text: self.explain("") if field.measure.read(text) == field.value else None)
        field.installEventFilter(self)
        return field

    def _lay_out(self) -> None:
        fields = QHBoxLayout()
        fields.setSpacing(GAP)
        for number, field in enumerate(self.fields):
            if number:
                fields.addWidget(QLabel("to"))
            fields.addWidget(field, 3 if number else 2)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(GAP)
        grid.setVerticalSpacing(2)
        grid.addWidget(self.name, 0, 0)
        grid.addLayout(fields, 0, 1)
        grid.addWidget(self.reset, 0, 2)
        grid.addWidget(self.message, 1, 0, 1, 3)
        grid.setColumnStretch(1, 1)

    def show_values(self, values: Values) -> None:
        """Show what holds."""
        self.values = values
        for field, value in zip(self.fields, values, strict=True):
            field.show_value(value)
        self.reset.setVisible(values != self.default)

    def explain(self, text: str) -> None:
        """Say why the last value was refused; "" takes it back."""
        self.message.say(text)
        for field in self.fields:
            field.refuse(bool(text))

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.FocusIn:
            self.entered.emit()
        return False

    def _edited(self, number: int, value: float, key: str) -> None:
        values = tuple(value if i == number else v for i, v in enumerate(self.values))
        self.edited.emit(values, key)


class RecipePanel(QWidget):
    """The recipe's fields; it redraws from the document alone."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("recipe_panel")
        self.session = session
        self.rows: dict[str, RecipeRow] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GAP)
        self._add("RECIPE", TRAINING)
        self._column.addSpacing(PAD)
        self._add("AUGMENTATION · drawn anew each epoch", AUGMENTATION)
        self.restyle()
        self.show_recipe(session.document.project.recipe)

    def show_recipe(self, recipe: Recipe) -> None:
        """Show a recipe."""
        for row in self.rows.values():
            row.show_values(row.spec.get(recipe))

    def restyle(self) -> None:
        """Draw the icons in the theme's colours."""
        for row in self.rows.values():
            row.reset.setIcon(glyph("reset", size=14))

    def focus_first(self) -> None:
        """Give the first field the focus."""
        next(iter(self.rows.values())).fields[0].setFocus(Qt.FocusReason.TabFocusReason)

    def _add(self, title: str, specs: Sequence[RecipeField]) -> None:
        heading = QLabel(title)
        heading.setProperty("kind", "heading")
        self._column.addWidget(heading)
        for spec in specs:
            row = self.rows[spec.name] = RecipeRow(spec)
            row.edited.connect(lambda values, key, row=row: self._edit(row, values, key))
            self._column.addWidget(row)

    def _edit(self, row: RecipeRow, values: Values, key: str) -> None:
        spec = row.spec
        if spec.measure.whole and any(not float(v).is_integer() for v in values):
            row.explain(f"a whole number, {spec.limits}")
            return
        recipe = spec.set(self.session.document.project.recipe, values)
        try:
            check_recipe(recipe)
            self.session.document.push(SetRecipe(recipe), key)
        except StudioError:
            row.explain(f"allowed: {spec.limits}")
            return
        row.explain("")
        row.show_values(spec.get(self.session.document.project.recipe))
