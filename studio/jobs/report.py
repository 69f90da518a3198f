"""One JSON file that says all of a job, to keep or to send with a bug."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from typing import Any

import psutil

from studio.codec import to_json
from studio.jobs.queue import JobQueue
from studio.jobs.record import JobRecord
from studio.jobs.scrub import scrubbed_all

#: Packages whose versions decide how a job goes.
_PACKAGES = (
    "media-studio",
    "av",
    "numpy",
    "opencv-python",
    "torch",
    "openvino",
    "onnxruntime",
    "ultralytics",
    "faster-whisper",
    "transformers",
    "diffusers",
    "gradio",
)


def report_of(queue: JobQueue, job_id: str, owner: str | None = None) -> dict[str, Any]:
    """Versions, options, log, pool records, timings and error of a job.

    Tokens, passwords and the values of secret environment variables are left out, and the user's
    home folder is written ``~``; names of files are in it.

    Raises:
        UnknownJob: there is none of that id that the owner may see.
    """
    job = queue.get(job_id, owner)
    data = {
        "report": 1,
        "job": describe_job(job),
        "log": [to_json(line) for line in queue.log(job_id, owner)],
        "machine": {
            "python": platform.python_version(),
            "system": platform.platform(),
            "cores": os.cpu_count(),
            "memory_bytes": psutil.virtual_memory().total,
        },
        "packages": {name: version for name in _PACKAGES if (version := _version(name))},
        "notes": list(queue.notes),
    }
    found: dict[str, Any] = scrubbed_all(data)
    return found


def describe_job(job: JobRecord) -> dict[str, Any]:
    """A job as plain values."""
    data: dict[str, Any] = to_json(job)
    return data


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""
