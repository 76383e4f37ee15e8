"""Where things lie: what ships with the studio, the user's settings, the cache."""

import os
import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def shipped(name: str) -> Path:
    """Return the folder "plugins", "resources" or "board_support", from the wheel or from a clone."""
    bundled = _PACKAGE / "_bundle" / name
    return bundled if bundled.is_dir() else _PACKAGE.parent / name


def home() -> Path:
    """Return the user's folder for settings and own plugins (OTOLITH_HOME overrides it); it need not exist."""
    if "OTOLITH_HOME" in os.environ:
        return Path(os.environ["OTOLITH_HOME"])
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", Path.home())) / "otolith-studio"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "otolith-studio"
    return Path(os.environ.get("XDG_CONFIG_HOME", Path.home() / ".config")) / "otolith-studio"


def cache() -> Path:
    """Return the folder for what can be made again, compiled objects say (OTOLITH_CACHE overrides it); it need not exist."""
    if "OTOLITH_CACHE" in os.environ:
        return Path(os.environ["OTOLITH_CACHE"])
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "otolith-studio" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "otolith-studio"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "otolith-studio"
