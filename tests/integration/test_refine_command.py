"""`otolith report --refine` with the real compiler and the real allocator."""

import json

from studio.__main__ import main
from studio.cli.refined import refined_text
from studio.core.places import shipped
from studio.deploy import oracle


def test_report_refines_and_says_by_how_much_the_plan_is_off(capsys):
    sample = str(shipped("resources") / "samples" / "keywords")
    assert main(["report", sample, "--target", "virtual-m4", "--runtime", "c", "--runtime", "tflm", "--refine", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    allocated, compiled = said["refined"]["refinements"] if oracle.available() else (None, *said["refined"]["refinements"])
    planned = {made["runtime"]: made for made in said["reports"]}
    checks = {c["figure"]: c for c in compiled["checks"]}
    assert checks["RAM"]["found"] == checks["RAM"]["planned"] == planned["c"]["ram"]["total"]
    assert checks["flash"]["planned"] == planned["c"]["flash"]["total"]
    assert allocated is None or allocated["checks"][0]["found"] == allocated["checks"][0]["planned"] > 0
    shown = refined_text(said["refined"])
    assert "planned" in shown and "exact" in shown and compiled["tool"] in shown and "random weights" in shown
