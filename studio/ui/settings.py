"""Settings described once as data; kept in the user's folder."""

from typing import Any, Literal

import msgspec

from studio.core.places import home
from studio.lower.engine import RUNTIMES as ENGINE
from studio.storage.atomic import write_bytes

RUNTIME_NAMES = {"c": "C engine", "c-small": "C engine, least RAM", "tflm": "TFLM", "tflm-ref": "TFLM reference", "x-cube-ai": "X-CUBE-AI"}


class Setting(msgspec.Struct, frozen=True):
    """One setting: its key, type, default and help; `choices` where it is one of several, `names` as people read them; `unit` of a number."""

    key: str
    kind: Literal["choice", "int", "text", "bool"]
    default: Any
    title: str
    help: str
    choices: tuple[str, ...] = ()
    minimum: int = 0
    maximum: int = 1_000_000
    names: tuple[str, ...] = ()
    unit: str = ""


SETTINGS = (
    Setting(
        "theme",
        "choice",
        "dark",
        "Theme",
        "dark, light, or what the desktop says",
        ("dark", "light", "system"),
        names=("Dark", "Light", "As the desktop"),
    ),
    Setting(
        "runtime",
        "choice",
        "c",
        "Runtime on the cards",
        "whose figures a target's card shows, where you chose none on the card",
        tuple(RUNTIME_NAMES),
        names=("C engine", "C engine, least RAM", "TFLM with CMSIS-NN", "TFLM, reference kernels", "X-CUBE-AI (STM32)"),
    ),
    Setting("reserve_percent", "int", 10, "Reserve", "share of flash and RAM that you keep free", (), 0, 90, unit="%"),
    Setting("prove_inputs", "int", 20, "Inputs to prove with", "how many clips Prove it runs on the kit", (), 1, 1000, unit="clips"),
    Setting(
        "toolchain",
        "choice",
        "zig",
        "Compiler",
        "what Prove it, Flash and Refine build with",
        ("zig", "gcc"),
        names=("zig (comes with the studio)", "arm-none-eabi-gcc"),
    ),
    Setting("refine", "bool", True, "Refine while you rest", "a second after an edit, let the compiler check the planned flash and RAM"),
)
_DEFAULTS = {s.key: s.default for s in SETTINGS}


class Settings:
    """Reads leniently (a broken file means the defaults), writes whole."""

    def __init__(self) -> None:
        self.path = home() / "settings.json"
        self._values = self._read()

    def get(self, key: str, default: Any = None) -> Any:
        """Return a setting's value, or its default."""
        value = self._values.get(key, _DEFAULTS.get(key, default))
        known = next((s for s in SETTINGS if s.key == key), None)
        return value if known is None or _fits(known, value) else known.default

    def set(self, key: str, value: Any) -> None:
        """Change a setting and store it beside what other windows stored; raise InputError where that fails."""
        self._values[key] = value
        stored = self._read()
        if key not in stored or stored[key] != value:
            write_bytes(self.path, msgspec.json.format(msgspec.json.encode({**self._values, **stored, key: value}), indent=1))

    def runtime_of(self, board: str) -> str:
        """Return the runtime whose figures a board's card shows: what was chosen there, or the setting."""
        chosen = self.get("card_runtimes")
        runtime = chosen.get(board) if isinstance(chosen, dict) else None
        return runtime if runtime in RUNTIME_NAMES else self.get("runtime")

    def engine_of(self, board: str) -> str:
        """Return the runtime to build for a board: its card's, where that is one of the engine's."""
        runtime = self.runtime_of(board)
        return runtime if runtime in ENGINE else "c"

    def _read(self) -> dict[str, Any]:
        try:
            read = msgspec.json.decode(self.path.read_bytes())
        except (OSError, msgspec.DecodeError):
            return {}
        return read if isinstance(read, dict) else {}


def _fits(setting: Setting, value: Any) -> bool:
    if setting.kind == "choice":
        return value in setting.choices
    if setting.kind == "int":
        return isinstance(value, int) and not isinstance(value, bool) and setting.minimum <= value <= setting.maximum
    return isinstance(value, bool if setting.kind == "bool" else str)
