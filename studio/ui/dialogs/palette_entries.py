"""What the command palette finds: actions, rooms, operators, boards, recent projects, clips."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from studio.core.edits import SetTargets
from studio.ui.actions import ACTIONS
from studio.ui.canvas.gestures import add_behind_selection
from studio.ui.canvas.operators import CATEGORIES, operators
from studio.ui.dialogs.fuzzy import match
from studio.ui.panels.target_more import edit_energy, show_sheet

if TYPE_CHECKING:
    from studio.ui.main_window import MainWindow

SHOWN = 60
RECENT = 12
_ORDER = {"action": 0, "room": 1, "block": 2, "board": 3, "project": 4, "clip": 5}
_NAMED, _MISS = 20.0, 0.0


class Entry(msgspec.Struct, frozen=True, eq=False):
    """A thing that the palette can do: `title` is found letter by letter, `also` word by word; `keys` do the same without it.

    `tail` is shown behind the title and is not searched.
    """

    id: str
    title: str
    kind: str
    group: str
    run: Callable[[], object]
    keys: str = ""
    tail: str = ""
    also: str = ""
    help: str = ""


class Hit(msgspec.Struct, frozen=True, eq=False):
    """An entry that was found, with the places of the typed letters in its title."""

    entry: Entry
    places: tuple[int, ...] = ()


def entries(window: "MainWindow") -> list[Entry]:
    """List everything that can be done now."""
    return [*_actions(window), *_rooms(window), *_blocks(window), *_boards(window), *_projects(window), *_clips(window)]


def find(listed: Sequence[Entry], typed: str, recent: Sequence[str]) -> list[Hit]:
    """Return the entries that fit what is typed, the best first; with nothing typed, those used lately and then the actions."""
    used = {id: RECENT - n for n, id in enumerate(recent[:RECENT])}
    if not typed.strip():
        shown = [e for e in listed if e.id in used or e.kind in ("action", "room")]
        return [Hit(e) for e in sorted(shown, key=lambda e: -used.get(e.id, 0))][:SHOWN]
    words = typed.lower().split()
    scored = ((_score(e, typed, words), e) for e in listed)
    hits = [(s[0] + used.get(e.id, 0), s[1], e) for s, e in scored if s is not None]
    hits.sort(key=lambda h: (-h[0], _ORDER[h[2].kind]))
    return [Hit(e, places) for _, places, e in hits[:SHOWN]]


def _score(entry: Entry, typed: str, words: Sequence[str]) -> tuple[float, tuple[int, ...]] | None:
    """Score a title letter by letter; failing that, every word must stand in the rest. Clips are many: only their words count."""
    if entry.kind != "clip":
        found = match(typed, entry.title)
        if found is not None and _is_meant(found[1], entry.title):
            return found
    text = f"{entry.title} {entry.also} {entry.help} {entry.group}".lower()
    if not all(w in text for w in words):
        return None
    return (_NAMED if any(a.startswith(words[0]) for a in entry.also.lower().split()) else _MISS), ()


def _is_meant(places: tuple[int, ...], title: str) -> bool:
    """Whether the letters stand in runs and at words' starts: one may stand elsewhere, more are chance."""
    stray = [p for p, before in zip(places, (-2, *places), strict=False) if p != before + 1 and p and title[p - 1].isalnum()]
    return len(stray) <= 1


def _actions(window: "MainWindow") -> Iterator[Entry]:
    for action in ACTIONS:
        qt = window.actions_by_id[action.id]
        if qt.isEnabled() and action.id != "palette" and not action.id.startswith("room_"):
            yield Entry(f"action.{action.id}", action.title, "action", action.menu, qt.trigger, _keys(action.keys), help=action.help)


def _rooms(window: "MainWindow") -> Iterator[Entry]:
    from studio.ui.main_window import ROOMS

    known = {a.id: a for a in ACTIONS}
    for room in ROOMS:
        action = known.get(f"room_{room.id}")
        keys, help = (_keys(action.keys), action.help) if action else ("", "")
        yield Entry(f"room.{room.id}", f"Go to {room.title}", "room", "Room", partial(window.show_room, room.id), keys, help=help)


def _keys(keys: Sequence[str]) -> str:
    return keys[0] if keys else ""


def _blocks(window: "MainWindow") -> Iterator[Entry]:
    session = window.session
    graph = session.document.project.graph
    after = next((id for id in reversed(session.selection) if id in graph.by_id), "")
    for operator in operators(session.blocks):
        tail = f"behind {after}" if after else ""
        group = CATEGORIES.get(operator.category, operator.category)
        run = partial(_add_block, window, operator.kind)
        yield Entry(f"block.{operator.kind}", f"Add {operator.title}", "block", group, run, "", tail, operator.kind, operator.help)


def _add_block(window: "MainWindow", kind: str) -> None:
    window.show_room("design")
    id = add_behind_selection(window.session, kind)
    if id:
        window.session.select((id,))


def _boards(window: "MainWindow") -> Iterator[Entry]:
    session = window.session
    chosen = session.document.project.targets
    for board in session.gauges.boards.values():
        also = f"{board.id} {board.vendor} {board.soc} {board.core.name} board target"
        if board.id in chosen:
            energy = partial(edit_energy, window.targets, board.id)
            yield Entry(
                f"energy.{board.id}", f"Energy and battery of {board.name}…", "board", board.core.name, energy, also=f"{also} current"
            )
        sheet = partial(show_sheet, window.targets, board.id)
        yield Entry(f"sheet.{board.id}", f"Sheet and sources of {board.name}…", "board", board.core.name, sheet, also=also)
        if board.id in chosen:
            run = partial(session.try_push, SetTargets(tuple(t for t in chosen if t != board.id)))
            yield Entry(f"board.-{board.id}", f"Remove target {board.name}", "board", board.core.name, run, also=also)
        else:
            run = partial(session.try_push, SetTargets((*chosen, board.id)))
            yield Entry(f"board.{board.id}", f"Add target {board.name}", "board", board.core.name, run, also=also)


def _projects(window: "MainWindow") -> Iterator[Entry]:
    for path in window.session.settings.get("recent", []) or []:
        folder = Path(str(path))
        if folder != window.session.document.path and folder.is_dir():
            run = partial(window.commands.open_recent, folder)
            yield Entry(f"project.{folder}", f"Open project {folder.name}", "project", "Recent", run, also=str(folder), help=str(folder))


def _clips(window: "MainWindow") -> Iterator[Entry]:
    session = window.session
    library = session.document.library
    for number, segment in enumerate(library.segments):
        recording = library.by_id.get(segment.recording)
        speaker = recording.speaker if recording else ""
        title = f"Clip {segment.label}" + (f" · speaker {speaker}" if speaker else "") + f" · {segment.recording}"
        run = partial(session.show_segment, number)
        yield Entry(f"clip.{segment.recording}.{segment.start}", title, "clip", segment.split, run, also=segment.split)
