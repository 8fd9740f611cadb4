"""The offline verifier: a proof, one public key, no network, no machine-learning framework, no trust in its author.

It reaches only `hauberk.core`, `hauberk.crypto` and `hauberk.ledger`, so that it can be read in an afternoon.
"""

from hauberk.prove.verify.proof import LoggedStatement, Proof, parse_proof, render_proof
from hauberk.prove.verify.verifier import Check, VerifiedProof, verify_proof

__all__ = ["Check", "LoggedStatement", "Proof", "VerifiedProof", "parse_proof", "render_proof", "verify_proof"]
