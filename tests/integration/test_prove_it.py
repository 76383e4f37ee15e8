"""Untrained designs built and run on the virtual kit: the estimate against what the kit did."""

import pytest

from studio.blocks import registry
from studio.boards import board
from studio.core.edits import InsertBlock, RemoveBlocks, SetFrontEnd, SetParams
from studio.core.errors import InputError
from studio.core.project import Project
from studio.deploy.subject import load_subject
from studio.deploy.validate import validate
from studio.jobs import QuietContext
from studio.storage.folder import ProjectFolder


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample") / "keywords"
    return ProjectFolder.copy_sample("keywords", folder)


def first(project: Project, kind: str, number: int = 0) -> str:
    return [n.id for n in project.graph.nodes if n.kind == kind][number]


def wider(project):
    return SetParams(first(project, "conv2d"), {"filters": project.graph.node(first(project, "conv2d")).params["filters"] + 8})


def other_stride(project):
    return SetParams(first(project, "conv2d"), {"stride": (2, 1)})


def removed(project):
    return RemoveBlocks((first(project, "separable_conv2d", -1),), bridge=True)


def added(project):
    last = first(project, "separable_conv2d", -1)
    after = next(w.target for w in project.graph.wires if w.source == last)
    return InsertBlock("max_pool", after, params={"kernel": (2, 2), "stride": (2, 2)})


def more_bins(project):
    return SetFrontEnd({"mels": 32})


EDITS = {"as it is": None, "filters": wider, "stride": other_stride, "removed": removed, "added": added, "bins": more_bins}


@pytest.mark.parametrize("edit", EDITS, ids=str)
def test_untrained_estimate_holds_on_the_kit(edit, sample):
    make = EDITS[edit]
    project = sample.project if make is None else make(sample.project).apply(sample.project, registry())
    if make is not None:
        assert project != sample.project
    sample.save(project)
    result = validate(load_subject(sample.path), board("virtual-m4"), 3, QuietContext())
    assert not result.trained
    assert result.mismatching_inputs == 0
    assert result.feature_max_difference <= 1
    assert result.feature_mismatch_share <= 0.001
    assert result.estimate.ram_bytes == result.ram_bytes
    assert result.estimate.flash_bytes == pytest.approx(result.flash_bytes, rel=0.03)
    assert result.estimate.instructions == pytest.approx(result.instructions, rel=0.15)
    assert result.estimate.frontend_instructions == pytest.approx(result.frontend_instructions, rel=0.15)
    assert result.estimate.stack_bytes >= result.stack_bytes


@pytest.mark.parametrize("target", ["virtual-m7", "virtual-m33", "virtual-m0", "virtual-m3"])
def test_the_sample_on_other_cores(target, sample):
    result = validate(load_subject(sample.path), board(target), 1, QuietContext())
    assert result.mismatching_inputs == 0
    assert result.estimate.ram_bytes == result.ram_bytes
    assert result.estimate.flash_bytes == pytest.approx(result.flash_bytes, rel=0.05)


def test_a_real_model_is_exact(data_folder):
    subject = load_subject(data_folder / "models" / "kws_ref_model.tflite")
    result = validate(subject, board("virtual-m4"), 100, QuietContext())
    assert result.trained
    assert (result.inputs, result.mismatching_inputs, result.max_difference) == (100, 0, 0)
    assert result.estimate.ram_bytes == result.ram_bytes


@pytest.mark.parametrize("target", ["virtual-m0", "virtual-m4"])
def test_the_least_ram_is_exact_too(target, data_folder):
    path = data_folder / "models" / "kws_ref_model.tflite"
    result = validate(load_subject(path, "c-small"), board(target), 2, QuietContext())
    assert (result.runtime, result.mismatching_inputs) == ("c-small", 0)
    assert result.estimate.ram_bytes == result.ram_bytes <= 6500
    assert result.estimate.flash_bytes == pytest.approx(result.flash_bytes, rel=0.01)
    assert result.estimate.instructions == pytest.approx(result.instructions, rel=0.05)
    assert result.stack_bytes <= result.estimate.stack_bytes <= 1.25 * result.stack_bytes
    assert result.operators[0].kernel == "ot_stream"


def test_an_unknown_runtime_is_refused(data_folder):
    with pytest.raises(InputError, match="tflm") as caught:
        load_subject(data_folder / "models" / "kws_ref_model.tflite", "tflm")
    assert "c-small" in caught.value.hint


def test_real_recordings_on_the_kit(data_folder, tmp_path):
    from studio.storage.new import create_from_folder

    folder, _ = create_from_folder(
        tmp_path / "digits",
        data_folder / "fsdd" / "recordings",
        name="digits",
        pattern="{label}_{speaker}_{index}.wav",
        split="test:index=0-4",
        seed=1,
    )
    result = validate(load_subject(folder.path), board("virtual-m4"), 100, QuietContext())
    assert result.mismatching_inputs == 0
    assert result.feature_max_difference <= 1
    assert result.feature_mismatch_share <= 0.001
