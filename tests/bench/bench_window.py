"""How quick the window is: `python -m tests.bench.bench_window [start] [edit] [mel] [tick]` prints a table; no figure is a test.

start   from the process's start to the window's first paint, and to the plots
edit    an edit's whole turn in the shown window: canvas, gauges of 5 targets x 2 runtimes, status
mel     a mel setting on a 10 s clip: computing alone, and with the paint, beside librosa's view of the same
tick    a 16 ms timer in the window while a training and a proving job run
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

FIRST_PAINT = """
import sys, time
born = float(sys.argv[1])
from pathlib import Path
from studio.__main__ import BEFORE_QT
from importlib import import_module
for name in BEFORE_QT:
    import_module(name)
from PySide6.QtCore import QEvent, QObject, QTimer, qInstallMessageHandler
from PySide6.QtWidgets import QApplication
qInstallMessageHandler(lambda *_: None)
from studio.ui import app as studio_app
app = QApplication(["otolith"])
painted = []
class Watch(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint and "pyqtgraph" not in sys.modules:
            painted[:] = [time.monotonic() - born, time.process_time()]
        return False
watch = Watch()
window = studio_app.open_window(app, Path(sys.argv[2]) if sys.argv[2:] else None)
app.installEventFilter(watch)
window.show()
def plots():
    if window.room("design")._clip_view is not None:
        print("paint", *painted)
        print("plots", time.monotonic() - born, time.process_time(), flush=True)
        window.close_now()
    else:
        QTimer.singleShot(5, plots)
QTimer.singleShot(0, plots)
app.exec()
"""


def table(title: str, rows: Sequence[tuple[str, str, str]]) -> None:
    """Print a table of (what, figure, budget or rival)."""
    print(f"\n{title}")
    for what, figure, beside in rows:
        print(f"  {what:<58}{figure:>24}   {beside}")


def spread(seconds: Sequence[float]) -> str:
    """Write median and p95 in milliseconds."""
    ordered = sorted(seconds)
    return f"{statistics.median(ordered) * 1e3:.2f} / {ordered[int(0.95 * (len(ordered) - 1))] * 1e3:.2f} ms"


def repeat(work: Callable[[], object], times: int) -> list[float]:
    """Time something so many times, in seconds."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return taken


def environment(home: Path) -> dict[str, str]:
    """Return the environment of a started window: its own settings folder."""
    return {**os.environ, "OTOLITH_HOME": str(home), "PYTHONPATH": os.pathsep.join(sys.path)}


def bench_start(temp: Path) -> None:
    """Start the window a few times with warm files."""
    rows = []
    for what, times, clean in (("first start ever (copies the sample)", 2, True), ("later start", 6, False)):
        figures: dict[str, list[tuple[float, float]]] = {"paint": [], "plots": []}
        for number in range(times):
            home = temp / (f"home-{number}" if clean else "home")
            command = [sys.executable, "-c", FIRST_PAINT, str(time.monotonic())]
            run = subprocess.run(command, env=environment(home), capture_output=True, text=True, check=True)
            for line in run.stdout.splitlines():
                name, wall, cpu = line.split()
                figures[name].append((float(wall), float(cpu)))
        for name, title in (("paint", "process start to first paint"), ("plots", "... to waveform and features")):
            wall, cpu = (min(f[i] for f in figures[name]) for i in (0, 1))
            median = statistics.median(f[0] for f in figures[name])
            rows.append((f"{what}: {title}", f"{median:.2f} s, best {wall:.2f} s", f"{cpu:.2f} s of it computing; budget 1 s"))
    table("START (median, best)", rows)


def opened(temp: Path):
    """Return the application and a window on a fresh copy of the sample."""
    from PySide6.QtCore import qInstallMessageHandler
    from PySide6.QtWidgets import QApplication

    qInstallMessageHandler(lambda *_: None)
    os.environ["OTOLITH_HOME"] = str(temp / "home")
    from studio.storage.folder import ProjectFolder
    from studio.ui import app as studio_app

    app = QApplication.instance() or QApplication(["bench"])
    number = len(list(temp.glob("p*")))
    window = studio_app.open_window(app, ProjectFolder.copy_sample("keywords", temp / f"p{number}").path)
    window.resize(1280, 800)
    window.show()
    window.room("design").clip_view  # noqa: B018 - made at the first call
    wait(app, 0.5)
    return app, window


def wait(app, seconds: float) -> None:
    """Let the event loop run."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        app.processEvents()
        time.sleep(0.002)


def bench_edit(temp: Path) -> None:
    """Turn a parameter of a block and a knob of the front end to and fro, in the network of 60 blocks and in the sample."""
    from studio.core.edits import AddBlock, SetParams, SetTargets

    app, window = opened(temp)
    document = window.session.document
    document.push(SetTargets(("nrf52840dk", "pico", "nucleo-f103rb", "nucleo-f767zi", "pico-2")))
    rows = []
    for size in (len(document.project.graph.nodes), 60):
        grow(document, size, AddBlock)
        wait(app, 0.3)
        conv = next(n.id for n in document.project.graph.nodes if n.kind == "conv2d")
        values = iter(range(10**6))

        def turn(conv: str = conv, values=values) -> None:
            document.push(SetParams(conv, {"filters": 16 + next(values) % 17}))

        def painted(turn=turn) -> None:
            turn()
            app.processEvents()

        reports = len(window.session.gauges.reports)
        rows.append((f"{size} blocks, {reports} reports: the edit's turn", spread(repeat(turn, 150)), "budget p95 8 ms"))
        rows.append((f"{size} blocks, {reports} reports: with the paint", spread(repeat(painted, 100)), ""))
    table("EDIT (median / p95)", rows)
    finish(app, window)


def grow(document, size: int, add) -> None:
    """Lengthen the network before its first wire's target until it has so many blocks."""
    from studio.core.edits import InsertBlock

    first = next(w for w in document.project.graph.wires if w.source == "input")
    while len(document.project.graph.nodes) < size:
        document.push(InsertBlock("conv2d" if len(document.project.graph.nodes) % 3 == 0 else "relu", first.target, first.port))


def bench_mel(temp: Path) -> None:
    """Change the mel bands of a 10 s clip, with the cached power spectrogram, and as a librosa view would."""
    import numpy as np

    from studio.core.frontend import FrontEnd
    from studio.dsp.log_mel import features_from_power, power_spectrogram

    fe = FrontEnd(sample_rate=16000, clip_samples=160_000, window=480, hop=160)
    sound = np.random.default_rng(1).standard_normal(160_000).astype(np.float32) / 10
    power = power_spectrogram(fe, sound)
    bands = iter(range(10**6))

    def ours() -> None:
        import msgspec

        features_from_power(msgspec.structs.replace(fe, mels=32 + next(bands) % 9), power)

    repeat(ours, 20)
    rows = [("10 s clip: features from the cached power", spread(repeat(ours, 100)), "budget 0.5 ms")]
    rows.append(("10 s clip: with the power spectrogram", spread(repeat(lambda: (power_spectrogram(fe, sound), ours()), 30)), ""))
    rows += mel_in_window(temp)
    code = (
        "import time, statistics, numpy as np, librosa\n"
        "y = np.random.default_rng(1).standard_normal(160_000).astype(np.float32) / 10\n"
        "def view(m): return librosa.power_to_db(librosa.feature.melspectrogram(y=y, sr=16000, n_fft=512, win_length=480, "
        "hop_length=160, n_mels=m, center=False))\n"
        "[view(32 + i % 9) for i in range(5)]\n"
        "t = []\n"
        "for i in range(30):\n"
        "    s = time.perf_counter(); view(32 + i % 9); t.append(time.perf_counter() - s)\n"
        "print(statistics.median(t), sorted(t)[28])\n"
    )
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True, env=environment(temp))
    median, p95 = map(float, run.stdout.split())
    rows.append(("rival: librosa melspectrogram + power_to_db, no paint", f"{median * 1e3:.2f} / {p95 * 1e3:.2f} ms", ""))
    table("MEL (median / p95)", rows)


def mel_in_window(temp: Path) -> list[tuple[str, str, str]]:
    """Change the mel bands in the shown window: the document's whole turn, and the clip's plots alone."""
    from studio.core.edits import SetFrontEnd

    app, window = opened(temp)
    document = window.session.document
    bands = iter(range(10**6))

    def turn() -> None:
        document.push(SetFrontEnd({"mels": 32 + next(bands) % 9}), "bench")
        app.processEvents()

    repeat(turn, 10)
    rows = [("1 s clip in the window: the whole turn with all paint", spread(repeat(turn, 100)), "budget 12 ms at 10 s")]
    document.push(SetFrontEnd({"clip_samples": 160_000}))
    wait(app, 0.3)
    repeat(turn, 10)
    rows.append(("10 s clip length in the window: the whole turn with all paint", spread(repeat(turn, 60)), "budget 12 ms"))
    finish(app, window)
    return rows


def bench_tick(temp: Path) -> None:
    """Count the gaps of a 16 ms timer: at rest, while a job trains for two epochs, and while one proves."""
    from PySide6.QtCore import Qt, QTimer

    app, window = opened(temp)
    path, jobs = str(window.session.document.path), window.session.jobs
    gaps: list[float] = []
    last = time.perf_counter()

    def tick() -> None:
        nonlocal last
        now = time.perf_counter()
        gaps.append(now - last)
        last = now

    timer = QTimer(interval=16, timerType=Qt.TimerType.PreciseTimer)
    timer.timeout.connect(tick)
    timer.start()
    rows = []
    works = (
        ("at rest for 5 s", None),
        ("while 2 epochs train", lambda: jobs.start("studio.ml.train:run", {"project": path, "epochs": 2}, "Training")),
        ("while it is proved on the virtual kit", lambda: jobs.start("studio.deploy.validate:run", prove_arguments(path), "Proving")),
    )
    for what, start in works:
        job = start() if start else None
        end = time.monotonic() + (5 if job is None else 300)
        gaps.clear()
        while (job.running if job else True) and time.monotonic() < end:
            app.processEvents()
            time.sleep(0.001)
        ordered = sorted(gaps)
        p99 = ordered[int(0.99 * (len(ordered) - 1))]
        figure = f"{statistics.median(ordered) * 1e3:.1f} / {p99 * 1e3:.1f} / {ordered[-1] * 1e3:.0f} ms"
        ended = f"{len(ordered)} ticks" + (f", {job.error}" if job and job.error else "")
        rows.append((what, figure, f"budget p99 30 ms; {ended}"))
    table("TICK of a 16 ms timer (median / p99 / longest)", rows)
    timer.stop()
    finish(app, window)


def prove_arguments(path: str) -> dict[str, object]:
    """Return what the window's Prove it asks for."""
    return {"path": path, "target": "virtual-m4", "runtime": "c", "inputs": 20, "seed": 1, "toolchain": "zig"}


def finish(app, window) -> None:
    """Close the window without a trace."""
    window.session.document.undo_stack.setClean()
    window.close_now()
    wait(app, 0.1)


BENCHES = {"start": bench_start, "edit": bench_edit, "mel": bench_mel, "tick": bench_tick}


def main(names: Sequence[str]) -> None:
    """Run the named benches, or all."""
    with tempfile.TemporaryDirectory(prefix="otolith-bench-") as temp:
        for name in names or BENCHES:
            BENCHES[name](Path(temp))


if __name__ == "__main__":
    main(sys.argv[1:])
