"""Prove it: the design as it stands, saved or not, trained or not, on the real compiler and emulator."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from studio.core.edits import Disconnect, SetParams, SetTargets
from studio.core.errors import InputError, JobFailed
from studio.core.project import Recipe, design_digest
from studio.deploy.subject import load_subject
from studio.lower.graph import lower_graph
from studio.lower.int8 import quantised_types
from studio.lower.randomise import randomise
from studio.lower.tflite import write_tflite
from studio.storage.runs import MODEL, Run, write_run
from studio.ui.panels.target_prove import Snapshot, kits_for, stand_in
from studio.ui.panels.targets import TargetsColumn

_KEPT = []


@pytest.fixture
def column(session, qtbot):
    session.settings.set("prove_inputs", 3)
    made = TargetsColumn(session)
    _KEPT.append(made)
    made.resize(320, 800)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    session.jobs.stop_all()
    made.hide()


def finished(column):
    return not column.prover.active


def test_an_unsaved_design_is_proven_beside_its_estimate(session, column, qtbot):
    session.document.push(SetParams("conv2d_1", {"filters": 24}))
    said = []
    column.proving_changed.connect(said.append)
    column.prove()
    card = column.cards["virtual-m4"]
    assert card.body.words.isVisible()
    copy = column.prover.runs["virtual-m4"].path
    assert copy != session.document.path
    qtbot.waitUntil(lambda: finished(column), timeout=120_000)
    kit = session.gauges.kit["virtual-m4"]
    assert (kit["inputs"], kit["mismatching_inputs"], kit["trained"]) == (3, 0, False)
    assert "outputs equal 3/3" in card.body.proof.text()
    assert card.body.proof.isVisible()
    for row in card.body.rows[:3]:
        assert row.reading.kit
        assert row.reading.difference == "equal" or float(row.reading.difference.strip("< %+−")) <= 15
    assert said[-1] == ""
    assert any("compil" in s for s in said)
    assert card.provenance.word == "emulated" and kit["compiler"] in card.provenance.explain()
    assert not copy.exists()
    session.document.push(SetParams("conv2d_1", {"filters": 32}))
    assert not card.body.proof.isVisible()
    assert not card.body.rows[0].reading.kit and card.provenance.word == "planned"
    session.document.undo_stack.undo()
    assert card.body.proof.isVisible()


def test_cancel_stops_and_changes_nothing(session, column, qtbot):
    session.document.push(SetParams("conv2d_1", {"filters": 24}))
    column.prove()
    run = column.prover.runs["virtual-m4"]
    button = column.cards["virtual-m4"].body.cancel
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert not button.isEnabled()
    qtbot.waitUntil(lambda: finished(column), timeout=20_000)
    assert session.gauges.kit == {}
    assert not run.path.exists()
    assert column.prover.runs == {}
    assert not column.cards["virtual-m4"].body.words.isVisible()


def test_what_cannot_be_proven_is_said_in_the_card(session, column, qtbot):
    """An error of the design is the card's; only one that nobody foresaw is a dialog's."""
    erred = []
    session.erred.connect(erred.append)
    column.prove()
    card, run = column.cards["virtual-m4"], column.prover.runs["virtual-m4"]
    run.job.kill()
    column.prover.runs[run.key] = run
    run.stopping = False
    column.prover._failed(run, run.job, InputError("RAM: needs 3 KiB more", hint="choose a larger target"))
    assert "choose a larger target" in card.body.failure.text()
    assert erred == []
    QTest.mouseClick(card.body.copy, Qt.MouseButton.LeftButton)
    assert "RAM: needs 3 KiB more" in QGuiApplication.clipboard().text()
    QTest.mouseClick(card.body.dismiss, Qt.MouseButton.LeftButton)
    assert not card.body.failure.isVisible()
    column.prover.runs[run.key] = run
    column.prover._failed(run, run.job, JobFailed("it crashed", traceback="Traceback: here"))
    assert len(erred) == 1
    assert "Traceback: here" in run.details


def test_a_kit_stands_in_where_no_target_is_virtual(session, column):
    boards = session.gauges.boards
    assert [k.id for k in kits_for(("nrf52840dk", "virtual-m3", "virtual-m7"), boards)] == ["virtual-m3", "virtual-m7"]
    assert [k.id for k in kits_for(("nrf52840dk", "pico"), boards)] == ["virtual-m4"]
    assert [k.id for k in kits_for(("pico",), boards)] == ["virtual-m0"]
    assert [k.id for k in kits_for((), boards)] == ["virtual-m4"]
    assert stand_in(boards["nucleo-h743zi"], boards).id == "virtual-m7"
    told = []
    session.told.connect(told.append)
    session.document.push(SetTargets(("nrf52840dk",)))
    column.prove()
    assert "Virtual kit, Cortex-M4f" in told[-1]
    guest = column.guests["virtual-m4"]
    assert guest.isVisibleTo(column)
    assert guest.body.words.isVisibleTo(guest)
    column.close_guest("virtual-m4")
    assert column.guests == {}
    session.document.push(SetTargets(("nrf52840dk", "virtual-m4")))
    assert "virtual-m4" in column.cards


def test_an_incomplete_design_is_not_proven(session, column):
    told = []
    session.told.connect(told.append)
    session.document.push(Disconnect("dense_1"))
    column.prove()
    assert "cannot be proven" in told[-1]
    assert not session.jobs.jobs


def test_a_snapshot_holds_the_trained_model_and_refers_to_the_recordings(session):
    document = session.document
    document.push(SetParams("conv2d_1", {"filters": 24}))
    project = document.project
    network = randomise(quantised_types(lower_graph(project.graph, session.blocks, project.frontend.shape)), 1)
    folder = document.folder.new_run()
    (folder / MODEL).write_bytes(write_tflite(network))
    write_run(folder, Run(1, design_digest(project), 0.0, 1.0, 1, Recipe(), project.labels, 0.9, 0.9))
    snapshot = Snapshot(document)
    subject = load_subject(snapshot.path)
    assert subject.trained
    assert subject.project == project
    assert np.array_equal(subject.network.tensors[1].shape, network.tensors[1].shape)
    library = subject.folder.library()
    assert all(library.file(r).is_file() and r.reference for r in library.recordings)
    assert library.segments == document.library.segments
    assert not list(snapshot.path.rglob("*.wav")) + list(snapshot.path.rglob("*.flac"))
    snapshot.remove()
    assert not snapshot.path.exists()
    document.save()
    saved = Snapshot(document)
    assert saved.path == document.path
    saved.remove()
    assert document.path.exists()


def test_a_dropped_model_is_proven_in_its_own_card(column, data_folder, qtbot):
    column.prove_file(data_folder / "models" / "kws_ref_model.tflite")
    (card,) = column.files
    assert card.body.rows[0].reading.value.endswith("KiB")
    qtbot.waitUntil(lambda: finished(column), timeout=120_000)
    assert "outputs equal 3/3" in card.body.proof.text()
    assert card.body.rows[0].reading.kit
    column.close_file(card)
