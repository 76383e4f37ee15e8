"""Merging core, SoC and board, and every way in which a board file can be wrong."""

import json
from pathlib import Path

import pytest

from studio.boards import board, load_boards
from studio.boards.records import json_schema
from studio.core.errors import InputError
from studio.core.places import shipped

MINE = """schema = 1
id = "mine"
name = "My board"
extends = "nrf52840"
vendor = "Me"
"""


@pytest.fixture
def own(monkeypatch, tmp_path):
    """Write a board file into the user's folder and return its path."""
    monkeypatch.setenv("OTOLITH_HOME", str(tmp_path))

    def write(text: str, name: str = "mine.toml") -> Path:
        path = tmp_path / "boards" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    return write


def mine():
    return load_boards()["mine"]


def refusal(path: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        load_boards()
    assert str(path) in str(caught.value)
    return caught.value


def test_a_board_takes_from_soc_and_core_what_it_leaves_out():
    found = board("arduino-nano-33-ble-sense")
    assert (found.soc, found.core.id, found.clock_hz) == ("nRF52840", "cortex-m4f", 64e6)
    assert found.vendor == "Arduino"
    assert found.flash.free == (1024 - 64) * 1024
    assert "boot loader" in found.sources["flash"]
    assert found.sources["ram"] == board("nrf52840dk").sources["ram"]


@pytest.mark.parametrize(
    ("id", "flash", "ram"),
    [
        ("virtual-m0", 512, 144),
        ("virtual-m3", 1024, 128),
        ("virtual-m4", 1024, 256),
        ("virtual-m7", 2048, 1024),
        ("virtual-m33", 2048, 768),
    ],
)
def test_virtual_kits_have_the_sizes_that_were_agreed(id, flash, ram):
    kit = board(id)
    assert (kit.flash.origin, kit.flash.size) == (0, flash * 1024)
    assert (kit.ram.origin, kit.ram.size) == (0x20000000, ram * 1024)
    assert kit.virtual
    assert [m.flasher for m in kit.flash_methods] == ["kit_virtual"]


def test_a_users_board_is_loaded_and_changes_only_what_it_names(own):
    own(MINE + 'clock = "32 MHz"\n[sources]\nclock = "my own oscillator"\n')
    assert (mine().clock_hz, mine().ram) == (32e6, board("nrf52840dk").ram)


def test_a_users_board_may_extend_a_shipped_board(own):
    own(MINE.replace("nrf52840", "arduino-nano-33-ble-sense"))
    assert mine().flash.reserved == 64 * 1024


def test_a_changed_file_is_read_again(own):
    path = own(MINE)
    assert mine().name == "My board"
    path.write_text(MINE.replace("My board", "Another"))
    assert mine().name == "Another"


def test_an_unknown_board_is_refused_with_the_known_ones():
    with pytest.raises(InputError) as caught:
        board("no-such-board")
    assert "virtual-m4" in caught.value.hint


@pytest.mark.parametrize(
    ("line", "field", "words"),
    [
        ('colour = "red"', "colour", "unknown key"),
        ('clock = "80"', "clock", "not a frequency"),
        ('clock = "80 MB"', "clock", "not a frequency"),
        ('clock = "0 MHz"', "clock", "above 0"),
        ("clock = 80", "clock", "expected"),
        ("flash_wait_states = -1", "flash_wait_states", "expected"),
        ('[flash]\norigin = 0\nsize = "512 kB"', "flash.size", "not a size"),
        ('[flash]\norigin = 0\nsize = "0.3 B"', "flash.size", "whole number"),
        ('[flash]\norigin = 0\nsize = "4 KiB"\nreserved = "4 KiB"', "flash.reserved", "left"),
        ('[flash]\norigin = 0\nsize = "1 MiB"\nspeed = 4', "flash.speed", "unknown key"),
        ('[flash]\nsize = "1 MiB"', "flash.origin", "missing"),
        ('[ram]\norigin = 0x1_0000_0000\nsize = "1 MiB"', "ram.origin", "32-bit"),
        ('[power]\nsupply = "3 V"\nactive = "3 W"\nsleep = "1 uA"', "power.active", "not a current"),
        ('[sources]\nclok = "x"', "sources.clok", "unknown key"),
        ('[sources]\nclock = " "', "sources.clock", "no source"),
        ("[[flash_methods]]\nprobe = 1", "flash_methods", "unknown key"),
    ],
)
def test_a_wrong_line_is_refused_with_file_and_field(own, line, field, words):
    error = refusal(own(MINE + line + "\n"))
    assert f": {field}" in error.where
    assert words in error.message
    assert error.hint or "left" in words or "above 0" in words or "32-bit" in words or "whole" in words


def test_a_size_without_its_unit_says_what_to_write(own):
    error = refusal(own(MINE + '[ram]\norigin = 0\nsize = "262144"\n'))
    assert "KiB" in error.hint


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (MINE.replace('id = "mine"', 'id = "other"'), "file's name"),
        (MINE.replace("schema = 1", "schema = 2"), "schema"),
        (MINE.replace('extends = "nrf52840"', 'extends = "nrf99"'), "no core, SoC or board"),
        (MINE.replace('extends = "nrf52840"', 'extends = "mine"'), "extends itself"),
        (MINE.replace('extends = "nrf52840"', 'extends = "cortex-m4f"'), "clock is given neither"),
        (MINE.replace('name = "My board"\n', ""), "missing"),
        ("schema = = 1", "no TOML"),
    ],
)
def test_a_broken_file_is_refused(own, text, words):
    assert words in refusal(own(text)).message


def test_an_id_that_ships_already_is_refused(own):
    error = refusal(own(MINE.replace('"mine"', '"virtual-m4"'), "virtual-m4.toml"))
    assert "ships" in error.message


def test_a_number_needs_its_source(own):
    text = MINE.replace('"nrf52840"', '"cortex-m4f"') + 'clock = "64 MHz"\nflash_wait_states = 0\nflash_methods = []\n'
    error = refusal(own(text + '[flash]\norigin = 0\nsize = "1 MiB"\n[ram]\norigin = 0x2000_0000\nsize = "64 KiB"\n'))
    assert "sources.clock" in error.where


def test_the_schema_for_editors_is_the_one_that_is_checked():
    assert json.loads((shipped("board_support") / "schema.json").read_text()) == json_schema()


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (MINE + 'clock = "80"\n', "line 6: clock"),
        (MINE + '\n# my flash\n[flash]\norigin = 0\nsize = "512 kB"\n', "line 10: flash.size"),
        (MINE + '[flash]\nsize = "1 MiB"\n', "line 6: flash.origin"),
        (MINE + '[ram]\norigin = 0x2000_0000\nsize = "64 KiB"\n[power]\nsupply = "3 V"\nactive = "3 W"\n', "line 11: power.active"),
        (MINE + '[sources]\nclok = "x"\n', "line 7: sources.clok"),
        (MINE + '[[flash_methods]]\nflasher = "a"\n[[flash_methods]]\nflasher = "b"\nprobe = 1\n', "line 10: flash_methods[1].probe"),
        (MINE.replace("nrf52840", "nrf99"), "line 4: extends"),
        (MINE.replace('"mine"', '"other"'), "line 2: id"),
        ("schema = 1\nid = = 2\n", "line 2"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(own, text, where):
    assert where in str(refusal(own(text)))


def test_a_plugins_board_is_loaded_from_its_file(own, tmp_path):
    path = tmp_path / "plugin" / "kit.toml"
    path.parent.mkdir()
    path.write_text(MINE.replace("mine", "kit"))
    assert load_boards([path])["kit"].name == "My board"
    assert "kit" not in load_boards()
    assert load_boards([path])["kit"].soc == "nRF52840"


def test_two_files_that_add_one_board_are_refused(own, tmp_path):
    first = own(MINE)
    path = tmp_path / "mine.toml"
    path.write_text(MINE)
    with pytest.raises(InputError, match="already") as caught:
        load_boards([path])
    assert str(first) in str(caught.value) and str(path) in str(caught.value)


def test_a_user_changes_the_currents_of_a_board_in_a_file_of_their_own(own):
    own(MINE + '[power]\nsupply = "1.8 V"\nactive = "5 mA"\nregulator = "external LDO"\n[sources]\npower = "my own meter"\n')
    power = mine().power
    assert (power.supply_v, power.active_a, power.sleep_a, power.regulator) == (1.8, 0.005, None, "external LDO")


def test_a_wrong_file_need_not_cost_the_others(own):
    own(MINE + 'clock = "0 MHz"\n')
    own(MINE.replace("mine", "good"), "good.toml")
    wrong = []
    boards = load_boards(wrong=wrong)
    assert "good" in boards and "nrf52840dk" in boards and "mine" not in boards
    assert len(wrong) == 1 and "line 6: clock" in str(wrong[0])
    with pytest.raises(InputError, match="above 0"):
        load_boards()


def test_a_users_board_may_extend_another_of_the_users(own):
    own(MINE.replace('"nrf52840"', '"zz"'))
    own(MINE.replace("mine", "zz"), "zz.toml")
    assert mine().soc == "nRF52840"
