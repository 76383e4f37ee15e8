"""What would make a design smaller or faster: edits that were tried out, with what each brings on the chosen boards."""

from studio.advise.advice import Advice, Gain
from studio.advise.design import Design, design
from studio.advise.search import advice, advice_steps

__all__ = ["Advice", "Design", "Gain", "advice", "advice_steps", "design"]
