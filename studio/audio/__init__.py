"""Recording and playing: one player for the window, and every library of devices behind one Protocol."""

from functools import cache

from studio.audio.protocol import Player, Recorder
from studio.audio.silent import SilentPlayer
from studio.audio.synthetic import SyntheticRecorder


def recorders() -> tuple[Recorder, ...]:
    """Return the libraries of devices: the machine's sound cards, sound files, the synthetic voice."""
    from studio.audio.file import FileRecorder
    from studio.audio.portaudio import PortAudioRecorder

    return PortAudioRecorder(), FileRecorder(), SyntheticRecorder()


@cache
def player() -> Player:
    """Return the one player of this process; where nothing can be heard it keeps time in silence and says why."""
    from studio.audio.portaudio import PortAudioPlayer, output_problem

    problem = output_problem()
    return SilentPlayer(problem) if problem else PortAudioPlayer()
