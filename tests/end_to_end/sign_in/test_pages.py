"""The way in on the real stacks: both sign-in addresses, several roles, sessions that end, pages that need a right."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contact_center.sign_in import AGENT_WORKSPACE, CCP
from local_aws.saml.response import ATTRIBUTES
from tests.end_to_end.direct import client
from tests.end_to_end.sign_in.signers import Signers
from tests.end_to_end.sign_in.walking import Person

GLOBAL, REGIONAL = "https://signin.aws.amazon.com/saml", "https://us-west-2.signin.aws.amazon.com/saml"


def connect(signers: Signers) -> tuple[Any, dict[str, str]]:
    return client(signers.world.aws, "connect"), {"InstanceId": signers.world.outputs["InstanceId"]}


@pytest.mark.parametrize("address", [GLOBAL, REGIONAL])
def test_a_response_gets_in_where_it_is_meant_for(signers: Signers, address: str) -> None:
    response = signers.theirs(recipient=address)
    person, other = Person(signers.world.internet), REGIONAL if address == GLOBAL else GLOBAL
    assert person.post(response, signers.state(), address).signed_in
    elsewhere = Person(signers.world.internet).post(response, signers.state(), other)
    assert (elsewhere.signed_in, "strict reading" in elsewhere.says["error"]) == (None, True)


def test_a_person_with_several_roles_chooses(signers: Signers) -> None:
    claims, other = signers.claims, f"{signers.claims.role}-of-another-center"
    roles = [f"{claims.provider},{other}", f"{claims.provider},{claims.role}"]
    response = signers.ours(replace(claims, more_attributes={f"{ATTRIBUTES}Role": roles}))
    # The other one does not exist, and AWS asks all the same.
    person, here = Person(signers.world.internet), (response, signers.state(), REGIONAL)
    assert "Select a role" in person.post(*here).says["saml_form"]
    assert person.choose(*here, claims.role).signed_in == (claims.session_name, CCP)
    assert Person(signers.world.internet).choose(*here, other).says["error"].startswith("Not authorized to perform")


def test_without_a_relay_state_a_person_is_in_the_console(signers: Signers) -> None:
    landed = Person(signers.world.internet).post(signers.ours(), "", REGIONAL)
    assert landed.address == "https://us-west-2.console.aws.amazon.com/console/home"
    assert landed.says == {"role": signers.claims.role, "session_name": signers.claims.session_name}


def test_a_person_who_loses_the_right_loses_the_page(signers: Signers) -> None:
    api, instance = connect(signers)
    name = signers.claims.session_name
    (user,) = (one for one in api.list_users(**instance)["UserSummaryList"] if one["Username"] == name)
    had = api.describe_user(UserId=user["Id"], **instance)["User"]["SecurityProfileIds"]
    nothing = api.create_security_profile(SecurityProfileName="acmeservice-disabled", **instance)
    workspace = f"https://acme-service.my.connect.aws{AGENT_WORKSPACE}"
    person = Person(signers.world.internet)
    assert person.post(signers.theirs(), signers.state(AGENT_WORKSPACE), REGIONAL).signed_in == (name, AGENT_WORKSPACE)
    disabled = [nothing["SecurityProfileId"]]
    api.update_user_security_profiles(UserId=user["Id"], SecurityProfileIds=disabled, **instance)
    try:
        assert "(acmeservice-disabled) grants Agent workspace" in person.walk(workspace).says["error"]
        fresh = Person(signers.world.internet).post(signers.theirs(), signers.state(), REGIONAL)
        assert "(acmeservice-disabled) grants Contact Control Panel" in fresh.says["error"]
        api.delete_all_entity_sessions(EntityId=user["Id"], EntityType="USER", **instance)
        assert person.walk(workspace).says["error"].startswith("Sign in")
    finally:
        api.update_user_security_profiles(UserId=user["Id"], SecurityProfileIds=had, **instance)
        api.delete_security_profile(SecurityProfileId=nothing["SecurityProfileId"], **instance)
