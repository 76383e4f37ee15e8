"""What records and what plays: devices, streams and players, whatever library stands behind them."""

from typing import Protocol

import msgspec
import numpy as np

from studio.audio.ring import Ring
from studio.core.errors import StudioError, ToolMissing

RING_SECONDS = 30


class DeviceGone(StudioError):
    """The device stopped answering: unplugged, switched off, or taken by another program."""

    exit_code = 3


class DeviceMissing(ToolMissing):
    """There is no such device, or it cannot be opened."""


class Device(msgspec.Struct, frozen=True):
    """A device to record from. `id` is stable while it is plugged in, `rate` its own rate in Hz, `default` the system's choice."""

    id: str
    name: str
    rate: int
    default: bool = False


class Stream(Protocol):
    """A device that is being listened to: mono float32 samples, full scale at 1, arrive in `ring` at `rate` Hz."""

    rate: int
    ring: Ring

    def poll(self) -> int:
        """Bring the ring up to date and return how many samples were ever written; raise DeviceGone where the device went."""

    def stop(self) -> None:
        """Give the device back; no thread is left. The ring stays readable."""


class Recorder(Protocol):
    """A library of devices to record from. `problem` says why there are none and what to do, "" where all is well."""

    id: str

    @property
    def problem(self) -> str: ...

    def devices(self) -> tuple[Device, ...]:
        """List the devices that are plugged in now."""

    def open(self, device: str, rate: int) -> Stream:
        """Listen to a device at this rate, or at its own where it cannot; raise DeviceMissing with the way out."""


class Player(Protocol):
    """Plays one sound at a time. `problem` says why nothing is heard, "" where it is."""

    @property
    def problem(self) -> str: ...

    @property
    def playing(self) -> bool: ...

    @property
    def position(self) -> float:
        """Seconds into the sound that plays; 0 where none does."""

    def play(self, samples: np.ndarray, rate: int) -> None:
        """Play mono float32 samples in place of what plays; returns at once and raises nothing: see `problem`."""

    def stop(self) -> None:
        """Stop; harmless where nothing plays."""
