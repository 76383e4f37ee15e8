"""How quick the window is: `python -m tests.bench.bench_window [start] [edit] [mel] [tick]` prints tables; no figure is a test.

start   from the process's start to the window's first paint, and to the plots, with byte code as pip leaves it
edit    an edit's whole turn in the shown window: 60 blocks, canvas, gauges of 5 targets x 2 runtimes, status; beside it
        what the figures replace: building the same network in Keras, converting it, letting TensorFlow Lite Micro allocate it
mel     a mel setting on a 10 s clip: computing alone, and with the paint, beside librosa's view of the same
tick    a 16 ms timer in the window while a job trains, while one proves, and while both do
"""

import compileall
import json
import os
import shutil
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
        if event.type() == QEvent.Type.Paint and window.room("design")._clip_view is None:
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
BLOCKS = 60


def table(title: str, rows: Sequence[tuple[str, str, str]]) -> None:
    """Print a table of (what, figure, budget or rival)."""
    print(f"\n{title}")
    for what, figure, beside in rows:
        print(f"  {what:<56}{figure:<50}{beside}")


Times = tuple[float, float]  # seconds on the clock and on the processor: they differ where others compute too


def spread(times: Sequence[Times]) -> str:
    """Write median and p95 in milliseconds, on the clock and on the processor."""
    wall, busy = (sorted(column) for column in zip(*times, strict=True))
    p50, p95, busy50, busy95 = (row[round(share * (len(row) - 1))] * 1e3 for row in (wall, busy) for share in (0.5, 0.95))
    return f"{p50:.2f} / {p95:.2f} ms, processor {busy50:.2f} / {busy95:.2f}"


def repeat(work: Callable[[], object], times: int) -> list[Times]:
    """Time something so many times."""
    taken = []
    for _ in range(times):
        start, busy = time.perf_counter(), time.thread_time()
        work()
        taken.append((time.perf_counter() - start, time.thread_time() - busy))
    return taken


def environment(home: Path, *first: str) -> dict[str, str]:
    """Return the environment of a started window: its own settings folder, modules from these places first."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "OTOLITH_HOME": str(home), "PYTHONPATH": os.pathsep.join([*first, *sys.path])}


def installed(temp: Path) -> Path:
    """Copy the studio with its byte code, as pip installs it."""
    from studio.core.places import shipped

    place = temp / "installed"
    shutil.copytree(shipped("resources").parent / "studio", place / "studio", ignore=shutil.ignore_patterns("__pycache__"))
    compileall.compile_dir(place, quiet=1)
    for name in ("resources", "board_support", "plugins"):
        (place / name).symlink_to(shipped(name))
    return place


def bench_start(temp: Path) -> None:
    """Start the window a few times with warm files."""
    rows = []
    place = installed(temp)
    for what, times, clean in (("first start ever", 5, True), ("later start", 7, False)):
        figures: dict[str, list[tuple[float, float]]] = {"paint": [], "plots": []}
        for number in range(times):
            home = temp / (f"home-{number}" if clean else "home")
            command = [sys.executable, "-c", FIRST_PAINT, str(time.monotonic())]
            run = subprocess.run(command, env=environment(home, str(place)), cwd=place, capture_output=True, text=True, check=True)
            for line in run.stdout.splitlines():
                name, wall, cpu = line.split()
                figures[name].append((float(wall), float(cpu)))
        for name, title in (("paint", "process start to first paint"), ("plots", "to waveform and features")):
            wall, cpu = (min(f[i] for f in figures[name]) for i in (0, 1))
            median = statistics.median(f[0] for f in figures[name])
            rows.append(
                (
                    f"{what}: {title}",
                    f"{median:.2f} s, best {wall:.2f} s",
                    f"{cpu:.2f} s of it computing; budget {'1 s' if name == 'paint' else 'none'}",
                )
            )
    table("START (median, best)", rows)


def opened(temp: Path, project: Path | None = None):
    """Return the application and a shown window on a project, or on a fresh copy of the sample."""
    from PySide6.QtCore import qInstallMessageHandler
    from PySide6.QtWidgets import QApplication

    qInstallMessageHandler(lambda *_: None)
    os.environ["OTOLITH_HOME"] = str(temp / "home")
    from studio.storage.folder import ProjectFolder
    from studio.ui import app as studio_app
    from studio.ui.idle import IdleCollector

    app = QApplication.instance() or QApplication(["bench"])
    number = len(list(temp.glob("p*")))
    window = studio_app.open_window(app, project or ProjectFolder.copy_sample("keywords", temp / f"p{number}").path)
    window.resize(1280, 800)
    window.show()
    window.room("design").clip_view  # noqa: B018 - made at the first call
    wait(app, 0.5)
    window.bench_collector = IdleCollector(window.session.gauges, window)  # as studio.ui.app.run has it
    return app, window


def wait(app, seconds: float) -> None:
    """Let the event loop run."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        app.processEvents()
        time.sleep(0.002)


def settle(app) -> None:
    """Let the event loop paint all there is: the first round may leave layouts that ask for a second."""
    app.processEvents()
    app.processEvents()


def bench_edit(temp: Path) -> None:
    """Edit a network of 60 blocks in the shown window, and time what its figures replace."""
    from studio.storage.folder import ProjectFolder
    from tests.bench import bench_edit_turn as small

    folder = ProjectFolder.create(temp / "sixty", small.design(BLOCKS)).path
    app, window = opened(temp, folder)
    document, numbers = window.session.document, iter(range(10**6))

    def turn() -> None:
        document.push(small.edit(next(numbers)))

    def painted() -> None:
        turn()
        settle(app)

    repeat(painted, 20)
    alone = []
    for _ in range(200):
        alone += repeat(turn, 1)
        settle(app)
    rows = [(f"the edit's turn: canvas, cards, {len(window.session.gauges.reports)} reports", spread(alone), "budget p95 8 ms")]
    rows.append(("the same with all that is painted", spread(repeat(painted, 200)), "budget p95 8 ms"))
    finish(app, window)
    command = [sys.executable, "-W", "ignore", "-m", "tests.bench.bench_edit_turn", "--rival", str(folder)]
    run = subprocess.run(command, env=environment(temp), capture_output=True, text=True, check=True)
    rows.append(("rival: Keras build + convert + TFLM allocate", spread(json.loads(run.stdout.splitlines()[-1])), ""))
    table(f"EDIT of {BLOCKS} blocks, {len(small.TARGETS)} targets x 2 runtimes (median / p95)", rows)


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
        "import json, time, numpy as np, librosa\n"
        "y = np.random.default_rng(1).standard_normal(160_000).astype(np.float32) / 10\n"
        "def view(m): return librosa.power_to_db(librosa.feature.melspectrogram(y=y, sr=16000, n_fft=512, win_length=480, "
        "hop_length=160, n_mels=m, center=False))\n"
        "[view(32 + i % 9) for i in range(5)]\n"
        "t = []\n"
        "for i in range(30):\n"
        "    s, b = time.perf_counter(), time.thread_time(); view(32 + i % 9)\n"
        "    t.append((time.perf_counter() - s, time.thread_time() - b))\n"
        "print(json.dumps(t))\n"
    )
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True, env=environment(temp))
    rows.append(("rival: librosa melspectrogram, power_to_db, no paint", spread(json.loads(run.stdout)), ""))
    table("MEL (median / p95)", rows)


def mel_in_window(temp: Path) -> list[tuple[str, str, str]]:
    """Change the mel bands in the shown window: the document's whole turn, and the clip's plots alone."""
    from studio.core.edits import SetFrontEnd

    app, window = opened(temp)
    document = window.session.document
    bands = iter(range(10**6))

    def turn() -> None:
        document.push(SetFrontEnd({"mels": 32 + next(bands) % 9}), "bench")
        settle(app)

    repeat(turn, 10)
    rows = [("1 s clip in the window: whole turn with all paint", spread(repeat(turn, 100)), "budget 12 ms at 10 s")]
    document.push(SetFrontEnd({"clip_samples": 160_000}))
    wait(app, 0.3)
    repeat(turn, 10)
    rows.append(("10 s clip in the window: whole turn with all paint", spread(repeat(turn, 60)), "budget 12 ms"))
    finish(app, window)
    return rows


def bench_tick(temp: Path) -> None:
    """Count the gaps of a 16 ms timer: at rest, while a job trains for two epochs, while one proves, while both run."""
    app, window = opened(temp)
    path, jobs = str(window.session.document.path), window.session.jobs

    def train():
        return jobs.start("studio.ml.train:run", {"project": path, "epochs": 2}, "Training")

    def prove():
        return jobs.start("studio.deploy.validate:run", prove_arguments(path), "Proving")

    works = (
        ("at rest for 5 s", ()),
        ("while 2 epochs train", (train,)),
        ("while it is proved on the virtual kit", (prove,)),
        ("while 2 epochs train and it is proved", (train, prove)),
    )
    rows = []
    for what, starts in works:
        started = [start() for start in starts]
        gaps = sorted(gaps_while(app, started))
        p99 = gaps[int(0.99 * (len(gaps) - 1))]
        figure = f"{statistics.median(gaps) * 1e3:.1f} / {p99 * 1e3:.1f} / {gaps[-1] * 1e3:.0f} ms"
        failed = "".join(f", {job.error}" for job in started if job.error)
        rows.append((what, figure, f"budget p99 30 ms; {len(gaps)} ticks{failed}"))
    table("TICK of a 16 ms timer (median / p99 / longest)", rows)
    finish(app, window)


def gaps_while(app, jobs) -> list[float]:
    """Return the seconds between the ticks of a 16 ms timer in the running event loop until all these jobs end; without any, for 5 s."""
    from PySide6.QtCore import QElapsedTimer, Qt, QTimer

    gaps: list[float] = []
    clock, ran = QElapsedTimer(), QElapsedTimer()

    def tick() -> None:
        gaps.append(clock.nsecsElapsed() / 1e9)
        clock.restart()
        if not any(job.running for job in jobs) if jobs else ran.elapsed() > 5000:
            app.exit()

    timer = QTimer(interval=16, timerType=Qt.TimerType.PreciseTimer)
    timer.timeout.connect(tick)
    timer.start()
    clock.start()
    ran.start()
    app.exec()
    timer.stop()
    return gaps


def prove_arguments(path: str) -> dict[str, object]:
    """Return what the window's Prove it asks for."""
    return {"path": path, "target": "virtual-m4", "runtime": "c", "inputs": 20, "seed": 1, "toolchain": "zig"}


def finish(app, window) -> None:
    """Close the window without a trace."""
    window.bench_collector.stop()
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
