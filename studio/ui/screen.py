"""What a screen has room for, and what to say where there is none; free of Qt, which may be what is missing."""

import sys

QT_PACKAGES = (
    "libgl1 libegl1 libxkbcommon0 libxkbcommon-x11-0 libdbus-1-3 libfontconfig1 libglib2.0-0 "
    "libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxcb-xkb1"
)
EXIT_CODE = 2
SMALLEST, LARGEST, SHARE = (1280, 800), (1920, 1080), 0.8


def first_size(wide: int, tall: int) -> tuple[int, int]:
    """Return the first size of a window on a screen with so much room: most of it, but neither too small nor too large to oversee."""
    return tuple(
        min(room, most, max(least, round(SHARE * room))) for room, least, most in zip((wide, tall), SMALLEST, LARGEST, strict=True)
    )


def no_screen(why: str) -> int:
    """Say that the window cannot open and what to do instead; return the exit code."""
    print(
        f"otolith: the window cannot open here: {why}",
        "  without a screen: `otolith demo` walks the whole path in the terminal, and `otolith --help` lists every command",
        "  for a screen that nobody sees: `xvfb-run otolith`, or QT_QPA_PLATFORM=offscreen; from afar: `ssh -X`",
        f"  with a screen, Debian and Ubuntu need: apt install {QT_PACKAGES}",
        sep="\n",
        file=sys.stderr,
    )
    return EXIT_CODE
