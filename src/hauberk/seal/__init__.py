"""Is this the model we made, and can nobody else read it? The sealed bundle."""

from hauberk.seal.bundle import BUNDLE_PAYLOAD, OpenBundle, open_bundle, seal_bundle, verify_bundle
from hauberk.seal.manifest import BundleFile, Manifest

__all__ = ["BUNDLE_PAYLOAD", "BundleFile", "Manifest", "OpenBundle", "open_bundle", "seal_bundle", "verify_bundle"]
