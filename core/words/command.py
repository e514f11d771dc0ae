"""The questions of `words`, on the command line."""

from core.words.questions import register

__all__ = ["register"]
