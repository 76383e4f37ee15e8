"""Each rule for plugins is able to fail."""

import time

import pytest

from studio.core.places import shipped
from studio.core.protocols import Probe
from studio.testing.check_exporter import check_exporter, tiny_job
from studio.testing.check_flasher import check_flasher
from studio.testing.check_plugin import check_plugin

MANIFEST = """\
schema = 1
[plugin]
id = "mine"
name = "Mine"
version = "1"
api = ">=1.0,<2"
requires = [{requires}]
[[contributions]]
kind = "{kind}"
id = "mine"
object = "mine.work:THING"
"""

EXPORTER = """\
from studio.api import ExportJob
class Exporter:
    id = "mine"
    title = "Mine"
    def export(self, job, out, context):
        path = out / "labels.c"
        path.write_text({text})
        return (path,)
THING = Exporter()
"""


@pytest.fixture(scope="module")
def job():
    return tiny_job()


@pytest.fixture
def plugin(tmp_path):
    def write(work, kind="exporter", requires=""):
        (tmp_path / "plugin.toml").write_text(MANIFEST.format(kind=kind, requires=requires))
        (tmp_path / "work.py").write_text(work)
        return [str(f) for f in check_plugin(tmp_path)]

    return write


def test_good_one(plugin):
    assert plugin(EXPORTER.format(text="'int x;'")) == []


@pytest.mark.parametrize(
    ("line", "module"),
    [
        ("import studio.deploy", "studio.deploy"),
        ("from studio.core.graph import Node", "studio.core.graph"),
        ("from studio import jobs", "studio.jobs"),
        ("import numpy.linalg", "numpy.linalg"),
        ("def f():\n    import keras", "keras"),
        ("import names", "names"),
    ],
)
def test_imports(plugin, line, module):
    (finding,) = plugin(
        f"{EXPORTER.format(text=repr('int x;'))}\nif False:\n    pass\n{line.replace('import names', 'if 0: import names')}\n"
    )
    assert f"it imports {module}" in finding


def test_allowed_imports(plugin):
    assert plugin("import json\nfrom studio import api\nimport numpy\n" + EXPORTER.format(text="'x'"), requires='"numpy"') == []


@pytest.mark.parametrize(
    ("work", "says"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("OTHER = 1", "no attribute 'THING'"),
        ("class E:\n    id = 'mine'\nTHING = E()", "no attribute title"),
        ("class E:\n    id = title = 'mine'\n    def export(self, job): ...\nTHING = E()", "does not take (job, out, context)"),
        (EXPORTER.format(text="'x'").replace('id = "mine"', 'id = "yours"'), "calls itself 'yours'"),
        (EXPORTER.format(text="job.labels[2], encoding='utf-8'"), "not plain ASCII"),
        (EXPORTER.format(text="job.labels[1]"), "trigraph"),
        (EXPORTER.format(text="str(id(object())) + str(__import__('time').time_ns())"), "differs between two exports"),
        (EXPORTER.format(text="'x'").replace("return (path,)", "return ()"), "was written but is not named"),
        (EXPORTER.format(text="'x'").replace("return (path,)", "return (path, out / 'y')"), "is named but was not written"),
        (EXPORTER.format(text="'x'").replace("return (path,)", "return job.nothing"), "AttributeError"),
    ],
)
def test_findings(plugin, work, says):
    assert says in " ".join(plugin(work))


def test_broken_manifest_and_missing_module(plugin, tmp_path):
    assert "no_such_module" in " ".join(plugin(EXPORTER.format(text="'x'"), requires='"no_such_module"'))
    (tmp_path / "plugin.toml").write_text("schema = 9")
    assert "schema = 9" in str(check_plugin(tmp_path)[0])
    assert "cannot be read" in str(check_plugin(tmp_path / "nowhere")[0])


class Flasher:
    id, title = "mine", "Mine"

    def __init__(self, find=tuple, supports=lambda target: False):
        self.find, self.supports = find, supports

    def program(self, image, target, probe, context): ...

    def run(self, image, target, probe, input, timeout_s, context, counted_passes=1): ...


@pytest.mark.parametrize(
    ("flasher", "says"),
    [
        (Flasher(find=lambda: time.sleep(0.5)), "has not answered"),
        (Flasher(find=lambda: [1]), "tuple of Probe"),
        (Flasher(find=lambda: (Probe("1", "a"), Probe("1", "b"))), "names the probe '1' twice"),
        (Flasher(supports=lambda target: None), "not True or False"),
        (object(), "no attribute id"),
    ],
)
def test_flashers(flasher, says):
    assert says in " ".join(map(str, check_flasher(flasher, find_s=0.1)))
    time.sleep(0.5 if says == "has not answered" else 0)


def test_good_flasher():
    assert check_flasher(Flasher()) == []


def test_job_is_real(job):
    assert job.program is not None and job.frontend_tables is not None and job.golden and job.arena_required > 0
    assert job.runtime.folder == shipped("board_support") / "runtime"
    assert all((job.runtime.folder / f).is_file() for f in job.runtime.files)


def test_exporter_that_refuses_what_the_engine_refuses(job):
    import msgspec

    from studio.core.errors import UnsupportedOperator

    class Refusing:
        id, title = "mine", "Mine"

        def export(self, job, out, context):
            raise UnsupportedOperator("no such kernel")

    assert "no such kernel" in str(check_exporter(Refusing(), job)[0])
    assert check_exporter(Refusing(), msgspec.structs.replace(job, program=None, unsupported="x")) == []
