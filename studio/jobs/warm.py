"""A child process that stays: it does one job after another, each a line on its stdin, and imports what they need once."""

import importlib
import sys
import threading
import time
from functools import partial
from queue import SimpleQueue
from typing import BinaryIO

from studio.jobs.child import ORPHAN_GRACE_S, Voice, do_job, end_group, step_back, take_stdin, take_stdout
from studio.jobs.events import decode_spec

Asked = SimpleQueue[tuple[bytes, threading.Event] | None]


def main(argv: list[str] | None = None) -> int:
    """Import the modules that argv names, then do jobs until stdin ends."""
    step_back()
    voice = Voice(take_stdout())
    asked: Asked = SimpleQueue()
    threading.Thread(target=_listen, args=(take_stdin(), asked), daemon=True, name="job-stdin").start()
    for module in sys.argv[1:] if argv is None else argv:
        importlib.import_module(module)
    while (job := asked.get()) is not None:
        line, cancel = job
        do_job(partial(decode_spec, line, "stdin"), voice, cancel)
    return 0


def _listen(words: BinaryIO, asked: Asked) -> None:
    cancel = threading.Event()
    for line in words:
        if line.strip() == b"cancel":
            cancel.set()
        else:
            cancel = threading.Event()
            asked.put((line, cancel))
    cancel.set()
    asked.put(None)
    time.sleep(ORPHAN_GRACE_S)
    end_group()


if __name__ == "__main__":
    sys.exit(main())
