"""What every shipped board must hold, whoever adds it."""

import tomllib

import pytest

from studio.boards import load_boards
from studio.boards.merge import SOURCED
from studio.core.places import shipped

BOARDS = load_boards()
MEASURED = {"cortex-m0plus", "cortex-m3", "cortex-m4f", "cortex-m7", "cortex-m33"}
OTHERS = {"cortex-m55", "cortex-m85", "riscv32-imc", "xtensa-lx6", "xtensa-lx7", "cortex-a72", "cortex-a-phone"}


@pytest.fixture(params=BOARDS)
def board(request):
    return BOARDS[request.param]


def test_there_are_enough_real_boards_over_every_core():
    real = [b for b in BOARDS.values() if not b.virtual]
    assert len([b for b in real if b.core.family != "cortex-a"]) >= 24
    assert {b.core.id for b in real} == MEASURED | OTHERS
    assert {b.core.id for b in BOARDS.values() if b.virtual} == MEASURED - {"cortex-m0plus"} | {"cortex-m0", "cortex-m55"}


def test_every_soc_is_used():
    chains = {tomllib.loads(p.read_text())["extends"] for p in (shipped("board_support") / "boards").glob("*.toml")}
    assert {p.stem for p in (shipped("board_support") / "socs").glob("*.toml")} <= chains


def test_every_number_has_its_source(board):
    for field in SOURCED:
        if getattr(board, "clock_hz" if field == "clock" else field) is not None:
            assert len(board.sources[field]) > 5, f"{board.id} names no source for {field}"


def test_numbers_are_plausible(board):
    assert 8e6 <= board.clock_hz <= 2e9
    assert board.flash.free >= 16 * 1024
    assert board.ram.free >= 4 * 1024
    assert board.ram.origin >= 0x08000000
    assert board.flash.origin % 4 == 0
    if board.power:
        assert 1.6 <= board.power.supply_v <= 3.6
        assert 0 < board.power.active_a < 0.5 and board.power.regulator
        assert board.power.sleep_a is None or 0 < board.power.sleep_a < board.power.active_a / 100


def test_what_was_not_looked_up_says_so(board):
    for field, source in board.sources.items():
        assert not any(word in source.lower() for word in ("probably", "about as", "roughly", "tbd")) or "assumed" in source, (
            f"{board.id}: {field}"
        )
    if board.power and board.power.sleep_a is None:
        assert "left out" in board.sources["power"]


def test_every_board_that_the_studio_builds_for_can_be_programmed(board):
    assert bool(board.flash_methods) == bool(board.core.zig_target)
    known = {p.parent.name for p in shipped("plugins").glob("*/plugin.toml")}
    for method in board.flash_methods:
        assert method.flasher in known, f"{board.id}: no plugin {method.flasher}"
        if method.flasher == "flash_pyocd":
            assert method.options["target"] == method.options["target"].lower()
            assert set(method.options) <= {"target", "pack"}


def test_pyocd_knows_the_targets_that_need_no_pack(board):
    targets = pytest.importorskip("pyocd.target").TARGET
    for method in board.flash_methods:
        if method.flasher == "flash_pyocd" and not method.options.get("pack"):
            assert method.options["target"] in targets


def test_the_core_can_be_compiled_for(board):
    core = board.core
    if not core.tabled:
        assert not core.zig_target and core.family != "cortex-m"
        return
    assert core.family == "cortex-m"
    assert core.zig_target in ("thumb-freestanding-eabi", "thumb-freestanding-eabihf")
    assert core.zig_target.endswith("hf") == core.fpu
    assert any(flag.startswith("-mcpu=") for flag in core.gcc_flags)
    assert core.unicorn_cpu or core.costs
    assert core.costs is None or core.costs in MEASURED
