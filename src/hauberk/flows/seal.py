"""The stage `seal`: is this the model we made, and can nobody else read it?"""

from __future__ import annotations

import os
from dataclasses import asdict
from io import BytesIO

from hauberk.core.claim import Claim, Estimate, Rung
from hauberk.core.digest import Digest, digest_bytes, digest_json
from hauberk.core.encoding import Json, render_json
from hauberk.core.progress import Progress, Watcher, unwatched
from hauberk.core.statement import Subject
from hauberk.data import digest_schema, render_schema
from hauberk.flows.datasets import Datasets
from hauberk.flows.project import STORE_KEY, Project
from hauberk.flows.stage import StageOutput, StageResult, Task, run_stage
from hauberk.seal import seal_bundle, verify_bundle

__all__ = ["seal_model"]

PREDICATE = "urn:hauberk:seal:bundle:v1"


def seal_model(project: Project, datasets: Datasets, hardened: StageResult, watch: Watcher = unwatched) -> StageResult:
    """Sign and encrypt model, schema, manifests and policy into one bundle, kept in the store as an artifact."""
    name = project.configuration.system.name
    policy: Json = project.configuration.gates
    model = hardened.subject("model")
    inputs = (
        model,
        Subject("schema", digest_schema(datasets.schema)),
        Subject("policy", digest_json(policy)),
        datasets.train_subject,
    )
    configuration: dict[str, Json] = {"seal": asdict(project.configuration.seal), "name": name}

    def work(report: Progress) -> StageOutput:
        report(0, 2, "encrypting")
        files = {
            _model_file(hardened): project.store.get_bytes(_model_artifact(hardened)),
            "schema.json": render_schema(datasets.schema),
            "policy.json": render_json(policy),
        }
        pieces = seal_bundle(
            files,
            name=name,
            signer=project.signer,
            key_name=STORE_KEY,
            wrap=lambda key: project.keys.wrap_key(STORE_KEY, key),
            entropy=os.urandom,
        )
        bundle = b"".join(pieces)
        report(1, 2, "verifying")
        manifest = verify_bundle(BytesIO(bundle), project.identity)
        listed: list[Json] = [file.document() for file in manifest.files]
        size = Estimate(value=len(bundle), low=len(bundle), high=len(bundle), n=0, method="count")
        return StageOutput(
            subjects=(Subject("bundle", digest_bytes(bundle)),),
            claims=(Claim(name="bundle_size", estimate=size, rung=Rung.MEASURED, unit="bytes"),),
            details={"files": listed, "profile": str(manifest.profile)},
            artifacts={"bundle": bundle},
        )

    task = Task(stage="seal", predicate_type=PREDICATE, configuration=configuration, inputs=inputs, work=work)
    return run_stage(project, task, watch)


def _model_artifact(hardened: StageResult) -> Digest:
    return hardened.artifacts["model"]


def _model_file(hardened: StageResult) -> str:
    """The model's name in the bundle, with the suffix of its format."""
    return f"model.{hardened.details['format']}"
