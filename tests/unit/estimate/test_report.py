"""Reports over boards and runtimes: parts that sum, what does not fit and by how much, bands, plain JSON."""

import json
import re

import msgspec
import pytest

from studio.blocks import registry
from studio.blocks.templates import default_graph
from studio.boards import board, load_boards
from studio.core.errors import InputError
from studio.core.frontend import FrontEnd
from studio.core.network import Network, Op, Tensor
from studio.core.target import Power
from studio.estimate.counts import figures
from studio.estimate.report import RUNTIMES, as_json, report, report_all, runtimes_for
from studio.lower.graph import lower_graph
from studio.lower.quantise import quantised_types
from studio.lower.tflite import read_tflite

FRONT_END = FrontEnd()
BLOCKS = registry()


def design(filters: int | None = None) -> Network:
    """Lower the template, the first convolution with so many filters."""
    graph = default_graph(FRONT_END.shape, 10)
    if filters is not None:
        first = next(n for n in graph.nodes if n.kind == "conv2d")
        graph = graph.with_params(BLOCKS.get("conv2d"), first.id, {"filters": filters})
    return quantised_types(lower_graph(graph, BLOCKS, FRONT_END.shape, name="design"))


NETWORK = design()


BOARDS = load_boards().values()
ARENAS = ("tflm", "tflm-ref")


def served(runtime: str, tabled: bool = True) -> list:
    """The boards with or without tables that a runtime can be built for."""
    return [b for b in BOARDS if b.core.tabled == tabled and runtime in runtimes_for(b)]


def home(runtime: str):
    """A board on which the runtime runs."""
    return board("virtual-m4" if runtime in runtimes_for(board("virtual-m4")) else "nucleo-l4r5zi")


@pytest.mark.parametrize(("runtime", "target"), [(r, b) for r in RUNTIMES for b in served(r)], ids=lambda x: getattr(x, "id", x))
def test_every_board_and_runtime_has_a_whole_report(runtime, target):
    made = report(NETWORK, target, runtime, FRONT_END)
    assert (made.target, made.runtime) == (target.id, runtime)
    assert made.runtime_version
    for parts in (made.ram, made.flash):
        assert parts.total == sum(parts.parts.values())
        assert all(isinstance(size, int) and size >= 0 for size in parts.parts.values())
    assert made.instructions == sum(op.instructions for op in made.ops) > 0
    assert made.cycles == sum(op.cycles for op in made.ops) > 0
    assert sum(op.macs for op in made.ops) == figures(NETWORK).macs
    assert 0 < made.latency_ms.low <= made.latency_ms.value <= made.latency_ms.high > made.latency_ms.low
    assert (made.energy_uj is None) == (target.power is None)
    assert (made.arena is None) == (runtime not in ARENAS)
    assert all(len(source) > 10 for source in made.sources.values())
    assert set(made.sources) >= {"memory", "instructions", "front end", "latency band", "clock", "flash", "ram", "flash_wait_states"}
    assert ("power" in made.sources) >= (made.energy_uj is not None)
    assert (made.day is None) == (target.power is None or target.power.sleep_a is None)
    assert made.fits == made.limits.startswith("fits")


@pytest.mark.parametrize(
    ("runtime", "target"), [(r, b) for r in RUNTIMES for b in served(r, tabled=False)], ids=lambda x: getattr(x, "id", x)
)
def test_a_core_without_tables_shows_what_is_known_and_says_what_is_not(runtime, target):
    made = report(NETWORK, target, runtime, FRONT_END)
    if target.core.family == "cortex-a" and runtime != "tflm":
        assert not made.fits and "neither tables nor published times" in made.limits
        return
    assert made.limits.startswith("as far as is known")
    assert [i.severity for i in made.issues if i.id == "board.no_table"] == ["advice"]
    assert made.latency_ms.high >= 3.9 * made.latency_ms.low > 0
    assert (made.instructions, made.cycles, made.stack_bytes) == (0, 0, 0)
    assert sum(op.macs for op in made.ops) == figures(NETWORK).macs
    assert not any("code" in name or name == "kernels" for name in made.flash.parts)
    assert bool(made.ram.parts) == (target.core.family != "cortex-a")


def test_the_arena_is_the_same_on_any_32_bit_core():
    counted, known = (report(NETWORK, board(id), "c") for id in ("pico", "esp32-c3-devkitm-1"))
    assert counted.ram.parts["arena"] == known.ram.parts["arena"]
    assert (
        report(NETWORK, board("pico"), "tflm-ref").arena.required == report(NETWORK, board("esp32-s3-devkitc-1"), "tflm").ram.parts["arena"]
    )


def test_the_front_end_adds_its_parts_and_its_time():
    bare, whole = (report(NETWORK, board("virtual-m4"), "c", fe) for fe in (None, FRONT_END))
    assert set(whole.flash.parts) - set(bare.flash.parts) == {"front end code", "front end tables"}
    assert whole.ram.parts["front end"] > 0
    assert bare.frontend_cycles == 0 < whole.frontend_cycles
    assert whole.latency_ms.value > bare.latency_ms.value
    assert whole.cycles == bare.cycles


@pytest.mark.parametrize("runtime", ["tflm", "tflm-ref", "x-cube-ai"])
def test_nothing_goes_down_when_filters_go_up(runtime):
    made = [report(design(n), home(runtime), runtime, FRONT_END) for n in range(4, 68, 8)]
    for figure in (
        lambda r: r.flash.total,
        lambda r: r.ram.total,
        lambda r: r.instructions,
        lambda r: r.cycles,
        lambda r: r.latency_ms.value,
    ):
        values = [figure(r) for r in made]
        assert values == sorted(values)


def test_what_does_not_fit_is_said_with_the_amount():
    made = report(NETWORK, board("nucleo-l031k6"), "tflm", FRONT_END)
    assert not made.fits
    errors = {i.id: i.message for i in made.issues if i.severity == "error"}
    assert set(errors) == {"fit.flash", "fit.ram"}
    assert re.search(r"RAM: needs [\d.]+ KiB more than the 8\.0 KiB there are", errors["fit.ram"])
    assert errors["fit.ram"] in made.limits


def test_an_interval_that_is_too_short_is_a_warning():
    made = report(NETWORK, board("virtual-m4"), "tflm-ref", FRONT_END, interval_ms=1.0)
    assert not made.fits
    assert [(i.id, i.severity) for i in made.issues] == [("fit.time", "warning")]
    assert "the interval is 1 ms" in made.limits


def test_a_design_that_fits_says_what_is_tightest():
    made = report(NETWORK, board("virtual-m4"), "tflm", FRONT_END)
    assert re.fullmatch(r"fits; (flash|RAM|time) is the tightest: \d+% of the .*", made.limits)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_an_operator_that_a_runtime_lacks_is_an_issue(runtime):
    x = Tensor("x", (1, 4), "int8")
    network = Network("n", (x, x), (Op("topk_v2", (0,), (1,), block="top"),), (0,), (1,))
    made = report(network, home(runtime), runtime)
    assert not made.fits
    (issue,) = made.issues
    assert issue.severity == "error"
    assert runtime in issue.message
    assert made.limits == issue.message


def test_energy_is_time_times_power():
    target = msgspec.structs.replace(board("virtual-m4"), power=Power(3.0, 0.01, 1e-6))
    made = report(NETWORK, target, "tflm")
    assert made.energy_uj == pytest.approx(made.latency_ms.value * 30.0)


def test_wait_states_stretch_time_but_not_cycles():
    target = board("virtual-m4")
    slow = msgspec.structs.replace(target, flash_wait_states=5)
    fast_report, slow_report = (report(NETWORK, t, "tflm") for t in (target, slow))
    assert slow_report.cycles == fast_report.cycles
    assert slow_report.latency_ms.value == pytest.approx(1.1 * fast_report.latency_ms.value)


def test_a_board_without_a_sourced_current_says_so():
    for id, words in (("pico", "no energy"), ("ek-ra6m4", "no battery life")):
        made = report(NETWORK, board(id), "tflm")
        assert [(i.id, i.severity) for i in made.issues] == [("board.power", "advice")]
        assert words in made.issues[0].message


def test_running_from_serial_flash_takes_longer():
    here = board("pico")
    fast, slow = (report(NETWORK, msgspec.structs.replace(here, xip=xip), "tflm") for xip in (False, True))
    assert slow.latency_ms.value == pytest.approx(1.3 * fast.latency_ms.value)


def test_an_unknown_runtime_is_refused():
    with pytest.raises(InputError) as caught:
        report(NETWORK, board("virtual-m4"), "onnx")
    assert "tflm-ref" in caught.value.hint


def test_the_json_has_the_keys_that_were_agreed():
    reports = report_all(NETWORK, [board("virtual-m4"), board("nrf52840dk")], RUNTIMES, FRONT_END)
    plain = json.loads(json.dumps(as_json(figures(NETWORK), reports)))
    assert set(plain) == {"model", "macs", "macc_st", "parameters", "weights_bytes", "reports"}
    assert [(r["target"], r["runtime"]) for r in plain["reports"]] == [(t, r) for t in ("virtual-m4", "nrf52840dk") for r in RUNTIMES]
    for made in plain["reports"]:
        assert {"runtime_version", "provenance", "ram", "flash", "latency_ms", "energy_uj", "fits", "issues"} <= set(made)
        assert set(made["latency_ms"]) == {"value", "low", "high"}
        assert set(made["ram"]) == set(made["flash"]) == {"total", "parts"}
        assert made["ram"]["total"] == sum(made["ram"]["parts"].values())
        if made["runtime"] not in ARENAS:
            assert "arena" not in made
        else:
            assert set(made["arena"]) == {"used", "required", "head"}


def test_the_size_of_the_file_counts_where_there_is_one(data_folder):
    path = data_folder / "models" / "kws_ref_model.tflite"
    made = report(read_tflite(path), board("virtual-m4"), "tflm", file_bytes=path.stat().st_size)
    assert made.flash.total == pytest.approx(107_372, rel=0.01)
    assert made.arena.head == 16000


@pytest.mark.parametrize(
    ("runtime", "published"),
    [("tflm", "microTVM CMSIS-NN"), ("tflm-ref", "TFLM 2.3.1 reference kernels")],
)
def test_published_latencies_lie_in_the_band(data_folder, runtime, published):
    network = read_tflite(data_folder / "models" / "kws_ref_model.tflite")
    rows = json.loads((data_folder / "published.json").read_text())["latency"]
    for row in rows:
        if row["runtime"] == published:
            band = report(network, board(row["board"].lower()), runtime).latency_ms
            assert band.low <= row["ms"] <= band.high
