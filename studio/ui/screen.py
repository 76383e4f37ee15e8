"""What to say where there is no screen; free of Qt, which may be what is missing."""

import sys

QT_PACKAGES = (
    "libgl1 libegl1 libxkbcommon0 libxkbcommon-x11-0 libdbus-1-3 libfontconfig1 libglib2.0-0 "
    "libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxcb-xkb1"
)


def no_screen(why: str) -> int:
    """Say that the window cannot open and what to do instead; return the exit code."""
    print(
        f"otolith: the window cannot open here: {why}.\n"
        f"  `otolith demo` works without a screen; with one, Debian and Ubuntu need: apt install {QT_PACKAGES}",
        file=sys.stderr,
    )
    return 3
