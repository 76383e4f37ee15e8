"""A board as a form holds it: every shipped file survives the way there and back, and the reader's faults come field by field."""

from pathlib import Path

import pytest

from studio.boards import Source, catalogue
from studio.boards.draft import board_toml, free_id, inherited_values, problems, values_of
from studio.boards.fields import AS_IN_FILE, FIELDS, HELP
from studio.boards.read import parse
from studio.boards.records import DeviceFile

FOUND = catalogue()
WHOLE = {
    "name": "Dog collar",
    "extends": "cortex-m4f",
    "vendor": "us",
    "clock": "80 MHz",
    "sources.clock": "our crystal",
    "flash_wait_states": "4",
    "sources.flash_wait_states": "data sheet",
    "flash.size": "1 MiB",
    "flash.origin": "0x0800_0000",
    "sources.flash": "data sheet",
    "ram.size": "128 KiB",
    "ram.origin": "0x2000_0000",
    "sources.ram": "data sheet",
}


def path(id="dog-collar"):
    return Path(f"/nowhere/{id}.toml")


def made(values, old="", id="dog-collar"):
    text = board_toml(id, values, inherited_values(FOUND.inherited(values["extends"])), old)
    return text, FOUND.check(Source(path(id), text))


@pytest.mark.parametrize("id", FOUND.devices)
def test_every_shipped_file_survives_the_form(id):
    source, record = FOUND.devices[id]
    values = values_of(record)
    inherited = inherited_values(FOUND.inherited(record.extends))
    again = parse(Source(source.path, board_toml(id, values, inherited, source.text)), DeviceFile)
    assert values_of(again) == values
    for field in ("clock", "flash", "ram", "power", "flash_wait_states", "flash_methods", "name", "vendor", "url", "virtual", "usb_ids"):
        assert getattr(again, field) == getattr(record, field), field


def test_a_board_on_a_core_needs_all_and_says_what():
    faults = problems(path(), {"extends": "cortex-m4f", "name": "x"}, FOUND)
    assert set(faults) == {
        *("vendor", "clock", "flash", "ram", "flash_wait_states"),
        *("sources.clock", "sources.flash", "sources.ram", "sources.flash_wait_states"),
    }
    assert not problems(path(), WHOLE, FOUND)
    board = made(WHOLE)[1]
    assert (board.clock_hz, board.ram.size, board.flash.origin, board.flash_methods) == (80e6, 128 * 1024, 0x08000000, ())


def test_a_board_on_a_board_takes_what_is_left_empty_and_names_the_source_of_what_is_not():
    values = {"extends": "nrf52840dk", "name": "Mine", "power.active": "5 mA"}
    assert set(problems(path(), values, FOUND)) == {"sources.active"}
    text, board = made({**values, "sources.active": "my meter"})
    kept = FOUND.boards["nrf52840dk"]
    assert board.power.active_a == 0.005 and board.power.sleep_a == kept.power.sleep_a and board.power.regulator == "internal SMPS"
    assert board.source_of("active") == "my meter" and board.source_of("sleep") == kept.source_of("sleep")
    assert board.ram == kept.ram and "[ram]" not in text


def test_a_size_alone_keeps_where_the_memory_starts_and_what_firmware_keeps():
    values = {"extends": "arduino-nano-33-ble-sense", "name": "Mine", "flash.size": "512 KiB", "sources.flash": "a smaller chip"}
    flash = made(values)[1].flash
    assert (flash.origin, flash.size, flash.reserved) == (0, 512 * 1024, 64 * 1024)


@pytest.mark.parametrize(
    ("key", "text", "words"),
    [
        ("clock", "80", "not a frequency"),
        ("clock", "80000 MHz", "out of range"),
        ("flash_wait_states", "four", "whole number"),
        ("flash_wait_states", "65", "expected"),
        ("flash.origin", "here", "whole number"),
        ("flash.reserved", "1 MiB", "nothing of it is left"),
        ("flash.size", "4096 MiB", "32-bit"),
        ("ram.origin", "0x0800_0000", "same addresses"),
        ("ram.size", "12 KB", "not a size"),
        ("power.sleep", "5 mA", "no less than awake"),
        ("power.supply", "3300 V", "out of range"),
    ],
)
def test_a_wrong_field_is_the_only_one_that_is_named(key, text, words):
    power = {"power.supply": "3 V", "power.active": "5 mA", "power.sleep": "2 uA"}
    sources = dict.fromkeys(("sources.supply", "sources.active", "sources.sleep"), "my meter")
    assert not problems(path(), {**WHOLE, **power, **sources}, FOUND)
    faults = problems(path(), {**WHOLE, **power, **sources, key: text}, FOUND)
    assert list(faults) == [key] and words in faults[key].message


def test_faults_of_many_fields_are_found_at_once():
    faults = problems(path(), {**WHOLE, "clock": "fast", "ram.size": "12 KB", "sources.flash": ""}, FOUND)
    assert set(faults) == {"clock", "ram.size", "sources.flash"}
    assert faults["clock"].line == tomllib_line(board_toml("dog-collar", {**WHOLE, "clock": "fast"}, {}), "clock")


def tomllib_line(text, key):
    return next(n for n, line in enumerate(text.splitlines(), 1) if line.startswith(f"{key} ="))


def test_comments_and_what_the_form_does_not_know_stay_in_the_file():
    old = (
        'schema = 1\nid = "dog-collar"  # never change\nname = "Old"\nextends = "nrf52840"\nusb_ids = ["1:2"]\n\n[ram]  # the big one\norigin = 0x2000_0000\n'
        'size = "64 KiB"\n\n[sources]\nram = "x"\n'
    )
    values = {**values_of(parse(Source(path(), old), DeviceFile)), "name": "New", "clock": "32 MHz", "sources.clock": "y"}
    text, board = made(values, old)
    assert "# never change" in text and "# the big one" in text and 'usb_ids = ["1:2"]' in text
    assert (board.name, board.clock_hz, board.ram.size) == ("New", 32e6, 64 * 1024)
    emptied = {k: v for k, v in values.items() if not k.startswith(("ram.", "sources.ram"))}
    assert "[ram]" not in made(emptied, text)[0]


def test_ways_of_programming_that_the_form_cannot_show_stay():
    old = (
        'schema = 1\nid = "dog-collar"\nname = "Old"\nextends = "nrf52840"\n[[flash_methods]]\nflasher = "a"\noptions = {x = 1}\n'
        '[[flash_methods]]\nflasher = "b"\n'
    )
    values = values_of(parse(Source(path(), old), DeviceFile))
    assert values["flasher"] == AS_IN_FILE
    assert [m.flasher for m in made({**values, "name": "New"}, old)[1].flash_methods] == ["a", "b"]
    assert made({**values, "flasher": "none"}, old)[1].flash_methods == ()
    pack = made({**values, "flasher": "flash_pyocd pack", "flasher.target": "stm32x"}, old)[1].flash_methods
    assert [(m.flasher, dict(m.options)) for m in pack] == [("flash_pyocd", {"target": "stm32x", "pack": True})]


def test_ids_come_from_names_and_are_free():
    assert free_id("Dog collar, 2nd!", FOUND) == "dog-collar-2nd"
    assert free_id("nRF52840DK", FOUND) == "nrf52840dk-2"
    assert free_id("check", FOUND) == "check-2" and free_id("猫", FOUND) == "board"


def test_every_field_has_its_help():
    assert all(len(HELP[field.key]) > 10 for field in FIELDS)


def test_an_unknown_base_is_refused():
    assert "choose" in problems(path(), {"extends": "nowhere"}, FOUND)["extends"].message
