"""A screen of its own for a test: Xvfb, its picture read from its frame buffer, its mouse moved by the XTEST extension."""

import ctypes
import os
import shutil
import struct
import subprocess
import time
from ctypes.util import find_library
from pathlib import Path

import numpy as np

STEP_S = 0.02
LEFT = 1


def missing() -> str:
    """Say what a real screen needs and this machine has not; "" where all is there."""
    libraries = [name for name in ("X11", "Xtst", "xcb-cursor") if find_library(name) is None]
    return ", ".join([*([] if shutil.which("Xvfb") else ["Xvfb"]), *libraries])


class Screen:
    """Xvfb while the context lasts; `environment` is for the programs that shall show there."""

    def __init__(self, folder: Path, width: int = 1280, height: int = 800) -> None:
        self._folder, self._size = folder, f"{width}x{height}x24"
        folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> "Screen":
        ours, its = os.pipe()
        command = ["Xvfb", "-displayfd", str(its), "-screen", "0", self._size, "-fbdir", str(self._folder), "-nolisten", "tcp"]
        self._log = (self._folder / "xvfb.log").open("wb")
        self._server = subprocess.Popen(command, pass_fds=(its,), stdout=self._log, stderr=self._log)
        os.close(its)
        with os.fdopen(ours) as told:
            number = told.readline().strip()
        assert number, (self._folder / "xvfb.log").read_text()
        self.display = f":{number}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.terminate()
        self._server.wait(10)
        self._log.close()

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a program that is to show here."""
        return {**os.environ, "DISPLAY": self.display, "QT_QPA_PLATFORM": "xcb", "WAYLAND_DISPLAY": ""}

    def picture(self) -> np.ndarray:
        """Return what the screen shows, uint8 (height, width, 3)."""
        raw = (self._folder / "Xvfb_screen0").read_bytes()
        head = struct.unpack(">25I", raw[:100])
        size, width, height, line, colours = head[0], head[4], head[5], head[12], head[19]
        start = size + 12 * colours
        rows = np.frombuffer(raw, np.uint8, line * height, start).reshape(height, line)
        return rows[:, : 4 * width].reshape(height, width, 4)[:, :, 2::-1]


class Mouse:
    """The pointer of a screen, moved as a hand would."""

    def __init__(self, screen: Screen) -> None:
        self._x, self._test = ctypes.CDLL(find_library("X11")), ctypes.CDLL(find_library("Xtst"))
        self._x.XOpenDisplay.restype = ctypes.c_void_p
        self._display = ctypes.c_void_p(self._x.XOpenDisplay(screen.display.encode()))
        assert self._display, "the screen cannot be reached"

    def move(self, x: int, y: int) -> None:
        """Put the pointer at a point of the screen."""
        self._test.XTestFakeMotionEvent(self._display, -1, int(x), int(y), ctypes.c_ulong(0))
        self._flush()

    def press(self, button: int = LEFT) -> None:
        """Press a button."""
        self._test.XTestFakeButtonEvent(self._display, button, 1, ctypes.c_ulong(0))
        self._flush()

    def release(self, button: int = LEFT) -> None:
        """Release it."""
        self._test.XTestFakeButtonEvent(self._display, button, 0, ctypes.c_ulong(0))
        self._flush()

    def drag(self, start: tuple[int, int], end: tuple[int, int], steps: int = 20) -> None:
        """Press at one point, move to the other, release."""
        self.move(*start)
        self.press()
        for n in range(1, steps + 1):
            self.move(*(round(a + (b - a) * n / steps) for a, b in zip(start, end, strict=True)))
        time.sleep(10 * STEP_S)
        self.release()

    def close(self) -> None:
        """Leave the screen."""
        self._x.XCloseDisplay(self._display)

    def _flush(self) -> None:
        self._x.XSync(self._display, 0)
        time.sleep(STEP_S)
