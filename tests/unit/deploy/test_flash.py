"""Flashing, on a virtual kit: really compiled, programmed and run."""

import msgspec
import pytest

from studio.boards import board
from studio.core import errors
from studio.core.target import FlashMethod
from studio.deploy import oracle
from studio.deploy.flash import flash, flasher_for
from studio.deploy.subject import load_subject
from studio.jobs import Progress, QuietContext
from studio.plugin import load_plugins


class Noting(QuietContext):
    def __init__(self, cancel_at=""):
        self.said = []
        self._cancel_at = cancel_at

    @property
    def cancelled(self):
        return bool(self._cancel_at) and any(self._cancel_at in step for step in self.steps)

    def progress(self, fraction, message, seconds_left=None):
        self.said.append(Progress(fraction, message))

    @property
    def steps(self):
        return [e.message for e in self.said]


@pytest.fixture
def subject(project_folder):
    return load_subject(project_folder.path)


def test_kit_answers_as_the_oracle_does(subject):
    context = Noting()
    result = flash(subject, board("virtual-m4"), context)
    assert (result["target"], result["flasher"], result["trained"]) == ("virtual-m4", "kit_virtual", False)
    assert result["golden"] == (8 if oracle.available() else 0) and result["golden_equal"] == result["golden"]
    assert 0 < result["ram_bytes"] < 64 * 1024 and 0 < result["flash_bytes"] < 128 * 1024
    fractions = [e.fraction for e in context.said]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    for step in ("generating C", "compiling", "programming", "running"):
        assert any(step in said for said in context.steps)


def test_without_the_oracle_the_kit_still_runs(subject, monkeypatch):
    monkeypatch.setattr(oracle, "_MODULE", "no_such_wheel")
    result = flash(subject, board("virtual-m4"), QuietContext())
    assert (result["golden"], result["golden_equal"]) == (0, 0) and result["flash_bytes"] > 0


def test_cancel_stops_before_the_kit_is_programmed(subject):
    context = Noting(cancel_at="generating C")
    with pytest.raises(errors.Cancelled):
        flash(subject, board("virtual-m4"), context)
    assert not any("programming" in said for said in context.steps)


def test_flasher_by_target_and_by_name():
    assert flasher_for(board("virtual-m4")).id == "kit_virtual"
    assert flasher_for(board("virtual-m4"), "kit_virtual").id == "kit_virtual"
    with pytest.raises(errors.InputError, match="no flasher 'kit_hat'"):
        flasher_for(board("virtual-m4"), "kit_hat")
    with pytest.raises(errors.InputError, match="kit_virtual does not know"):
        flasher_for(board("nrf52840dk"), "kit_virtual")


def test_target_without_a_way_and_one_whose_tool_is_missing():
    target = board("virtual-m4")
    with pytest.raises(errors.InputError, match="cannot be programmed from here"):
        flasher_for(msgspec.structs.replace(target, flash_methods=()))
    with pytest.raises(errors.InputError, match="no flasher 'gone'"):
        flasher_for(msgspec.structs.replace(target, flash_methods=(FlashMethod("gone"),)))
    second = msgspec.structs.replace(target, flash_methods=(FlashMethod("gone"), FlashMethod("kit_virtual")))
    assert flasher_for(second).id == "kit_virtual"


def test_missing_module_of_a_flasher_says_what_to_install(monkeypatch):
    import importlib.util

    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "unicorn" else real(name, *a))
    plugins = load_plugins()
    with pytest.raises(errors.ToolMissing, match="unicorn") as caught:
        flasher_for(board("virtual-m4"), plugins=plugins)
    assert caught.value.hint == "python -m pip install unicorn"
