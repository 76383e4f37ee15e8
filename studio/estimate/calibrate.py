"""How far published times lie from the counted cycles, by core and kernels, and how well that carries over to a board not seen.

All engines are counted with CMSIS-NN's kernels. The model, for the logarithm of published time over counted time: a level for each kind of
kernels, a shift for each core and each engine, for ahead-of-time engines (whose kernels are not those counted) one for each class of
operators, a random shift of each chip and noise.
Every term is normal around nothing with the spread below, so that the solution is a ridge regression, and an engine, core or chip that was
not seen widens the band by its spread. Spreads: those of highest marginal likelihood over the collection, rounded.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from math import exp, log, sqrt
from statistics import median
from types import MappingProxyType

import msgspec
import numpy as np

from studio.core.target import TargetDevice
from studio.estimate.counts import figures
from studio.estimate.latency import Band, Rate, class_of, wait_factor
from studio.estimate.published import PublishedSystem, published, published_network
from studio.estimate.tflm.kernels import Kernels
from studio.estimate.usage import tflm_usage

SPREAD = MappingProxyType({"level": 2.0, "class": 0.28, "engine": 0.17, "core": 0.13, "chip": 0.09})
NOISE = 0.088
WIDTH = 1.5
COUNTED = ("cmsis-nn", "ahead-of-time")
UNKNOWN_ENGINE = "?"
UNKNOWN_CORE = "unknown"
SINGLE_BOARD = 1.3
X_CUBE_AI = "X-CUBE-AI"
X_CUBE_AI_NOW = "X-CUBE-AI 10.2"
MOST = "convolution"
LEAST_SHARE = 0.1
_RATE_RUNTIMES = MappingProxyType({"vendor": "tflm", "reference-uncounted": "tflm-ref", "portable": "c"})
_RATE_SPREAD = MappingProxyType({"tflm": (0.5, 2.0), "tflm-ref": (0.5, 2.0), "c": (0.25, 1.5)})
_SPREAD_WORDS = MappingProxyType(
    {
        "tflm": "half to double",
        "tflm-ref": "half to double",
        "c": "the times of another portable engine stand in for ours: a quarter to one and a half",
    }
)

Term = tuple[str, ...]


class Row(msgspec.Struct, frozen=True):
    """One published time against its count: `residual` is the logarithm of their quotient, `shares` the count's by class."""

    model: str
    system: PublishedSystem
    counted_ms: float
    residual: float
    shares: Mapping[str, float]


class Prediction(msgspec.Struct, frozen=True):
    """A row as it is predicted without its chip."""

    row: Row
    ms: float
    low: float
    high: float

    @property
    def error(self) -> float:
        """Relative error of the prediction."""
        return abs(self.ms / self.published - 1)

    @property
    def published(self) -> float:
        """The published milliseconds."""
        return self.row.system.ms[self.row.model]

    @property
    def covered(self) -> bool:
        """Whether the published time lies in the band."""
        return self.low <= self.published <= self.high


class Score(msgspec.Struct, frozen=True):
    """What a set of predictions comes to; `width` is half the band over the value, the median of all."""

    rows: int
    chips: int
    median_error: float
    coverage: float
    width: float


class Factor(msgspec.Struct, frozen=True):
    """By what to multiply a counted time, and its band."""

    value: float
    low: float
    high: float


class Fit(msgspec.Struct, frozen=True):
    """The regression's solution: terms, their values and covariance."""

    terms: Mapping[Term, int]
    values: np.ndarray
    covariance: np.ndarray


def rows(boards: Mapping[str, TargetDevice], kernels: Iterable[str] = COUNTED) -> tuple[Row, ...]:
    """Count every published time of these kernels on the studio's own record of the board."""
    chosen = set(kernels)
    systems = [s for s in published().published if s.kernels in chosen and boards[s.board].core.tabled]
    return tuple(_row(model, system, boards[system.board]) for system in systems for model in system.ms)


def _row(model: str, system: PublishedSystem, target: TargetDevice) -> Row:
    kernels: Kernels = "reference" if system.kernels == "reference" else "cmsis_nn"
    shares: dict[str, float] = {}
    for op in tflm_usage(published_network(system.counted(model)), target.core, kernels, None).rows.ops:
        group = class_of(op.kind)
        shares[group] = shares.get(group, 0.0) + op.cycles
    cycles = sum(shares.values())
    counted = cycles * wait_factor(target) / system.mhz / 1e3
    return Row(model, system, counted, log(system.ms[model] / counted), {k: v / cycles for k, v in shares.items()})


def solve(seen: Sequence[Row]) -> Fit:
    """Fit the terms to these rows."""
    terms = {term: i for i, term in enumerate(sorted({t for row in seen for t in _weights(row)}))}
    design = np.zeros((len(seen), len(terms)))
    for i, row in enumerate(seen):
        for term, weight in _weights(row).items():
            design[i, terms[term]] = weight
    prior = np.diag([SPREAD[term[0]] ** -2 for term in terms])
    covariance = np.linalg.inv(design.T @ design / NOISE**2 + prior)
    return Fit(terms, covariance @ design.T @ np.array([r.residual for r in seen]) / NOISE**2, covariance)


def _weights(row: Row, engine: str | None = None) -> dict[Term, float]:
    system = row.system
    terms: dict[Term, float] = {
        ("level", system.kernels): 1.0,
        ("core", system.core): 1.0,
        ("engine", engine or system.engine): 1.0,
        ("chip", system.chip): 1.0,
    }
    if system.kernels == "ahead-of-time":
        terms |= {("class", name): share for name, share in row.shares.items()}
    return terms


def expect(fit: Fit, weights: Mapping[Term, float]) -> Factor:
    """Return the factor of a system with these terms; those that were not seen count as nothing, with their spread."""
    seen = {fit.terms[t]: w for t, w in weights.items() if t in fit.terms}
    index, weight = list(seen), np.array(list(seen.values()))
    mean = float(weight @ fit.values[index])
    variance = float(weight @ fit.covariance[np.ix_(index, index)] @ weight) + NOISE**2
    variance += sum((w * SPREAD[t[0]]) ** 2 for t, w in weights.items() if t not in fit.terms)
    spread = WIDTH * sqrt(variance)
    return Factor(exp(mean), exp(mean - spread), exp(mean + spread))


def leave_one_chip_out(all_rows: Sequence[Row], engine_known: bool = True) -> tuple[Prediction, ...]:
    """Predict the rows of each chip from those of all others; `engine_known` says whether the engine's own speed is taken from them too."""
    made = []
    for chip in sorted({row.system.chip for row in all_rows}):
        fit = solve([row for row in all_rows if row.system.chip != chip])
        for row in all_rows:
            if row.system.chip == chip:
                factor = expect(fit, _weights(row, None if engine_known else UNKNOWN_ENGINE))
                made.append(Prediction(row, *(row.counted_ms * f for f in (factor.value, factor.low, factor.high))))
    return tuple(made)


def score(made: Sequence[Prediction]) -> Score:
    """Sum up a set of predictions."""
    return Score(
        rows=len(made),
        chips=len({p.row.system.chip for p in made}),
        median_error=median(p.error for p in made),
        coverage=sum(p.covered for p in made) / len(made),
        width=median((p.high - p.low) / 2 / p.ms for p in made),
    )


def factor_for(fit: Fit, core: str, kernels: str = "cmsis-nn", engine: str = UNKNOWN_ENGINE) -> Factor:
    """Return the factor of kernels on a core, for a chip that was not seen."""
    return expect(fit, {("level", kernels): 1.0, ("core", core): 1.0, ("engine", engine): 1.0, ("chip", "?"): 1.0})


def cycles_per_mac(system: PublishedSystem) -> tuple[float, ...]:
    """Return the cycles a MAC of each of a system's times."""
    return tuple(ms * system.mhz * 1e3 / _macs(system.counted(model)) for model, ms in system.ms.items())


def _macs(model: str) -> int:
    known = published().models[model]
    return figures(published_network(model)).macs if known.layers else known.macs


def evaluate(boards: Mapping[str, TargetDevice]) -> Mapping[str, Score]:
    """Score the predictions of chips that were left out: all, the rows that gauge tflm answers for, and other engines; then with unknown engines."""
    found = rows(boards)
    known, unknown = leave_one_chip_out(found), leave_one_chip_out(found, engine_known=False)
    return {
        "all": score(known),
        "CMSIS-NN": score(_of(known, "cmsis-nn")),
        "ahead of time": score(_of(known, "ahead-of-time")),
        "CMSIS-NN, engine unknown": score(_of(unknown, "cmsis-nn")),
        "ahead of time, engine unknown": score(_of(unknown, "ahead-of-time")),
    }


def _of(made: Sequence[Prediction], kernels: str) -> list[Prediction]:
    return [p for p in made if p.row.system.kernels == kernels]


def fit_bands(boards: Mapping[str, TargetDevice]) -> dict[str, dict[str, Band]]:
    """Return the bands by runtime and core, each with what it rests on."""
    found = rows(boards)
    fit = solve(found)
    held = score(_of(leave_one_chip_out(found, engine_known=False), "cmsis-nn"))
    cmsis = (
        f"held against {held.rows} published times of {held.chips} chips with CMSIS-NN kernels, each chip predicted from the others:"
        f" median error {held.median_error:.0%}, {held.coverage:.0%} within the band"
    )
    own = f"not yet measured on silicon: its counted instructions with the factor of CMSIS-NN's, counted alike; {cmsis}"
    cores = [*sorted({row.system.core for row in found}), UNKNOWN_CORE]
    bands: dict[str, dict[str, Band]] = {"c": {}, "tflm": {}, "tflm-ref": {}, "x-cube-ai": {}}
    for core in cores:
        factor = factor_for(fit, core)
        bands["c"][core], bands["tflm"][core] = _band(factor, own), _band(factor, cmsis)
    bands["tflm"] |= _helium_bands(boards)
    bands["tflm-ref"][UNKNOWN_CORE] = _reference_band(boards, bands["tflm"][UNKNOWN_CORE])
    bands["x-cube-ai"] = _ahead_bands(found, fit, cores)
    return bands


def _ahead_bands(found: Sequence[Row], fit: Fit, cores: Iterable[str]) -> dict[str, Band]:
    """X-CUBE-AI's bands for a network of the published mixture; what its classes of operators differ by stands in `class_factors`."""
    held = score([p for p in _of(leave_one_chip_out(found), "ahead-of-time") if p.row.system.engine.startswith(X_CUBE_AI)])
    source = (
        f"held against {held.rows} published times of {held.chips} STM32 with X-CUBE-AI 7.1 to 10.2 (MLPerf Tiny, int8), each chip predicted"
        f" from the others: median error {held.median_error:.0%}, {held.coverage:.0%} within the band; other operators and float unverified"
    )
    seen = {row.system.core for row in found if row.system.engine.startswith(X_CUBE_AI)}
    made = {}
    for core in cores:
        factor, wider = expect(fit, _ahead_weights(core) | {("class", MOST): 1.0}), 1.0 if core in seen else SINGLE_BOARD
        most = exp(float(fit.values[fit.terms["class", MOST]]))
        said = source if core in seen else f"{source}; none of them on such a core"
        made[core] = _band(Factor(factor.value / most, factor.low / most / wider, factor.high / most * wider), said)
    return made


def _ahead_weights(core: str) -> dict[Term, float]:
    return {("level", "ahead-of-time"): 1.0, ("core", core): 1.0, ("engine", X_CUBE_AI_NOW): 1.0, ("chip", "?"): 1.0}


def class_factors(found: Iterable[Row], fit: Fit) -> dict[str, float]:
    """Return by what to multiply each class of operators' counted time, beside the level of ahead-of-time engines.

    The fit multiplies the whole by each class's factor to the power of its share; times add up, so a class's factor is that with which the
    sum says the same as the product for its mean share among the networks that have it.
    """
    factors = {term[1]: exp(float(fit.values[i])) for term, i in fit.terms.items() if term[0] == "class"}
    kept = [row for row in found if row.system.engine.startswith(X_CUBE_AI)]
    made = {}
    for name, factor in factors.items():
        shares = [row.shares[name] for row in kept if row.shares.get(name, 0.0) > LEAST_SHARE]
        share = sum(shares) / len(shares)
        made[name] = (factors[MOST] ** (1 - share) * factor**share - (1 - share) * factors[MOST]) / share
    return made


def _band(factor: Factor, source: str) -> Band:
    return Band(round(factor.value, 3), round(factor.low, 3), round(factor.high, 3), source)


def _helium_bands(boards: Mapping[str, TargetDevice]) -> dict[str, Band]:
    """Cores with Helium are counted as a Cortex-M33; the one board that published says how much faster they are."""
    found = [exp(row.residual) for row in rows(boards, ["helium"])]
    source = (
        f"counted as a Cortex-M33 without Helium; {len(found)} published times of one board with Helium (EK-RA8D1, Cortex-M85) lie"
        f" between {min(found):.2f} and {max(found):.2f} of that"
    )
    m85 = Factor(exp(sum(map(log, found)) / len(found)), min(found) / SINGLE_BOARD, max(found) * SINGLE_BOARD)
    # A Cortex-M55 has the same vector width, but issues one instruction at a time.
    m55 = Factor(m85.value * 1.25, m85.low, m85.high * 1.5)
    return {"cortex-m85": _band(m85, source), "cortex-m55": _band(m55, source + "; a Cortex-M55 somewhat slower (assumed)")}


def _reference_band(boards: Mapping[str, TargetDevice], counted: Band) -> Band:
    """Reference kernels: what was published ran far faster than what is counted, so the band spans both."""
    found = [exp(row.residual) for row in rows(boards, ["reference"])]
    published_at = exp(sum(map(log, found)) / len(found))
    source = (
        f"{len(found)} published times of TFLM 2.3.1 on one board (MLPerf Tiny v0.5) are {min(found):.2f} to {max(found):.2f} of what is counted"
        " for today's reference kernels as their Makefile builds them; the band spans both, for compiler options decide"
    )
    return _band(Factor(sqrt(published_at * counted.value), min(found) / SINGLE_BOARD, counted.high), source)


def fit_rates() -> dict[str, dict[str, Rate]]:
    """Return cycles a MAC by core and runtime for cores without tables."""
    made: dict[str, dict[str, Rate]] = {}
    for system in published().published:
        runtime = _RATE_RUNTIMES.get(system.kernels)
        if runtime is not None:
            found = cycles_per_mac(system)
            value = exp(sum(map(log, found)) / len(found))
            source = f"{system.engine} on {system.chip}: {', '.join(system.ms)}; one system, so {_SPREAD_WORDS[runtime]}; {system.source}"
            low, high = _RATE_SPREAD[runtime]
            ends = (min(found) * low, max(found) * high)
            made.setdefault(system.core, {})[runtime] = Rate(*(float(f"{x:.3g}") for x in (value, *ends)), source)
    return made


def fit_document(boards: Mapping[str, TargetDevice]) -> str:
    """Return latency_fit.toml."""
    lines = ["# Written by fit_latency.py from latency.toml; `otolith calibration` prints how it was judged.", "schema = 1"]
    for name, tables in (("bands", fit_bands(boards)), ("rates", fit_rates())):
        for outer, inner in tables.items():
            for key, value in inner.items():
                lines += ["", f"[{name}.{outer}.{key}]"]
                lines += [f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in msgspec.structs.asdict(value).items()]
    found = rows(boards)
    lines += ["", "[classes.x-cube-ai]", *(f"{name} = {value:.3g}" for name, value in class_factors(found, solve(found)).items())]
    return "\n".join(lines) + "\n"
