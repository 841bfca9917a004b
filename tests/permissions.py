"""Permissions that hold, whoever runs the tests."""

import os


def unprivileged() -> list[str]:
    """What starts a command so that permissions hold for it, also when root runs the tests."""
    if os.geteuid() != 0:
        return []
    capabilities = "-dac_override,-dac_read_search"
    return ["setpriv", f"--bounding-set={capabilities}", f"--inh-caps={capabilities}"]
