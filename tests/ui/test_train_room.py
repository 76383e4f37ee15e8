"""The Train room: recipe, a real training and the cancel of another, runs, the confusion matrix and its clips."""

import msgspec
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from studio.core.edits import Disconnect, SetLabels, SetRecipe
from studio.core.library import Library
from studio.core.project import Recipe, design_digest
from studio.storage.folder import ProjectFolder
from studio.storage.predictions import Prediction, read_predictions, write_predictions
from studio.storage.runs import MODEL, Run, new_run, write_run
from studio.ui import theme
from studio.ui.panels.train_data import obstacle, warnings
from studio.ui.panels.train_series import LIVE, Series, best_epoch
from studio.ui.panels.train_words import against_in_words, int8_in_words, left_in_words, points
from studio.ui.rooms.train import TrainRoom
from studio.ui.widgets.confusion import READABLE, Confusion, ConfusionView, as_confusion, contrast, readable_on, shade
from studio.ui.widgets.thumbnails import Thumbnails

_KEPT: list[object] = []  # plots that are destroyed in a loop crash the interpreter's end
TRAINING_MS = 240_000


@pytest.fixture
def make_room(session, qtbot):
    """Make a room on the project as it is by then."""
    rooms = []

    def make():
        rooms.append(TrainRoom(session))
        rooms[-1].resize(908, 720)
        with qtbot.waitExposed(rooms[-1]):
            rooms[-1].show()
        return rooms[-1]

    yield make
    for made in rooms:
        made.close_room()
        made.hide()
    _KEPT.extend(rooms)


@pytest.fixture
def room(make_room):
    return make_room()


def field(room, name):
    return next(f for row in room.recipe.rows.values() for f in row.fields if f.objectName() == f"recipe.{name}")


def write(widget, text):
    widget.setFocus()
    widget.selectAll()
    QTest.keyClicks(widget, text)
    QTest.keyClick(widget, Qt.Key.Key_Return)


def store_run(session, int8=0.9, design="", history=(), predictions=(), **fields):
    """Write a finished run as the training does, but for the model."""
    folder, project = new_run(session.document.path / "runs"), session.document.project
    count = len(project.labels)
    matrix = tuple(tuple(14 if i == j else 2 if (i, j) in ((0, 1), (5, 6)) else 0 for j in range(count)) for i in range(count))
    run = Run(
        int(folder.name),
        design or design_digest(project),
        1.7e9,
        30.0,
        3,
        Recipe(),
        project.labels,
        0.91,
        int8,
        matrix,
        matrix,
        2,
        144,
        "x",
    )
    (folder / MODEL).write_bytes(b"model")
    (folder / "metrics.jsonl").write_text("".join(msgspec.json.encode(row).decode() + "\n" for row in history))
    if predictions:
        write_predictions(folder, predictions)
    write_run(folder, msgspec.structs.replace(run, **fields))
    return run.number


HISTORY = tuple({"epoch": n, "loss": 2 / n, "accuracy": 1 - 0.5 / n, "val_loss": 2.2 / n, "val_accuracy": 0.9 - 0.4 / n} for n in (1, 2, 3))


def test_recipe_edits_are_one_entry_a_gesture_and_are_undone(room, session):
    document, before = session.document, session.document.project.recipe
    write(field(room, "epochs"), "12")
    assert document.project.recipe.epochs == 12
    assert document.undo_stack.count() == 1
    write(field(room, "noise_snr_db.to"), "24 dB")
    assert document.project.recipe.augmentation.noise_snr_db == (5.0, 24.0)
    write(field(room, "noise_probability"), "25 %")
    assert document.project.recipe.augmentation.noise_probability == 0.25
    rate = field(room, "learning_rate")
    rate.setFocus()
    for _ in range(3):
        QTest.keyClick(rate, Qt.Key.Key_Down)
    assert document.project.recipe.learning_rate == pytest.approx(0.003 / 8)
    assert document.undo_stack.count() == 4
    for _ in range(4):
        document.undo_stack.undo()
    assert document.project.recipe == before
    assert field(room, "epochs").text() == "30"
    assert rate.text() == "0.003"


def test_a_recipe_that_cannot_be_is_explained_and_changes_nothing(room, session):
    for name, text in (("epochs", "0"), ("epochs", "2.5"), ("batch", "1"), ("noise_snr_db.from", "50"), ("label_smoothing", "1")):
        write(field(room, name), text)
        row = room.recipe.rows[name.split(".")[0]]
        assert row.message.isVisible()
        assert session.document.project.recipe == Recipe()
        write(field(room, name), {"epochs": "30", "batch": "32", "noise_snr_db.from": "5", "label_smoothing": "0"}[name])
        assert not row.message.isVisible()
    assert session.document.undo_stack.count() == 0


def test_the_data_is_counted_and_its_faults_are_said(room, session, qtbot):
    assert "777 clips, 10 labels" in room.data.heading.text()
    assert not room.data.empty.isVisible()
    assert "yes: 50 train, 8 validation, 16 test" in room.data.table.accessibleName()
    session.document.push(SetLabels((*session.document.project.labels, "maybe")))
    qtbot.waitUntil(lambda: "maybe" in room.data.warnings.text())
    room.train()
    assert room.job is None
    assert "Fewer than 2 training clips of “maybe”" in room.bar.words.text()


def test_without_clips_the_room_offers_to_record(room, session, qtbot):
    session.document.set_library("remove all", Library(folder=session.document.library.folder))
    qtbot.waitUntil(lambda: room.data.empty.isVisible())
    for button in (room.data.to_sounds, room.stage.empty_button):
        with qtbot.waitSignal(session.room_wanted) as wanted:
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert wanted.args == ["sounds"]
    room.train()
    assert room.job is None
    assert "Record clips in Sounds" in room.bar.words.text()


def test_what_keeps_a_training_from_starting_is_said_in_words(session):
    library, labels = session.document.library, session.document.project.labels
    assert obstacle(library, labels) == ""
    assert "only one label" in obstacle(library, labels[:1])
    untested = msgspec.structs.replace(library, segments=tuple(s for s in library.segments if s.split == "train"))
    assert "no test clips" in obstacle(untested, labels)
    made = Thumbnails()
    assert any("no validation clips" in w for w in warnings(untested, labels, made))
    rare = msgspec.structs.replace(
        library, segments=tuple(s for i, s in enumerate(library.segments) if s.label != "yes" or s.split != "train" or i % 12 == 0)
    )
    assert any("training clips of “unknown” but" in w for w in warnings(rare, labels, made))
    made.close()


def test_a_broken_design_and_a_failed_save_are_said_in_place(room, session, monkeypatch):
    wire = session.document.project.graph.wires[2]
    session.document.push(Disconnect(wire.target, wire.port))
    room.train()
    assert room.job is None
    assert "cannot be trained yet" in room.bar.words.text()
    session.document.undo_stack.undo()
    kept = (session.document.path / "project.toml").read_text()
    (session.document.path / "project.toml").write_text(kept + "# another hand\n")
    room.train()
    assert room.job is None
    assert room.bar.words.text().startswith("The project changed on disk since it was read (project.toml). Reload")
    (session.document.path / "project.toml").write_text(kept)
    session.document.push(SetRecipe(Recipe(epochs=4)))
    assert room.bar.words.text() == ""
    (session.document.path / "project.toml").unlink()
    (session.document.path / "project.toml").mkdir()
    session.document.push(SetRecipe(Recipe(epochs=3)))
    room.train()
    assert room.job is None
    assert "project.toml" in room.bar.words.text()
    assert room.bar.words.property("state") == "error"


def test_training_the_sample_shows_curves_and_keeps_a_run(room, session, qtbot):
    write(field(room, "epochs"), "2")
    curves, updates = room.curves, []
    session.gauges.updated.connect(lambda: updates.append(1))
    qtbot.mouseClick(room.bar.button, Qt.MouseButton.LeftButton)
    assert room.job is not None, room.bar.words.text()
    assert session.document.is_saved
    assert (room.bar.button.text(), room.bar.progress.isVisible()) == ("Cancel", True)
    job = room.job
    first = session.document.project.graph
    qtbot.waitUntil(lambda: job.fraction > 0.02, timeout=TRAINING_MS)
    with qtbot.waitSignal(job.ended, timeout=TRAINING_MS):
        session.document.push(SetLabels(tuple(reversed(session.document.project.labels))))
        room.train()
        assert session.jobs.jobs == [job]
        qtbot.waitUntil(lambda: room.series is not None and len(room.series.rows) == 1, timeout=TRAINING_MS)
        assert curves.shown[0].number == LIVE
        assert "Epoch" in room.bar.words.text()
    assert job.error is None, job.error
    assert room.job is None and room.bar.button.text() == "Train"
    assert "run 1 is done" in room.bar.words.text().lower()
    (run,) = room.runs.table.runs
    assert run.epochs == 2 and room.runs.table.texts(run)[-1] == "changed"
    session.document.undo_stack.undo()
    assert room.runs.table.texts(run)[-1] == "unchanged"
    assert session.document.project.graph is first
    assert updates
    assert [s.number for s in curves.shown] == [1] and len(curves.shown[0].rows) == 2
    assert room.result.float_figure.text() == f"{100 * run.float_accuracy:.1f} %"
    assert sum(map(sum, room.result.confusion.matrix)) == run.test_clips
    check_each_cell_lists_its_clips(room, session)


def check_each_cell_lists_its_clips(room, session):
    """As many clips as the cell counts are listed, all of its label, in either model."""
    library = session.document.library
    assert len(read_predictions(session.document.path / "runs" / "1")) == 168
    for model in ("float", "int8"):
        room.result.show_model(model)
        confusion = room.result.confusion
        for row in range(len(confusion.labels)):
            for column in range(len(confusion.labels)):
                room.result.matrix.choose((row, column))
                numbers = room.result.clips.clips.clips.numbers
                assert len(numbers) == confusion.matrix[row][column]
                assert all(library.segments[n].label == confusion.labels[row] for n in numbers)


def test_a_cancel_keeps_the_best_epoch_so_far(room, session, qtbot):
    session.document.push(SetRecipe(Recipe(epochs=500)))
    room.train()
    job, told = room.job, []
    session.told.connect(told.append)
    qtbot.waitUntil(lambda: room.series is None or len(room.series.rows) >= 1, timeout=TRAINING_MS)
    assert room.job is job, room.bar.words.text()
    with qtbot.waitSignal(job.ended, timeout=TRAINING_MS):
        qtbot.mouseClick(room.bar.button, Qt.MouseButton.LeftButton)
        assert "the best so far, epoch" in room.bar.words.text()
        assert not room.bar.button.isEnabled()
    assert job.error is None, job.error
    (run,) = room.runs.table.runs
    assert run.cancelled and 1 <= run.epochs < 500
    assert room.runs.table.texts(run)[2] == f"{run.epochs} of 500"
    assert "is kept as run 1" in room.bar.words.text()
    assert any("is kept as run 1" in line for line in told)


def test_a_cancel_before_the_first_epoch_and_a_crash_leave_no_run(room, session, qtbot):
    room.train()
    job = room.job
    with qtbot.waitSignal(job.ended, timeout=60_000):
        room.cancel()
    assert "nothing was changed" in room.bar.words.text()
    erred = []
    session.erred.connect(erred.append)
    room.train()
    job = room.job
    with qtbot.waitSignal(job.ended, timeout=60_000):
        job._process.kill()
    assert room.bar.words.property("state") == "error"
    assert erred == [job.error]
    assert room.runs.table.runs == () and room.bar.button.text() == "Train"


def test_another_document_leaves_the_training_to_the_job_list(room, session, qtbot, tmp_path):
    store_run(session)
    room.train()
    job = room.job
    session.open(ProjectFolder.copy_sample("keywords", tmp_path / "other").path)
    assert room.job is None and room.runs.table.runs == () and job.running
    with qtbot.waitSignal(job.ended, timeout=60_000):
        job.kill()
    assert room.bar.words.text() == ""


def test_runs_are_listed_compared_deleted_and_brought_back(session, qtbot, make_room):
    store_run(session, history=HISTORY)
    store_run(session, int8=0.93, design="another", history=HISTORY[:2])
    room = make_room()
    table, view, curves = room.runs.table, room.runs.view, room.curves
    assert [table.texts(r)[0] for r in table.runs] == ["2", "1"]
    assert [table.texts(r)[-1] for r in table.runs] == ["changed", "unchanged"]
    assert [s.number for s in curves.shown] == [2]
    click = view.visualRect(table.index(1, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, click)
    assert [s.number for s in curves.shown] == [1, 2]
    assert "against run 2: int8 loses 3.0 points; another design" in room.result.origin.text()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, click)
    assert [s.number for s in curves.shown] == [1]

    view.setFocus()
    room.delete_selected()
    assert [r.number for r in table.runs] == [2]
    assert not (session.document.path / "runs" / "1").exists()
    assert room.runs.undo_bar.isVisible()
    qtbot.mouseClick(room.runs.undo_button, Qt.MouseButton.LeftButton)
    assert [r.number for r in table.runs] == [2, 1]
    assert [r.number for r in room.runs.chosen_runs()] == [1]
    room.bar.button.setFocus()
    room.delete_selected()
    assert [r.number for r in table.runs] == [2, 1]


def test_a_click_on_a_cell_lists_its_clips_and_one_of_them_is_shown_and_played(session, qtbot, make_room):
    segments = session.document.library.segments
    labels = session.document.project.labels
    downs = [i for i, s in enumerate(segments) if s.label == "down" and s.split == "test"][2:4]
    scores = {downs[0]: 0.6, downs[1]: 0.9}
    predictions = [
        Prediction(
            segments[i].recording,
            segments[i].start,
            segments[i].end,
            "down",
            "down",
            "go",
            (),
            (0.1, scores[i], *[0.0] * (len(labels) - 2)),
        )
        for i in downs
    ]
    predictions.append(Prediction("gone/clip", 0, 16000, "down", "down", "go"))
    store_run(session, predictions=predictions)
    room = make_room()
    room.result.matrix.choose((3, 3))
    click_cell(room.result.matrix, (0, 1))
    clips = room.result.clips
    assert clips.clips.clips.numbers == (downs[1], downs[0])
    assert "“down” heard as “go”" in clips.title.text()
    assert "go 90 %" in clips.heard.text() and "float heard “down”" in clips.heard.text()
    assert "1 more is in the library no more" in clips.heard.text()
    row = clips.clips.visualRect(clips.clips.model().index(1, 0)).center()
    QTest.mouseClick(clips.clips.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, row)
    assert session.segment == downs[0]
    QTest.keyClick(clips.clips, Qt.Key.Key_Space)
    assert clips.player.playing
    room.play()
    assert not clips.player.playing
    qtbot.mouseClick(room.result.toggles["float"], Qt.MouseButton.LeftButton)
    assert clips.clips.clips.numbers == ()


def click_cell(view, cell):
    at = view.cell_rect(cell).center().toPoint()
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)


def test_the_matrix_moves_with_the_arrows_and_opens_with_return(app, qtbot):
    view = ConfusionView()
    _KEPT.append(view)
    view.resize(400, 400)
    view.show()
    view.show_confusion(Confusion(("a", "b"), ((3, 1), (0, 4))), (0, 0))
    opened = []
    view.opened.connect(lambda *cell: opened.append(cell))
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Right, Qt.Key.Key_Right):
        QTest.keyClick(view, key)
    assert view.cell == (0, 1) and "“a” heard as “b”: 1 of 4 clips (25 %)" in view.accessibleDescription()
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert opened == [(0, 1)]
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(2, 2))
    assert opened == [(0, 1)]
    for row in range(2):
        for column in range(2):
            assert view.cell_at(view.cell_rect((row, column)).center()) == (row, column)
    view.hide()


def test_confusions(app):
    both = Confusion(("a", "b", "c"), ((8, 2, 0), (0, 0, 0), (3, 0, 3)))
    assert both.worst() == (2, 0)
    assert both.says((1, 1)) == "there are no test clips of “b”"
    assert Confusion(("a",), ((3,),)).worst() == (0, 0)
    assert Confusion().worst() is None
    assert as_confusion(("a", "b"), ()) == Confusion() == as_confusion(("a",), ((1, 2),))


@pytest.mark.parametrize("colours", [theme.DARK, theme.LIGHT], ids=["dark", "light"])
def test_every_shade_has_a_readable_text(app, monkeypatch, colours):
    monkeypatch.setattr(theme, "_current", colours)
    assert min(contrast(readable_on(shade(s / 100)), shade(s / 100)) for s in range(101)) >= READABLE


def test_the_curves_choose_an_epoch_with_the_arrows_and_the_mouse(session, qtbot, make_room):
    store_run(session, history=HISTORY)
    room = make_room()
    curves = room.curves
    assert "best epoch (2)" in curves.readout.text()
    QTest.keyClick(curves.loss, Qt.Key.Key_Right)
    assert curves.epoch == 2 and curves.readout.text().startswith("epoch 2 · loss 1 (validation 1.1)")
    QTest.keyClick(curves.loss, Qt.Key.Key_Right)
    QTest.keyClick(curves.loss, Qt.Key.Key_Right)
    assert curves.epoch == 3
    QTest.keyClick(curves.loss, Qt.Key.Key_Escape)
    assert curves.epoch is None
    plot = curves.accuracy
    for epoch in (1, 3):
        qtbot.waitUntil(lambda epoch=epoch: hovered(plot, epoch) and curves.epoch == epoch)
    assert "accuracy 83.3 % (validation 76.7 %)" in curves.readout.text()


def hovered(plot, epoch):
    """Move the mouse to an epoch; pyqtgraph hears only moves that are 10 ms apart."""
    at = plot.mapFromScene(plot.box.mapViewToScene(QPointF(epoch, 0.5)))
    for step in (2, 0):
        QTest.mouseMove(plot.viewport(), at + QPoint(0, step))
        QTest.qWait(15)
    return True


def test_every_control_has_a_name_and_is_reached_by_tab(session, make_room):
    store_run(session, history=HISTORY)
    room = make_room()
    controls = [room.bar.button, room.runs.view, room.runs.delete_button, room.result.matrix, *room.result.toggles.values()]
    controls += [room.curves.loss, room.curves.accuracy, *(f for row in room.recipe.rows.values() for f in row.fields)]
    for widget in controls:
        assert widget.accessibleName() and widget.objectName()
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_words():
    run = Run(2, "d", 0.0, 1.0, 3, Recipe(), ("a",), 0.938, 0.932, test_clips=168)
    assert int8_in_words(run) == "int8 loses 0.6 points (1 clip of 168)"
    assert int8_in_words(msgspec.structs.replace(run, int8_accuracy=0.938)) == "int8 hears as many right as float"
    other = msgspec.structs.replace(run, number=1, int8_accuracy=0.922, recipe=Recipe(epochs=5))
    assert against_in_words(run, other) == "against run 1: int8 gains 1.0 point; epochs 30 instead of 5"
    assert [left_in_words(s) for s in (None, 3, 42, 200, 7000)] == [
        "",
        "a few seconds left",
        "about 40 s left",
        "about 3 min left",
        "about 1 h 57 min left",
    ]
    assert [points(p) for p in (0.012, -0.006, -0.0001)] == ["+1.2", "−0.6", "0.0"]
    rows = [
        {"epoch": 1, "val_accuracy": 0.5, "val_loss": 1.0},
        {"epoch": 2, "val_accuracy": 0.6, "val_loss": 1.0},
        {"epoch": 3, "val_accuracy": 0.6, "val_loss": 1.0},
    ]
    assert best_epoch(rows) == 2
    assert best_epoch([{"epoch": 1}, {"epoch": 2}]) == 2 and best_epoch(()) == 0
    assert Series(1, "x", tuple(rows)).points("loss") == ([], [])
