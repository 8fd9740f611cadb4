"""Evasion, one file a method: changing a row so that the model errs."""
