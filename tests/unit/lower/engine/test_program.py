import time

import msgspec
import pytest

from studio.blocks import registry
from studio.blocks.templates import default_graph
from studio.core.errors import UnsupportedOperator
from studio.core.network import Network, Op, Quantisation, Tensor
from studio.core.places import shipped
from studio.deploy import oracle
from studio.lower.engine import program
from studio.lower.graph import lower_graph
from studio.lower.int8 import quantised_types
from studio.lower.randomise import randomise
from tests.helpers.engine_host import HostModel, gcc, random_inputs
from tests.helpers.random_networks import random_network, rare_network
from tests.helpers.streaming_networks import streaming_network

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
            for make in (random_network, rare_network):
                found |= {c.record.ctype: c.record.nbytes for c in program(make(seed), variant).calls if c.record}
    common = {"ot_conv", "ot_pointwise", "ot_depthwise", "ot_dense", "ot_pool", "ot_sum"}
    packed = {"ot_packed_conv", "ot_packed_pointwise", "ot_packed_dense"}
    assert set(found) == common | packed | {"ot_product", "ot_wide_sum", "ot_average", "ot_lattice", "ot_phase", "ot_softness"}
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


def test_what_repeats_in_too_many_ways_is_refused():
    quant = random_network(0).input.quant
    tensors = tuple(Tensor(name, shape, "int8", quant) for name, shape in (("a", (1, 2, 1, 2)), ("b", (2, 1, 2, 1)), ("c", (2, 2, 2, 2))))
    network = Network("crossed", tensors, (Op("mul", (0, 1), (2,), {"activation": "none"}),), (0,), (2,))
    with pytest.raises(UnsupportedOperator, match="too many axes"):
        program(network)


def test_a_subgraph_that_computes_is_refused():
    network = next(n for n in map(streaming_network, range(20)) if n.subgraphs)
    sub = network.subgraphs[0]
    sub = msgspec.structs.replace(sub, ops=(*sub.ops, Op("add", (1, 1), (1,), {"activation": "none"})))
    with pytest.raises(UnsupportedOperator, match="only assign constants"):
        program(msgspec.structs.replace(network, subgraphs=(sub,)))


def test_a_softmax_that_aborts_tflm_is_refused():
    quant = random_network(0).input.quant
    tensors = (Tensor("a", (1, 512), "int8", quant), Tensor("b", (1, 512), "int8", Quantisation((1 / 256,), (-128,))))
    network = Network("wide", tensors, (Op("softmax", (0,), (1,), {"beta": 1.0}),), (0,), (1,))
    with pytest.raises(UnsupportedOperator, match="511"):
        program(network)


def test_axes_apart_are_refused():
    quant = random_network(0).input.quant
    axes = Tensor("axes", (2,), "int32", None, True, b"\x01\0\0\0\x03\0\0\0")
    tensors = (Tensor("a", (1, 4, 4, 4), "int8", quant), axes, Tensor("b", (1, 1, 4, 1), "int8", quant))
    network = Network("apart", tensors, (Op("mean", (0, 1), (2,), {"keep_dims": True}),), (0,), (2,))
    with pytest.raises(UnsupportedOperator, match="side by side"):
        program(network)


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
