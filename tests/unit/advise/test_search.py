"""Advice is what came of trying it out: its gains are the differences of reports, and what it proposes always runs."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.advise import advice, advice_steps, design
from studio.advise.advice import Candidate, Gain
from studio.advise.search import ALIKE, KEPT, LEAST_GAIN, RULES, applied, best
from studio.blocks.templates import TEMPLATES, chain
from studio.boards import board
from studio.core.frontend import FrontEnd, check_frontend
from studio.core.graph import infer
from studio.core.project import Project
from studio.core.remember import forget
from studio.dsp.mel import empty_bands
from studio.estimate.counts import figures, op_counts
from studio.estimate.report import report
from studio.lower.graph import lower_graph
from studio.lower.int8 import quantised_types
from tests.helpers.small_networks import BLOCKS, random_graph

TARGETS = tuple(board(name) for name in ("virtual-m4", "nrf52840dk", "pico", "nucleo-f103rb", "nucleo-l031k6"))
PLACES = tuple((target, runtime) for target in TARGETS for runtime in ("c", "c-small", "tflm"))
LABELS = tuple("abcde")
SMALL = FrontEnd(clip_samples=480 + 320 * 19, mels=16)


def project(steps, frontend=None, interval_ms=1000.0):
    return Project("test", LABELS, frontend or FrontEnd(), chain(steps), interval_ms=interval_ms)


def from_nothing(of: Project):
    """Lower and estimate a project as if nothing were known of it."""
    forget()
    lowered = lower_graph(of.graph, BLOCKS, of.frontend.shape, name=of.name)
    network = quantised_types(lowered)
    made = {(t.id, r): report(network, t, r, of.frontend, of.interval_ms) for t, r in PLACES}
    return figures(network), made


def check(found, of: Project) -> None:
    """Hold every advice against reports made anew before and after its edits."""
    counts, before = from_nothing(of)
    for each in found:
        after = applied(of, each.candidate, BLOCKS)
        assert after == each.after
        check_frontend(after.frontend)
        seen = infer(after.graph, BLOCKS, after.frontend.shape)
        assert seen.runnable
        assert seen.shapes[seen.output] == (5,)
        now, reports = from_nothing(after)
        assert each.macs == (counts.macs, now.macs)
        for gain in each.gains:
            keys = [(gain.target.id, made.runtime) for made in (gain.before, gain.after)]
            assert (gain.before, gain.after) == (before[keys[0]], reports[keys[1]])
            assert not gain.breaks
        assert each.most >= LEAST_GAIN
        assert each.worth > 0


def tried(of: Project):
    """Return all that the rules propose and that runs, whatever it brings."""
    now = design(of, BLOCKS)
    found = [(rule.id, candidate) for rule in RULES for candidate in rule.find(now, TARGETS)]
    return {rule: [c for r, c in found if r == rule] for rule, _ in found}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 100_000), steps=st.integers(1, 9), arithmetic=st.sampled_from(["float32", "fixed"]))
def test_random_designs_get_advice_that_keeps_its_word(seed, steps, arithmetic):
    frontend = msgspec.structs.replace(SMALL, arithmetic=arithmetic)
    of = Project("random", LABELS, frontend, random_graph(seed, frontend.shape, steps))
    check(advice(design(of, BLOCKS), PLACES), of)


@pytest.mark.parametrize("template", TEMPLATES)
def test_templates_get_advice_that_keeps_its_word(template):
    of = Project(template, LABELS, graph=TEMPLATES[template](FrontEnd().shape, 5))
    found = advice(design(of, BLOCKS), PLACES)
    check(found, of)
    assert 3 <= len(found) <= KEPT
    assert [a.worth for a in found] == sorted((a.worth for a in found), reverse=True)
    for kind in ([a.rule.id for a in found], [a.candidate.where for a in found]):
        assert max(map(kind.count, kind)) <= ALIKE


HEAD = (("global_average_pool", {}), ("dense", {"units": 5}), ("softmax", {}))
CONV = {"filters": 16, "kernel": (3, 3)}


def test_a_stride_takes_a_pooling_s_place_through_norm_and_activation():
    of = project([("conv2d", CONV), ("batch_norm", {}), ("relu", {}), ("max_pool", {}), ("conv2d", CONV), *HEAD])
    (candidate,) = tried(of)["stride"]
    after = applied(of, candidate, BLOCKS)
    assert "max_pool_1" not in after.graph.by_id
    assert after.graph.by_id["conv2d_1"].params["stride"] == (2, 2)
    shapes = [infer(p.graph, BLOCKS, p.frontend.shape).shapes["conv2d_2"] for p in (of, after)]
    assert shapes[0] == shapes[1] or max(abs(a - b) for a, b in zip(*shapes, strict=True)) <= 1
    found = next(a for a in advice(design(of, BLOCKS), PLACES) if a.rule.id == "stride")
    assert found.macs[1] < found.macs[0]


def test_a_pooling_whose_convolution_feeds_another_block_too_stays():
    graph = chain([("conv2d", CONV), ("max_pool", {})])
    graph = graph.add(BLOCKS.get("max_pool"), {}).connect("conv2d_1", "max_pool_2").add(BLOCKS.get("add"), {}, "sum")
    graph = graph.connect("max_pool_1", "sum", 0).connect("max_pool_2", "sum", 1)
    for before, (kind, params) in zip(("sum", "global_average_pool_1", "dense_1"), HEAD, strict=True):
        graph = graph.add(BLOCKS.get(kind), params).connect(before, f"{kind}_1")
    assert "stride" not in tried(Project("fork", LABELS, graph=graph))


def test_a_full_convolution_becomes_separable_in_its_place():
    of = project([("conv2d", CONV), ("conv2d", {**CONV, "stride": (2, 2), "activation": "relu"}), *HEAD])
    (candidate,) = tried(of)["separable"]  # the first has a single channel to look at
    after = applied(of, candidate, BLOCKS)
    assert candidate.stands_at == {"separable_conv2d_1": "conv2d_2"}
    assert after.graph.by_id["separable_conv2d_1"].params["stride"] == (2, 2)
    assert after.graph.sources["global_average_pool_1"] == ("separable_conv2d_1",)
    macs = [design(p, BLOCKS).figures.macs for p in (of, after)]
    positions, channels = 25 * 20, 16
    assert macs[0] - macs[1] == positions * (9 * channels * 16 - 9 * channels - channels * 16)


def test_a_column_and_a_row_see_as_far_as_the_whole_kernel():
    conv = {**CONV, "kernel": (5, 5), "stride": (2, 2), "activation": "relu"}
    of = project([("conv2d", CONV), ("conv2d", conv), *HEAD])
    after = applied(of, tried(of)["spatial"][1], BLOCKS)
    column, row = (after.graph.by_id[id].params for id in ("conv2d_2", "conv2d_3"))
    assert (column["kernel"], column["stride"], column["activation"]) == ((5, 1), (2, 1), "none")
    assert (row["kernel"], row["stride"], row["activation"]) == ((1, 5), (1, 2), "relu")
    shapes = [infer(p.graph, BLOCKS, p.frontend.shape).shapes["global_average_pool_1"] for p in (of, after)]
    assert shapes[0] == shapes[1]
    unstrided = project([("conv2d", CONV), ("conv2d", {**CONV, "kernel": (5, 5)}), *HEAD])
    spared = applied(unstrided, tried(unstrided)["spatial"][1], BLOCKS)
    whole, parted = (sum(op.macs for op in op_counts(design(p, BLOCKS).network)[1:-2]) for p in (unstrided, spared))
    assert whole / parted == pytest.approx(2.5, rel=0.01)


def test_groups_halve_a_layer_whose_channels_come_in_whole_fours():
    of = project([("conv2d", CONV), ("conv2d", CONV), ("conv2d", {**CONV, "filters": 12}), *HEAD])
    (candidate,) = tried(of)["groups"]
    assert candidate.where == "conv2d_2"
    before, after = (op_counts(design(p, BLOCKS).network)[1].macs for p in (of, applied(of, candidate, BLOCKS)))
    assert before == 2 * after


def test_two_small_kernels_see_as_far_as_a_large_one():
    of = project([("conv2d", CONV), ("conv2d", {**CONV, "kernel": (5, 5)}), *HEAD])
    after = applied(of, tried(of)["two_kernels"][0], BLOCKS)
    assert [after.graph.by_id[id].params["kernel"] for id in ("conv2d_2", "conv2d_3")] == [(3, 3), (3, 3)]
    assert after.graph.sources["conv2d_3"] == ("conv2d_2",)
    assert after.graph.sources["global_average_pool_1"] == ("conv2d_3",)


def test_a_flatten_becomes_a_global_pooling():
    of = project([("conv2d", CONV), ("flatten", {}), ("dense", {"units": 5}), ("softmax", {})])
    first = next(a for a in advice(design(of, BLOCKS), PLACES) if a.rule.id == "global_pool")
    assert "global_average_pool_1" in first.after.graph.by_id
    assert all(g.after.flash.total < g.before.flash.total for g in first.gains)


def test_filters_go_down_in_whole_fours_and_the_labels_stay():
    of = project([("conv2d", {**CONV, "filters": 18}), ("flatten", {}), ("dense", {"units": 22}), ("dense", {"units": 5})])
    widths = [c.edits[0].changes for rule in ("fours", "filters") for c in tried(of)[rule]]
    assert widths == [{"filters": 16}, {"units": 20}, {"filters": 12}, {"units": 16}]


def test_an_fft_twice_as_long_as_its_window_needs_is_halved():
    of = project([("conv2d", CONV), *HEAD], msgspec.structs.replace(FrontEnd(), window=256, hop=160, low_hz=300.0, mels=20))
    (candidate,) = tried(of)["fft"]
    after = applied(of, candidate, BLOCKS)
    assert (after.frontend.fft, after.frontend.shape) == (256, of.frontend.shape)
    assert not empty_bands(after.frontend)


def test_no_front_end_is_advised_that_leaves_bands_empty():
    of = project([("conv2d", CONV), *HEAD], msgspec.structs.replace(FrontEnd(), window=256, hop=160, mels=104))
    assert not empty_bands(of.frontend)
    assert empty_bands(msgspec.structs.replace(of.frontend, fft=256))
    assert "fft" not in tried(of)


def test_fixed_point_is_advised_where_a_core_has_no_fpu_only():
    now = design(project([("conv2d", CONV), *HEAD]), BLOCKS)
    rule = next(r for r in RULES if r.id == "fixed_point")
    assert list(rule.find(now, (board("nrf52840dk"),))) == []
    assert len(list(rule.find(now, (board("nrf52840dk"), board("pico"))))) == 1


def test_inferences_that_overlap_much_may_come_less_often_without_training():
    of = project([("conv2d", CONV), *HEAD], interval_ms=50.0)
    found = next(a for a in advice(design(of, BLOCKS), PLACES) if a.rule.id == "overlap")
    assert found.after.interval_ms == 500
    assert found.caution == "no training needed"
    assert "overlap" not in tried(project([("conv2d", CONV), *HEAD], interval_ms=1000.0))


def test_what_does_not_fit_comes_first():
    """RAM lacks on a small board, and time abounds: what frees RAM leads, and what makes it fit leads that."""
    of = Project("tight", LABELS, graph=TEMPLATES["default"](FrontEnd().shape, 5), interval_ms=60_000.0)
    places = [(board("nucleo-f103rb"), "c")]
    found = advice(design(of, BLOCKS), places)
    assert not found[0].gains[0].before.fits
    assert found[0].gains[0].mends
    assert "which it then fits" in found[0].words
    assert found[0].gains[0].best.name == "RAM"


def test_the_engine_in_least_ram_is_advised_where_ram_lacks():
    of = Project("tight", LABELS, graph=TEMPLATES["default"](FrontEnd().shape, 5), interval_ms=10_000.0)
    found = advice(design(of, BLOCKS), [(board("nucleo-f103rb"), "c"), (board("virtual-m4"), "c")])
    least = next(a for a in found if a.rule.id == "least_ram")
    assert [(g.target.id, g.after.runtime) for g in least.switched] == [("nucleo-f103rb", "c-small")]
    assert least.after is of
    assert least.switched[0].mends
    slower = next(s for s in least.switched[0].savings if s.name == "time")
    assert slower.after > slower.before
    gained, _, price = least.words.rpartition(", but ")
    assert gained.endswith("on NUCLEO-F103RB, which it then fits")
    assert price in [s.words for s in least.switched[0].savings if s.after > s.before]
    assert least.caution == "no training needed"
    assert "least_ram" not in {a.rule.id for a in advice(design(of, BLOCKS), [(board("nucleo-f103rb"), "c-small")])}


def test_advice_never_takes_a_board_away():
    found = advice(design(project([("conv2d", CONV), ("conv2d", CONV), *HEAD]), BLOCKS), [(board("nrf52840dk"), "c")])
    assert all(g.before.fits for a in found for g in a.gains)
    assert best(found) == found
    late = [msgspec.structs.replace(g, after=msgspec.structs.replace(g.after, fits=False)) for g in found[0].gains]
    assert best((msgspec.structs.replace(found[0], gains=tuple(late)), *found[1:])) == found[1:]


def test_what_cannot_run_anywhere_gets_no_advice():
    assert advice(design(project([("conv2d", CONV), *HEAD]), BLOCKS), []) == ()


def test_words_say_what_is_gained_and_what_is_not_known():
    of = project([("conv2d", CONV), ("conv2d", CONV), *HEAD])
    found = next(a for a in advice(design(of, BLOCKS), [(board("pico"), "c")]) if a.rule.id == "separable")
    assert found.words.startswith("depthwise-separable instead of full conv2d_2: −")
    assert "% MACs, −" in found.words
    assert found.words.endswith(" on Raspberry Pi Pico")
    assert found.caution == "train again: accuracy not known"


def test_a_gain_sums_the_stack_into_ram():
    of = project([("conv2d", CONV), *HEAD])
    made = report(design(of, BLOCKS).network, TARGETS[0], "c", of.frontend)
    gain = Gain(TARGETS[0], made, made, (1000.0, 1000.0))
    ram = next(s for s in gain.savings if s.name == "RAM")
    assert ram.before == made.ram.total + made.stack_bytes
    assert (gain.worth, gain.mends, gain.breaks) == (0.0, False, False)


def test_an_edit_that_fails_is_no_advice():
    """A stride of its own for each axis is nothing for a depthwise layer: the search drops it and goes on."""
    of = project([("depthwise_conv2d", {}), ("max_pool", {"kernel": (1, 2), "stride": (1, 2)}), ("conv2d", CONV), *HEAD])
    (candidate,) = tried(of)["stride"]
    assert isinstance(candidate, Candidate)
    found = advice(design(of, BLOCKS), PLACES)
    assert found
    assert "stride" not in {a.rule.id for a in found}


def test_sixty_blocks_are_searched_in_bounded_steps():
    """The steps, each a slice of the window's rest, are bounded by the design and its boards."""
    stem = [("conv2d", {"filters": 32, "kernel": (5, 5), "use_bias": False}), ("batch_norm", {}), ("relu", {}), ("max_pool", {})]
    body = [("conv2d", {"filters": 24, "use_bias": False}), ("batch_norm", {}), ("relu", {})] * 18
    of = project([*stem, *body, *HEAD])
    assert len(of.graph.nodes) == 62
    places = [(target, "c") for target in TARGETS]
    steps = sum(1 for _ in advice_steps(design(of, BLOCKS), places))
    assert 10 < steps <= 100 * (1 + len(places))
