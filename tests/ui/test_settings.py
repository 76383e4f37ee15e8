import json

import pytest

from studio.core.errors import InputError
from studio.core.places import home
from studio.ui.settings import SETTINGS, Settings


def test_every_setting_has_a_default_that_fits_it():
    settings = Settings()
    for setting in SETTINGS:
        assert settings.get(setting.key) == setting.default
        assert setting.title
        assert not setting.names or len(setting.names) == len(setting.choices)


def test_what_was_set_is_there_at_the_next_start():
    Settings().set("reserve_percent", 25)
    assert Settings().get("reserve_percent") == 25


def test_two_windows_do_not_undo_each_others_settings():
    one, other = Settings(), Settings()
    one.set("theme", "light")
    other.set("reserve_percent", 25)
    assert Settings().get("theme") == "light"
    assert Settings().get("reserve_percent") == 25


@pytest.mark.parametrize("text", ["", "{", "[1]", "\x00\xff", '{"theme": "pink", "reserve_percent": "many"}', '{"reserve_percent": true}'])
def test_a_broken_file_means_the_defaults(text):
    home().mkdir(parents=True, exist_ok=True)
    (home() / "settings.json").write_text(text)
    settings = Settings()
    assert settings.get("theme") == "dark"
    assert settings.get("reserve_percent") == 10
    settings.set("theme", "light")
    assert Settings().get("theme") == "light"


def test_settings_that_cannot_be_kept_hold_until_the_end():
    settings = Settings()
    (home() / "settings.json").mkdir(parents=True)
    with pytest.raises(InputError):
        settings.set("theme", "light")
    assert settings.get("theme") == "light"


def test_a_value_that_stands_is_not_written_again():
    settings = Settings()
    settings.set("theme", "light")
    before = settings.path.stat().st_mtime_ns
    settings.set("theme", "light")
    assert settings.path.stat().st_mtime_ns == before
    assert json.loads(settings.path.read_text()) == {"theme": "light"}
