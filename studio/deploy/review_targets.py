"""A review's targets in words: a summary of them all, and each with its memory, time, energy and its kit's figures."""

from collections.abc import Callable, Iterable, Sequence

from studio.core.report import Parts, ResourceReport
from studio.core.target import TargetDevice
from studio.core.units import format_size
from studio.deploy.review import KitProof, Review, TargetReview, is_refused
from studio.deploy.review_items import NONE, Bar, Bars, Item, Paragraph, Section, Table, band_of, bytes_of, time_of
from studio.estimate.latency import decision_ms

Row = tuple[str, ...]


def summary(review: Review) -> tuple[Item, ...]:
    """Return the table of all targets and runtimes, those that cannot run it left out."""
    header = ("target", "runtime", "verdict", "flash", "RAM + stack", "time", "band", "energy", "figures")
    shown = [(t.target.name, r) for t in review.targets for r in t.reports if not is_refused(r)]
    rows = tuple(
        (
            name,
            r.runtime,
            "fits" if r.fits else "does not fit",
            format_size(r.flash.total) if r.flash.parts else NONE,
            format_size(r.ram.total + r.stack_bytes) if r.ram.parts else NONE,
            time_of(r.latency_ms.value),
            band_of(r.latency_ms.low, r.latency_ms.high),
            _energy(r),
            r.provenance_words,
        )
        for name, r in shown
    )
    if not rows:
        return (Paragraph("No runtime here can run this design on these targets.", "bad"),)
    return (Table(header, rows, (3, 4, 5, 6, 7), verdict=2, moods=tuple(_mood(r) for _, r in shown)),)


def _mood(made: ResourceReport) -> str:
    return "good" if made.fits else "bad"


def target_sections(review: Review) -> Iterable[Section]:
    """Return a section for each target."""
    return [Section(t.target.name, _target(t, review.interval_ms)) for t in review.targets]


def _target(reviewed: TargetReview, interval_ms: float) -> tuple[Item, ...]:
    running = [r for r in reviewed.reports if not is_refused(r)]
    own = [Paragraph(f"Your own figures, not the board's: {reviewed.energy.words}.")] if reviewed.energy.own else []
    items: list[Item] = [Paragraph(_board(reviewed.target)), *own, _verdicts(reviewed.reports)]
    if running:
        sized = [r for r in running if r.flash.parts or r.ram.parts]
        items += [*_bars(sized, reviewed.target), *([_memory(sized, reviewed.target)] if sized else []), _time(running, interval_ms)]
    kits = [item for kit in reviewed.kits for item in _kit(kit)]
    return (*items, *(kits or [Paragraph("No kit has run this design for this review.")]))


def _verdicts(reports: Sequence[ResourceReport]) -> Table:
    """Return a row a runtime: what limits it, and what its figures are and rest on."""
    rows = tuple(
        (r.runtime, r.limits, NONE, NONE, NONE)
        if is_refused(r)
        else (r.runtime, r.limits, r.runtime_version, r.provenance_words, r.sources.get("latency band", NONE))
        for r in reports
    )
    header = ("runtime", "verdict", "counted for", "figures", "the time rests on")
    return Table(header, rows, verdict=1, moods=tuple("" if is_refused(r) else _mood(r) for r in reports))


def _board(target: TargetDevice) -> str:
    power = target.power
    waits = f"{target.flash_wait_states} flash wait states" if not target.xip else "code in serial flash behind a cache"
    drawn = f"{power.active_a * 1e3:.3g} mA active at {power.supply_v:g} V" if power else "no sourced current draw"
    return (
        f"{target.core.name} at {target.clock_hz / 1e6:g} MHz, {waits}; free for the application: {format_size(target.flash.free)} of "
        f"flash, {format_size(target.ram.free)} of RAM; {drawn}."
    )


def _bars(running: Sequence[ResourceReport], target: TargetDevice) -> tuple[Item, ...]:
    flash = tuple(Bar(r.runtime, tuple(r.flash.parts.items()), target.flash.free) for r in running if r.flash.parts)
    ram = tuple(Bar(r.runtime, (*r.ram.parts.items(), ("stack", r.stack_bytes)), target.ram.free) for r in running if r.ram.parts)
    named = (("Flash", flash, target.flash.free), ("RAM with the stack", ram, target.ram.free))
    return tuple(Bars(f"{name}, of {format_size(free)} free", bars) for name, bars, free in named if bars)


def _memory(running: Sequence[ResourceReport], target: TargetDevice) -> Table:
    """Return flash, RAM and stack in parts, a column a runtime; shares count the stack as RAM."""
    flash, ram = _parts("Flash", [r.flash for r in running]), _parts("RAM", [r.ram for r in running])
    rows: list[Row] = [
        *flash,
        ("Flash, share of what is free", *[_share(r.flash.total, target.flash.free) for r in running]),
        *ram,
        ("Stack, on top", *[_count(r.stack_bytes) for r in running]),
        ("RAM with stack, share of what is free", *[_share(r.ram.total and r.ram.total + r.stack_bytes, target.ram.free) for r in running]),
    ]
    if any(r.arena for r in running):
        rows += [(f"Arena, {name}", *[_count(getattr(r.arena, name)) if r.arena else NONE for r in running]) for name in _ARENA]
    return Table(("bytes", *[r.runtime for r in running]), tuple(rows), tuple(range(1, len(running) + 1)), (0, len(flash) + 1))


_ARENA = ("head", "used", "required")


def _parts(name: str, all_parts: Sequence[Parts]) -> list[Row]:
    """Return the total and every part that some runtime has."""
    names = dict.fromkeys(part for p in all_parts for part, size in p.parts.items() if size)
    total = (name, *[bytes_of(p.total) if p.parts else NONE for p in all_parts])
    return [total, *[(f"· {part}", *[_count(p.parts.get(part)) for p in all_parts]) for part in names]]


def _share(taken: int, free: int) -> str:
    return f"{taken / free:.1%}" if taken else NONE


def _time(running: Sequence[ResourceReport], interval_ms: float) -> Table:
    header = ("time and energy", *[r.runtime for r in running])
    lines: tuple[tuple[str, Callable[[ResourceReport], str]], ...] = (
        ("Features and inference", lambda r: time_of(r.latency_ms.value)),
        ("Its band", lambda r: band_of(r.latency_ms.low, r.latency_ms.high)),
        (f"Share of the interval, {interval_ms:g} ms", lambda r: f"{r.latency_ms.value / interval_ms:.1%}"),
        ("Left of the interval", lambda r: _left(interval_ms - r.latency_ms.value)),
        ("From a sound's end to its answer, at most", lambda r: _answered(r, interval_ms)),
        ("Cycles, inference", lambda r: _count(r.cycles)),
        ("Cycles, features", lambda r: _count(r.frontend_cycles)),
        ("Instructions, inference", lambda r: _count(r.instructions)),
        ("Energy of one inference", _energy),
        ("Energy of a day", lambda r: f"{r.day.awake_j + r.day.asleep_j:.3g} J" if r.day else NONE),
        ("Battery life", lambda r: f"{r.day.battery_days:.3g} d" if r.day else NONE),
    )
    rows = tuple((name, *[write(r) for r in running]) for name, write in lines)
    return Table(header, rows, tuple(range(1, len(running) + 1)))


def _left(milliseconds: float) -> str:
    return time_of(milliseconds) if milliseconds >= 0 else f"−{time_of(-milliseconds)}"


def _answered(made: ResourceReport, interval_ms: float) -> str:
    longest = decision_ms(made.latency_ms.value, interval_ms)
    return NONE if longest is None else time_of(longest)


def _kit(kit: KitProof) -> tuple[Item, ...]:
    v, e = kit.validation, kit.validation.estimate
    rows = [
        ("Flash, B", "compiled", e.flash_bytes, v.flash_bytes),
        ("RAM without stack, B", "compiled", e.ram_bytes, v.ram_bytes),
        ("Stack, B", kit.provenance, e.stack_bytes, v.stack_bytes),
        ("Instructions, inference", kit.provenance, e.instructions, v.instructions),
        ("Instructions, features", kit.provenance, e.frontend_instructions, v.frontend_instructions),
        ("Cycles, inference", _cycles_are(kit), e.cycles, v.cycles_estimate),
    ]
    table = Table(
        (f"on the kit, runtime {v.runtime}", "kit's figure is", "estimate", "kit", "difference"),
        tuple((n, p, _count(said), _count(found), _difference(said, found)) for n, p, said, found in rows if found),
        (2, 3, 4),
    )
    return (Paragraph(_agreement(kit), "good" if v.mismatching_inputs == 0 else "bad"), table)


def _cycles_are(kit: KitProof) -> str:
    """Say what a kit's cycles are: a virtual one's come from documented timings, a board's that counts none from the estimate itself."""
    counted = kit.validation.cycles_estimate != kit.validation.estimate.cycles
    return "measured" if kit.provenance == "measured" and counted else "estimated"


def _agreement(kit: KitProof) -> str:
    v = kit.validation
    equal = v.inputs - v.mismatching_inputs
    heard = f" It heard {v.accuracy:.0%} of these clips right." if v.accuracy is not None and v.trained else ""
    weights = "" if v.trained else " The weights were random."
    worst = f", the worst output off by {v.max_difference} steps" if v.mismatching_inputs else ""
    return f"The kit ran {v.inputs} inputs, built with {v.compiler}: {equal} gave the outputs of {v.oracle} exactly{worst}.{heard}{weights}"


def _difference(said: int, found: int) -> str:
    return f"{said / found - 1:+.1%}" if said else NONE


def _count(count: int | None) -> str:
    return f"{count:,}" if count else NONE


def _energy(made: ResourceReport) -> str:
    if made.energy_uj is None:
        return NONE
    return f"{made.energy_uj:.3g} µJ" if made.energy_uj < 999.5 else f"{made.energy_uj / 1e3:,.3g} mJ"
