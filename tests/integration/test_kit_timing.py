"""The virtual kits' cycle estimate, against sums done by hand from the cores' manuals."""

import sys
from pathlib import Path

import pytest

from studio.core.places import shipped


@pytest.fixture
def timing(monkeypatch):
    monkeypatch.syspath_prepend(shipped("plugins") / "kit_virtual" / "emulator")
    monkeypatch.delitem(sys.modules, "timing", raising=False)
    import timing

    assert Path(timing.__file__).parent.name == "emulator"
    yield timing
    del sys.modules["timing"]


ADD = bytes.fromhex("4018")  # adds r0, r0, r1
LOAD = bytes.fromhex("0868")  # ldr r0, [r1]
STORE = bytes.fromhex("0860")  # str r0, [r1]
POP = bytes.fromhex("f0bd")  # pop {r4-r7, pc}
DIVIDE = bytes.fromhex("90fbf1f0")  # sdiv r0, r0, r1


@pytest.mark.parametrize(
    ("core", "code", "cycles"),
    [
        ("cortex-m4f", ADD, 1),
        ("cortex-m4f", LOAD, 2),
        ("cortex-m4f", LOAD + LOAD + LOAD, 4),
        ("cortex-m4f", LOAD + ADD + LOAD, 5),
        ("cortex-m4f", STORE, 1),
        ("cortex-m4f", POP, 6),
        ("cortex-m4f", DIVIDE, 7),
        ("cortex-m0", LOAD + LOAD, 4),
        ("cortex-m0", STORE, 2),
        ("cortex-m7", ADD, 1),
    ],
)
def test_one_block(timing, core, code, cycles):
    assert timing.estimate(core, [(code, 1)], 0) == cycles
    assert timing.estimate(core, [(code, 1000)], 0) == pytest.approx(1000 * cycles, rel=0.35 if core == "cortex-m7" else 0)


def test_a_taken_branch_refills_the_pipeline(timing):
    assert timing.estimate("cortex-m4f", [(ADD, 1)], 10) == 21
    assert timing.estimate("cortex-m0plus", [(ADD, 1)], 10) == 11


@pytest.mark.parametrize(("text", "count"), [("{r4, r5-r7, lr}", 5), ("r1!, {r0}", 1), ("{s0-s15}", 16), ("{d8}", 1), ("sp!, {r4, pc}", 2)])
def test_register_lists(timing, text, count):
    assert timing.registers(text) == count


def test_a_core_without_a_table_has_no_estimate(timing):
    assert not timing.can_estimate("cortex-m55") and timing.can_estimate("cortex-m33")
