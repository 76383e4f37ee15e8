"""The figures follow every change of the design in the same turn, and know what they were before the gesture."""

import pytest

from studio.core.edits import Connect, Disconnect, Rename, SetFrontEnd, SetParams, SetTargets
from studio.storage.folder import ProjectFolder

KIT = {"inputs": 3}


@pytest.fixture
def gauges(session):
    return session.gauges


def filters(count):
    return SetParams("conv2d_1", {"filters": count})


def ram(gauges, target="virtual-m4"):
    return gauges.reports[target, "c"].ram.total


def test_every_target_has_both_runtimes_in_the_turn_of_the_edit(session, gauges):
    session.document.push(SetTargets(("virtual-m4", "pico", "nrf52840dk")))
    assert {(t, r) for t in session.document.project.targets for r in ("c", "tflm")} <= set(gauges.reports)
    before = ram(gauges)
    session.document.push(filters(48))
    assert ram(gauges) > before
    assert gauges.before["virtual-m4", "c"].ram.total == before
    assert gauges.figures.parameters == gauges.network.parameters


def test_the_front_end_counts(session, gauges):
    before = gauges.reports["virtual-m4", "c"]
    session.document.push(SetFrontEnd({"fft": 1024}))
    after = gauges.reports["virtual-m4", "c"]
    assert after.frontend_instructions > before.frontend_instructions
    assert after.ram.parts["front end"] > before.ram.parts["front end"]


def test_an_incomplete_graph_keeps_the_last_figures_and_says_why(session, gauges):
    shown = gauges.shown
    session.document.push(Disconnect("dense_1"))
    assert gauges.stale
    assert gauges.reports == {}
    assert gauges.network is None
    assert gauges.shown is shown
    assert gauges.report("virtual-m4", "c") is shown.reports["virtual-m4", "c"]
    session.document.push(Connect("dropout_1", "dense_1"))
    assert not gauges.stale
    assert ram(gauges) == shown.reports["virtual-m4", "c"].ram.total


def test_a_gesture_is_held_against_its_start(session, gauges):
    start = ram(gauges)
    for count in (34, 36, 40, 44):
        session.document.push(filters(count), "conv2d_1.filters.1")
    assert session.document.undo_stack.count() == 1
    assert gauges.before["virtual-m4", "c"].ram.total == start
    end = ram(gauges)
    session.document.push(filters(32), "conv2d_1.filters.2")
    assert gauges.before["virtual-m4", "c"].ram.total == end
    session.document.undo_stack.undo()
    assert ram(gauges) == end
    assert gauges.before["virtual-m4", "c"].ram.total == start
    session.document.undo_stack.undo()
    assert ram(gauges) == start
    assert gauges.before["virtual-m4", "c"].ram.total == end


def test_a_gesture_begun_after_saving_is_held_against_what_was_saved(session, gauges):
    session.document.push(filters(40), "same key")
    session.document.save()
    saved = ram(gauges)
    session.document.push(filters(48), "same key")
    assert session.document.undo_stack.count() == 2
    assert gauges.before["virtual-m4", "c"].ram.total == saved


def test_another_runtime_is_worked_out_when_asked_for(session, gauges):
    assert ("virtual-m4", "tflm-ref") not in gauges.reports
    now = gauges.report("virtual-m4", "tflm-ref")
    session.document.push(filters(48))
    assert gauges.before_report("virtual-m4", "tflm-ref") == now
    assert gauges.report("virtual-m4", "tflm-ref").flash.total > now.flash.total
    assert gauges.report("no such board", "c") is None


def test_moving_blocks_and_choosing_targets_lower_nothing_anew(session, gauges, qtbot):
    network = gauges.network
    with qtbot.assertNotEmitted(gauges.updated):
        session.document.move({"conv2d_1": (10.0, 20.0)})
    session.document.push(SetTargets(("pico",)))
    session.document.push(Rename("other"))
    assert gauges.network is network
    assert not gauges.changed_design
    assert set(gauges.reports) == {("pico", "c"), ("pico", "tflm")}


def test_a_kit_spoke_of_one_design_only(session, gauges):
    gauges.note_kit("virtual-m4", KIT)
    session.document.push(SetTargets(("virtual-m4", "pico")))
    assert gauges.kit == {"virtual-m4": KIT}
    session.document.push(filters(48))
    assert gauges.kit == {}
    session.document.undo_stack.undo()
    assert gauges.kit == {"virtual-m4": KIT}


def test_a_proof_of_an_older_design_does_not_count(session, gauges):
    older = session.document.project
    session.document.push(filters(48))
    gauges.note_kit("virtual-m4", KIT, older)
    assert gauges.kit == {}
    session.document.undo_stack.undo()
    assert gauges.kit == {"virtual-m4": KIT}


def test_opening_another_project_starts_afresh(session, gauges, tmp_path):
    gauges.note_kit("virtual-m4", KIT)
    old = session.document
    project = filters(16).apply(old.project, session.blocks)
    folder = tmp_path / "other"
    ProjectFolder.create(folder, project)
    session.open(folder)
    small = ram(gauges)
    assert gauges.kit == {}
    assert gauges.before["virtual-m4", "c"].ram.total == small
    session.document.push(filters(48))
    assert ram(gauges) > small


def test_the_plan_for_a_core_without_dsp_is_another(session, gauges):
    assert gauges.program("virtual-m4").variant == "dsp"
    assert gauges.program("pico").variant == "plain"
    assert gauges.program("virtual-m4").arena_bytes == gauges.reports["virtual-m4", "c"].ram.parts["arena"]
