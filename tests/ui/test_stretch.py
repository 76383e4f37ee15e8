import pytest

from studio.ui.plots.stretch import SHORTEST_S, Stretch


def test_it_stays_within_the_sound():
    stretch = Stretch()
    stretch.set_length(10.0)
    stretch.show(9.5, 10.5)
    assert (stretch.start, stretch.end) == (9.0, 10.0)
    stretch.pan(-20.0)
    assert (stretch.start, stretch.end) == (0.0, 1.0)
    stretch.zoom(100.0)
    assert (stretch.start, stretch.end) == (0.0, 10.0)
    stretch.show(4.0, 4.0)
    assert stretch.seconds == pytest.approx(SHORTEST_S)


def test_what_is_zoomed_about_stays_in_place():
    stretch = Stretch()
    stretch.set_length(4.0)
    stretch.zoom(0.5, about=1.0)
    assert (stretch.start, stretch.end) == (0.5, 2.5)


def test_it_tells_of_changes_alone(qtbot):
    stretch = Stretch()
    with qtbot.assertNotEmitted(stretch.changed):
        stretch.show_all()
    with qtbot.waitSignal(stretch.changed):
        stretch.zoom(0.5)


@pytest.mark.parametrize(
    ("start", "end", "most", "texts"),
    [
        (0.0, 1.0, 4, ["0.0 s", "0.5 s", "1.0 s"]),
        (0.0, 10.0, 5, ["0 s", "2 s", "4 s", "6 s", "8 s", "10 s"]),
        (0.1, 0.13, 3, ["0.10 s", "0.11 s", "0.12 s", "0.13 s"]),
        (1.234, 1.238, 2, ["1.234 s", "1.236 s", "1.238 s"]),
    ],
)
def test_ticks_are_round_and_few(start, end, most, texts):
    stretch = Stretch()
    stretch.set_length(60.0)
    stretch.show(start, end)
    assert [text for _, text in stretch.ticks(most)] == texts
    assert all(start - 1e-9 <= at <= end + 1e-9 for at, _ in stretch.ticks(most))
