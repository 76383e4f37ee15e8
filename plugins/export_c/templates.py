"""The texts beside this file: @NAMES@ stand for what an export fills in."""

import re
from pathlib import Path

_FOLDER = Path(__file__).parent / "templates"


def fill(name: str, **values: object) -> str:
    """Return a template with each @NAME@ replaced; all names must be given."""
    return re.sub(r"@([A-Z_]+)@", lambda m: str(values[m[1].lower()]), text(name))


def text(name: str) -> str:
    """Return a template as it stands."""
    return (_FOLDER / name).read_text(encoding="utf-8")
