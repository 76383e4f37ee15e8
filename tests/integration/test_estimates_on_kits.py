"""The gauges' figures of the engine against linked programs and runs: designs as users draw them, odd networks, the real models.

RAM is exact, flash within 2 %, the stack an upper bound within 25 %; instructions within 10 % for half of them, within 20 % for nine in
ten. Some run in the suite, all of them by night, where the table of what came out is printed.
"""

import statistics

import pytest

from studio.blocks.templates import TEMPLATES
from studio.boards import board
from tests.helpers.drawn_designs import drawn_design, template_design
from tests.helpers.judged import judge, judged_all, odd_subject, of_design, of_file, percentile, table, worst
from tests.helpers.real_models import MODELS

KITS = ("virtual-m0", "virtual-m3", "virtual-m4", "virtual-m7", "virtual-m33")
DRAWN = ODD = 100


def held(rows) -> None:
    """Hold every row to what the gauges promise."""
    off = [
        row
        for row in rows
        if row.ram_error or abs(row.flash_error) > 0.02 or not 1 <= row.stack_ratio <= 1.25 or abs(row.frontend_error) > 0.05
    ]
    assert not off, worst(off, 3)
    errors = [abs(row.instruction_error) for row in rows]
    assert statistics.median(errors) <= 0.1
    assert percentile(errors, 0.9) <= 0.2


def test_estimates_hold_for_a_few_networks_on_every_core():
    drawn = [judge(of_design(drawn_design(seed)), board(kit)) for seed, kit in enumerate(KITS)]
    odd = [judge(odd_subject(seed), board(kit)) for seed, kit in enumerate(KITS)]
    templates = [
        judge(of_design(template_design(name)), board(kit)) for name, kit in zip(TEMPLATES, ("virtual-m0", "virtual-m4"), strict=True)
    ]
    least = [judge(of_design(template_design("default")), board(kit), "c-small") for kit in ("virtual-m3", "virtual-m33")]
    held([row for row in (*drawn, *odd, *templates, *least) if row is not None])


@pytest.mark.nightly
@pytest.mark.parametrize("runtime", ["c", "c-small"])
def test_estimates_hold_for_two_hundred_networks(runtime):
    templates = [of_design(template_design(name)) for name in TEMPLATES]
    drawn = (of_design(drawn_design(seed)) for seed in range(DRAWN))
    rows = judged_all([*templates, *drawn, *map(odd_subject, range(ODD))], KITS, runtime)
    print(*table(rows), *worst(rows), sep="\n")
    held(rows)


@pytest.mark.nightly
@pytest.mark.parametrize("runtime", ["c", "c-small"])
def test_estimates_hold_for_real_models(runtime, data_folder):
    rows = judged_all([of_file(data_folder / "models" / f"{name}.tflite") for name in MODELS], KITS, runtime)
    print(*table(rows), sep="\n")
    assert len(rows) >= 4 * len(MODELS)
    held(rows)
