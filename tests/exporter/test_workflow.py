"""What CI runs is what the README tells people to run."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_command_of_the_export_workflow_is_in_the_readme() -> None:
    workflow = (ROOT / ".github" / "workflows" / "export.yml").read_text(encoding="utf-8")
    commands = re.findall(r"^\s*(?:- )?(?:run: )?((?:\.venv|make|diff) ?\S.*)$", workflow, flags=re.MULTILINE)
    assert len(commands) == 5
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert not [command for command in commands if command not in readme]
