"""A review's pictures as SVG: bars of memory against a budget, and the arena over an inference."""

from collections.abc import Callable, Iterable
from html import escape
from math import ceil

from studio.deploy.review_items import Bars, Lifetimes, bytes_of, short
from studio.deploy.review_names import plain
from studio.estimate.timeline import Life, Timeline

Ink = Callable[[str], str]
"""Turns the name of a colour into what the format writes for it."""

WIDTH = 720
SERIES = tuple(f"c{n}" for n in range(12))
_BAR, _GAP, _LEFT, _RIGHT, _LINE = 18, 8, 84, 150, 16
_LETTER = 6.4
_PLOT = 240
READABLE = 24
_FONT = 'font-family="sans-serif" font-size="11"'


def svg(picture: Bars | Lifetimes, ink: Ink) -> tuple[str, int, int]:
    """Draw a picture; return the SVG with its width and height in pixels."""
    drawn, height = _bars(picture, ink) if isinstance(picture, Bars) else _lifetimes(picture.timeline, ink)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">'
    return f"{head}<title>{_text(picture.caption)}</title>{drawn}</svg>", WIDTH, height


def _bars(picture: Bars, ink: Ink) -> tuple[str, int]:
    """Draw bars on one scale: the budget's where the bars fill a fair part of it, else that of the longest bar."""
    names = list(dict.fromkeys(name for bar in picture.bars for name, size in bar.parts if size))
    longest = max(sum(size for _, size in bar.parts) for bar in picture.bars)
    budget = picture.bars[0].budget
    whole = max(longest, budget) if budget <= 3 * longest else longest
    span = WIDTH - _LEFT - _RIGHT
    limit = _LEFT + span * budget / max(whole, 1) if budget <= whole else 0.0
    drawn, y = [], 2
    for bar in picture.bars:
        total = sum(size for _, size in bar.parts)
        drawn.append(_label(_LEFT - 8, y + 13, bar.name, ink("text"), "end"))
        x = float(_LEFT)
        for name, size in bar.parts:
            wide = span * size / max(whole, 1)
            if size:
                drawn.append(_rect(x, y, wide, _BAR, ink(_series(names, name)), f"{name}: {bytes_of(size)} B", ink("ground")))
            x += wide
        over = total > bar.budget
        words = f"{bytes_of(total)} B, {total / bar.budget:.1%}"
        behind = limit if x - 2 <= limit <= x + _LETTER * len(words) else x
        drawn.append(_label(behind + 6, y + 13, words, ink("bad" if over else "text")))
        y += _BAR + _GAP
    if limit:
        line = f"stroke:{ink('bad')};stroke-width:1.5;stroke-dasharray:3 2;fill:none"
        drawn.append(f'<path d="M{limit:.1f} 0V{y - _GAP + 2}" style="{line}"><title>{bytes_of(budget)} B free</title></path>')
    return _legend(drawn, names, y + 4, ink)


def _legend(drawn: list[str], names: list[str], y: int, ink: Ink) -> tuple[str, int]:
    x = float(_LEFT)
    for name in names:
        wide = 18 + _LETTER * len(name) + 14
        if x + wide > WIDTH and x > _LEFT:
            x, y = float(_LEFT), y + _LINE
        drawn.append(_rect(x, y, 10, 10, ink(_series(names, name)), name, "none"))
        drawn.append(_label(x + 15, y + 9, name, ink("dim")))
        x += wide
    return "".join(drawn), y + _LINE


def _lifetimes(made: Timeline, ink: Ink) -> tuple[str, int]:
    """Draw what lives in the arena, upwards by offset, to the right step by step; the peak stands on a band."""
    left, right, top = 64, 8, 18
    steps = len(made.steps)
    wide = (WIDTH - left - right) / steps
    high = _PLOT / max(made.total, 1)
    drawn = [_rect(left + wide * made.peak, top, wide, _PLOT, ink("band"), "", "none")]
    drawn += [_grid(left, top + _PLOT - high * size, bytes_of(size), ink) for size in _ticks(made.total)]
    owners = list(dict.fromkeys(map(_owner, made.lives)))
    for life in made.lives:
        x, y = left + wide * life.first, top + _PLOT - high * life.end
        fill, name = ink(_series(owners, _owner(life))), _name(life, made)
        drawn.append(_life(life, name, (x, y, wide * (life.last + 1 - life.first), high * life.size), fill, ink))
    every = ceil(steps / 24)
    drawn += [_label(left + wide * (i + 0.5), top + _PLOT + 14, str(i + 1), ink("dim"), "middle") for i in range(0, steps, every)]
    drawn.append(_label(left, top + _PLOT + 30, "step, in the order of execution", ink("dim")))
    drawn.append(
        _label(left + wide * (made.peak + 0.5), top - 6, f"peak {bytes_of(made.steps[made.peak].alive)} B", ink("text"), _anchor(made))
    )
    return "".join(drawn), top + _PLOT + 38


def _anchor(made: Timeline) -> str:
    place = (made.peak + 0.5) / len(made.steps)
    return "start" if place < 0.15 else "end" if place > 0.85 else "middle"


def _owner(life: Life) -> str:
    return life.block or life.names[0]


def _name(life: Life, made: Timeline) -> str:
    """Return what fits best into a small rectangle: a block's name; a converter's are too long."""
    if life.role != "tensor":
        return life.role
    own = life.block or life.names[0]
    return own if len(own) <= READABLE else made.steps[life.first].kind


def _life(life: Life, name: str, place: tuple[float, float, float, float], fill: str, ink: Ink) -> str:
    x, y, wide, high = place
    names = ", ".join(short(n) for n in life.names[:4])
    told = f"{names}: {bytes_of(life.size)} B at {bytes_of(life.offset)}, steps {life.first + 1}–{life.last + 1}"
    scratch = life.role == "scratch"
    drawn = _rect(x, y, wide, high, fill, told, ink("ground"), 0.3 if scratch else 1.0)
    room = int((wide - 6) / _LETTER)
    if high >= 14 and room >= 4:
        words = name if len(name) <= room else name[: room - 1] + "…"
        drawn += _label(x + 4, y + high / 2 + 4, words, ink("text" if scratch else "on"))
    return drawn


def _ticks(total: int) -> Iterable[int]:
    step = next(s for s in (2**n for n in range(40)) if total / s <= 5)
    return range(0, total + 1, step)


def _grid(left: int, y: float, words: str, ink: Ink) -> str:
    line = f'<path d="M{left} {y:.1f}H{WIDTH - 8}" style="stroke:{ink("line")};stroke-width:1;fill:none"/>'
    return line + _label(left - 6, y + 4, words, ink("dim"), "end")


def _series(names: list[str], name: str) -> str:
    return SERIES[names.index(name) % len(SERIES)]


def _rect(x: float, y: float, wide: float, high: float, fill: str, title: str, edge: str, opacity: float = 1.0) -> str:
    style = f"fill:{fill};fill-opacity:{opacity:g};stroke:{edge};stroke-width:1"
    inside = f"<title>{_text(title)}</title>" if title else ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(wide, 0.5):.1f}" height="{max(high, 0.5):.1f}" style="{style}">{inside}</rect>'


def _label(x: float, y: float, words: str, fill: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {_FONT} style="fill:{fill}">{_text(words)}</text>'


def _text(words: str) -> str:
    return escape(plain(words))
