"""The errors a user can meet: what is wrong, where, and the way out."""


class StudioError(Exception):
    """Say what went wrong and what to do next.

    `where` names the file, field or block; `hint` is the way out. `exit_code` is what the command
    line returns: 1 a check failed, 2 bad input, 3 a tool is missing.
    """

    exit_code = 2

    def __init__(self, message: str, *, hint: str = "", where: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.where = where

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.message}"


class InputError(StudioError):
    """A file, argument or value from the user that cannot be used."""


class ProjectLocked(InputError):
    """Another process has the project open; the message names it."""


class CheckFailed(StudioError):
    """A check that the user asked for did not hold."""

    exit_code = 1


class ToolMissing(StudioError):
    """A compiler, library or probe that this work needs is not there."""

    exit_code = 3


class JobFailed(StudioError):
    """A child process ended without a result."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "", where: str = "", traceback: str = "") -> None:
        super().__init__(message, hint=hint, where=where)
        self.traceback = traceback


class PluginFailed(JobFailed):
    """A plugin raised something that is no StudioError; it is switched off until the next start. `where` is the plugin's id."""


class Cancelled(StudioError):
    """The user stopped the work."""

    exit_code = 1


class GraphError(InputError):
    """An edit or a graph that the model refuses; `where` is the block's id."""


class UnknownBlock(GraphError):
    """No block has this id, or no operator has this kind."""


class PortTaken(GraphError):
    """The input port already has a wire."""


class CycleError(GraphError):
    """The wire would close a loop."""


class ShapeError(GraphError):
    """The operator cannot take inputs of these shapes."""


class ParameterError(GraphError):
    """A parameter is unknown, of the wrong type or out of its range."""


class UnsupportedOperator(InputError):
    """The runtime or the reader has no such operator; `where` names it."""
