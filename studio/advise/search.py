"""Try out what the rules propose, in steps of a few milliseconds, and keep what helps most."""

from collections import Counter
from collections.abc import Generator, Sequence

from studio.advise.advice import Advice, Candidate, Gain, Place, Rule
from studio.advise.design import Design, design
from studio.advise.frontend_rules import FRONT_END_RULES
from studio.advise.graph_rules import GRAPH_RULES
from studio.advise.runtime_rules import RUNTIME_RULES
from studio.core.block import Block
from studio.core.errors import StudioError
from studio.core.project import Project
from studio.core.registry import Registry
from studio.core.report import ResourceReport
from studio.estimate.report import report

RULES: tuple[Rule, ...] = (*GRAPH_RULES, *FRONT_END_RULES, *RUNTIME_RULES)
LEAST_GAIN = 0.02
KEPT = 5
ALIKE = 2

Reported = tuple[Place, ResourceReport]
Steps = Generator[None, None, tuple[Advice, ...]]


def advice(now: Design, places: Sequence[Place]) -> tuple[Advice, ...]:
    """Return the best advice for a design on boards with runtimes, the best first."""
    steps = advice_steps(now, places)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: tuple[Advice, ...] = end.value
            return found


def advice_steps(now: Design, places: Sequence[Place], rules: Sequence[Rule] = RULES) -> Steps:
    """Do the same step by step: a step lowers one candidate, or estimates it on one board."""
    targets = tuple({target.id: target for target, _ in places}.values())
    before: list[Reported] = []
    for place in places:
        made = _report(now, place)
        before += [(place, made)] if _runs(made) else []
        yield
    found: list[Advice] = []
    for rule in rules:
        for candidate in rule.find(now, targets):
            weighed = yield from _weigh(now, rule, candidate, before)
            found += [weighed] if weighed else []
    return best(found)


def best(found: Sequence[Advice]) -> tuple[Advice, ...]:
    """Return the advice that is worth most, at most two by one rule or in one place; none that saves under 2 %, or makes a board too small."""
    useful = [a for a in found if a.worth > 0 and a.most >= LEAST_GAIN and not any(g.breaks for g in a.gains)]
    kept: list[Advice] = []
    seen: Counter[str] = Counter()
    for each in sorted(useful, key=lambda a: -a.worth):
        kinds = (f"rule {each.rule.id}", f"place {each.candidate.where}")
        if all(seen[kind] < ALIKE for kind in kinds):
            kept.append(each)
            seen.update(kinds)
    return tuple(kept[:KEPT])


def applied(project: Project, candidate: Candidate, blocks: Registry[Block]) -> Project:
    """Return the project with a candidate's edits; raise their typed error."""
    for edit in candidate.edits:
        project = edit.apply(project, blocks)
    return project


def _weigh(now: Design, rule: Rule, candidate: Candidate, before: Sequence[Reported]) -> Generator[None, None, Advice | None]:
    """Apply a candidate and estimate what comes of it; None where that is no design any more, or says something else."""
    after = _tried(now, candidate)
    yield
    if after is None or after.output_shape != now.output_shape:
        return None
    gains = []
    intervals = (now.project.interval_ms, after.project.interval_ms)
    for place, earlier in before:
        there = _place(place, candidate)
        made = earlier if after.project is now.project and there == place else _report(after, there)
        if not _runs(made):
            return None
        gains.append(Gain(place[0], earlier, made, intervals))
        yield
    return Advice(rule, candidate, now.project, after.project, (now.figures.macs, after.figures.macs), tuple(gains))


def _place(place: Place, candidate: Candidate) -> Place:
    """Return a board with the runtime that a candidate wants on it."""
    target, runtime = place
    old, new = candidate.runtimes.get(target.id, (runtime, runtime))
    return target, new if runtime == old else runtime


def _tried(now: Design, candidate: Candidate) -> Design | None:
    try:
        return design(applied(now.project, candidate, now.blocks), now.blocks, now)
    except StudioError:
        return None


def _report(of: Design, place: Place) -> ResourceReport:
    target, runtime = place
    return report(of.network, target, runtime, of.project.frontend, of.project.interval_ms, energy=of.project.plan(target.id))


def _runs(made: ResourceReport) -> bool:
    return not any(i.id == "runtime.unsupported" for i in made.issues)
