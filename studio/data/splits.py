"""Which clips train, which validate and which test: seeded rules that keep groups whole."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec
import numpy as np

from studio.core.errors import InputError
from studio.core.library import SPLITS, Split

_HINT = "random, speaker, or test:FIELD=VALUES such as test:index=0-4 or test:speaker=theo; random:test=0.2,validation=0.1 sets the shares"


class Item(msgspec.Struct, frozen=True):
    """A clip as a rule sees it; items of one sha256 or one group stay together. `split` is kept where it is given."""

    label: str
    sha256: str
    speaker: str = ""
    group: str = ""
    split: Split | str = ""
    fields: Mapping[str, str] = msgspec.field(default_factory=dict)


class SplitRule(msgspec.Struct, frozen=True):
    """A parsed rule; the shares are of all clips (or speakers). `field` and `values` belong to kind "test"."""

    kind: Literal["random", "speaker", "test"]
    test: float = 0.2
    validation: float = 0.1
    field: str = ""
    values: frozenset[str] = frozenset()


def parse_split(text: str) -> SplitRule:
    """Read "random", "speaker", "random:test=0.3,validation=0.1" or "test:index=0-4,7"; raise InputError."""
    kind, _, options = text.partition(":")
    if kind in ("random", "speaker"):
        return _parse_shares(text, kind, options)
    field, equals, values = options.partition("=")
    if kind != "test" or not equals or not field.isidentifier():
        raise InputError(f"{text!r} is no split", where="split", hint=_HINT)
    return SplitRule("test", field=field, values=_parse_values(text, values))


def _parse_shares(text: str, kind: Literal["random", "speaker"], options: str) -> SplitRule:
    shares = {}
    for option in filter(None, options.split(",")):
        name, _, value = option.partition("=")
        try:
            shares[name.strip()] = float(value)
        except ValueError as error:
            raise InputError(f"{option!r} is no share", where=f"split {text!r}", hint=_HINT) from error
    if set(shares) - {"test", "validation"} or not all(0 < v < 1 for v in shares.values()):
        raise InputError("the shares are test and validation, each between 0 and 1", where=f"split {text!r}", hint=_HINT)
    rule = SplitRule(kind, **shares)
    if rule.test + rule.validation >= 1:
        raise InputError("test and validation leave nothing to train on", where=f"split {text!r}", hint=_HINT)
    return rule


def _parse_values(text: str, values: str) -> frozenset[str]:
    named: set[str] = set()
    for item in filter(None, (v.strip() for v in values.split(","))):
        ends = re.fullmatch(r"(\d+)-(\d+)", item)
        if ends is None:
            named.add(item)
            continue
        low, high = int(ends[1]), int(ends[2])
        if low > high or high - low > 1_000_000:
            raise InputError(f"{item!r} is no range", where=f"split {text!r}", hint="write the lower end first: 0-4")
        named |= {str(n) for n in range(low, high + 1)}
    if not named:
        raise InputError("it names no values", where=f"split {text!r}", hint=_HINT)
    return frozenset(named)


def assign_splits(items: Sequence[Item], rule: SplitRule, seed: int) -> tuple[Split, ...]:
    """Give each item its split; the same items, rule and seed give the same answer.

    Under "random", splits given by the items (train/ and test/ folders) hold, and a validation part is drawn where they have none.
    Raises InputError where a split would be empty or a label would have no clip to train on.
    """
    rng = np.random.default_rng(seed)
    chosen: list[str] = [""] * len(items)
    groups = _groups(items)
    if rule.kind == "test":
        _assign_named(items, rule, chosen)
    elif rule.kind == "speaker":
        _assign_speakers(items, rule, rng, chosen)
    else:
        chosen = _keep_given(items, groups)
    given = set(chosen)
    if "test" not in given:
        _draw(items, groups, "test", rule.test, rng, chosen)
    if "validation" not in given:
        _draw(items, groups, "validation", rule.validation, rng, chosen)
    splits: tuple[Split, ...] = tuple(c or "train" for c in chosen)  # type: ignore[misc]
    _check(items, splits, rule)
    return splits


def _groups(items: Sequence[Item]) -> list[list[int]]:
    """Join items that share a sha256 or a group, however long the chain; in the order of their first item."""
    parent = list(range(len(items)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    first: dict[tuple[str, str], int] = {}
    for i, item in enumerate(items):
        for key in (("sha256", item.sha256), ("group", item.group)):
            if key[1]:
                a, b = root(first.setdefault(key, i)), root(i)
                parent[max(a, b)] = min(a, b)
    members: dict[int, list[int]] = defaultdict(list)
    for i in range(len(items)):
        members[root(i)].append(i)
    return list(members.values())


def _keep_given(items: Sequence[Item], groups: Sequence[Sequence[int]]) -> list[str]:
    """Take the splits that folders gave; a clip without one joins its twin.

    Where every clip has one, what is to train is free: a part that no folder gave is drawn from it.
    """
    chosen = [item.split for item in items]
    if all(chosen):
        chosen = ["" if split == "train" else split for split in chosen]
    for group in groups:
        given = next((chosen[i] for i in group if chosen[i]), "")
        for i in group:
            chosen[i] = chosen[i] or given
    return chosen


def _assign_named(items: Sequence[Item], rule: SplitRule, chosen: list[str]) -> None:
    held: set[str] = set()
    for i, item in enumerate(items):
        value = item.speaker if rule.field == "speaker" else item.label if rule.field == "label" else item.fields.get(rule.field, "")
        number = str(int(value)) if value.isdecimal() else value
        if value in rule.values or number in rule.values:
            chosen[i] = "test"
            held.add(value)
    if not held:
        raise InputError(
            f"no clip has {rule.field} = {', '.join(sorted(rule.values))}", where="split", hint=_known_fields(items, rule.field)
        )


def _known_fields(items: Sequence[Item], field: str) -> str:
    values = sorted({i.speaker if field == "speaker" else i.fields.get(field, "") for i in items} - {""})
    if values:
        shown = ", ".join(values[:10]) + (" ..." if len(values) > 10 else "")
        return f"{field} takes {shown}"
    fields = sorted({f for i in items for f in i.fields} | ({"speaker"} if any(i.speaker for i in items) else set()))
    return f"the file names tell: {', '.join(fields)}" if fields else "use --pattern to say what the file names tell"


def _assign_speakers(items: Sequence[Item], rule: SplitRule, rng: np.random.Generator, chosen: list[str]) -> None:
    """Hold out whole speakers; each part takes small and large ones alike."""
    sizes = Counter(i.speaker for i in items if i.speaker)
    if len(sizes) < 3:
        named = ", ".join(sorted(sizes)) or "none"
        raise InputError(
            f"splitting by speaker needs at least 3 speakers; here: {named}",
            where="split",
            hint="name them: --pattern '{label}_{speaker}_*.wav'",
        )
    left = sorted(sizes, key=lambda s: (sizes[s], s))
    total = len(left)
    for split, share, kept in (("test", rule.test, 2), ("validation", rule.validation, 1)):
        count = min(max(1, round(share * total)), len(left) - kept)
        picked = {str(rng.choice(stratum)) for stratum in np.array_split(left, count)}
        left = [s for s in left if s not in picked]
        for i, item in enumerate(items):
            if item.speaker in picked:
                chosen[i] = split
    unnamed = [i for i, item in enumerate(items) if not item.speaker]
    _draw_unnamed(items, unnamed, rule, rng, chosen)


def _draw_unnamed(items: Sequence[Item], unnamed: Sequence[int], rule: SplitRule, rng: np.random.Generator, chosen: list[str]) -> None:
    """Split clips without a speaker (background sounds, say) at random."""
    groups = [[unnamed[i] for i in g] for g in _groups([items[i] for i in unnamed])]
    _draw(items, groups, "test", rule.test, rng, chosen)
    _draw(items, groups, "validation", rule.validation, rng, chosen)


def _draw(
    items: Sequence[Item], groups: Iterable[Sequence[int]], split: Split, share: float, rng: np.random.Generator, chosen: list[str]
) -> None:
    """Move a share of each label's free groups to a split, and leave each label at least one group to train on."""
    strata: dict[str, list[Sequence[int]]] = defaultdict(list)
    totals: Counter[str] = Counter()
    for group in groups:
        label = Counter(items[i].label for i in group).most_common(1)[0][0]
        totals[label] += len(group)
        if not any(chosen[i] for i in group):
            strata[label].append(group)
    for label in sorted(strata):
        free = strata[label]
        wanted = max(1, round(share * totals[label]))
        for position in rng.permutation(len(free))[:-1]:
            if wanted <= 0:
                break
            for i in free[position]:
                chosen[i] = split
            wanted -= len(free[position])


def _check(items: Sequence[Item], splits: Sequence[Split], rule: SplitRule) -> None:
    counts = Counter(splits)
    for split in SPLITS:
        if not counts[split]:
            hint = "more clips are needed, or another --split"
            raise InputError(f"no clip is left for the {split} part", where=f"split {rule.kind}", hint=hint)
    trained = {i.label for i, s in zip(items, splits, strict=True) if s == "train"}
    for label in sorted({i.label for i in items} - trained):
        raise InputError(f"label {label!r} has no clip to train on", where=f"split {rule.kind}", hint="add clips of it, or hold out less")
