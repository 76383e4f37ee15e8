"""What the actions do: one method each, thin over the session and the rooms."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QMessageBox

from studio import __version__
from studio.core.errors import ProjectLocked, StudioError
from studio.ui import opening, theme
from studio.ui.questions import ask

if TYPE_CHECKING:
    from studio.ui.main_window import MainWindow


class Commands:
    """The window's commands; each may be called by a menu, a key, the palette or a test."""

    def __init__(self, window: "MainWindow") -> None:
        self.window = window
        self.discard = False

    @property
    def session(self):
        return self.window.session

    # files

    def new_project(self) -> None:
        """Ask for recordings and make a project of them."""
        from studio.ui.dialogs.new_project import NewProjectDialog

        if self._may_leave():
            dialog = NewProjectDialog(self.session, self.window)
            if dialog.exec() and dialog.folder:
                self.open_folder_as_project(dialog.folder)

    def open_project(self) -> None:
        """Ask for a project's folder and open it."""
        if self._may_leave():
            self._choose_project()

    def _choose_project(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self.window, "Open a project's folder", str(self.session.document.path.parent))
        if chosen:
            self.open_folder_as_project(Path(chosen))

    def open_folder_as_project(self, folder: Path) -> None:
        """Open a project in place of the present one, which an error leaves open."""
        discard, self.discard = self.discard, False
        try:
            self.session.open(folder, discard)
        except ProjectLocked as error:
            self._offer_copy(folder, error)
        except StudioError as error:
            self.show_error(error)
        else:
            self.session.attempt(lambda: opening.remember(self.session.settings, folder))

    def _offer_copy(self, folder: Path, error: ProjectLocked) -> None:
        verbs = (opening.COPY, opening.OTHER)
        chosen = ask(self.window, "Open elsewhere", f"{folder.name}: {error.message}.", verbs, more=opening.COPY_HELP)
        if chosen == opening.OTHER:
            self._choose_project()
        elif chosen == opening.COPY:
            try:
                copy = opening.copy_beside(folder, self.session.blocks)
            except StudioError as problem:
                self.show_error(problem)
            else:
                self.open_folder_as_project(copy)

    def open_recent(self, folder: Path) -> None:
        """Open a project that was open before."""
        if self._may_leave():
            self.open_folder_as_project(folder)

    def open_sample(self) -> None:
        """Open a fresh copy of the sample."""
        if self._may_leave():
            try:
                folder = opening.fresh_sample()
            except StudioError as error:
                self.show_error(error)
            else:
                self.open_folder_as_project(folder)

    def save(self) -> None:
        """Save the document; where somebody else changed its files, ask whose are to be kept."""
        document = self.session.document
        try:
            names = document.changed_on_disk()
            if names and not self._keep_mine(names):
                return
            document.save()
        except StudioError as error:
            self.show_error(error)
        else:
            self.window.tell(f"saved {document.path}")

    def _keep_mine(self, names: Sequence[str]) -> bool:
        text = f"{' and '.join(names)} changed on disk since the project was read."
        chosen = ask(
            self.window, "Changed on disk", text, ("Keep mine", "Load theirs"), more="Loading theirs can be taken back with Ctrl+Z."
        )
        if chosen == "Load theirs":
            self.reload()
        return chosen == "Keep mine"

    def reload(self) -> None:
        """Take what is on disk; Ctrl+Z takes it back."""
        try:
            self.session.document.reload()
        except StudioError as error:
            self.show_error(error)
        else:
            self.window.tell("loaded what is on disk; Ctrl+Z takes it back")

    def save_as(self) -> None:
        """Copy the project to another folder and go on there."""
        chosen, _ = QFileDialog.getSaveFileName(self.window, "Save the project as a new folder", str(self.session.document.path))
        if chosen:
            self.save_to(Path(chosen))

    def save_to(self, folder: Path) -> None:
        """Copy the project with its unsaved changes to a new folder and open it there; the old one stays as it was saved."""
        document = self.session.document
        try:
            document.folder.copy_to(folder, document.project, document.library, document.state.positions)
        except StudioError as error:
            self.show_error(error)
            return
        self.discard = True
        self.open_folder_as_project(folder)

    def design_report(self) -> None:
        """Write a report on the design as it stands, for a review."""
        from studio.ui.design_report import write_report

        write_report(self.window)

    def settings(self) -> None:
        """Show the settings."""
        from studio.ui.dialogs.settings import SettingsDialog

        SettingsDialog(self.session, self.window).exec()

    def quit(self) -> None:
        """Close the window."""
        self.window.close()

    def may_close(self) -> bool:
        """Ask about running jobs and unsaved changes."""
        return self._may_leave()

    def _may_leave(self) -> bool:
        self.discard = False
        return self._may_stop_jobs() and self._may_drop_changes()

    def _may_stop_jobs(self) -> bool:
        running = self.session.jobs.running()
        if not running:
            return True
        what = " and ".join(j.title for j in running)
        if not ask(
            self.window, "Still at work", f"{what}: still running.", ("Stop it" if len(running) == 1 else "Stop all",), "Let it run"
        ):
            return False
        self.session.jobs.stop_all()
        return True

    def _may_drop_changes(self) -> bool:
        if self.session.document.is_saved:
            return True
        name = self.session.document.project.name
        chosen = ask(self.window, "Unsaved changes", f"Save the changes to {name}?", ("Save", "Discard changes"), "Keep editing")
        if chosen == "Save":
            self.save()
            return self.session.document.is_saved
        self.discard = chosen == "Discard changes"
        return self.discard

    # editing

    def undo(self) -> None:
        """Take the last change back."""
        self.session.document.undo_stack.undo()

    def redo(self) -> None:
        """Make it again."""
        self.session.document.undo_stack.redo()

    def copy_blocks(self) -> None:
        """Copy the selected blocks with the wires between them."""
        self._canvas().copy_selected()

    def paste_blocks(self) -> None:
        """Paste the copied blocks."""
        self._canvas().paste()

    def duplicate_blocks(self) -> None:
        """Copy and paste in one."""
        self._canvas().copy_selected()
        self._canvas().paste()

    def delete_selected(self) -> None:
        """Delete what is selected in the room that is shown."""
        room = self.window.room(self.window.current_room)
        if hasattr(room, "delete_selected"):
            room.delete_selected()

    def select_all(self) -> None:
        """Select all blocks."""
        self._canvas().select_all()

    def add_block(self) -> None:
        """Open the quick menu of operators."""
        self.window.show_room("design")
        self._canvas().open_quick_menu()

    # view

    def command_palette(self) -> None:
        """Open the command palette."""
        from studio.ui.dialogs.command_palette import CommandPalette

        CommandPalette(self.window).open_over()

    def show_sounds(self) -> None:
        """Show the Sounds room."""
        self.window.show_room("sounds")

    def show_design(self) -> None:
        """Show the Design room."""
        self.window.show_room("design")

    def show_train(self) -> None:
        """Show the Train room."""
        self.window.show_room("train")

    def show_deploy(self) -> None:
        """Show the Deploy room."""
        self.window.show_room("deploy")

    def show_sound(self) -> None:
        """Show the front end, the clip and the fields under the graph."""
        self.window.show_view("sound")

    def show_memory(self) -> None:
        """Show the memory over time."""
        self.window.show_view("memory")

    def show_operators(self) -> None:
        """Show what each operator costs."""
        self.window.show_view("operators")

    def show_boards(self) -> None:
        """Show what the design costs on every board."""
        self.window.show_view("boards")

    def show_history(self) -> None:
        """Show what the last edits cost."""
        self.window.show_view("history")

    def zoom_fit(self) -> None:
        """Show the whole graph."""
        self._canvas().zoom_fit()

    def zoom_in(self) -> None:
        """Zoom in."""
        self._canvas().zoom_by(1.25)

    def zoom_out(self) -> None:
        """Zoom out."""
        self._canvas().zoom_by(0.8)

    def arrange(self) -> None:
        """Lay the graph out anew."""
        self._canvas().arrange()

    def toggle_theme(self) -> None:
        """Change between dark and light."""
        mode = "light" if theme.theme().mode == "dark" else "dark"
        self.session.attempt(lambda: self.session.change_setting("theme", mode))

    def show_jobs(self) -> None:
        """Show the list of jobs."""
        from studio.ui.dialogs.jobs import JobsDialog

        JobsDialog.show_for(self.window)

    def show_self_check(self) -> None:
        """Show the plans beside what came of them."""
        from studio.ui.dialogs.self_check import SelfCheck

        SelfCheck.show_for(self.window)

    def reset_layout(self) -> None:
        """Give every panel its first place and size."""
        self.window.reset_layout()

    # design, sounds

    def choose_targets(self) -> None:
        """Choose which boards have a card."""
        from studio.ui.dialogs.targets import TargetsDialog

        TargetsDialog(self.session, self.window).exec()

    def show_board_sheets(self) -> None:
        """Show every board with the sources of its numbers."""
        from studio.ui.dialogs.boards import show_boards

        show_boards(self.session, self.window)

    def new_board(self) -> None:
        """Make a board of one's own by a form."""
        from studio.ui.dialogs.boards import show_new_board

        show_new_board(self.session, self.window)

    def edit_energy(self) -> None:
        """Show and change what a target's energy is counted with: the one whose card has the focus, or the first."""
        from studio.ui.panels.target_more import edit_energy

        edit_energy(self.window.targets)

    def toggle_int8(self) -> None:
        """Show the features as the kit sees them, or as the host computes them."""
        self.window.room("design").toggle_int8()

    def play_clip(self) -> None:
        """Play the shown clip, or stop."""
        room = self.window.room(self.window.current_room)
        (room if hasattr(room, "play") else self.window.room("design")).play()

    def next_clip(self) -> None:
        """Show the next clip."""
        self._step_clip(1)

    def previous_clip(self) -> None:
        """Show the previous clip."""
        self._step_clip(-1)

    def _step_clip(self, step: int) -> None:
        count = len(self.session.document.library.segments)
        if count:
            self.session.show_segment((self.session.segment + step) % count)

    def record(self) -> None:
        """Record a clip in the Sounds room."""
        self.window.show_room("sounds")
        self.window.room("sounds").record()

    # work

    def train(self) -> None:
        """Train in the Train room."""
        self.window.show_room("train")
        self.window.room("train").train()

    def prove(self) -> None:
        """Prove the design on the targets' virtual kits."""
        self.window.targets.prove()

    def prove_file(self, path: str) -> None:
        """Prove a .tflite that was dropped on the window."""
        self.window.targets.prove_file(Path(path))

    def flash(self) -> None:
        """Flash the chosen target in the Deploy room."""
        self.window.show_room("deploy")
        self.window.room("deploy").flash()

    def export(self) -> None:
        """Export in the Deploy room."""
        self.window.show_room("deploy")
        self.window.room("deploy").export()

    def cancel_jobs(self) -> None:
        """Cancel everything that runs."""
        for job in self.session.jobs.running():
            job.cancel()

    # help

    def about(self) -> None:
        """Say what this is."""
        QMessageBox.about(
            self.window,
            "About Otolith Studio",
            f"<b>Otolith Studio {__version__}</b><br>Design audio neural networks that run on microcontrollers.<br>"
            "MIT licence. Runs unicorn (GPL-2.0) in a process of its own.",
        )

    def open_folder(self) -> None:
        """Open the project's folder in the desktop's file manager."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.session.document.path)))

    def show_error(self, error: object) -> None:
        """Show an error once; the same one again only refreshes the dialog that is open."""
        from studio.ui.dialogs.error import ErrorDialog

        ErrorDialog.show_for(self.window, error)

    def _canvas(self):
        return self.window.room("design").canvas
