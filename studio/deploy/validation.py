"""What a kit did with a design, beside what the gauges say of it."""

import msgspec

from studio.core.report import Interval
from studio.deploy.counts import OperatorCount


class Estimate(msgspec.Struct, frozen=True):
    """What the gauges say of the same build."""

    flash_bytes: int
    ram_bytes: int
    stack_bytes: int
    instructions: int
    frontend_instructions: int
    cycles: int
    latency_ms: Interval


class Validation(msgspec.Struct, frozen=True):
    """What the kit did, beside the estimate. Sizes in bytes; `ram_bytes` leaves out the stack.

    `engine` is what ran on the kit, `oracle` what its outputs are held against.

    `instructions` and `cycles_estimate` count one inference without the front end, `frontend_instructions` one clip's
    features. `feature_*` compare the kit's int8 features with the host's, in steps. `accuracy` is the share of clips whose
    label the kit heard right; `max_difference` is in steps of the output's quantisation. `run_ms` and `features_ms` are those cycles at
    the board's clock, stretched by the wait states of its flash: an estimate on a virtual kit, measured on silicon. `operators` is () where
    the kit cannot tell them apart; what else it cannot tell is None.
    """

    model: str
    target: str
    runtime: str
    engine: str
    oracle: str
    compiler: str
    trained: bool
    inputs: int
    mismatching_inputs: int
    max_difference: int
    feature_mismatch_share: float | None
    feature_max_difference: int | None
    accuracy: float | None
    macs: int
    instructions: int | None
    frontend_instructions: int | None
    cycles_estimate: int | None
    flash_bytes: int
    ram_bytes: int
    stack_bytes: int | None
    estimate: Estimate
    frontend_cycles: int | None = None
    run_ms: float | None = None
    features_ms: float | None = None
    operators: tuple[OperatorCount, ...] = ()
