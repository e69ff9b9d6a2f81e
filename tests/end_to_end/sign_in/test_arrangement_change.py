"""Changing who signs people in, by real updates: the role stays the very same, providers come and go under it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from contact_center.sign_in import CCP
from tests.end_to_end.direct import client
from tests.end_to_end.sign_in.walking import Landed, Person
from tests.end_to_end.sign_in.world import World
from tests.infra.synthesis import config_with, synthesize

ROLE, PERSON = "acmeservice-SAMLRole", "jlind"
NAMES = {"salesforce": "acmeservice-salesforce", "third_party": "acmeservice-okta"}
OF = {
    "salesforce": {"salesforce"},
    "salesforce_and_third_party": {"salesforce", "third_party"},
    "third_party": {"third_party"},
}
DENIED = "Not authorized to perform sts:AssumeRoleWithSAML"
NO_PROVIDER = "Specified provider doesn't exist"


def role(world: World) -> dict[str, Any]:
    found: dict[str, Any] = client(world.aws, "iam").get_role(RoleName=ROLE)["Role"]
    return found


def identity(found: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(found[key] for key in ("RoleName", "Arn", "RoleId", "CreateDate", "MaxSessionDuration"))


def trusted(found: Mapping[str, Any]) -> list[str]:
    """Names of the providers that the role trusts, each in a statement of its own."""
    statements = found["AssumeRolePolicyDocument"]["Statement"]
    return sorted(one["Principal"]["Federated"].rpartition("/")[2] for one in statements)


def there(world: World) -> set[str]:
    providers = client(world.aws, "iam").list_saml_providers()["SAMLProviderList"]
    return {one["Arn"].rpartition("/")[2] for one in providers}


def enter(world: World, key: str) -> Landed:
    """Sign in through a provider, as its app was configured last."""
    return Person(world.internet, PERSON).walk(world.link(key, CCP))


@pytest.fixture
def both(world: World) -> World:
    """The arrangement with both, so that both providers' apps are configured."""
    world.arrange("salesforce")
    world.arrange("salesforce_and_third_party")
    return world


def test_the_role_is_never_replaced(both: World) -> None:
    world, before = both, identity(role(both))
    username = world.people[PERSON].username
    # Connect binds a user to the role they first came in with, so whoever got in must get in ever after.
    assert enter(world, "salesforce").signed_in == (username, CCP)
    for arrangement in ("third_party", "salesforce", "third_party", "salesforce_and_third_party", "salesforce"):
        world.arrange(arrangement)
        now = role(world)
        assert identity(now) == before
        assert trusted(now) == sorted(NAMES[key] for key in OF[arrangement])
        for key in NAMES:
            landed = enter(world, key)
            if key in OF[arrangement]:
                assert landed.signed_in == (username, CCP)
            else:
                assert landed.says["error"].startswith((DENIED, NO_PROVIDER))
    history = world.stack("sign-on").reasons()
    assert "replace" not in history.lower()


def test_a_provider_that_goes_is_kept_and_trusted_by_nobody(both: World) -> None:
    both.arrange("third_party")
    assert there(both) == set(NAMES.values())
    assert trusted(role(both)) == [NAMES["third_party"]]
    assert enter(both, "salesforce").says["error"].startswith(DENIED)


def test_coming_back_with_the_old_provider_still_there_changes_nothing(both: World) -> None:
    both.arrange("third_party")
    before, stack = role(both), both.stack("sign-on")
    template = both.template("salesforce_and_third_party", "sign-on")
    assert stack.put_template(template) == "UPDATE_ROLLBACK_COMPLETE"
    assert "acmeservice-salesforce already exists" in stack.reasons()
    after = role(both)
    assert (identity(after), trusted(after)) == (identity(before), [NAMES["third_party"]])
    assert enter(both, "third_party").signed_in
    # As docs/arrangements has it: nothing trusts it, so it can go.
    both.forget_providers_nobody_trusts()
    assert there(both) == {NAMES["third_party"]}
    assert stack.put_template(template) == "UPDATE_COMPLETE"
    both.arrangement = "salesforce_and_third_party"
    assert identity(role(both)) == identity(before)
    assert {key: bool(enter(both, key).signed_in) for key in NAMES} == {"salesforce": True, "third_party": True}


def test_the_old_provider_can_be_named_instead(both: World) -> None:
    both.arrange("third_party")
    before, stack = role(both), both.stack("sign-on")
    arn = f"arn:aws:iam::{both.aws.account}:saml-provider/{NAMES['salesforce']}"
    changes = {"sign_on.salesforce.provider": arn, "sign_on.salesforce.metadata": None}
    config = config_with(both.folder / "named", {**changes, "account": both.aws.account})
    named = synthesize(config, both.folder / "named.out", both.code).template("sign-on")
    assert stack.put_template(named) == "UPDATE_COMPLETE"
    assert (identity(role(both)), trusted(role(both))) == (identity(before), [NAMES["salesforce"]])
    assert enter(both, "salesforce").signed_in
    both.arrangement = "named"
