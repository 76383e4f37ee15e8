import pytest

from studio.core.errors import InputError
from studio.plugin.manifest import api_accepts, read_manifest


def test_reads_all(make_plugin):
    manifest = read_manifest(make_plugin(requires=["numpy", "elftools:pyelftools"]))
    assert manifest.plugin.modules == {"numpy": "numpy", "elftools": "pyelftools"}
    assert manifest.contributions[0].object == "one.work:EXPORTER"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("version =", "verson =", "verson"),
        ('name = "A plugin"', "name = 3", r"plugin\.name"),
        ("schema = 1", "schema = 2", "schema = 2"),
        ("schema = 1", "", "schema = None"),
        ("[plugin]", "[plugin", "no TOML"),
        ('id = "one"', 'id = "../one"', "plugin.id"),
        (">=1.0,<2", "1.x", "plugin.api"),
        ('kind = "exporter"', 'kind = "hat"', "hat"),
        ("one.work:EXPORTER", "os:system", "outside the plugin"),
        ("one.work:EXPORTER", "one.work:a.b", "package.module:NAME"),
        ("requires = []", 'requires = ["a.b"]', "no module"),
        ("[[contributions]]", "[[extras]]", "extras"),
    ],
)
def test_errors_name_the_file_and_the_key(make_plugin, old, new, says):
    path = make_plugin() / "plugin.toml"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(InputError, match=says) as caught:
        read_manifest(path.parent)
    assert caught.value.where == str(path)


def test_missing_manifest(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("file", ["", "../board.toml", "/etc/hosts", "none.toml"])
def test_board_files_lie_inside(make_plugin, file):
    path = make_plugin() / "plugin.toml"
    path.write_text(path.read_text().replace('"exporter"', '"board"').replace('object = "one.work:EXPORTER"', f'file = "{file}"'))
    with pytest.raises(InputError, match="file = "):
        read_manifest(path.parent)


@pytest.mark.parametrize(
    ("wanted", "version", "accepted"),
    [
        (">=1.0,<2", "1.0", True),
        (">=1.0,<2", "1.11", True),
        (">=1.0,<2", "2.0", False),
        (">1", "1.0", False),
        (">=1.2", "1.10", True),
        ("==1", "1.0", True),
        ("!=1.1, >=1", "1.1", False),
    ],
)
def test_api_range(wanted, version, accepted):
    assert api_accepts(wanted, version) is accepted
