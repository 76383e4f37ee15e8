import errno
import sys

import pytest

from studio.core.errors import InputError, PluginFailed, ToolMissing
from studio.plugin import load_plugins
from studio.plugin.discovery import discover, package_folder


def raising(error):
    def call():
        raise error

    return call


def test_nothing_is_imported_before_first_use(make_plugin, load):
    plugins = load(make_plugin("lazy"))
    assert plugins.exporters.names() == ("lazy",) and plugins.exporters.owner("lazy") == "lazy"
    assert "studio_plugins.lazy.work" not in sys.modules
    assert plugins.exporters.get("lazy").title == "One"
    assert "studio_plugins.lazy.work" in sys.modules


def test_plugins_do_not_share_module_names(make_plugin, load):
    path = list(sys.path)
    plugins = load(make_plugin("one"), make_plugin("two", names="TITLE = 'Two'\n", init=True))
    assert [plugins.exporters.get(x).title for x in ("one", "two")] == ["One", "Two"]
    assert sys.path == path and "work" not in sys.modules


def test_same_id_from_another_folder_is_loaded_anew(make_plugin, load):
    assert load(make_plugin("one")).exporters.get("one").title == "One"
    other = make_plugin("one", names="TITLE = 'Other'\n", parent="others")
    assert load(other).exporters.get("one").title == "Other"


def test_missing_module_makes_it_unavailable(make_plugin, load):
    plugins = load(make_plugin(requires=["no_such_thing:no-such-thing", "numpy"], work="1 / 0"), make_plugin("two"))
    record = plugins.record("one")
    assert (record.state, record.hint) == ("unavailable", "python -m pip install no-such-thing")
    with pytest.raises(ToolMissing, match="no_such_thing"):
        plugins.exporters.get("one")
    assert plugins.exporters.get("two").title == "One"


def test_other_api_is_refused_before_import(make_plugin, load):
    plugins = load(make_plugin(api=">=2", work="1 / 0"))
    assert plugins.record("one").state == "unavailable"
    with pytest.raises(InputError, match="made for studio API >=2"):
        plugins.exporters.get("one")


@pytest.mark.parametrize("work", ["1 / 0", "import no_such_thing", "def broken(", "EXPORTE = 1", "raise MemoryError2"])
def test_raising_at_import_disables_only_this_one(make_plugin, load, work):
    plugins = load(make_plugin(work=work), make_plugin("two"))
    with pytest.raises(PluginFailed, match="the plugin one failed") as caught:
        plugins.exporters.get("one")
    record = plugins.record("one")
    assert record.state == "disabled" and record.traceback == caught.value.traceback != ""
    with pytest.raises(PluginFailed, match="switched off"):
        plugins.exporters.get("one")
    assert plugins.exporters.get("two").title == "One"


def test_raising_in_a_call_disables(make_plugin, load):
    plugins = load(make_plugin())
    exporter = plugins.exporters.get("one")
    assert exporter.export(lambda: 3, None, None) == 3
    with pytest.raises(PluginFailed, match="KeyError"):
        exporter.export(raising(KeyError("x")), None, None)
    assert plugins.record("one").state == "disabled" and "KeyError" in plugins.record("one").traceback
    with pytest.raises(PluginFailed, match="switched off"):
        exporter.export(lambda: 3, None, None)


@pytest.mark.parametrize("error", [ToolMissing("no compiler"), OSError(errno.ENOSPC, "disk full", "out.c"), MemoryError()])
def test_typed_errors_and_the_surroundings_do_not_disable(make_plugin, load, error):
    plugins = load(make_plugin())
    with pytest.raises(Exception, match=r"compiler|disk|memory") as caught:
        plugins.exporters.get("one").export(raising(error), None, None)
    assert not isinstance(caught.value, PluginFailed) and plugins.record("one").state == "ready"


def test_absent_attribute_is_no_fault(make_plugin, load):
    plugins = load(make_plugin())
    assert not hasattr(plugins.exporters.get("one"), "no_such_method")
    assert plugins.record("one").state == "ready"


def test_same_id_is_refused_with_both_paths(make_plugin, load):
    first, second = make_plugin("one"), make_plugin("one", parent="others")
    plugins = load(first, second)
    assert [r.state for r in plugins.records] == ["ready", "failed"]
    assert str(first) in plugins.records[1].reason and str(second) in plugins.records[1].reason
    assert plugins.record("one") is plugins.records[0]


def test_same_contribution_is_refused(make_plugin, load):
    plugins = load(make_plugin("one"), make_plugin("two", contribution="one"))
    assert plugins.record("two").state == "failed" and "registered twice" in plugins.record("two").reason
    assert plugins.exporters.owner("one") == "one"


def test_broken_manifest_is_listed(make_plugin, load):
    folder = make_plugin("broken")
    (folder / "plugin.toml").write_text("schema = 1\nfoo = 2\n")
    assert load(folder).record("broken").state == "failed"


def test_board_is_a_path(make_plugin, load):
    folder = make_plugin("one")
    (folder / "kit.toml").write_text("")
    manifest = folder / "plugin.toml"
    manifest.write_text(manifest.read_text().replace('"exporter"', '"board"').replace('object = "one.work:EXPORTER"', 'file = "kit.toml"'))
    assert load(folder).boards.get("one") == folder / "kit.toml"


def test_discovery_by_home_path_list_and_installed_package(make_plugin, tmp_path, monkeypatch):
    home = make_plugin("mine", parent="home/plugins")
    listed = make_plugin("listed", parent="a")
    single = make_plugin("single", parent="b")
    monkeypatch.setenv("OTOLITH_HOME", str(tmp_path / "home"))
    import os

    monkeypatch.setenv("OTOLITH_PLUGINS", os.pathsep.join([str(listed.parent), str(single), str(single), str(tmp_path / "nowhere")]))
    installed = make_plugin("installed_plugin", parent="site/outer")
    info = tmp_path / "site" / "thing-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[studio.plugins]\ninstalled_plugin = outer.installed_plugin\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    found = {s.folder: s.origin for s in discover() if s.origin != "shipped"}
    assert found == {home: "user", listed: "path", single: "path", installed: "installed"}
    plugins = load_plugins()
    assert {"mine", "listed", "single", "installed_plugin"} <= set(plugins.exporters)


def test_package_folder_of_nothing():
    assert package_folder("no_such_package") is None
    assert package_folder("email.no_such_module") is None


def test_failure_in_a_child_disables_here(make_plugin, load):
    plugins = load(make_plugin())
    plugins.note_failure(PluginFailed("it raised", where="one", traceback="..."))
    plugins.note_failure(InputError("not a plugin's"))
    assert plugins.record("one").state == "disabled"
    with pytest.raises(InputError, match="there is no plugin"):
        plugins.record("nobody")
