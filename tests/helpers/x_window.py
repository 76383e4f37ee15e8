"""The window in a process of its own, on the screen that DISPLAY names; says in lines of JSON where things are and what was done.

`python tests/helpers/x_window.py PROJECT`: says {"canvas": [x, y], "conv2d": [x, y]} once all is painted, then {"kinds": [...]}
after each change of the design, until standard input ends.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtCore import QPoint, QSocketNotifier, Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from studio.ui.app import open_window
from studio.ui.main_window import MainWindow

READY_MS = 800


def main() -> int:
    """Run until standard input ends."""
    app = QApplication(sys.argv[:1])
    window = open_window(app, Path(sys.argv[1]))
    assert window is not None
    document = window.session.document
    document.changed.connect(lambda _before, after: say(kinds=[n.kind for n in after.project.graph.nodes]))
    watch = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read)
    watch.activated.connect(window.close_now)
    window.setGeometry(0, 0, 1280, 800)
    window.show()
    QTimer.singleShot(READY_MS, window, lambda: say(**places(window)))
    return app.exec()


def places(window: MainWindow) -> dict[str, tuple[int, int]]:
    """Return points of the screen: a card of the palette, an empty spot of the canvas."""
    design = window.room("design")
    canvas, rows = design.canvas, design.palette_panel.list
    canvas.zoom_by(0.7)
    item = next(i for i in map(rows.item, range(rows.count())) if getattr(i.data(Qt.ItemDataRole.UserRole), "kind", "") == "conv2d")
    port = canvas.viewport()
    return {
        "conv2d": on_screen(rows.viewport(), rows.visualItemRect(item).center()),
        "canvas": on_screen(port, QPoint(port.width() // 2, port.height() - 35)),
    }


def on_screen(widget: QWidget, at: QPoint) -> tuple[int, int]:
    """Return a widget's point on the screen."""
    point = widget.mapToGlobal(at)
    return point.x(), point.y()


def say(**values: object) -> None:
    """Print a line."""
    print(json.dumps(values), flush=True)


if __name__ == "__main__":
    sys.exit(main())
