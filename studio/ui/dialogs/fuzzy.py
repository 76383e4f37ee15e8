"""How well a few typed letters fit a name: each in order, best at the start of the name and of its words."""

_START, _WORD, _RUN, _LETTER = 40, 12, 8, 1
_GAP = 0.1


def match(typed: str, name: str) -> tuple[float, tuple[int, ...]] | None:
    """Return the score of a name and the places of the typed letters in it, or None where they do not occur in order.

    Spaces in what is typed only part words. Higher is better; a name that starts with the whole of it beats all others.
    """
    letters = [c for c in typed.lower() if not c.isspace()]
    if not letters:
        return 0.0, ()
    text = name.lower()
    if len(text) != len(name):
        text = name
    found = [_walk(letters, text, start) for start, c in enumerate(text) if c == letters[0]]
    best = max((f for f in found if f is not None), key=lambda f: f[0], default=None)
    if best is None:
        return None
    score, places = best
    whole = "".join(letters)
    if text.replace(" ", "").startswith(whole):
        score += _START * len(whole)
    return score - 0.01 * len(text), places


def _walk(letters: list[str], text: str, start: int) -> tuple[float, tuple[int, ...]] | None:
    """Place each letter from `start` on: in a run, else at the next word's start, else where it comes next."""
    places: list[int] = []
    score = 0.0
    for letter in letters:
        at = start if not places else _next(letter, text, places[-1] + 1)
        if at < 0:
            return None
        score += _worth(text, at, places[-1] if places else -2)
        places.append(at)
    return score, tuple(places)


def _next(letter: str, text: str, begin: int) -> int:
    if begin < len(text) and text[begin] == letter:
        return begin
    word = next((i for i in range(begin, len(text)) if text[i] == letter and _starts_word(text, i)), -1)
    return word if word >= 0 else text.find(letter, begin)


def _worth(text: str, at: int, before: int) -> float:
    score = _LETTER - (_GAP * min(20, at - before - 1) if before >= 0 else 0)
    if at == before + 1:
        score += _RUN
    if _starts_word(text, at):
        score += _WORD
    return score


def _starts_word(text: str, at: int) -> bool:
    return at == 0 or not text[at - 1].isalnum()
