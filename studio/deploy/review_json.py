"""A review as JSON: what `otolith report --json` prints, with the design, the plan, the run and the kits' figures."""

from typing import Any

import msgspec

from studio.deploy.review import SCHEMA, Review
from studio.estimate.report import as_json
from studio.estimate.rests import RESTS_ON


def write_json(review: Review) -> bytes:
    """Write a review as JSON; sizes in bytes, times as their names say. `rests_on` names the sources of each of a report's figures."""
    plain: dict[str, Any] = {"schema": SCHEMA, "rests_on": RESTS_ON, **_own(review), **as_json(review.figures, review.reports)}
    return msgspec.json.format(msgspec.json.encode(plain), indent=1) + b"\n"


def _own(review: Review) -> dict[str, Any]:
    own: dict[str, Any] = msgspec.to_builtins(review, enc_hook=list)
    del own["figures"]
    own["targets"] = [
        {
            "id": t.target.id,
            "name": t.target.name,
            "core": t.target.core.id,
            "clock_hz": t.target.clock_hz,
            "flash_free": t.target.flash.free,
            "ram_free": t.target.ram.free,
            "energy": msgspec.to_builtins(t.energy),
            "kits": msgspec.to_builtins(t.kits),
        }
        for t in review.targets
    ]
    return own
