import msgspec
import pytest

from studio.core.errors import InputError
from studio.core.project import Recipe
from studio.storage.runs import (
    KEPT_IN_TRASH,
    METRICS,
    MODEL,
    RUN,
    TRASH,
    Run,
    discard_run,
    latest_run,
    list_runs,
    new_run,
    read_history,
    read_run,
    restore_run,
    write_run,
)


def _run(number, design="d"):
    return Run(number, design, 1.7e9, 12.5, 3, Recipe(), ("a", "b"), 0.9, 0.89, ((4, 1), (0, 5)), ((3, 2), (0, 5)), 2, 10, "tflite-micro")


def _done(runs, design="d"):
    folder = new_run(runs)
    write_run(folder, _run(int(folder.name), design))
    (folder / MODEL).write_bytes(b"model")
    return folder


def test_a_run_comes_back_equal(tmp_path):
    folder = _done(tmp_path / "runs")
    assert folder.name == "1"
    assert read_run(folder) == _run(1)


def test_runs_count_upwards_and_only_finished_ones_are_listed(tmp_path):
    runs = tmp_path / "runs"
    assert list_runs(runs) == ()
    for _ in range(11):
        last = _done(runs)
    half = new_run(runs)
    (runs / "notes").mkdir()
    assert (last.name, half.name) == ("11", "12")
    assert [r.number for r in list_runs(runs)] == list(range(1, 12))


def test_latest_run_of_a_design(tmp_path):
    runs = tmp_path / "runs"
    assert latest_run(runs, "d") is None
    first, second = _done(runs), _done(runs)
    _done(runs, "other")
    without = new_run(runs)
    write_run(without, _run(4))
    assert latest_run(runs, "d") == second
    (second / RUN).write_text("{broken")
    assert latest_run(runs, "d") == first
    assert latest_run(runs, "none") is None


@pytest.mark.parametrize("change", [{"schema": 2}, {"extra": 1}, {"labels": 3}])
def test_a_foreign_run_is_refused(tmp_path, change):
    folder = _done(tmp_path)
    (folder / RUN).write_bytes(msgspec.json.encode({"schema": 1, **msgspec.to_builtins(_run(1)), **change}))
    with pytest.raises(InputError) as caught:
        read_run(folder)
    assert RUN in caught.value.where


def test_a_place_that_cannot_hold_runs(tmp_path):
    (tmp_path / "runs").touch()
    with pytest.raises(InputError):
        new_run(tmp_path / "runs")


def test_a_run_goes_to_the_trash_and_comes_back(tmp_path):
    runs = tmp_path / "runs"
    _done(runs), _done(runs)
    place = discard_run(tmp_path, 2)
    assert [r.number for r in list_runs(runs)] == [1]
    assert restore_run(tmp_path, place) == 2
    assert [r.number for r in list_runs(runs)] == [1, 2]
    assert list((tmp_path / TRASH).iterdir()) == []


def test_a_run_whose_number_was_taken_comes_back_under_another(tmp_path):
    runs = tmp_path / "runs"
    _done(runs)
    place = discard_run(tmp_path, 1)
    _done(runs)
    assert restore_run(tmp_path, place) == 2
    assert [r.number for r in list_runs(runs)] == [1, 2]


def test_the_trash_keeps_the_newest(tmp_path):
    places = []
    for _ in range(KEPT_IN_TRASH + 2):
        _done(tmp_path / "runs")
        places.append(discard_run(tmp_path, 1))
    assert [p.exists() for p in places] == [False, False] + [True] * KEPT_IN_TRASH


def test_a_history_that_was_not_written_so_is_none(tmp_path):
    assert read_history(tmp_path) == ()
    (tmp_path / METRICS).write_text('{"epoch": 1, "loss": 2.0}\n{"epoch": 2, "loss": 1.5}\n')
    assert read_history(tmp_path) == ({"epoch": 1.0, "loss": 2.0}, {"epoch": 2.0, "loss": 1.5})
    for broken in ("[1]\n", "{\n", '{"epoch": null}\n'):
        (tmp_path / METRICS).write_text(broken)
        assert read_history(tmp_path) == ()
