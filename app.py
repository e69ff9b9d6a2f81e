"""The CDK app: one contact center's config in, its stacks out. `npx cdk synth --all -c config=FILE`.

The work is in `stacks.synthesis`; here is what makes it start quickly.
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from threading import Thread

# Modules that talk to no JavaScript when they are imported.
MEANWHILE = (
    "contact_center.providers",
    "aws_cdk.aws_lambda",
    "aws_cdk.aws_s3",
    "aws_cdk.aws_connect",
    "aws_cdk.aws_cloudwatch",
    "aws_cdk.aws_stepfunctions",
)


def import_meanwhile() -> None:
    """Import in a second thread what will be needed next.

    Importing `aws_cdk` and `cdk_nag` is mostly waiting for the JavaScript kernel. This changes nothing but
    the time: a module is imported once, and who needs it waits.
    """
    Thread(target=lambda: [import_module(name) for name in MEANWHILE], daemon=True).start()


def main() -> int:
    """Synthesize; return the exit code.

    Python's search for garbage, in all the classes of the CDK again and again and once more at the end,
    would cost half a second and find nothing: the process is over before its memory matters.
    """
    gc.disable()
    import_meanwhile()
    code = int(import_module("stacks.synthesis").main())
    gc.freeze()
    return code


if __name__ == "__main__":
    sys.exit(main())
