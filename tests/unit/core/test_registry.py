"""Lazy loading, owners and complaints of the registry."""

import pytest

from studio.core.errors import InputError
from studio.core.registry import Registry


def test_a_thing_is_loaded_once_at_first_use():
    loads = []
    things: Registry[str] = Registry("thing")
    things.add("a", lambda: loads.append(1) or "A")
    assert not loads
    assert (things.get("a"), things.get("a")) == ("A", "A")
    assert len(loads) == 1


def test_names_keep_their_order_and_owner():
    things: Registry[int] = Registry("thing")
    for number, name in enumerate(("z", "a", "m")):
        things.add(name, lambda n=number: n, owner=f"plugin {number}")
    assert (things.names(), list(things)) == (("z", "a", "m"), ["z", "a", "m"])
    assert things.owner("a") == "plugin 1"
    assert "m" in things
    assert "x" not in things


def test_a_name_is_taken_once_and_freed_with_its_owner():
    things: Registry[int] = Registry("thing")
    things.add("a", lambda: 1, owner="first")
    things.add("b", lambda: 2, owner="second")
    with pytest.raises(InputError, match="registered twice") as caught:
        things.add("a", lambda: 3, owner="second")
    assert "first" in caught.value.hint
    assert things.get("a") == 1
    things.remove_owner("first")
    things.add("a", lambda: 3, owner="second")
    assert things.get("a") == 3


def test_an_unknown_name_is_answered_with_the_known_ones():
    things: Registry[int] = Registry("exporter")
    things.add("export_c", lambda: 1)
    with pytest.raises(InputError, match="no exporter 'c'") as caught:
        things.get("c")
    assert "export_c" in caught.value.hint


def test_a_load_that_fails_is_tried_again():
    answers = iter([OSError("not yet"), None])
    things: Registry[str] = Registry("thing")

    def load() -> str:
        if (error := next(answers)) is not None:
            raise error
        return "there"

    things.add("a", load)
    with pytest.raises(OSError, match="not yet"):
        things.get("a")
    assert things.get("a") == "there"
