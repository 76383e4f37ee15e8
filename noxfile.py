import os
import sys
from pathlib import Path

import nox

nox.options.sessions = ["lint", "tests"]
nox.options.reuse_existing_virtualenvs = True


def install(session: nox.Session, extras: str) -> None:
    session.install("-q", "-c", "constraints.txt", f".[{extras}]" if extras == "lint" else f"-e.[{extras}]")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, formatting and the walls between the folders."""
    session.install("-q", "-c", "constraints.txt", "ruff", "import-linter", "networkx", "msgspec")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports", "--no-cache", env={"PYTHONPATH": str(Path.cwd())})


@nox.session
def tests(session: nox.Session) -> None:
    """Run the suite: under 15 minutes on two cores. Arguments after -- go to pytest."""
    install(session, "test")
    session.run("python", "-m", "pytest", *session.posargs, env=_environment())


@nox.session
def nightly(session: nox.Session) -> None:
    """Run the long tests."""
    install(session, "test")
    session.run("python", "-m", "pytest", "-m", "nightly", "-s", "--timeout", "7200", *session.posargs, env=_environment())


@nox.session
def bench(session: nox.Session) -> None:
    """Print the benchmarks, each beside its rival."""
    install(session, "test")
    for script in sorted(Path("tests/bench").glob("bench_*.py")):
        session.run("python", "-m", f"tests.bench.{script.stem}", env=_environment())


def _environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k == "OTOLITH_TEST_DATA"}
    return {**kept, "TF_CPP_MIN_LOG_LEVEL": "2", "OPENBLAS_NUM_THREADS": "1", "PYTHONUTF8": "1" if sys.platform == "win32" else "0"}
