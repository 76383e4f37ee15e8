"""What is wrong or could be better in a design, in a sentence and with its mend."""

from typing import Any, Literal

import msgspec

Severity = Literal["error", "warning", "advice"]


class Issue(msgspec.Struct, frozen=True):
    """One remark: `where` is a block, field or target; `fix` an Edit that mends it, if there is one."""

    id: str
    severity: Severity
    where: str
    message: str
    fix: Any = None
