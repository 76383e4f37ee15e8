"""What a build is expected to take, and the refusal of one that cannot be: before anything is compiled."""

from studio.core.errors import InputError
from studio.core.report import ResourceReport
from studio.core.target import TargetDevice
from studio.deploy.subject import Subject
from studio.estimate.report import report


def expect(subject: Subject, target: TargetDevice) -> ResourceReport:
    """Estimate the subject's build for runtime c on a target.

    Raises InputError with the amounts where memory does not suffice, or with the operator that the runtime lacks.
    """
    interval = subject.project.interval_ms if subject.project else 1000.0
    estimate = report(subject.network, target, subject.runtime, frontend=subject.frontend, interval_ms=interval)
    errors = [issue for issue in estimate.issues if issue.severity == "error"]
    if errors:
        too_large = all(issue.id.startswith("fit.") for issue in errors)
        way_out = "choose a larger target or shrink the design" if too_large else "replace that block or operator"
        raise InputError("; ".join(issue.message for issue in errors), where=f"{subject.name} on {target.id}", hint=way_out)
    return estimate
