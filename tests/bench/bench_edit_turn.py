"""An edit's whole turn - canvas, gauges of 5 targets x 3 runtimes, cards painted - at 60 and 200 blocks, and what a search pays for
a new design on one target; beside what they replace: building the same network in Keras, converting it to int8 and letting TensorFlow
Lite Micro allocate it.

Run: python -m tests.bench.bench_edit_turn
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from studio.blocks import registry
from studio.blocks.templates import chain
from studio.boards import load_boards
from studio.core.edits import AddBlock, Connect, Edit, SetParams
from studio.core.graph import INPUT_KIND, ModelGraph, Node
from studio.core.project import Project
from studio.estimate.report import report
from studio.lower.graph import lower_graph
from studio.lower.int8 import quantised_types
from studio.storage.folder import ProjectFolder

BLOCKS = (60, 200)
TARGETS = ("nrf52840dk", "pico", "nucleo-f103rb", "nucleo-f767zi", "pico-2")  # five cores: no figure is shared
EDITS = 300
TURN = ("c", "tflm", "tflm-ref")
RUNTIMES = (*TURN, "c-small", "x-cube-ai")
BUDGET_MS = {60: 8.0, 200: 25.0}
CANDIDATES = 300
CANDIDATE_BLOCKS = 30
CANDIDATE_SHAPE = (49, 40, 1)

Times = tuple[float, float]  # seconds on the clock and on the processor: they differ where others compute too


def design(count: int) -> Project:
    """A residual network of so many blocks (11 and a multiple of 7): a stem, residual units of separable layers, a head."""
    blocks, project = registry(), Project("bench", tuple("abcdefghij"), graph=ModelGraph((Node(INPUT_KIND, INPUT_KIND),)), targets=TARGETS)

    def add(kind: str, after: str, **params) -> str:
        nonlocal project
        id = project.graph.fresh_id(kind)
        project = AddBlock(kind, params, id, after).apply(project, blocks)
        return id

    last = add("relu", add("batch_norm", add("conv2d", INPUT_KIND, filters=32, kernel=(5, 5), stride=(2, 2), use_bias=False)))
    for _ in range((count - 11) // 7):
        first = last
        last = add("relu", add("batch_norm", add("depthwise_conv2d", last, kernel=(3, 3))))
        last = add("batch_norm", add("conv2d", last, filters=32, kernel=(1, 1)))
        last = add("add", last)
        project = Connect(first, last, 1).apply(project, blocks)
        last = add("relu", last)
    last = add("relu", add("separable_conv2d", add("separable_conv2d", last, filters=48), filters=48))
    add("softmax", add("dense", add("dropout", add("global_average_pool", last)), units=10))
    assert len(project.graph.nodes) == count
    return project


def edit(number: int) -> Edit:
    """The n-th edit: filters at the end, a kernel in the middle, a bias, the stem's stride, which changes every shape, in turn."""
    kinds = (
        SetParams("separable_conv2d_1", {"filters": 32 + number % 61}),
        SetParams("depthwise_conv2d_4", {"kernel": (3, 3) if number % 8 > 3 else (5, 3)}),
        SetParams("dense_1", {"use_bias": number % 8 > 3}),
        SetParams("conv2d_1", {"stride": (2, 2) if number % 8 > 3 else (2, 1)}),
    )
    return kinds[number % len(kinds)]


def candidate(seed: int) -> ModelGraph:
    """A random chain of 30 blocks, as a search draws them."""
    rng, steps = random.Random(seed), [("conv2d", {"filters": 16, "kernel": (5, 5), "stride": (2, 2)}), ("batch_norm", {}), ("relu", {})]
    while len(steps) < CANDIDATE_BLOCKS - 5:
        filters, kernel = rng.choice((8, 12, 16, 24, 32, 40)), (rng.choice((1, 3, 5)), 3)
        pointwise = ("conv2d", {"filters": filters, "kernel": (1, 1)})
        steps += rng.choice(
            (
                [("depthwise_conv2d", {"kernel": kernel}), ("batch_norm", {}), ("relu", {}), pointwise, ("relu", {})],
                [("separable_conv2d", {"filters": filters, "kernel": kernel}), ("relu", {})],
                [("conv2d", {"filters": filters, "kernel": kernel}), ("relu6", {})],
            )
        )
    head = [("global_average_pool", {}), ("dropout", {}), ("dense", {"units": 10}), ("softmax", {})]
    return chain([*steps[: CANDIDATE_BLOCKS - 5], *head])


def search(runtime: str) -> list[Times]:
    """Seconds from a new graph to its report on one target, at each of many random designs."""
    blocks, target = registry(), load_boards()[TARGETS[0]]

    def once(graph: ModelGraph) -> None:
        report(quantised_types(lower_graph(graph, blocks, CANDIDATE_SHAPE)), target, runtime)

    first = RUNTIMES.index(runtime) * CANDIDATES
    return [_timed(lambda g=g: once(g)) for g in map(candidate, range(first, first + CANDIDATES))][20:]


def percentiles(times: list[Times]) -> str:
    wall, busy = (sorted(column) for column in zip(*times, strict=True))
    p50, p95, busy50, busy95 = (1e3 * row[min(len(row) - 1, round(share * len(row)))] for row in (wall, busy) for share in (0.5, 0.95))
    return f"p50 {p50:8.2f} ms   p95 {p95:8.2f} ms   (on the processor {busy50:.2f} and {busy95:.2f} ms; {len(times)} times)"


def turns(folder: Path) -> tuple[list[Times], list[Times], list[Times]]:
    """Seconds of document.push without widgets (figures included), with canvas and cards, and with everything painted too."""
    from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget

    from studio.ui import theme
    from studio.ui.canvas import GraphCanvas
    from studio.ui.idle import IdleCollector
    from studio.ui.panels.targets import TargetsColumn
    from studio.ui.session import Session
    from studio.ui.settings import Settings

    app = QApplication.instance() or QApplication([])
    theme.apply(app, "dark")
    session = Session(folder, Settings())
    session.gauges.runtimes = TURN
    computing = [_timed(lambda n=n: session.document.push(edit(n))) for n in range(EDITS)]
    window = QWidget()
    row = QHBoxLayout(window)
    column = TargetsColumn(session)
    for card in column.cards.values():
        card.set_open(True)
    canvas = GraphCanvas(session)
    row.addWidget(canvas, 1)
    row.addWidget(column)
    window.resize(1280, 800)
    window.show()
    canvas.zoom_fit()
    app.processEvents()
    IdleCollector(session.gauges, session)
    shown: list[Times] = []

    def turn(number: int) -> None:
        shown.append(_timed(lambda: session.document.push(edit(number))))
        app.processEvents()

    whole = [_timed(lambda n=n: turn(n)) for n in range(EDITS)]
    session.document.close(discard=True)
    return computing[20:], shown[20:], whole[20:]


def _timed(work) -> Times:
    start, busy = time.perf_counter(), time.thread_time()
    work()
    return time.perf_counter() - start, time.thread_time() - busy


def rival(folder: Path) -> None:
    """Print the seconds of three rounds of Keras build, int8 conversion and allocation, imports left out."""
    import numpy as np
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2
    from tflite_micro import runtime

    from studio.ml.keras_model import build

    project = ProjectFolder.open(folder).project
    shape = project.frontend.shape
    examples = np.random.default_rng(0).standard_normal((8, 1, *shape)).astype(np.float32)

    def once() -> None:
        model = build(project.graph, registry(), shape)
        function = tf.function(lambda x: model(x, training=False)).get_concrete_function(tf.TensorSpec((1, *shape), tf.float32))
        converter = tf.lite.TFLiteConverter.from_concrete_functions([convert_variables_to_constants_v2(function)])
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([row] for row in examples)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
        runtime.Interpreter.from_bytes(converter.convert(), arena_size=4 << 20)

    print(json.dumps([_timed(once) for _ in range(3)]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rival", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.rival:
        rival(asked.rival)
        return
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["OTOLITH_HOME"] = scratch
        for count in BLOCKS:
            folder = Path(scratch) / f"design{count}"
            ProjectFolder.create(folder, design(count))
            print(
                f"an edit at {count} blocks, {len(TARGETS)} targets x {len(TURN)} runtimes; budget of the whole turn: {BUDGET_MS[count]:g} ms"
            )
            computing, shown, whole = turns(folder)
            print(f"  push and figures                    {percentiles(computing)}")
            print(f"  the same with canvas and cards      {percentiles(shown)}")
            print(f"  and with everything painted         {percentiles(whole)}")
        print(f"a new design of {CANDIDATE_BLOCKS} blocks, from graph to report, one target")
        for runtime in RUNTIMES:
            print(f"  {runtime:35} {percentiles(search(runtime))}")
        print(f"what they replace, at {BLOCKS[0]} blocks")
        print(f"  Keras build, convert, TFLM allocate {percentiles(_rival(Path(scratch) / f'design{BLOCKS[0]}'))}")


def _rival(folder: Path) -> list[Times]:
    """Let a process of its own, which may load TensorFlow, time the rival."""
    command = [sys.executable, "-m", "tests.bench.bench_edit_turn", "--rival", str(folder)]
    said = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    return json.loads(said.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
