"""Row streaming: the same outputs as when each call makes all of its rows, in less memory."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from studio.deploy import oracle
from studio.lower.engine import program
from studio.lower.engine.build import Space, assemble, draft
from studio.lower.engine.rows import Reach, course
from studio.lower.engine.stream import ranges, stream
from studio.lower.tflite import read_tflite
from tests.helpers.engine_host import HostModel, random_inputs
from tests.helpers.random_networks import random_network


def streamed(network, variant, rng):
    """A program in which every chain that can be is a stream, cut anywhere, with any number of rows at a time."""
    drafter = draft(network, variant)
    space, drafts, call = Space(drafter), list(drafter.drafts), 0
    while call < len(drafts):
        found = [r for r in ranges(drafts, call, space.whole) if r[0] == call]
        if found:
            first, last = max(found) if rng.random() < 0.7 else found[int(rng.integers(len(found)))]
            drafts[first : last + 1] = [stream(drafts[first : last + 1], space.size_of, int(rng.integers(1, 6)))]
        call += 1
    return assemble(drafter, drafts)


@pytest.mark.parametrize("seed", range(40))
def test_streams_change_no_output(seed, tmp_path):
    variant, rng = ("dsp", "plain")[seed % 2], np.random.default_rng(seed)
    network = random_network(seed)
    plan = streamed(network, variant, rng)
    inputs = random_inputs(network, 3)
    model = HostModel(network, variant, tmp_path, plan=plan)
    assert [model.run(i) for i in inputs] == oracle.run(network, inputs)


def test_most_random_networks_have_a_stream():
    plans = [streamed(random_network(seed), "dsp", np.random.default_rng(seed)) for seed in range(40)]
    lengths = [len(call.layers) for plan in plans for call in plan.calls if call.layers]
    assert len(lengths) >= 20
    assert max(lengths) >= 3


@pytest.mark.parametrize("seed", range(20))
def test_a_small_plan_is_never_larger(seed):
    network = random_network(seed)
    assert program(network, "dsp", "small").arena_bytes <= program(network, "dsp").arena_bytes


@pytest.mark.parametrize(("name", "share"), [("kws_ref_model", 0.65), ("kws_micronet_m", 0.3), ("ic_resnet_quant", 0.75)])
@pytest.mark.parametrize("variant", ["dsp", "plain"])
def test_real_models_take_less_memory(name, share, variant, data_folder, tmp_path):
    network = read_tflite(Path(data_folder) / "models" / f"{name}.tflite")
    small = program(network, variant, "small")
    assert small.arena_bytes <= share * program(network, variant).arena_bytes
    inputs = random_inputs(network, 2)
    model = HostModel(network, variant, tmp_path, plan=small)
    assert [model.run(i) for i in inputs] == oracle.run(network, inputs)


def test_the_parts_of_a_stream_lie_apart(data_folder):
    plan = program(read_tflite(Path(data_folder) / "models" / "kws_ref_model.tflite"), "dsp", "small")
    alive = sorted({(b.offset, b.offset + b.size) for b in plan.buffers if b.first <= 0 <= b.last})
    assert all(end <= start for (_, end), (start, _) in pairwise(alive))
    assert any(b.name.startswith("rows of") for b in plan.buffers)


def test_rows_are_used_up_as_soon_as_they_can_be():
    way = course((Reach(20, 20, 3, 1, 1), Reach(20, 20, 3, 1, 1)), (False, False), 1)
    assert way.held[0] == 3
    assert sum(band.rows_out for band in way.bands[1]) == 20
