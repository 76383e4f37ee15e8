"""File names that every system takes."""

_HOSTILE = '<>:"/\\|?*'


def safe_name(text: str) -> str:
    """Return a file name that every system takes: it keeps letters of all languages."""
    name = "".join("_" if c in _HOSTILE or not c.isprintable() else c for c in text).strip().rstrip(".")
    return name.lstrip(".") or "_"
