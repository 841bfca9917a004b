"""Read what benchmarks/recorder.py wrote."""

import json
from pathlib import Path
from typing import Any


class Record(list[dict[str, Any]]):
    """Events in order; a line that is being written is left out."""

    @staticmethod
    def file(folder: Path) -> Path:
        return folder / "record.jsonl"

    @classmethod
    def of(cls, folder: Path) -> "Record":
        lines = cls.file(folder).read_text().split("\n")[:-1]
        return cls(json.loads(line) for line in lines)

    def count(self, what: Any) -> int:
        """How many events of this kind there are."""
        return sum(event["what"] == what for event in self)

    @property
    def last_process(self) -> float:
        """Processor seconds of the process at its last event."""
        return float(self[-1]["process"])
