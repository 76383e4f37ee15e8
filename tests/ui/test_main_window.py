from studio.ui.main_window import ROOMS


def test_the_window_shows_the_sample_and_its_rooms(window):
    assert window.isVisible()
    assert window.windowTitle().startswith("keywords")
    for room in ROOMS:
        window.show_room(room.id)
        assert window.current_room == room.id
