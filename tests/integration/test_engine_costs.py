"""The shipped cost tables against the kernels as they are now: a kernel that changed must be measured anew."""

import sys

import pytest

from studio.boards import board
from studio.core.places import shipped
from studio.deploy.build import build
from studio.estimate.engine import base_cost, engine_cost, table_of
from studio.lower.engine import program, variant_for
from tests.helpers.engine_host import export
from tests.helpers.random_networks import random_network, rare_network

sys.path.insert(0, str(shipped("board_support") / "costs"))

from engine_probe import count, sizes
from engine_sweep import held_out_networks
from measure_engine import real_input

KITS = ["virtual-m0", "virtual-m3", "virtual-m4", "virtual-m7", "virtual-m33"]


def built(network, target, folder):
    sources = folder / "sources"
    sources.mkdir(parents=True)
    export(network, variant_for(target.core), sources)
    return build(sources, target, "zig", folder / "build", frontend=False)


@pytest.mark.parametrize("kit", KITS)
def test_code_sizes_are_those_of_the_table(kit, tmp_path):
    target = board(kit)
    known = table_of(target.core).functions
    for seed, make in ((2, random_network), (9, random_network), (21, random_network), (3, rare_network), (14, rare_network)):
        found = sizes(built(make(seed), target, tmp_path / f"{seed}")).code
        kernels = {name: size for name, size in found.items() if name.startswith("ot_")}
        assert kernels == {name: known[name] for name in kernels}, "run board_support/costs/measure_engine.py"


@pytest.mark.parametrize("kit", KITS)
@pytest.mark.parametrize("model", ["tiny", "rare operators"])
def test_the_estimate_holds_on_networks_that_were_not_fitted(model, kit, tmp_path):
    target = board(kit)
    network = held_out_networks()[model]
    image = built(network, target, tmp_path)
    plan = program(network, variant_for(target.core))
    counted = count(image, target, given=real_input(network), offset=plan.buffers[plan.input_buffer].offset)
    cost, base = engine_cost(plan, target.core), base_cost(target.core)
    flash = sum(cost.code.values()) + sum(cost.constants.values()) + base.code_bytes
    assert flash == pytest.approx(image.flash_bytes, rel=0.01)
    assert plan.arena_bytes + base.ram_bytes == image.ram_bytes
    assert cost.stack_bytes >= counted.stack_bytes
    for what in ("instructions", "cycles"):
        seen = sum(getattr(c, what) for c in (*counted.calls, counted.own))
        assert sum(getattr(c, what) for c in cost.per_call) == pytest.approx(seen, rel=0.05), what
