"""Signs that an attack is too weak for its figure to be believed, one a file, and the verdict."""

from hauberk.attack.doubts.examine import SIGNS, Sign, Verdict, Word, examine
from hauberk.attack.doubts.subject import Attack, Subject

__all__ = ["SIGNS", "Attack", "Sign", "Subject", "Verdict", "Word", "examine"]
