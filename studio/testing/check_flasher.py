"""Hold a flasher against its promises, without a kit: what it knows, and that looking for probes does not hang."""

import threading
from typing import Any

from studio.core.errors import StudioError
from studio.core.protocols import Flasher, Probe
from studio.deploy.boards import known_boards
from studio.testing.findings import Finding, from_error, protocol_findings

FIND_S = 10.0


def check_flasher(flasher: Flasher, find_s: float = FIND_S) -> list[Finding]:
    """Check that supports() answers for every board, and that find() lists probes within `find_s` seconds; [] where all holds."""
    where = f"flasher {getattr(flasher, 'id', '?')}"
    found = protocol_findings(flasher, Flasher, where)
    if found:
        return found
    try:
        return _supports(flasher, where) + _find(flasher, where, find_s)
    except StudioError as error:
        return [from_error(error, where)]


def _supports(flasher: Flasher, where: str) -> list[Finding]:
    boards = known_boards().values()
    answers = {b.id: flasher.supports(b) for b in boards}
    found = [
        Finding(where, f"supports() answers {a!r} for {id}, not True or False") for id, a in answers.items() if not isinstance(a, bool)
    ]
    named = [b.id for b in boards if any(m.flasher == flasher.id for m in b.flash_methods)]
    found += [Finding(where, f"the board {id} names it, but it does not support that board") for id in named if answers[id] is False]
    return found


def _find(flasher: Flasher, where: str, find_s: float) -> list[Finding]:
    said: list[Any] = []

    def ask() -> None:
        try:
            said.append(flasher.find())
        except StudioError as error:
            said.append(error)

    thread = threading.Thread(target=ask, daemon=True, name="check-find")
    thread.start()
    thread.join(find_s)
    if not said:
        return [Finding(where, f"find() has not answered in {find_s:g} s", "list what is there now; do not wait for a probe")]
    if isinstance(said[0], StudioError):
        return [from_error(said[0], where)]
    if not isinstance(said[0], tuple) or not all(isinstance(p, Probe) for p in said[0]):
        return [Finding(where, "find() does not return a tuple of Probe")]
    ids = [p.id for p in said[0]]
    return [Finding(where, f"find() names the probe {i!r} twice") for i in sorted({i for i in ids if ids.count(i) > 1})]
