import msgspec
import pytest

from studio.blocks import registry
from studio.blocks.templates import default_graph
from studio.boards import load_boards
from studio.core.errors import InputError
from studio.core.places import shipped
from studio.estimate.engine import base_cost, cost_tables, counted_variant, engine_cost, read_table, table_of
from studio.estimate.usage import engine_usage
from studio.lower.engine import program
from studio.lower.graph import lower_graph
from studio.lower.int8 import quantised_types

SHAPE = (49, 40, 1)
CORES = {b.core.id: b.core for b in load_boards().values() if b.core.tabled}
PLAIN_OR_DSP = ("conv_2d", "pointwise_conv", "depthwise_conv", "fully_connected")


@pytest.fixture(scope="module")
def network():
    return quantised_types(lower_graph(default_graph(SHAPE, 10), registry(), SHAPE))


@pytest.mark.parametrize("core", CORES.values(), ids=CORES)
def test_every_core_has_every_kernel(core):
    files = {p.stem for p in (shipped("board_support") / "runtime" / "kernels").glob("*.c")}
    table = table_of(core)
    assert set(table.functions) >= set(table.kernels)
    for name in PLAIN_OR_DSP:
        assert f"ot_{name}_dsp" if core.dsp else f"ot_{name}" in table.kernels
    assert {"ot_add", "ot_average_pool", "ot_max_pool", "ot_concatenate", "ot_softmax", "ot_lookup"} <= set(table.kernels)
    assert {"ot_mean", "ot_multiply", "ot_broadcast_add", "ot_strided_copy", "ot_fill", "ot_quantise", "ot_dequantise"} <= set(
        table.kernels
    )
    assert {f for f in table.functions if f.startswith("ot_")} <= files


@pytest.mark.parametrize("core", CORES.values(), ids=CORES)
def test_costs_are_whole_and_positive(core, network):
    plan = program(network, counted_variant(core))
    cost = engine_cost(plan, core)
    assert sum(cost.constants.values()) == pytest.approx(plan.const_bytes, abs=3 * len(plan.consts))
    assert sum(cost.constants.values()) >= plan.const_bytes
    assert len(cost.per_call) == len(plan.calls)
    assert all(c.instructions > 0 for c in cost.per_call)
    assert all(c.cycles > 0 for c in cost.per_call)
    assert cost.stack_bytes > 0
    assert cost.code["model_run"] > 0
    base = base_cost(core, True)
    assert base.ram_bytes == 0
    assert 0 < base.code_bytes < 2000


def test_code_is_counted_once_and_only_where_used(network):
    core = CORES["cortex-m4f"]
    whole = program(network, "dsp")
    first = msgspec.structs.replace(whole, calls=whole.calls[:1])
    assert set(engine_cost(first, core).code) < set(engine_cost(whole, core).code)
    twice = msgspec.structs.replace(whole, calls=whole.calls * 2)
    once = engine_cost(whole, core)
    assert {k: v for k, v in engine_cost(twice, core).code.items() if k != "model_run"} == {
        k: v for k, v in once.code.items() if k != "model_run"
    }


def test_more_filters_cost_more(network):
    core = CORES["cortex-m4f"]
    graph = default_graph(SHAPE, 10)
    first = next(n for n in graph.nodes if n.kind == "conv2d")
    wide = graph.with_params(registry().get("conv2d"), first.id, {"filters": first.params["filters"] + 8})
    wider = quantised_types(lower_graph(wide, registry(), SHAPE))
    narrow_cost, wide_cost = (engine_cost(program(n), core) for n in (network, wider))
    assert sum(c.instructions for c in wide_cost.per_call) > sum(c.instructions for c in narrow_cost.per_call)
    assert sum(wide_cost.constants.values()) > sum(narrow_cost.constants.values())


def test_a_damaged_table_is_named(tmp_path):
    path = tmp_path / "engine_x.toml"
    path.write_text("schema = 1\ncore = 'x'\n")
    with pytest.raises(InputError, match="costs cannot be read") as caught:
        read_table(path)
    assert caught.value.where == str(path)


def test_tables_say_how_good_they_are():
    for table in cost_tables().values():
        assert table.compiler.startswith("zig")
        assert all(k.samples >= 4 for k in table.kernels.values() if k.instructions)


def test_a_core_whose_record_names_another_takes_its_table():
    assert table_of(load_boards()["numaker-gai-m55m1"].core).core == "cortex-m33"


def test_what_is_counted_with_another_cores_tables_says_so(network):
    boards = load_boards()
    borrowed, own = (engine_usage(network, boards[id].core, None).sources for id in ("virtual-m55", "virtual-m33"))
    assert all("cortex-m33: those of cortex-m55 are not measured" in source for source in borrowed.values())
    assert not any("not measured" in source for source in own.values())
