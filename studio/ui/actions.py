"""Every action once, as data: menus, keys and the command palette are made from this list."""

from typing import TYPE_CHECKING, Literal

import msgspec
from PySide6.QtGui import QAction, QKeySequence

if TYPE_CHECKING:
    from studio.ui.main_window import MainWindow

Menu = Literal["File", "Edit", "View", "Design", "Sounds", "Train", "Kit", "Help"]


class Action(msgspec.Struct, frozen=True):
    """An action: `call` names a method of the window's Commands; `keys` are its shortcuts."""

    id: str
    title: str
    menu: Menu
    call: str
    keys: tuple[str, ...] = ()
    help: str = ""
    separator: bool = False


ACTIONS = (
    Action("new", "New project from recordings…", "File", "new_project", ("Ctrl+N",), "make a project from a folder of recordings"),
    Action("open", "Open…", "File", "open_project", ("Ctrl+O",), "open a project's folder"),
    Action("sample", "Open the sample", "File", "open_sample", (), "open a fresh copy of the keywords sample"),
    Action("save", "Save", "File", "save", ("Ctrl+S",), "write the design, the recordings' tables and the layout", True),
    Action("save_as", "Save as…", "File", "save_as", ("Ctrl+Shift+S",), "copy the project to another folder and go on there"),
    Action("reload", "Reload from disk", "File", "reload", (), "take what somebody else wrote; Ctrl+Z takes it back"),
    Action("report", "Design report…", "File", "design_report", (), "write a design review as HTML, PDF, Markdown or JSON", True),
    Action("settings", "Settings…", "File", "settings", ("Ctrl+,",), "", True),
    Action("quit", "Quit", "File", "quit", ("Ctrl+Q",), "", True),
    Action("undo", "Undo", "Edit", "undo", ("Ctrl+Z",)),
    Action("redo", "Redo", "Edit", "redo", ("Ctrl+Shift+Z", "Ctrl+Y")),
    Action("copy", "Copy blocks", "Edit", "copy_blocks", ("Ctrl+C",), "", True),
    Action("paste", "Paste blocks", "Edit", "paste_blocks", ("Ctrl+V",)),
    Action("duplicate", "Duplicate blocks", "Edit", "duplicate_blocks", ("Ctrl+D",)),
    Action("delete", "Delete", "Edit", "delete_selected", ("Del",), "remove the selected blocks and wires"),
    Action("select_all", "Select all blocks", "Edit", "select_all", ("Ctrl+A",)),
    Action("palette", "Command palette…", "View", "command_palette", ("Ctrl+Shift+P",), "find any action by its name"),
    Action("room_sounds", "Sounds", "View", "show_sounds", ("Ctrl+1",), "record, label, library", True),
    Action("room_design", "Design", "View", "show_design", ("Ctrl+2",), "graph, front end, gauges"),
    Action("room_train", "Train", "View", "show_train", ("Ctrl+3",), "runs, curves, confusion"),
    Action("room_deploy", "Deploy", "View", "show_deploy", ("Ctrl+4",), "export, flash, kit"),
    Action("view_sound", "Sound and fields", "View", "show_sound", ("Alt+1",), "the front end's knobs, the clip, the selected block's fields", True),
    Action("view_memory", "Memory over time", "View", "show_memory", ("Alt+2",), "which bytes are alive when, and where the peak is"),
    Action("view_operators", "Operators and their costs", "View", "show_operators", ("Alt+3",), "MACs, weights, RAM and time of each operator"),
    Action("view_boards", "Boards that could run it", "View", "show_boards", ("Alt+4",), "flash, RAM, time and energy on every board"),
    Action("view_history", "History of the costs", "View", "show_history", ("Alt+5",), "what the last edits did to flash, RAM and time"),
    Action("zoom_fit", "Fit the graph", "View", "zoom_fit", ("Ctrl+0",), "", True),
    Action("zoom_in", "Zoom in", "View", "zoom_in", ("Ctrl++", "Ctrl+=")),
    Action("zoom_out", "Zoom out", "View", "zoom_out", ("Ctrl+-",)),
    Action("arrange", "Arrange the graph", "View", "arrange", ("Ctrl+L",), "lay the blocks out from left to right"),
    Action("theme", "Dark or light", "View", "toggle_theme", ("Ctrl+T",), "", True),
    Action("jobs", "Jobs", "View", "show_jobs", ("Ctrl+J",), "what runs, and what ran"),
    Action("self_check", "Self-check…", "View", "show_self_check", (), "planned flash, RAM and arena beside what the compiler and TFLM made of them"),
    Action("reset_layout", "Restore the panels", "View", "reset_layout"),
    Action("add_block", "Add a block…", "Design", "add_block", ("Shift+A",), "find an operator by its name and put it behind the selected block"),
    Action("targets", "Choose targets…", "Design", "choose_targets", ("Ctrl+B",), "which boards have a card"),
    Action("boards", "Boards and their sources…", "Design", "show_board_sheets", ("Ctrl+Shift+B",), "every number of a board and where it comes from; your own boards"),
    Action("new_board", "New board…", "Design", "new_board", (), "a form for a board of your own"),
    Action("energy", "Energy and battery…", "Design", "edit_energy", ("Ctrl+Shift+E",), "your own currents, regulator and battery for a target"),
    Action("int8_features", "Features as the kit sees them", "Design", "toggle_int8", ("Ctrl+I",), "show the features quantised to int8"),
    Action("play", "Play the clip", "Sounds", "play_clip", ("Space",)),
    Action("next_clip", "Next clip", "Sounds", "next_clip", ("Ctrl+Right",)),
    Action("previous_clip", "Previous clip", "Sounds", "previous_clip", ("Ctrl+Left",)),
    Action("record", "Record a clip", "Sounds", "record", ("Ctrl+R",), "record from the chosen device with the chosen label"),
    Action("train", "Train", "Train", "train", ("Ctrl+Return",), "train the design as it stands"),
    Action("prove", "Prove it", "Kit", "prove", ("F5",), "build the design as it stands, run it on the virtual kit, compare"),
    Action("flash", "Flash the kit", "Kit", "flash", ("F6",), "build, program the target, run"),
    Action("export", "Export", "Kit", "export", ("Ctrl+E",), "write the design with the exporter used last, to build/ in the project"),
    Action("cancel", "Cancel what runs", "Kit", "cancel_jobs", ("Ctrl+.",), "", True),
    Action("about", "About Otolith Studio", "Help", "about"),
    Action("folder", "Open the project's folder", "Help", "open_folder"),
)  # fmt: skip
MENUS: tuple[Menu, ...] = ("File", "Edit", "View", "Design", "Sounds", "Train", "Kit", "Help")


def make_actions(window: "MainWindow") -> dict[str, QAction]:
    """Make the QActions and the menus; each calls its method of the window's commands."""
    made: dict[str, QAction] = {}
    menus = {name: window.menuBar().addMenu(name) for name in MENUS}
    for action in ACTIONS:
        if action.separator:
            menus[action.menu].addSeparator()
        qt = QAction(action.title, window)
        qt.setObjectName(action.id)
        qt.setShortcuts([QKeySequence(k) for k in action.keys])
        qt.setStatusTip(action.help)
        qt.triggered.connect(getattr(window.commands, action.call))
        menus[action.menu].addAction(qt)
        window.addAction(qt)
        made[action.id] = qt
    return made
