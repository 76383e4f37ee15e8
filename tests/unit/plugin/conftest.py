import pytest

from studio.plugin import load_plugins
from studio.plugin.discovery import Source

MANIFEST = """\
schema = 1

[plugin]
id = "{id}"
name = "A plugin"
version = "1.0"
api = "{api}"
requires = {requires}

[[contributions]]
kind = "exporter"
id = "{contribution}"
object = "{id}.work:EXPORTER"
"""

WORK = """\
from .names import TITLE

class Exporter:
    id = "x"
    title = TITLE

    def export(self, job, out, context):
        return job()

EXPORTER = Exporter()
"""


@pytest.fixture
def make_plugin(tmp_path):
    """Write a plugin folder and return it."""

    def make(id="one", api=">=1.0,<2", requires=(), contribution="", work=WORK, names="TITLE = 'One'\n", parent="plugins", init=False):
        folder = tmp_path / parent / id
        folder.mkdir(parents=True)
        text = MANIFEST.format(id=id, api=api, requires=list(requires), contribution=contribution or id)
        (folder / "plugin.toml").write_text(text.replace("'", '"'))
        (folder / "work.py").write_text(work)
        (folder / "names.py").write_text(names)
        if init:
            (folder / "__init__.py").write_text("")
        return folder

    return make


@pytest.fixture
def load():
    """Load the plugins of these folders."""
    return lambda *folders: load_plugins([Source(f, "path") for f in folders])
