"""What the gauges plan against what the compiler and TFLM's own allocator make of the same design."""

import msgspec
import pytest

from studio.boards import board
from studio.core.errors import Cancelled
from studio.core.project import Recipe, design_digest
from studio.core.refinement import FLASH_TOLERANCE, Check, Refinement
from studio.deploy import oracle
from studio.deploy.allocation import FOLLOWED, HEAD
from studio.deploy.refine import refine_allocation, refine_engine, run, run_design
from studio.deploy.subject import Subject, load_subject, with_random_weights
from studio.estimate.report import report
from studio.jobs import QuietContext
from studio.lower.graph import lower_graph
from studio.lower.int8 import quantised_types
from studio.lower.tflite import write_tflite
from studio.storage.runs import MODEL, Run, write_run
from tests.helpers.small_networks import BLOCKS, random_graph

SHAPE = (24, 20, 1)
REFERENCE_SEEDS = (15, 26)  # drawn designs for which TFLM's greedy plan is not the smallest
NIGHTLY = [pytest.param(seed, marks=pytest.mark.nightly) for seed in range(100, 130)]


def drawn(seed: int, folder) -> tuple[Subject, Subject]:
    """A random design as the gauges see it, and the same with weights."""
    network = quantised_types(lower_graph(random_graph(seed, SHAPE, 10), BLOCKS, SHAPE, name=f"drawn {seed}"))
    subject = Subject(network.name, network, tuple(map(str, range(network.output.elements))), False, folder)
    return subject, with_random_weights(subject, seed)


def compiled(planned: Subject, built: Subject, target: str, runtime: str = "c", toolchain: str = "zig") -> Refinement:
    kit = board(target)
    return refine_engine(built, kit, report(planned.network, kit, runtime, planned.frontend), toolchain, QuietContext())


def by_figure(made: Refinement) -> dict[str, Check]:
    return {c.figure: c for c in made.checks}


def assert_as_planned(made: Refinement) -> None:
    checks = by_figure(made)
    assert checks["RAM"].difference == 0, made
    assert abs(checks["flash"].difference) <= FLASH_TOLERANCE * checks["flash"].found, made
    assert all(c.holds for c in made.checks), made


@pytest.fixture(scope="module")
def sample():
    """The sample as it stands, and with random weights."""
    from studio.core.places import shipped

    subject = load_subject(shipped("resources") / "samples" / "keywords")
    return subject, with_random_weights(subject, 1)


@pytest.mark.parametrize(("target", "runtime"), [("virtual-m4", "c"), ("virtual-m4", "c-small"), ("virtual-m0", "c")])
def test_the_sample_compiles_to_what_was_planned(sample, target, runtime):
    made = compiled(*sample, target, runtime)
    assert_as_planned(made)
    checks = by_figure(made)
    assert checks["flash"].found == sum(made.flash.values()) and checks["RAM"].found == sum(made.ram.values())
    assert made.tool.startswith("zig ") and not made.trained
    assert set(made.flash) == {"weights", "layer sizes", "kernels", "front end code", "front end tables", "application"}
    assert {p: c for p in ("arena", "front end") if (c := checks[f"RAM: {p}"].difference)} == {}
    for part in ("weights", "layer sizes", "kernels", "front end tables"):
        assert checks[f"flash: {part}"].found == pytest.approx(checks[f"flash: {part}"].planned, rel=0.01)
    assert checks["flash: front end code"].found == pytest.approx(checks["flash: front end code"].planned, rel=0.06)


@pytest.mark.parametrize("seed", [3, 8, 21, *NIGHTLY])
def test_a_drawn_design_compiles_to_what_was_planned(seed, tmp_path):
    assert_as_planned(compiled(*drawn(seed, tmp_path), "virtual-m4"))


@pytest.mark.parametrize("seed", [1, 3, *REFERENCE_SEEDS, *NIGHTLY])
def test_tflm_allocates_what_was_planned(seed, tmp_path):
    if not oracle.available():
        pytest.skip("the tflite-micro wheel is for Linux on x86-64")
    planned, built = drawn(seed, tmp_path)
    made = refine_allocation(built, planned.network)
    checks = by_figure(made)
    assert checks[HEAD].found > 0 and all(c.difference == 0 for c in made.checks), made
    assert (FOLLOWED in checks) >= (seed in REFERENCE_SEEDS)
    assert made.kind == "allocated" and made.tool.startswith("tflite-micro ")


def test_gcc_finds_the_same_parts(sample):
    made = compiled(*sample, "virtual-m4", toolchain="gcc")
    assert made.tool.startswith("arm-none-eabi-gcc ")
    assert by_figure(made)["RAM"].difference == 0
    for part in ("weights", "layer sizes", "front end tables"):
        assert made.flash[part] == pytest.approx(by_figure(made)[f"flash: {part}"].planned, rel=0.01)
    assert all(size > 0 for size in made.flash.values())


def test_a_design_that_is_too_large_is_compiled_all_the_same(sample):
    small = board("nucleo-l031k6")
    assert compiled(*sample, small.id).ram["arena"] > small.ram.size


def test_a_plan_of_another_design_is_told(tmp_path):
    """The check can fail: the plan of one design against the program of another."""
    planned, _ = drawn(3, tmp_path)
    _, built = drawn(8, tmp_path)
    made = compiled(planned, built, "virtual-m4")
    assert not by_figure(made)["RAM"].holds
    assert by_figure(made)["RAM"].words.startswith(("+", "-"))
    if oracle.available():
        assert not refine_allocation(built, planned.network).checks[0].holds


def test_a_cancelled_refinement_compiles_nothing(sample):
    context = QuietContext()
    context.cancelled = True
    kit = board("virtual-m4")
    with pytest.raises(Cancelled):
        refine_engine(sample[1], kit, report(sample[0].network, kit, "c", sample[0].frontend), "zig", context)


def test_what_cannot_be_refined_is_said_once(tmp_path, monkeypatch):
    _, built = drawn(3, tmp_path)
    model = tmp_path / "model.tflite"
    model.write_bytes(write_tflite(built.network))
    monkeypatch.setenv("PATH", str(tmp_path))
    args = {"path": str(model), "targets": ["virtual-m4", "virtual-m0", "esp32-s3-devkitc-1"], "toolchain": "gcc", "runtimes": ["c"]}
    made = run(args, QuietContext())
    assert made["refinements"] == []
    assert len(made["notes"]) == 2
    assert "arm-none-eabi-gcc is not on the PATH" in made["notes"][0] and "apt-get install" in made["notes"][0]
    assert "does not compile for Xtensa" in made["notes"][1]


def test_the_job_refines_what_it_is_asked_for(tmp_path):
    _, built = drawn(3, tmp_path)
    model = tmp_path / "model.tflite"
    model.write_bytes(write_tflite(built.network))
    made = run({"path": str(model), "targets": ["virtual-m4", "virtual-m0"], "runtimes": ["c", "tflm"]}, QuietContext())
    found = msgspec.convert(made["refinements"], list[Refinement])
    allocated = [("allocated", "")] if oracle.available() else []
    assert [(f.kind, f.target) for f in found] == [*allocated, ("compiled", "virtual-m4"), ("compiled", "virtual-m0")]
    assert all(f.trained and c.holds for f in found for c in f.checks)


def asked(project, runs, target="virtual-m4") -> dict:
    """What the window asks of the warm child."""
    board_record = msgspec.to_builtins(board(target)) if target else None
    text = msgspec.json.encode(project).decode()
    return {"project": text, "runs": str(runs), "target": board_record, "runtime": "c", "toolchain": "zig"}


def refined(args: dict) -> Refinement:
    return msgspec.convert(run_design(args, QuietContext())["refinement"], Refinement)


def test_a_design_that_no_file_holds_is_that_of_its_folder(sample, tmp_path):
    """JSON loses tuples and the like; what is compiled must not differ by a byte."""
    project = sample[0].project
    made = refined(asked(project, tmp_path))
    assert made.flash == compiled(*sample, "virtual-m4").flash
    assert made.checks[0].planned == report(sample[0].network, board("virtual-m4"), "c", project.frontend).flash.total
    if oracle.available():
        assert refined(asked(project, tmp_path, target=None)).checks[0].holds


def test_a_trained_design_is_refined_with_its_model(sample, tmp_path):
    project = sample[0].project
    trained = with_random_weights(sample[0], 7).network
    folder = tmp_path / "runs" / "1"
    folder.mkdir(parents=True)
    (folder / MODEL).write_bytes(write_tflite(trained))
    write_run(folder, Run(1, design_digest(project), 0.0, 1.0, 1, Recipe(), project.labels, 0.9, 0.9))
    made = refined(asked(project, tmp_path / "runs"))
    assert made.trained
    assert_as_planned(made)
    other = msgspec.structs.replace(project, labels=("a", *project.labels[1:]))
    assert not refined(asked(other, tmp_path / "runs")).trained
