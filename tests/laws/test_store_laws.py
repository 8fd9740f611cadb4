"""The blob store behaves as a dictionary that checks what it gives."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from hauberk.core.digest import digest_bytes
from hauberk.store import BlobStore
from hauberk.store.errors import MissingBlob, StoreError
from hauberk.testing.memory_keys import MemoryKeys

KEYS = MemoryKeys(wrapping={"store": b"k" * 32})
DATA = st.binary(max_size=12)


@given(st.lists(st.tuples(st.sampled_from(["put", "delete", "get"]), DATA), max_size=12))
@settings(max_examples=40, deadline=None)
def test_it_behaves_as_a_dictionary(actions):
    with tempfile.TemporaryDirectory() as folder:
        store, model = BlobStore(Path(folder) / "store", KEYS), {}
        for action, data in actions:
            digest = digest_bytes(data)
            if action == "put":
                assert store.put_bytes(data) == digest
                model[digest] = data
            elif digest in model:
                assert store.get_bytes(digest) == data
                if action == "delete":
                    store.delete(digest)
                    del model[digest]
            else:
                assert not store.has(digest)
                try:
                    store.get_bytes(digest)
                except MissingBlob:
                    pass
                else:
                    raise AssertionError("bytes came from nowhere")
        assert list(store.digests()) == sorted(model)


@given(st.binary(max_size=600))
@settings(max_examples=150, deadline=None)
def test_no_file_content_gives_bytes_or_another_kind_of_error(content):
    with tempfile.TemporaryDirectory() as folder:
        store = BlobStore(Path(folder), KEYS)
        digest = store.put_bytes(b"model")
        path = Path(folder) / digest.hex[:2] / digest.hex
        path.write_bytes(content)
        try:
            found = store.get_bytes(digest)
        except StoreError:
            assert store.check(digest)
        else:
            raise AssertionError(found)
