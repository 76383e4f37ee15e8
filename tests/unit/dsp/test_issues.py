from studio.boards import board
from studio.core.edits import SetFrontEnd
from studio.core.frontend import FrontEnd
from studio.dsp.issues import frontend_issues


def test_the_default_is_beyond_reproach():
    assert frontend_issues(FrontEnd()) == ()


def test_bands_without_a_bin_are_a_warning():
    (issue,) = frontend_issues(FrontEnd(window=256, hop=256, fft=256, mels=100, low_hz=0))
    assert issue.severity == "warning"
    assert issue.where == "frontend.mels"
    assert "of 100 mel bands catch no bin" in issue.message
    assert "longer FFT than 256" in issue.message


def test_a_gap_between_frames_is_advice():
    (issue,) = frontend_issues(FrontEnd(window=400, hop=500))
    assert issue.severity == "advice"
    assert "100 samples between two frames" in issue.message


def test_float32_on_a_core_without_fpu_is_advised_against():
    boards = [board(id) for id in ("virtual-m0", "virtual-m3", "virtual-m4")]
    (issue,) = frontend_issues(FrontEnd(), boards)
    assert issue.severity == "advice"
    assert boards[0].name in issue.message and boards[1].name in issue.message and boards[2].name not in issue.message
    assert issue.fix == SetFrontEnd({"arithmetic": "fixed"})
    assert frontend_issues(FrontEnd(arithmetic="fixed"), boards) == ()
    assert frontend_issues(FrontEnd(), boards[2:]) == ()
