"""Boards that plugins add stand beside the shipped ones."""

from studio.core.registry import Registry
from studio.deploy.boards import known_board, known_boards, plugin_boards
from studio.plugin import Plugins

KIT = 'schema = 1\nid = "kit"\nname = "Kit"\nextends = "nrf52840"\nvendor = "Me"\n'


def test_a_plugins_boards_are_known(tmp_path, monkeypatch):
    monkeypatch.setenv("OTOLITH_HOME", str(tmp_path))
    plugins = Plugins()
    path = tmp_path / "kit.toml"
    path.write_text(KIT)
    assert isinstance(plugins.boards, Registry)
    plugins.boards.add("kit", lambda: path, owner="mine")
    assert plugin_boards(plugins) == (path,)
    assert known_board("kit", plugins).vendor == "Me"
    assert "nrf52840dk" in known_boards(plugins) and "kit" not in known_boards(Plugins())
