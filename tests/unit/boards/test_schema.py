"""The JSON schema for editors takes every shipped file, and finds what the reader of the files refuses for its shape."""

import json
import tomllib

import pytest
from jsonschema import Draft202012Validator

from studio.boards.records import json_schema
from studio.core.places import shipped

SUPPORT = shipped("board_support")
SCHEMA = json.loads((SUPPORT / "schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
FILES = [p for folder in ("cores", "socs", "boards") for p in sorted((SUPPORT / folder).glob("*.toml"))]


def test_the_shipped_schema_is_a_schema_and_the_one_that_is_checked():
    Draft202012Validator.check_schema(SCHEMA)
    assert json_schema() == SCHEMA


@pytest.mark.parametrize("file", FILES, ids=lambda p: p.stem)
def test_it_takes_every_shipped_file(file):
    assert [e.message for e in VALIDATOR.iter_errors(tomllib.loads(file.read_text(encoding="utf-8")))] == []


@pytest.mark.parametrize(
    "line",
    [
        'colour = "red"',
        'clock = "80"',
        "clock = 80",
        "flash_wait_states = 65",
        'flash_wait_states = "4"',
        '[ram]\norigin = 0x1_0000_0000\nsize = "1 KiB"',
        '[ram]\norigin = 0\nsize = "1 KB"',
        '[power]\nsupply = "3 W"\nactive = "1 mA"',
        '[power]\nsupply = "3 V"\nactive = "1 mA"\nregulator = "some"',
        '[sources]\nclok = "x"',
        "[sources]\nactive = 3",
        "[[flash_methods]]\nprobe = 1",
    ],
)
def test_it_refuses_what_the_reader_refuses(line):
    mine = 'schema = 1\nid = "mine"\nname = "x"\nextends = "nrf52840"\n'
    assert not list(VALIDATOR.iter_errors(tomllib.loads(mine)))
    assert list(VALIDATOR.iter_errors(tomllib.loads(f"{mine}{line}\n")))


def test_every_key_is_explained():
    missing = [
        f"{name}.{key}"
        for name, part in SCHEMA["$defs"].items()
        for key, of in part["properties"].items()
        if "description" not in json.dumps(of) and "$ref" not in json.dumps(of)
    ]
    assert not missing
