"""Can we show it? The report, the proof, and the verifier that a stranger runs.

Nothing is imported here: `hauberk.prove.verify` must load where only `cryptography` is installed.
"""
