import time

import msgspec
import pytest

from studio.blocks import registry
from studio.blocks.templates import default_graph
from studio.core.errors import UnsupportedOperator
from studio.core.network import Op
from studio.core.places import shipped
from studio.deploy import oracle
from studio.lower.engine import program
from studio.lower.graph import lower_graph
from studio.lower.int8 import quantised_types
from studio.lower.randomise import randomise
from tests.helpers.engine_host import HostModel, gcc, random_inputs
from tests.helpers.random_networks import random_network

SHAPE = (49, 40, 1)


@pytest.fixture(scope="module")
def untrained():
    return quantised_types(lower_graph(default_graph(SHAPE, 10), registry(), SHAPE))


def sizes(plan):
    consts = [(c.name, c.ctype, c.count) for c in plan.consts]
    return plan.kernels, consts, [c.dims for c in plan.calls], plan.arena_bytes, plan.const_bytes


@pytest.mark.parametrize("variant", ["dsp", "plain"])
def test_sizes_are_those_of_the_trained_network(variant, untrained):
    trained = program(randomise(untrained, 3), variant)
    assert sizes(program(untrained, variant)) == sizes(trained)
    assert all(c.data is None for c in program(untrained, variant).consts)
    assert all(len(c.data) == c.nbytes for c in trained.consts)


def test_sixty_operators_are_planned_at_once(untrained):
    program(untrained)
    best = min(_seconds(untrained) for _ in range(5))
    # 2 ms on an idle machine; the suite may share its cores.
    assert best / len(untrained.ops) * 60 < 0.01


def _seconds(network) -> float:
    start = time.perf_counter()
    program(network)
    return time.perf_counter() - start


def test_each_source_exists():
    for seed in range(30):
        for variant in ("dsp", "plain"):
            plan = program(random_network(seed), variant)
            assert all((shipped("board_support") / "runtime" / name).is_file() for name in plan.sources)
            assert {f"kernels/{k}.c" for k in plan.kernels} <= set(plan.sources)


def test_record_sizes_are_the_c_structs(tmp_path):
    found = {}
    for seed in range(40):
        for variant in ("dsp", "plain"):
            found |= {c.record.ctype: c.record.nbytes for c in program(random_network(seed), variant).calls if c.record}
    assert set(found) == {"ot_conv", "ot_pointwise", "ot_depthwise", "ot_dense", "ot_pool", "ot_sum"}
    checks = "".join(f'_Static_assert(sizeof({name}) == {size}, "{name}");\n' for name, size in found.items())
    (tmp_path / "sizes.c").write_text(f'#include "ot_kernels.h"\n{checks}')
    gcc(
        "-m32",
        "-std=c11",
        "-ffreestanding",
        "-I",
        shipped("board_support") / "runtime" / "kernels",
        "-c",
        tmp_path / "sizes.c",
        "-o",
        "/dev/null",
    )


def test_an_operator_without_kernel_is_named(untrained):
    op = msgspec.structs.replace(untrained.ops[0], kind="unpack", block="stem")
    network = msgspec.structs.replace(untrained, ops=(op, *untrained.ops[1:]))
    with pytest.raises(UnsupportedOperator, match="unpack") as caught:
        program(network)
    assert caught.value.where == "stem"
    assert "TFLM" in caught.value.hint


def test_a_float_network_is_refused():
    network = lower_graph(default_graph(SHAPE, 10), registry(), SHAPE)
    with pytest.raises(UnsupportedOperator, match="int8"):
        program(network)


def test_broadcasting_is_refused():
    network = random_network(0)
    small = len(network.tensors)
    tensors = (*network.tensors, msgspec.structs.replace(network.input, name="one", shape=(1, 1, 1, 1)))
    op = Op("add", (0, small), network.outputs, {"activation": "none"})
    with pytest.raises(UnsupportedOperator, match="broadcasting"):
        program(msgspec.structs.replace(network, tensors=tensors, ops=(op,)))


@pytest.mark.parametrize("layer", [0, 2])
def test_a_flipped_weight_bit_changes_the_output(layer, untrained, tmp_path):
    network = randomise(untrained, 3)
    weight = next(t for op in network.ops[layer:] for t in op.inputs[1:2] if network.tensors[t].constant)
    data = bytearray(network.tensors[weight].data)
    data[0] ^= 0x40
    tensors = list(network.tensors)
    tensors[weight] = msgspec.structs.replace(tensors[weight], data=bytes(data))
    other = msgspec.structs.replace(network, tensors=tuple(tensors))
    inputs = random_inputs(network, 10)
    first, second = (HostModel(n, "dsp", tmp_path / str(i)) for i, n in enumerate((network, other)))
    assert [first.run(i) for i in inputs] == oracle.run(network, inputs)
    assert [second.run(i) for i in inputs] != oracle.run(network, inputs)
