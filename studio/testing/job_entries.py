"""Small jobs that show each thing a job can do: for tests of what starts, cancels and shows jobs."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from studio.core import errors
from studio.core.protocols import JobContext


def count(args: dict[str, Any], context: JobContext) -> dict[str, Any]:
    """Count `steps` steps of `step_s` seconds; a cancel ends it with the count so far."""
    done = 0
    for done in range(1, args["steps"] + 1):
        time.sleep(args.get("step_s", 0))
        context.progress(done / args["steps"], f"step {done}")
        context.metric("step", {"number": done, "undefined": float("nan")})
        if context.cancelled:
            break
    context.log("counted")
    context.artifact("text", Path("count.txt"))
    return {"count": done, "cancelled": context.cancelled}


def save_slowly(args: dict[str, Any], context: JobContext) -> dict[str, Any]:
    """Wait for a cancel, then take `steps` steps of `step_s` seconds to keep what is good, speaking at each."""
    context.metric("ready", {})
    while not context.cancelled:
        time.sleep(0.01)
    for step in range(args["steps"]):
        time.sleep(args["step_s"])
        context.log(f"kept {step + 1}")
    return {"kept": args["steps"]}


def print_much(args: dict[str, Any], context: JobContext) -> dict[str, Any]:
    """Print by Python, by the file descriptor and from a child of its own, none of which is an event."""
    print('{"event": "done", "result": {"false": true}}')
    os.write(1, b"raw words\n")
    subprocess.run([sys.executable, "-c", "print('words of a grandchild')"], check=True)
    return {"stdin": sys.stdin.read() if args.get("read") else ""}


def fail(args: dict[str, Any], context: JobContext) -> dict[str, Any]:
    """Raise the error of the class `kind` of studio.core.errors, or else a bug's."""
    if args["kind"] == "bug":
        return {"half": 1 / 0}
    if args["kind"] == "file":
        Path(args["path"]).write_text("x")
    if args["kind"] == "module":
        import no_such_module  # noqa: F401 - on purpose
    raise getattr(errors, args["kind"])("it does not fit", hint="make it smaller", where="conv_3")


def crash(args: dict[str, Any], context: JobContext) -> dict[str, Any]:
    """End this process by the signal `signal`, as a fault in native code would."""
    print("about to fall", file=sys.stderr)
    sys.stderr.flush()
    os.kill(os.getpid(), args["signal"])
    time.sleep(60)
    return {}


def sleep_deaf(args: dict[str, Any], context: JobContext) -> dict[str, Any]:
    """Sleep, deaf to a cancel, beside a grandchild (in a session of its own where `apart`); the metric "pids" names both."""
    sleep = [sys.executable, "-c", "import time; time.sleep(120)"]
    grandchild = subprocess.Popen(sleep, start_new_session=args.get("apart", False))
    context.metric("pids", {"child": os.getpid(), "grandchild": grandchild.pid})
    context.log("asleep")
    if args.get("leave"):
        return {}
    time.sleep(120)
    return {}


def exit_without_word(args: dict[str, Any], context: JobContext) -> dict[str, Any]:
    """End the process as sys.exit does, without a result."""
    print("bye", file=sys.stderr)
    sys.exit(7)


def arrays(args: dict[str, Any], context: JobContext) -> dict[str, Any]:
    """Return what numpy gives, or what JSON cannot carry."""
    import numpy as np

    return {"array": np.arange(3), "scalar": np.float32(0.5), "path": Path("a")} if not args.get("bad") else {"x": object()}
