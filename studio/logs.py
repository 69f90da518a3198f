"""Logs: a line for people, or a JSON object a line for programs; never with a secret."""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import TextIO

from studio.jobs.scrub import scrubbed

#: What every record has; whatever else one carries was said with ``extra=``.
_USUAL = frozenset((*logging.makeLogRecord({}).__dict__, "message", "asctime", "taskName"))


class JsonLines(logging.Formatter):
    """``{"at": …, "level": …, "logger": …, "message": …}``, with ``trace`` where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        said = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": scrubbed(record.getMessage()),
        }
        if record.exc_info:
            said["trace"] = scrubbed(self.formatException(record.exc_info))
        for name, value in record.__dict__.items():
            if name not in _USUAL:
                said[name] = scrubbed(str(value))
        return json.dumps(said, ensure_ascii=False)


class Lines(logging.Formatter):
    """``level: message``."""

    def format(self, record: logging.LogRecord) -> str:
        """A line, and the trace where there is one."""
        return scrubbed(super().format(record))


def set_up(form: str, stream: TextIO | None = None) -> None:
    """Send the log of this process to standard error.

    Args:
        form: ``json`` for JSON lines from ``info`` on; anything else for lines of warnings.
        stream: elsewhere.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    as_json = form == "json"
    handler.setFormatter(JsonLines() if as_json else Lines("%(levelname)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("studio").setLevel(logging.INFO if as_json else logging.WARNING)
    logging.getLogger("ui").setLevel(logging.INFO if as_json else logging.WARNING)
