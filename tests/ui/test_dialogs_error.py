"""The error dialog: what is said, what is copied, and that it never comes in a loop."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from studio.core.errors import InputError, JobFailed, ToolMissing
from studio.ui.dialogs.error import ErrorDialog


def caught():
    try:
        {}["missing"]
    except KeyError as error:
        return error


def dialogs(window):
    return [d for d in window.findChildren(ErrorDialog) if d.isVisible()]


def test_says_message_place_and_way_out(window):
    dialog = ErrorDialog.show_for(window, ToolMissing("zig is not installed", where="zig", hint="run: python -m pip install ziglang"))
    assert dialog.isVisible() and not dialog.isModal()
    assert dialog.message.text() == "zig is not installed"
    assert dialog.hint.text() == "run: python -m pip install ziglang"
    assert "zig" in dialog.where.text() and not dialog.details.isVisible()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_the_same_error_twice_is_one_dialog_that_counts(window):
    error = InputError("it does not fit", where="board", hint="take another")
    for _ in range(3):
        window.session.erred.emit(error)
    (dialog,) = dialogs(window)
    assert dialog.count.text() == "3 times" and len(dialog.accounts) == 1


def test_different_errors_wait_in_one_dialog(window):
    for number in range(100):
        window.commands.show_error(InputError(f"error {number}"))
    (dialog,) = dialogs(window)
    assert dialog.place.text() == "1 of 20"
    QTest.mouseClick(dialog.next, Qt.MouseButton.LeftButton)
    assert dialog.message.text() == "error 1"


def test_unexpected_error_has_its_traceback_and_is_copied_with_versions(window):
    dialog = ErrorDialog.show_for(window, caught())
    assert dialog.title.text() == "Something went wrong in the studio"
    assert dialog.details.isVisible() and not dialog.details.body.isVisible()
    QTest.mouseClick(dialog.details.head, Qt.MouseButton.LeftButton)
    assert dialog.details.body.isVisible() and "KeyError: 'missing'" in dialog.details.body.toPlainText()
    QTest.mouseClick(dialog.copy_button, Qt.MouseButton.LeftButton)
    copied = QGuiApplication.clipboard().text()
    assert "Traceback" in copied and "Otolith Studio" in copied and "Qt" in copied


def test_an_unexpected_error_that_repeats_after_closing_stays_away(window):
    error = caught()
    dialog = ErrorDialog.show_for(window, error)
    QTest.mouseClick(dialog.close_button, Qt.MouseButton.LeftButton)
    for _ in range(5):
        ErrorDialog.show_for(window, error)
    assert not dialogs(window)
    ErrorDialog.show_for(window, ValueError("another one"))
    assert len(dialogs(window)) == 1


def test_an_error_of_the_users_is_shown_each_time(window):
    error = InputError("there is no such folder", where="/nowhere")
    dialog = ErrorDialog.show_for(window, error)
    dialog.reject()
    ErrorDialog.show_for(window, error)
    assert dialog.isVisible() and dialog.count.text() == ""


def test_a_jobs_last_words_are_its_details(window):
    dialog = ErrorDialog.show_for(window, JobFailed("Train ended without a result (code -9)", traceback="Killed\nlast words"))
    assert dialog.details.body.toPlainText() == "Killed\nlast words"
