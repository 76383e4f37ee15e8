"""From cycles at no wait states to milliseconds on a board, with a band that says where it comes from."""

from types import MappingProxyType

import msgspec

from studio.core.report import Interval
from studio.core.target import TargetDevice

WAIT_STATE_COST = 0.04
CACHED_WAIT_STATE_COST = 0.02


class Band(msgspec.Struct, frozen=True):
    """Factors on the value, and what they were held against."""

    low: float
    high: float
    source: str


BANDS = MappingProxyType(
    {
        "c": Band(
            0.65,
            1.5,
            "the cycle model against another tuned engine, for want of a board: MLPerf Tiny keyword model, X-CUBE-AI 9.0, 43.2 ms on a"
            " Cortex-M4 at 120 MHz and 11.3 ms on a Cortex-M7 at 280 MHz",
        ),
        "tflm": Band(
            0.7,
            2.0,
            "MLPerf Tiny keyword model with CMSIS-NN: microTVM 99.8 ms (v1.0), TFLM 2.3.1 181.9 ms (v0.5) on a Cortex-M4 at 120 MHz",
        ),
        "tflm-ref": Band(
            0.3,
            1.4,
            "MLPerf Tiny keyword model: TFLM 2.3.1 181.9 ms on a Cortex-M4 at 120 MHz; today's reference kernels count 2.7 times that",
        ),
    }
)


def wait_factor(target: TargetDevice) -> float:
    """Return by how much flash wait states stretch the time: 4 % a wait state behind prefetch and a flash cache, 2 % behind a Cortex-M7's caches.

    The 4 % were chosen so that the keyword model with CMSIS-NN comes to the 99.8 ms that MLPerf Tiny v1.0 reports for 5 wait states, within 10 %.
    """
    cost = CACHED_WAIT_STATE_COST if target.core.id == "cortex-m7" else WAIT_STATE_COST
    return 1.0 + cost * target.flash_wait_states


def latency_ms(target: TargetDevice, runtime: str, cycles: int, frontend_cycles: int) -> Interval:
    """Return the time of the features of a clip and one inference together; the front end takes the band of our own C."""
    to_ms = 1e3 * wait_factor(target) / target.clock_hz
    network, frontend = cycles * to_ms, frontend_cycles * to_ms
    band, own = BANDS[runtime], BANDS["c"]
    return Interval(network + frontend, network * band.low + frontend * own.low, network * band.high + frontend * own.high)


def energy_uj(target: TargetDevice, milliseconds: float) -> float | None:
    """Return the energy of this time awake, None where the board's current draw has no source."""
    if target.power is None:
        return None
    return milliseconds * 1e3 * target.power.supply_v * target.power.active_a
