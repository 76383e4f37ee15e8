"""The document: one immutable value that holds the whole design."""

import hashlib
from operator import attrgetter
from typing import Any, Literal

import msgspec

from studio.core.energy import AS_IT_IS, EnergyPlan, check_energy
from studio.core.errors import InputError, ParameterError
from studio.core.frontend import FrontEnd
from studio.core.graph import ModelGraph

SCHEMA = 1


class Augmentation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What training does to each clip, drawn anew each epoch from the seed."""

    noise_probability: float = 0.5
    noise_snr_db: tuple[float, float] = (5.0, 30.0)
    gain_db: tuple[float, float] = (-6.0, 6.0)
    shift_ms: float = 100.0


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to train: the same recipe, data and seed give the same run."""

    epochs: int = 30
    batch: int = 32
    learning_rate: float = 0.003
    label_smoothing: float = 0.0
    augmentation: Augmentation = Augmentation()
    seed: int = 1


class Project(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A design: what it tells apart, how it listens, what it computes, and where it must fit.

    `labels` is the order of the outputs everywhere: training, export, kit. `interval_ms` is the inference interval. `energy` holds the
    user's own figures of currents and battery by target.
    """

    name: str
    labels: tuple[str, ...]
    frontend: FrontEnd = FrontEnd()
    graph: ModelGraph = ModelGraph()
    targets: tuple[str, ...] = ("virtual-m4",)
    task: Literal["classification"] = "classification"
    interval_ms: float = 1000.0
    recipe: Recipe = Recipe()
    energy: dict[str, EnergyPlan] = {}

    def plan(self, target: str) -> EnergyPlan:
        """Return the user's own figures of a target's energy."""
        return self.energy.get(target, AS_IT_IS)


def check_project(project: Project) -> None:
    """Raise InputError naming the first field that makes no sense."""
    if not project.name or any(c in project.name for c in "\r\n\0/\\"):
        raise InputError("a project's name is one line without slashes", where="name", hint="such as: kitchen words")
    if len(set(project.labels)) != len(project.labels):
        twice = sorted({x for x in project.labels if project.labels.count(x) > 1})
        raise InputError(f"labels occur twice: {', '.join(twice)}", where="labels", hint="keep each once")
    for label in project.labels:
        check_label(label)
    if not 0 < project.interval_ms <= 86_400_000:
        raise InputError(
            f"interval_ms = {project.interval_ms} is not above 0 and at most a day", where="interval_ms", hint="milliseconds, such as 1000"
        )
    for target, plan in project.energy.items():
        check_energy(plan, target)


def check_recipe(recipe: Recipe) -> None:
    """Raise ParameterError naming the first field of a recipe that cannot be trained by."""
    noise = recipe.augmentation
    rules = (
        ("epochs", 1 <= recipe.epochs <= 10_000, "1 to 10000"),
        ("batch", 2 <= recipe.batch <= 4096, "2 to 4096"),
        ("learning_rate", 0 < recipe.learning_rate <= 1, "above 0, at most 1"),
        ("label_smoothing", 0 <= recipe.label_smoothing < 1, "0 to below 1"),
        ("seed", 0 <= recipe.seed < 2**31, "0 to 2147483647"),
        ("augmentation.noise_probability", 0 <= noise.noise_probability <= 1, "0 to 1"),
        ("augmentation.noise_snr_db", -100 <= noise.noise_snr_db[0] <= noise.noise_snr_db[1] <= 200, "two dB values, the lower first"),
        ("augmentation.gain_db", -100 <= noise.gain_db[0] <= noise.gain_db[1] <= 100, "two dB values, the lower first"),
        ("augmentation.shift_ms", 0 <= noise.shift_ms <= 60_000, "0 to 60000"),
    )
    for field, holds, allowed in rules:
        if not holds:
            raise ParameterError(
                f"{field} = {attrgetter(field)(recipe)} is out of range", where=f"recipe.{field}", hint=f"allowed: {allowed}"
            )


def check_label(label: Any, where: str = "labels") -> str:
    """Return the label, or raise InputError: any text of one to 64 printable characters will do."""
    if not isinstance(label, str) or not label.strip() or len(label) > 64 or not label.isprintable():
        raise InputError(f"{label!r} is no label", where=where, hint="1 to 64 printable characters on one line")
    return label


def design_digest(project: Project) -> str:
    """Return the digest of what a trained model depends on: front end, graph and labels.

    The order in which blocks were added and wires drawn does not count, nor do name, targets and recipe.
    """
    graph = project.graph
    design = (
        msgspec.convert(msgspec.to_builtins(project.frontend), FrontEnd),
        sorted((n.id, n.kind, sorted(n.params.items())) for n in graph.nodes),
        sorted((w.target, w.port, w.source) for w in graph.wires),
        project.labels,
    )
    return hashlib.sha256(msgspec.json.encode(design)).hexdigest()[:32]
