from collections import Counter, defaultdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.core.errors import InputError
from studio.data.splits import Item, SplitRule, assign_splits, parse_split


def _items(labels="ab", speakers=("x", "y", "z", "w"), takes=10):
    return [Item(la, f"{la}{s}{t}", s, fields={"index": str(t)}) for la in labels for s in speakers for t in range(takes)]


def test_rules_are_read():
    assert parse_split("random") == SplitRule("random")
    assert parse_split("random:test=0.3,validation=0.2") == SplitRule("random", 0.3, 0.2)
    assert parse_split("test:index=0-2,7") == SplitRule("test", field="index", values=frozenset("0127"))
    assert parse_split("test:speaker=theo") == SplitRule("test", field="speaker", values=frozenset({"theo"}))
    assert parse_split("test:speaker=mary-ann").values == {"mary-ann"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rnadom",
        "test",
        "test:index",
        "test:index=",
        "test:=1",
        "test:index=4-0",
        "random:test=x",
        "random:test=0.9,validation=0.2",
        "random:foo=0.1",
    ],
)
def test_bad_rules_are_refused_with_the_way_out(text):
    with pytest.raises(InputError) as caught:
        parse_split(text)
    assert caught.value.hint


def test_random_is_stratified_and_repeats():
    items = _items()
    splits = assign_splits(items, parse_split("random"), 1)
    assert splits == assign_splits(items, parse_split("random"), 1)
    assert splits != assign_splits(items, parse_split("random"), 2)
    for label in "ab":
        counts = Counter(s for i, s in zip(items, splits, strict=True) if i.label == label)
        assert counts == {"train": 28, "validation": 4, "test": 8}


twin_items = st.lists(
    st.builds(Item, st.sampled_from("abc"), st.integers(0, 30).map(str), st.sampled_from(["", "x", "y"]), st.sampled_from(["", "g", "h"])),
    min_size=1,
    max_size=60,
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(twin_items, st.integers(0, 5))
def test_random_never_parts_twins_or_groups_and_always_trains_every_label(items, seed):
    try:
        splits = assign_splits(items, SplitRule("random"), seed)
    except InputError:
        return
    assert set(splits) == {"train", "validation", "test"}
    assert {i.label for i in items} == {i.label for i, s in zip(items, splits, strict=True) if s == "train"}
    seen = defaultdict(set)
    for item, split in zip(items, splits, strict=True):
        seen["sha", item.sha256].add(split)
        if item.group:
            seen["group", item.group].add(split)
    assert all(len(s) == 1 for s in seen.values())


def test_speakers_are_held_out_whole():
    items = _items(speakers=[f"s{i}" for i in range(10)])
    splits = assign_splits(items, parse_split("speaker"), 3)
    where = defaultdict(set)
    for item, split in zip(items, splits, strict=True):
        where[item.speaker].add(split)
    assert all(len(s) == 1 for s in where.values())
    assert Counter(s for v in where.values() for s in v) == {"train": 7, "validation": 1, "test": 2}


@pytest.mark.parametrize("share", [0.2, 0.6])
def test_three_speakers_are_enough(share):
    splits = assign_splits(_items(speakers="xyz"), SplitRule("speaker", test=share), 0)
    assert set(splits) == {"train", "validation", "test"}


def test_clips_without_a_speaker_are_split_at_random_beside_them():
    items = [*_items(), *(Item("noise", f"n{i}") for i in range(20))]
    splits = assign_splits(items, parse_split("speaker"), 0)
    noise = Counter(s for i, s in zip(items, splits, strict=True) if i.label == "noise")
    assert noise == {"train": 14, "validation": 2, "test": 4}


def test_named_test_clips_and_a_validation_part_of_the_rest():
    items = _items()
    splits = assign_splits(items, parse_split("test:index=0-1"), 1)
    assert all((s == "test") == (i.fields["index"] in "01") for i, s in zip(items, splits, strict=True))
    assert Counter(splits)["validation"] == 8


def test_numbers_are_compared_as_numbers():
    items = [Item("a", str(t), fields={"index": f"{t:02}"}) for t in range(20)]
    splits = assign_splits(items, parse_split("test:index=3-4"), 1)
    assert [i.fields["index"] for i, s in zip(items, splits, strict=True) if s == "test"] == ["03", "04"]


def test_leave_one_speaker_out():
    items = _items()
    splits = assign_splits(items, parse_split("test:speaker=y"), 1)
    assert all((s == "test") == (i.speaker == "y") for i, s in zip(items, splits, strict=True))


def test_given_splits_hold_and_a_validation_part_is_drawn_from_training():
    items = [Item("a", str(i), split="test" if i < 5 else "train" if i < 10 else "") for i in range(40)]
    splits = assign_splits(items, parse_split("random"), 1)
    assert set(splits[:5]) == {"test"}
    assert set(splits[5:10]) == {"train"}
    assert "validation" in splits[10:]
    every = [Item("a", str(i), split="test" if i < 5 else "train") for i in range(40)]
    assert Counter(assign_splits(every, parse_split("random"), 1)) == {"train": 31, "validation": 4, "test": 5}


def test_impossible_splits_say_why():
    with pytest.raises(InputError, match="no clip has index = 99") as caught:
        assign_splits(_items(), parse_split("test:index=99"), 1)
    assert "0, 1, 2" in caught.value.hint
    with pytest.raises(InputError) as caught:
        assign_splits(_items(), parse_split("test:colour=red"), 1)
    assert "index" in caught.value.hint
    assert "speaker" in caught.value.hint
    with pytest.raises(InputError, match="at least 3 speakers"):
        assign_splits(_items(speakers="xy"), parse_split("speaker"), 1)
    with pytest.raises(InputError, match="no clip is left for the validation part"):
        assign_splits(_items(speakers="x", takes=1), parse_split("random"), 1)
    lonely = [*_items(), Item("rare", "r", "x", fields={"index": "0"})]
    with pytest.raises(InputError, match="'rare' has no clip to train on"):
        assign_splits(lonely, parse_split("test:index=0"), 1)
