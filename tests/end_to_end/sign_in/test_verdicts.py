"""The same response to AWS's stand-in and to `connect-sso explain`: what one refuses, the other explains."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from contact_center.sign_in import CCP, relay_state
from tests.end_to_end.sign_in.signers import Signers
from tests.end_to_end.sign_in.verdict_cases import CASES
from tests.end_to_end.sign_in.walking import Person

SIGN_IN = "https://us-west-2.signin.aws.amazon.com/saml"


def verdicts(signers: Signers, response: str, state: str) -> tuple[str, list[str], int]:
    """What AWS says (nothing: signed in), what `explain` finds, and its exit code."""
    world = signers.world
    landed = Person(world.internet).post(response, state, SIGN_IN)
    form = world.folder / "response.txt"
    form.write_text(urlencode({"SAMLResponse": response, "RelayState": state}))
    code, told = world.run("explain", str(form), "--instance", world.outputs["InstanceArn"])
    failing = [check["name"] for check in told["checks"] if not check["ok"]]
    assert all(check["fix"] for check in told["checks"] if not check["ok"])
    return landed.says.get("error", "") if not landed.signed_in else "", failing, code


@pytest.mark.parametrize("name", CASES)
def test_both_say_the_same(signers: Signers, name: str) -> None:
    make, text, checks = CASES[name]
    said, failing, code = verdicts(signers, make(signers), signers.state())
    assert said.startswith(text)
    assert bool(said) is bool(text)
    assert (failing, code) == (checks, 2 if checks else 0)


def test_both_see_the_relay_state_of_another_instance(signers: Signers) -> None:
    other = relay_state("us-west-2", "0f6e5c2a-1111-2222-3333-444455556666", CCP)
    said, failing, code = verdicts(signers, signers.ours(), other)
    assert said == "Access denied, Please contact your AWS account administrator for assistance"
    assert (failing, code) == (["relay_state"], 2)
