"""What holds for every test: nobody's shell reaches it, and what belongs together runs in one process."""

from __future__ import annotations

import os

import pytest

from local_aws.environment import without_strays

# No test reaches a real account, or fails because of somebody's AWS settings or proxies. At import, so that
# fixtures of any scope, test modules and child processes all come after it.
for _stray in set(os.environ) - set(without_strays(os.environ)):
    del os.environ[_stray]
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
# Nor the files in the home folder: the name of none is a setting that needs no file.
os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Make `--dist loadgroup` group: xdist 3.8 writes the group where pytest 9.2 no longer reads it.

    https://github.com/pytest-dev/pytest-xdist/issues/1386
    """
    if not getattr(config.option, "loadgroup", False):
        return
    for item in items:
        group = "_".join(sorted({str(mark.args[0]) for mark in item.iter_markers("xdist_group")}))
        if group and not item.nodeid.endswith(f"@{group}"):
            item._id = type(item._id).parse(f"{item.nodeid}@{group}")
