"""Plans of the arena that go with the file: TFLM follows them, gives the same outputs, and plans as much as was said."""

import re
import subprocess
import sys

import msgspec
import numpy as np
import pytest

from studio.boards import board
from studio.core.errors import InputError
from studio.core.network import Network, Op, Quantisation, Tensor
from studio.deploy.export import assemble
from studio.deploy.subject import Subject
from studio.estimate.counts import figures
from studio.estimate.report import as_json, report
from studio.estimate.tflm import arena, offline_plan
from studio.estimate.tflm.planner import Demand, place
from studio.jobs import QuietContext
from studio.lower.graph import lower_graph
from studio.lower.int8 import quantised_types
from studio.lower.randomise import randomise
from studio.lower.tflite import read_tflite, write_tflite
from studio.plugin import load_plugins
from tests.helpers.small_networks import BLOCKS, int8_inputs, random_graph, tflm
from tests.unit.estimate.test_tflm_oracle import ASK

# Drawn networks for which TFLM's greedy plan is not the smallest.
SEEDS = (15, 26, 35, 38)
SHAPE = (24, 20, 1)


def drawn(seed: int) -> Network:
    return randomise(quantised_types(lower_graph(random_graph(seed, SHAPE, 12), BLOCKS, SHAPE, name="drawn")), seed)


def planned_head(data: bytes, folder) -> int:
    """The planned part of the arena as the real allocator records it."""
    path = folder / "model.tflite"
    path.write_bytes(data)
    said = subprocess.run([sys.executable, "-c", ASK, str(path)], capture_output=True, text=True, check=True).stderr
    return int(re.search(r"Arena allocation head (\d+)", said)[1])


@pytest.mark.parametrize("seed", SEEDS)
def test_tflm_follows_the_plan_in_the_file(seed, tmp_path):
    pytest.importorskip("tflite_micro")
    network = drawn(seed)
    own, plan = arena(network, "reference"), offline_plan(network, "reference")
    with_plan, without = write_tflite(network, plan.offsets), write_tflite(network)
    assert plan.arena.required < own.required and plan.arena.head < own.head
    assert planned_head(with_plan, tmp_path) == plan.arena.head
    assert planned_head(without, tmp_path) == own.head
    assert arena(read_tflite(with_plan), "reference") == plan.arena
    assert offline_plan(read_tflite(with_plan), "reference") is None
    inputs = int8_inputs(network, 8, seed)
    assert np.array_equal(tflm(with_plan, inputs), tflm(without, inputs))


def test_the_file_reads_as_the_same_network_and_holds_the_offsets():
    network = drawn(15)
    offsets = offline_plan(network).offsets
    data = write_tflite(network, offsets)
    plain = read_tflite(write_tflite(network))
    assert read_tflite(data) == msgspec.structs.replace(plain, arena_offsets=offsets)
    assert write_tflite(read_tflite(data)) == data and write_tflite(read_tflite(data), ()) == write_tflite(network)
    assert b"OfflineMemoryAllocation" in data and b"OfflineMemoryAllocation" not in write_tflite(network)
    words = np.asarray([1, 1, len(network.tensors), *offsets], "<i4").tobytes()
    assert data.index(words) % 16 == 0
    assert len(offsets) == len(network.tensors)
    for tensor, offset in zip(network.tensors, offsets, strict=True):
        assert (offset == -1) == tensor.constant and (offset == -1 or offset % 16 == 0)


@pytest.mark.parametrize("shift", [0, 3, 160])
def test_a_plan_that_somebody_else_made_is_followed(shift, tmp_path):
    """Half of the tensors get their places from the file, higher than need be; TFLM puts the others around them."""
    pytest.importorskip("tflite_micro")
    network = drawn(26)
    offsets = tuple(-1 if i % 2 or offset < 0 else offset + shift for i, offset in enumerate(offline_plan(network).offsets))
    data = write_tflite(network, offsets)
    assert arena(read_tflite(data), "reference").head == planned_head(data, tmp_path)


def test_a_plan_for_another_number_of_tensors_is_refused():
    network = drawn(15)
    with pytest.raises(InputError, match=f"does not fit its {len(network.tensors)} tensors"):
        read_tflite(write_tflite(network, (-1,) * (len(network.tensors) - 1)), "odd")


def test_no_plan_where_the_greedy_one_is_the_smallest_possible(data_folder):
    for path in (data_folder / "models").glob("*.tflite"):
        assert offline_plan(read_tflite(path)) is None


def test_a_reshape_lies_on_its_input(tmp_path):
    """TFLM alone keeps two copies of what a reshape turns: here they are the peak."""
    quant = Quantisation((0.5,), (0,))
    names = [("x", (1, 16)), ("big", (1, 4096)), ("turned", (1, 64, 64)), ("y", (1, 1, 64))]
    tensors = [Tensor(name, shape, "int8", quant) for name, shape in names]
    weights = Tensor("w", (4096, 16), "int8", Quantisation((0.1,), (0,)), True, bytes(range(256)) * 256)
    axes = Tensor("axes", (1,), "int32", None, True, np.asarray([1], "<i4").tobytes())
    ops = (
        Op("fully_connected", (0, 4, -1), (1,), {"activation": "none", "keep_dims": False}),
        Op("reshape", (1,), (2,)),
        Op("mean", (2, 5), (3,), {"keep_dims": True}),
    )
    network = Network("n", (*tensors, weights, axes), ops, (0,), (3,))
    own, plan = arena(network, "reference"), offline_plan(network, "reference")
    assert own.head >= 2 * 4096 > plan.arena.head >= 4096
    assert plan.offsets[1] == plan.offsets[2]
    with_plan = write_tflite(network, plan.offsets)
    assert planned_head(with_plan, tmp_path) == plan.arena.head
    inputs = int8_inputs(network, 8)
    assert np.array_equal(tflm(with_plan, inputs), tflm(write_tflite(network), inputs))


def test_scratch_goes_around_what_is_fixed():
    demands = [Demand(32, 0, 1), Demand(16, 0, 0), Demand(48, 1, 1)]
    assert place(demands, (16,)) == (16, 0, 48)


def test_a_report_shows_both_plans():
    network = drawn(15)
    made = report(network, board("virtual-m4"), "tflm")
    assert made.arena.offline == offline_plan(network, "cmsis_nn", True).arena
    assert made.ram.parts["arena"] == made.arena.required > made.arena.offline.required
    assert [i.severity for i in made.issues if i.id == "tflm.plan"] == ["advice"]
    plain = as_json(figures(network), [made])["reports"][0]["arena"]
    assert plain["offline"] == {"used": made.arena.offline.used, "required": made.arena.offline.required, "head": made.arena.offline.head}


def test_the_export_writes_the_plan_and_says_so(tmp_path):
    network = drawn(15)
    subject = Subject("drawn", network, (), False, tmp_path)
    job = assemble(subject, board("virtual-m4"), QuietContext(), golden=2)
    load_plugins().exporters.get("export_tflm").export(job, tmp_path, QuietContext())
    plan = offline_plan(network, "cmsis_nn", True)
    assert (tmp_path / "model.tflite").read_bytes() == write_tflite(network, plan.offsets)
    settings = (tmp_path / "model_settings.h").read_text()
    assert f"kTensorArenaSize = {plan.arena.required};" in settings
    assert f"its own would need {arena(network).required} bytes" in settings
    assert "plan of the arena" in (tmp_path / "README.md").read_text()
    bare = msgspec.structs.replace(job, arena_unplanned=0)
    load_plugins().exporters.get("export_tflm").export(bare, tmp_path, QuietContext())
    assert "plan of the arena" not in (tmp_path / "README.md").read_text()
