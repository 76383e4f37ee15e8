"""A debug probe that exists only in memory, with an emulated STM32L475 behind it.

pyOCD does to it all that it does to a board: finds the debug components, runs its own flash algorithms in the chip's RAM,
halts, resumes, sets breakpoints. The core is unicorn's; what a debugger sees of it (Armv7-M Architecture Reference Manual,
C1) and the flash controller (RM0351, 3.7) are modelled here.
"""

import struct

import unicorn
from pyocd.core import exceptions
from pyocd.core.memory_interface import MemoryInterface
from pyocd.probe.debug_probe import DebugProbe
from unicorn import arm_const

FLASH, FLASH_BYTES, PAGE = 0x0800_0000, 1 << 20, 2048
RAM, RAM_BYTES = 0x2000_0000, 96 << 10
DFSR_BKPT, DFSR_VCATCH, DFSR_HALTED = 2, 8, 1
ROM, SCS, DWT, FPB = 0xE00F_F000, 0xE000_E000, 0xE000_1000, 0xE000_2000
CPUID, AIRCR, CFSR, HFSR, DFSR, BFAR = 0xE000_ED00, 0xE000_ED0C, 0xE000_ED28, 0xE000_ED2C, 0xE000_ED30, 0xE000_ED38
DHCSR, DCRSR, DCRDR, DEMCR = 0xE000_EDF0, 0xE000_EDF4, 0xE000_EDF8, 0xE000_EDFC
DBGMCU_IDCODE, FLASH_SR, FLASH_CR = 0xE004_2000, 0x4002_2010, 0x4002_2014
SYSTEM_SPACE = 0xE000_0000
SLICE_US = 50_000
EXCEPTION_RETURN = 0xFFFF_FFF9

REGISTERS = [getattr(arm_const, f"UC_ARM_REG_{name}") for name in [f"R{n}" for n in range(13)] + ["SP", "LR", "PC", "XPSR"]]
SP, LR, PC, XPSR = 13, 14, 15, 16

# Address: the debug components' peripheral and component identification, as the Cortex-M4's manual lists it.
COMPONENTS = {ROM: (0x15, 0xB4, 0x0A, 0x10), SCS: (0x0C, 0xB0, 0x0B, 0xE0), DWT: (0x02, 0xB0, 0x3B, 0xE0), FPB: (0x03, 0xB0, 0x2B, 0xE0)}

# What no write changes: the core's and the chip's numbers, six breakpoints, four watchpoints and a cycle counter.
FIXED_BITS = {CPUID: 0x410F_C241, DBGMCU_IDCODE: 0x1000_6415, FPB: 0x260, DWT: 0x4000_0000}


class Chip:
    """An STM32L475 as its debug port shows it."""

    def __init__(self):
        self.uc = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
        self.uc.ctl_set_cpu_model(arm_const.UC_CPU_ARM_CORTEX_M4)
        for base, size in (
            (FLASH, FLASH_BYTES),
            (RAM, RAM_BYTES),
            (0x1FFF_0000, 0x1_0000),
            (0x4000_0000, 0x10_0000),
            (0xE000_0000, 0x10_0000),
        ):
            self.uc.mem_map(base, size)
        self.uc.mem_write(FLASH, b"\xff" * FLASH_BYTES)
        self.halted = self.running = self.reset_seen = False
        self.control = self.transfer = self.cause = 0
        self.cycles = 0
        self.counting = None
        self.erased_pages = 0
        self.breakpoints = {}
        self._identify()
        self.uc.hook_add(unicorn.UC_HOOK_MEM_WRITE, self._flash_controller, begin=FLASH_CR, end=FLASH_CR + 3)
        self.uc.hook_add(unicorn.UC_HOOK_MEM_READ, lambda *_: self._poke(FLASH_SR, 0), begin=FLASH_SR, end=FLASH_SR + 3)
        self.uc.hook_add(unicorn.UC_HOOK_INTR, self._exception)
        self.uc.hook_add(unicorn.UC_HOOK_MEM_INVALID, self._bus_error)
        self.bad_address = None

    def _identify(self):
        for base, (p0, p1, p2, kind) in COMPONENTS.items():
            for offset, value in (
                (0xFD0, 4),
                (0xFE0, p0),
                (0xFE4, p1),
                (0xFE8, p2),
                (0xFF0, 0x0D),
                (0xFF4, kind),
                (0xFF8, 5),
                (0xFFC, 0xB1),
            ):
                self._poke(base + offset, value)
        for entry, base in enumerate((SCS, DWT, FPB)):
            self._poke(ROM + 4 * entry, (base - ROM) & 0xFFFF_F000 | 3)
        for address, value in FIXED_BITS.items():
            self._poke(address, value)

    def _poke(self, address, value):
        self.uc.mem_write(address, struct.pack("<I", value & 0xFFFF_FFFF))

    def _peek(self, address):
        return struct.unpack("<I", self.uc.mem_read(address, 4))[0]

    def register(self, number):
        return self.uc.reg_read(REGISTERS[number])

    # What the core does

    def _flash_controller(self, uc, access, address, size, value, _):
        if not value & 1 << 16:
            return
        if value & 2:
            page = (value >> 3 & 0xFF) + (256 if value & 1 << 11 else 0)
            self.uc.mem_write(FLASH + page * PAGE, b"\xff" * PAGE)
            self.erased_pages += 1
        if value & (1 << 2 | 1 << 15):
            self.uc.mem_write(FLASH, b"\xff" * FLASH_BYTES)

    def _block(self, uc, address, size, _):
        self.cycles += size // 2

    def _count_cycles(self):
        wanted = self._peek(DEMCR) >> 24 & 1 and self._peek(DWT) & 1
        if wanted and self.counting is None:
            self.counting = self.uc.hook_add(unicorn.UC_HOOK_BLOCK, self._block)
        elif not wanted and self.counting is not None:
            self.uc.hook_del(self.counting)
            self.counting = None
        self.uc.ctl_flush_tb()

    def _exception(self, uc, number, _):
        if number == 7:
            self._halt(DFSR_BKPT)
        else:
            self._fault(1 << 16)
        uc.emu_stop()

    def _bus_error(self, uc, access, address, size, value, _):
        self.bad_address = address
        return False

    def _fault(self, status, address=0):
        """Stack the registers and halt at the handler, as vector catch has it."""
        frame = self.register(SP) - 32
        values = [self.register(n) for n in (0, 1, 2, 3, 12, LR, PC, XPSR)]
        try:
            self.uc.mem_write(frame, struct.pack("<8I", *values))
        except unicorn.UcError:
            status |= 1 << 12
        self.uc.reg_write(REGISTERS[SP], frame)
        self.uc.reg_write(REGISTERS[LR], EXCEPTION_RETURN)
        self._poke(CFSR, status)
        self._poke(HFSR, 1 << 30)
        self._poke(BFAR, address)
        self._halt(DFSR_VCATCH)

    def _halt(self, cause):
        self.running, self.halted = False, True
        self.cause |= cause

    def _advance(self):
        """Let time pass: a slice of it whenever the debugger looks while the core runs."""
        if not self.running:
            return
        self.bad_address = None
        try:
            self.uc.emu_start(self.register(PC) | 1, 0xFFFF_FFFE, timeout=SLICE_US)
        except unicorn.UcError:
            self._fault(1 << 9 | 1 << 15 if self.bad_address is not None else 1 << 16, self.bad_address or 0)

    def reset(self):
        stack, start = struct.unpack("<II", self.uc.mem_read(FLASH, 8))
        self.uc.reg_write(REGISTERS[SP], stack)
        self.uc.reg_write(REGISTERS[PC], start | 1)
        self.reset_seen = True
        self.running = False
        if self._peek(DEMCR) & 1:
            self._halt(DFSR_VCATCH)
        else:
            self.running, self.halted = True, False

    # What the debugger does

    def write(self, address, value, size):
        special = {
            DHCSR: self._write_control,
            DCRSR: self._select_register,
            DCRDR: self._set_transfer,
            DFSR: self._clear_cause,
            AIRCR: self._request,
        }
        if address in special:
            special[address](value)
            return
        if FPB + 8 <= address < FPB + 8 + 4 * 6:
            self._set_breakpoint(address, value)
        if address == DWT + 4:
            self.cycles = value
        value |= FIXED_BITS.get(address, 0)
        self.uc.mem_write(address, (value & (1 << 8 * size) - 1).to_bytes(size, "little"))
        if address in (DEMCR, DWT):
            self._count_cycles()

    def _write_control(self, value):
        if value >> 16 != 0xA05F:
            return
        self.control = value & 0x2F
        if value & 2:
            self._halt(DFSR_HALTED)
        elif value & 1:
            self.running, self.halted = True, False

    def _select_register(self, value):
        number = value & 0x7F
        if number > XPSR:
            self.transfer = self.transfer if value & 1 << 16 else 0
        elif value & 1 << 16:
            self.uc.reg_write(REGISTERS[number], self.transfer)
        else:
            self.transfer = self.register(number) | (1 << 24 if number == XPSR else 0)

    def _set_transfer(self, value):
        self.transfer = value

    def _clear_cause(self, value):
        self.cause &= ~value

    def _request(self, value):
        if value & 5:
            self.reset()

    def _set_breakpoint(self, register, value):
        if register in self.breakpoints:
            self.uc.hook_del(self.breakpoints.pop(register))
        if value & 1:
            address = (value & 0x1FFF_FFFC) + (2 if value >> 30 == 2 else 0)
            self.breakpoints[register] = self.uc.hook_add(unicorn.UC_HOOK_CODE, self._at_breakpoint, begin=address, end=address)
        self.uc.ctl_flush_tb()

    def _at_breakpoint(self, uc, address, size, _):
        self._halt(DFSR_BKPT)
        uc.emu_stop()

    def read(self, address, size):
        if address in (DHCSR, DFSR):
            self._advance()
        if address == DHCSR:
            value = 1 << 16 | self.control | self.halted << 17 | self.reset_seen << 25
            self.reset_seen = False
            return value
        if address in (DCRDR, DFSR, DWT + 4):
            return {DCRDR: self.transfer, DFSR: self.cause, DWT + 4: self.cycles & 0xFFFF_FFFF}[address]
        try:
            return int.from_bytes(self.uc.mem_read(address, size), "little")
        except unicorn.UcError as error:
            raise exceptions.TransferFaultError(fault_address=address) from error


class Port(MemoryInterface):
    """The memory access port."""

    def __init__(self, probe):
        self.probe = probe

    def write_memory(self, addr, data, transfer_size=32, **_):
        self.probe.alive().write(addr, data, transfer_size // 8)

    def read_memory(self, addr, transfer_size=32, now=True, **_):
        value = self.probe.alive().read(addr, transfer_size // 8)
        return value if now else lambda: value

    def write_memory_block32(self, addr, data, **_):
        for n, value in enumerate(data):
            self.write_memory(addr + 4 * n, value)

    def read_memory_block32(self, addr, size, **_):
        return [self.read_memory(addr + 4 * n) for n in range(size)]

    def write_memory_block8(self, addr, data, **_):
        self.probe.alive().uc.mem_write(addr, bytes(data))

    def read_memory_block8(self, addr, size, **_):
        if addr >= SYSTEM_SPACE:
            return self._system_bytes(addr, size)
        return list(self.probe.alive().uc.mem_read(addr, size))

    def _system_bytes(self, addr, size):
        words = [self.read_memory(a) for a in range(addr & ~3, addr + size, 4)]
        return list(struct.pack(f"<{len(words)}I", *words)[addr % 4 : addr % 4 + size])


class VirtualProbe(DebugProbe):
    """The probe itself; `plugged` are those that are there now, `chip.uc` lives as long as the probe."""

    plugged: "list[VirtualProbe]" = []  # noqa: RUF012
    vendor_name = "Otolith"
    product_name = "virtual probe"
    supported_wire_protocols = [DebugProbe.Protocol.DEFAULT, DebugProbe.Protocol.SWD]  # noqa: RUF012
    wire_protocol = DebugProbe.Protocol.SWD
    capabilities = {DebugProbe.Capability.MANAGED_AP_SELECTION, DebugProbe.Capability.MANAGED_DPBANKSEL}  # noqa: RUF012

    def __init__(self, number=0):
        super().__init__()
        self.chip = Chip()
        self.number = number
        self.opened = False
        self.power_requests = 0
        self.transfers_left = None

    @property
    def unique_id(self):
        return f"VIRTUAL{self.number}"

    @property
    def is_open(self):
        return self.opened

    @classmethod
    def get_all_connected_probes(cls, unique_id=None, is_explicit=False):
        return list(cls.plugged)

    @classmethod
    def get_probe_with_id(cls, unique_id, is_explicit=False):
        return next((p for p in cls.plugged if p.unique_id == unique_id), None)

    def alive(self):
        """Return the chip, unless the cable was pulled."""
        if self.transfers_left is not None:
            self.transfers_left -= 1
            if self.transfers_left < 0:
                raise exceptions.ProbeDisconnected("no device")
        return self.chip

    def open(self):
        self.opened = True

    def close(self):
        self.opened = False

    def connect(self, protocol=None):
        self.alive()

    def disconnect(self):
        pass

    def swj_sequence(self, length, bits):
        pass

    def set_clock(self, frequency):
        pass

    def reset(self):
        self.alive().reset()

    def assert_reset(self, asserted):
        if not asserted:
            self.reset()

    def is_reset_asserted(self):
        return False

    def flush(self):
        pass

    def read_dp(self, addr, now=True):
        self.alive()
        granted = self.power_requests | self.power_requests << 1
        return _later({0: 0x2BA0_1477, 4: granted}.get(addr, 0), now)

    def write_dp(self, addr, data):
        self.alive()
        if addr == 4:
            self.power_requests = data & 0x5000_0000

    def read_ap(self, addr, now=True):
        self.alive()
        registers = {0xFC: 0x2477_0011, 0xF8: ROM | 3, 0x00: 0x2300_0052}
        return _later(registers.get(addr & 0xFF, 0) if addr >> 24 == 0 else 0, now)

    def write_ap(self, addr, data):
        self.alive()

    def get_memory_interface_for_ap(self, ap):
        return Port(self)


def _later(value, now):
    return value if now else lambda: value
