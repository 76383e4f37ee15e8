"""Program and run a kit of QEMU's: cores that the other virtual kits do not know, on boards with semihosting."""

import tempfile
from pathlib import Path

from studio.api import Image, InputError, JobContext, KitRun, Probe, TargetDevice, flash_bank

from . import machine
from .session import Session

ID = "kit_qemu"


class QemuKit:
    """The flasher of the virtual kits that QEMU emulates."""

    id = ID
    title = "Virtual kit (QEMU)"

    def supports(self, target: TargetDevice) -> bool:
        """Whether the target is emulated: the record names this flasher and the core is known."""
        return target.core.id in machine.MACHINES and any(m.flasher == ID for m in target.flash_methods)

    def find(self) -> tuple[Probe, ...]:
        """A virtual kit is always plugged in, where the emulator is installed."""
        return (Probe("virtual", "virtual kit"),) if machine.installed() else ()

    def program(self, image: Image, target: TargetDevice, probe: str, context: JobContext) -> None:
        """Write the image into the kit's flash and read it back."""
        _check(probe, target)
        context.progress(0.0, f"programming {target.name}")
        flash_bank.write(image, target)
        context.progress(1.0, f"programmed {target.name}")

    def run(
        self, image: Image, target: TargetDevice, probe: str, input: bytes, timeout_s: float, context: JobContext, counted_passes: int = 1
    ) -> KitRun:
        """Run what stands in flash. Instructions are counted, cycles are not: the emulator keeps no time of the core's."""
        _check(probe, target)
        program = flash_bank.programmed(image, target)
        with (
            tempfile.TemporaryDirectory(prefix="otolith-kit-") as folder,
            machine.started(program, image, target, input, Path(folder)) as started,
        ):
            return Session(started, image, counted_passes).run(timeout_s, context)


def _check(probe: str, target: TargetDevice) -> None:
    if probe not in ("", "virtual"):
        raise InputError(f"there is no probe {probe!r} on a virtual kit", where="probe", hint="leave it out")
    machine.machine_name(target)
    machine.require()


FLASHER = QemuKit()
