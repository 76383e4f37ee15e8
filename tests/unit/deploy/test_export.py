"""Exports are whole or not there, and never cost anybody a file."""

import errno
import json

import pytest

from studio.boards import board
from studio.core import errors
from studio.deploy.export import assemble, export, golden_inputs, run
from studio.deploy.export_folder import RECORD
from studio.deploy.subject import load_subject, with_random_weights
from studio.jobs import JobSpec, QuietContext
from studio.jobs import run as run_job
from tests.helpers.small_networks import unsupported_model

PLUGIN = """\
schema = 1
[plugin]
id = "odd"
name = "Odd"
version = "1"
api = ">=1.0,<2"
[[contributions]]
kind = "exporter"
id = "odd"
object = "odd.work:EXPORTER"
"""


@pytest.fixture
def arguments(project_folder, tmp_path):
    return {"path": str(project_folder.path), "exporter": "export_tflm", "out": str(tmp_path / "out"), "target": None}


@pytest.fixture
def odd_exporter(tmp_path, monkeypatch):
    """Make an exporter of these lines available under the id "odd"."""

    def make(body):
        folder = tmp_path / "plugins" / "odd"
        folder.mkdir(parents=True)
        (folder / "plugin.toml").write_text(PLUGIN)
        lines = "\n".join(f"        {line}" for line in body.splitlines())
        (folder / "work.py").write_text(
            f"class Odd:\n    id = title = 'odd'\n    def export(self, job, out, context):\n{lines}\nEXPORTER = Odd()\n"
        )
        monkeypatch.setenv("OTOLITH_PLUGINS", str(folder))

    return make


def leftovers(tmp_path):
    return sorted(p.name for p in tmp_path.iterdir() if p.name.startswith("."))


def test_job_in_a_child(arguments, tmp_path):
    events = []
    result = run_job(JobSpec("studio.deploy.export:run", arguments, "export"), events.append)
    assert (result["target"], result["trained"], result["exporter"]) == ("virtual-m4", False, "export_tflm")
    assert result["files"] == sorted(
        p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*") if p.is_file() and p.name != RECORD
    )
    assert {"progress", "artifact"} <= {type(e).__name__.lower() for e in events}
    assert leftovers(tmp_path) == []


def test_same_design_same_bytes(arguments, tmp_path):
    run(arguments, QuietContext())
    run({**arguments, "out": str(tmp_path / "again")}, QuietContext())
    for name in json.loads((tmp_path / "out" / RECORD).read_text())["files"]:
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name


def test_earlier_export_is_replaced(arguments, tmp_path):
    out = tmp_path / "out"
    run(arguments, QuietContext())
    (out / "my_notes.txt").write_text("mine")
    (out / "sub").mkdir()
    (out / "sub" / "mine.c").write_text("mine too")
    run({**arguments, "exporter": "export_c"}, QuietContext())
    assert not (out / "model.tflite").exists() and list(out.rglob("model.c"))
    assert (out / "my_notes.txt").read_text() == "mine" and (out / "sub" / "mine.c").read_text() == "mine too"
    assert leftovers(tmp_path) == []


def test_changed_export_needs_force(arguments, tmp_path):
    run(arguments, QuietContext())
    changed = tmp_path / "out" / "model_settings.h"
    changed.write_text("// my own")
    with pytest.raises(errors.InputError, match=r"model_settings\.h"):
        run(arguments, QuietContext())
    assert changed.read_text() == "// my own"
    run({**arguments, "force": True}, QuietContext())
    assert "kTensorArenaSize" in changed.read_text()


@pytest.mark.parametrize("force", [False, True])
def test_foreign_folder_is_never_touched(arguments, tmp_path, force):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("years of work")
    with pytest.raises(errors.InputError, match="holds no export"):
        run({**arguments, "force": force}, QuietContext())
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["thesis.tex"]


def test_file_in_the_way_and_unknown_exporter(arguments, tmp_path):
    with pytest.raises(errors.InputError, match="no exporter 'export_hat'"):
        run({**arguments, "exporter": "export_hat"}, QuietContext())
    (tmp_path / "out").write_text("a file")
    with pytest.raises(errors.InputError, match="file of this name"):
        run(arguments, QuietContext())


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("(out / 'half.c').write_text('half')\nraise ValueError('no')", errors.PluginFailed),
        ("(out / 'half.c').write_text('half')\nraise OSError(28, 'No space left on device', str(out))", errors.InputError),
        ("return (out / 'nothing.c',)", errors.InputError),
        (
            "from studio.api import UnsupportedOperator\nraise UnsupportedOperator('no such kernel', where='conv2d_1')",
            errors.UnsupportedOperator,
        ),
    ],
)
def test_failing_exporter_leaves_nothing_and_loses_nothing(arguments, odd_exporter, tmp_path, body, kind):
    odd_exporter(body)
    with pytest.raises(kind):
        run({**arguments, "exporter": "odd"}, QuietContext())
    assert not (tmp_path / "out").exists() and leftovers(tmp_path) == []
    run(arguments, QuietContext())
    before = (tmp_path / "out" / RECORD).read_bytes()
    with pytest.raises(kind):
        run({**arguments, "exporter": "odd"}, QuietContext())
    assert (tmp_path / "out" / RECORD).read_bytes() == before and leftovers(tmp_path) == []


def test_full_disk_while_replacing_keeps_the_old_export(arguments, tmp_path, monkeypatch):
    from pathlib import Path

    run(arguments, QuietContext())
    before = {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    real = Path.replace

    failures = []

    def full(self, target):
        if Path(target) == tmp_path / "out" and not failures:
            failures.append(self)
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(errors.InputError, match="full"):
        run(arguments, QuietContext())
    assert failures and {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()} == before
    assert leftovers(tmp_path) == []


def test_cancelled_export_leaves_nothing(project_folder, tmp_path):
    class Cancelling(QuietContext):
        cancelled = True

    with pytest.raises(errors.Cancelled):
        export(load_subject(project_folder.path), "export_tflm", tmp_path / "out", board("virtual-m4"), Cancelling())
    assert not (tmp_path / "out").exists() and leftovers(tmp_path) == []


def test_job_holds_all(project_folder, project):
    subject = with_random_weights(load_subject(project_folder.path), 1)
    job = assemble(subject, board("virtual-m0"), QuietContext())
    assert job.program is not None and job.program.variant == "plain" and job.unsupported == ""
    assert job.labels == project.labels and job.frontend == project.frontend and not job.trained
    assert len(job.golden) == 8 and all(len(g.outputs) == len(project.labels) for g in job.golden)
    assert len({g.outputs for g in job.golden}) > 1


def test_golden_inputs_hold_sound_and_the_whole_range(project_folder):
    subject = with_random_weights(load_subject(project_folder.path), 1)
    inputs = golden_inputs(subject, 6)
    assert len(set(inputs)) == 6 and {len(i) for i in inputs} == {subject.network.input.nbytes}
    assert inputs == golden_inputs(subject, 6)


def test_unsupported_operator_is_said_not_raised(tmp_path):
    subject = load_subject(unsupported_model(tmp_path))
    job = assemble(subject, board("virtual-m4"), QuietContext())
    assert job.program is None and "elu" in job.unsupported
