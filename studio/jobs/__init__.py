"""Long work in child processes that speak JSON lines.

The protocol, for the command line, the tests and a window's QProcess alike:

* Start `python -P -m studio.jobs.child job.json` (`parent.command` and `parent.environment` make both) as the leader
  of a process group of its own. The file holds {"schema": 1, "entry": "studio.package.module:function", "args": {...},
  "name": "..."}; only entries inside `studio` are run, and they are called as function(args, context) -> dict.
* The child writes one event a line on stdout, UTF-8 JSON with its kind under "event":
    {"event": "started", "name": ..., "pid": ...}
    {"event": "progress", "fraction": 0..1, "message": ..., "seconds_left": number or null}
    {"event": "metric", "name": ..., "values": {name: number, or null where it is not finite}}
    {"event": "log", "text": ...}
    {"event": "artifact", "kind": ..., "path": ...}
  and exactly one of these last:
    {"event": "done", "result": {...}}
    {"event": "failed", "kind": class of studio.core.errors, "message", "hint", "where", "exit_code", "traceback"}
  Its exit code is 0 after done, else the failure's. A child that ends without a last event has crashed.
* Whatever the work prints goes to stderr, which belongs in a log file; it cannot break the protocol.
* The line "cancel" on stdin asks the work to finish its step and keep what is good: the child then ends with done
  (a result so far) or with failed, kind "Cancelled". After 5 s terminate the process group, after 2 more kill it.
* The end of stdin means that the parent is gone: the child takes it for "cancel" and ends itself a little later.
  So keep stdin open while the job runs.

A warm child, `python -P -m studio.jobs.warm` (`parent.warm_command`), does one job after another and so imports what they need once.
Its jobs are the same JSON, a line each on stdin; each ends with exactly one last event, in their order. "cancel" means the job that
was asked for last before it. It ends with its stdin.
"""

from studio.jobs.context import QuietContext, StepContext
from studio.jobs.events import Artifact, Done, Event, Failed, JobSpec, Log, Metric, Progress, Started
from studio.jobs.parent import run

__all__ = ["Artifact", "Done", "Event", "Failed", "JobSpec", "Log", "Metric", "Progress", "QuietContext", "Started", "StepContext", "run"]
