"""Where blocks stand: layers from left to right, a long chain folded into rows as text is into lines."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from studio.core.graph import INPUT_KIND, ModelGraph

Place = tuple[float, float]
MAX_SCALE = 1.25
LEAST_SCALE = 0.3


class Spacing(msgspec.Struct, frozen=True):
    """Sizes in pixels at scale 1: a card, the gap for a wire and its shape, the gap between rows, the margin around all."""

    width: float = 130
    height: float = 54
    gap: float = 60
    row_gap: float = 22
    margin: float = 12

    @property
    def pitch(self) -> float:
        """From one column to the next."""
        return self.width + self.gap

    @property
    def row_pitch(self) -> float:
        """From one row to the next."""
        return self.height + self.row_gap


class Rows(msgspec.Struct, frozen=True):
    """A layout in units of columns and rows: (column, row) by block, and the extent."""

    cells: Mapping[str, tuple[int, float]]
    columns: int
    rows: float

    def size(self, spacing: Spacing) -> tuple[float, float]:
        """Width and height in pixels, with margins."""
        width = self.columns * spacing.pitch - spacing.gap + 2 * spacing.margin
        return width, self.rows * spacing.row_pitch - spacing.row_gap + 2 * spacing.margin

    def places(self, spacing: Spacing) -> dict[str, Place]:
        """Top left corners of the cards."""
        return {id: (column * spacing.pitch, row * spacing.row_pitch) for id, (column, row) in self.cells.items()}


class _Part(msgspec.Struct, frozen=True):
    """A connected part: its blocks by depth, their lanes, and for each break between depths how many blocks feed one behind it."""

    layers: list[list[str]]
    lanes: Mapping[str, float]
    crossing: Sequence[int]


def arranged(graph: ModelGraph, view: tuple[float, float], spacing: Spacing) -> dict[str, Place]:
    """Lay the graph out so that it is shown as large as the view (width, height in pixels) allows."""
    parts = [_part(graph, ids) for ids in _components(graph)]
    longest = max((len(part.crossing) - 1 for part in parts), default=1)
    widest = max(8, int(view[0] / (LEAST_SCALE * spacing.pitch)))
    candidates = (_fold(parts, columns) for columns in range(1, min(longest, widest) + 1))
    best = max(candidates, key=lambda rows: (fit_scale(rows.size(spacing), view), rows.columns), default=Rows({}, 0, 0))
    return best.places(spacing)


def fit_scale(size: tuple[float, float], view: tuple[float, float]) -> float:
    """Return the scale at which something of this size fits into the view, at most MAX_SCALE."""
    return min(MAX_SCALE, view[0] / max(size[0], 1), view[1] / max(size[1], 1))


def completed(graph: ModelGraph, known: Mapping[str, Place], view: tuple[float, float], spacing: Spacing) -> dict[str, Place]:
    """Return a place for every block: the known ones, the others to the right of what feeds them, or as arranged."""
    if not any(id in known for id in graph.by_id):
        return arranged(graph, view, spacing)
    places = {id: known[id] for id in graph.by_id if id in known}
    rest: dict[str, Place] = {}
    for id in graph.order:
        if id in places:
            continue
        rest = rest or arranged(graph, view, spacing)
        sources = [s for s in graph.sources[id] if s in places]
        wanted = (places[sources[-1]][0] + spacing.pitch, places[sources[-1]][1]) if sources else rest[id]
        places[id] = free_place(wanted, places.values(), spacing)
    return places


def free_place(wanted: Place, taken: Iterable[Place], spacing: Spacing) -> Place:
    """Return the first place at or below the wanted one where a card covers no other."""
    cards = list(taken)
    x, y = wanted
    while any(abs(x - a) < spacing.width and abs(y - b) < spacing.height for a, b in cards):
        y += spacing.row_pitch / 2
    return x, y


def room_for(at: Place, places: Mapping[str, Place], spacing: Spacing) -> tuple[Place, dict[str, Place]]:
    """Return the place for a card dropped here, clear of the one to its left, and the row's blocks that give way to the right."""
    x, y = at
    row = sorted((p[0], id) for id, p in places.items() if abs(p[1] - y) < spacing.height)
    half = spacing.gap / 2
    x = max([x, *(left + spacing.width + half for left, _ in row if left <= x < left + spacing.width + half)])
    moved: dict[str, Place] = {}
    edge = x + spacing.width + half
    for left, id in row:
        if left < x:
            continue
        if left >= edge:
            break
        moved[id] = (edge, places[id][1])
        edge += spacing.width + half
    return (x, y), moved


def _components(graph: ModelGraph) -> list[list[str]]:
    order = {id: i for i, id in enumerate(graph.order)}
    parts = [sorted(part, key=order.__getitem__) for part in _islands(graph)]
    return sorted(parts, key=lambda ids: (all(graph.by_id[i].kind != INPUT_KIND for i in ids), order[ids[0]]))


def _layers(graph: ModelGraph, ids: Sequence[str]) -> tuple[dict[str, int], dict[str, float]]:
    """Depth (longest path from a start) and lane (rows above or below the middle) of each block of a component."""
    depths: dict[str, int] = {}
    for id in ids:
        depths[id] = 1 + max((depths[s] for s in graph.sources[id]), default=-1)
    _pull_starts(graph, depths)
    layers: dict[int, list[str]] = {}
    for id in ids:
        layers.setdefault(depths[id], []).append(id)
    lanes: dict[str, float] = {}
    for depth in sorted(layers):
        lanes.update(_spread({id: _wanted_lane(graph, id, layers[depth], depths, lanes) for id in layers[depth]}))
    return depths, lanes


def _pull_starts(graph: ModelGraph, depths: dict[str, int]) -> None:
    """Move a block that nothing feeds to just before what it feeds."""
    for id in [i for i in depths if not graph.sources[i] and graph.by_id[i].kind != INPUT_KIND]:
        followers = [depths[t] for t in graph.followers[id]]
        depths[id] = max(0, min(followers, default=1) - 1)


def _wanted_lane(graph: ModelGraph, id: str, layer: Sequence[str], depths: Mapping[str, int], lanes: Mapping[str, float]) -> float:
    sources = [s for s in graph.sources[id] if s in lanes]
    if not sources:
        return 0.0
    brothers = [b for b in layer if sources[0] in graph.sources[b] and depths[sources[0]] == depths[b] - 1]
    offset = brothers.index(id) - (len(brothers) - 1) / 2 if id in brothers and len(sources) == 1 else 0.0
    return sum(lanes[s] for s in sources) / len(sources) + offset


def _spread(wanted: Mapping[str, float]) -> dict[str, float]:
    """Keep at least one row between blocks of a layer, and the layer's middle where it is."""
    placed: dict[str, float] = {}
    low = float("-inf")
    for id in sorted(wanted, key=wanted.__getitem__):
        low = max(wanted[id], low + 1)
        placed[id] = low
    if not placed:
        return placed
    drift = (sum(placed.values()) - sum(wanted.values())) / len(placed)
    return {id: lane - drift for id, lane in placed.items()}


def _part(graph: ModelGraph, ids: Sequence[str]) -> _Part:
    depths, lanes = _layers(graph, ids)
    counts = [0] * (max(depths.values()) + 2)
    for id in ids:
        reach = max((depths[t] for t in graph.followers[id]), default=depths[id])
        for cut in range(depths[id] + 1, reach + 1):
            counts[cut] += 1
    layers: list[list[str]] = [[] for _ in counts[1:]]
    for id in ids:
        layers[depths[id]].append(id)
    return _Part(layers, lanes, counts)


def _fold(parts: Sequence[_Part], columns: int) -> Rows:
    cells: dict[str, tuple[int, float]] = {}
    top, widest = 0.0, 0
    for part in parts:
        for first, last in _lines(part.crossing, columns):
            line = [part.lanes[i] for layer in part.layers[first:last] for i in layer]
            low = min(line)
            for depth in range(first, last):
                cells.update({i: (depth - first, top + part.lanes[i] - low) for i in part.layers[depth]})
            top += max(line) - low + 1
            widest = max(widest, last - first)
    return Rows(cells, widest, top)


def _lines(crossing: Sequence[int], columns: int) -> list[tuple[int, int]]:
    """Break layers into lines of at most so many columns, rather where a single wire crosses the break."""
    length = len(crossing) - 1
    lines, first = [], 0
    while length - first > columns:
        clean = (d for d in range(first + columns, first + max(1, columns // 2), -1) if crossing[d] == 1)
        last = next(clean, first + columns)
        lines.append((first, last))
        first = last
    return [*lines, (first, length)]


def _islands(graph: ModelGraph) -> list[set[str]]:
    """Return the blocks in groups between which no wire runs."""
    groups: dict[str, set[str]] = {n.id: {n.id} for n in graph.nodes}
    for wire in graph.wires:
        one, other = groups[wire.source], groups[wire.target]
        if one is not other:
            one |= other
            groups.update(dict.fromkeys(other, one))
    return list({id(group): group for group in groups.values()}.values())
