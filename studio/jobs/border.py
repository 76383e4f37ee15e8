"""Any exception in the studio's terms, for the borders where foreign code is called."""

import errno

from studio.core.errors import InputError, JobFailed, StudioError, ToolMissing

SURROUNDINGS = frozenset([errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.EMFILE])


def is_surroundings(error: BaseException) -> bool:
    """Whether the disk, the permissions or the memory are at fault rather than the code that raised."""
    return isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in SURROUNDINGS)


def as_studio_error(error: Exception) -> StudioError:
    """Say any exception in the studio's terms: a full disk or a missing module has a way out, a bug has a traceback."""
    if isinstance(error, StudioError):
        return error
    if isinstance(error, ModuleNotFoundError) and (error.name or "studio").partition(".")[0] != "studio":
        package = (error.name or "").partition(".")[0]
        return ToolMissing(f"the Python module {package} is missing", hint=f"python -m pip install {package}")
    if isinstance(error, OSError) and error.strerror:
        return InputError(error.strerror, where=str(error.filename or ""), hint="check the disk's space and the folder's permissions")
    if isinstance(error, MemoryError):
        return JobFailed("the computer's memory is full", hint="close other programs, or take a smaller batch")
    return JobFailed(f"{type(error).__name__}: {error}", hint="this is a fault of the program; the traceback helps to mend it")
