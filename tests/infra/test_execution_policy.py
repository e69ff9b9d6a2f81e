"""The execution policies against the schemas' handlers, in both directions, and against the service reference.

The local engine does not evaluate CloudFormation's own role, so nothing that is deployed proves these.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import pytest

from constructs_lib.boundaries import deployment_boundary, role_boundary
from constructs_lib.deployed_scope import DeployedScope
from constructs_lib.execution_grants import execution_grants
from constructs_lib.grants import document
from tests.infra.conftest import EXISTING_INSTANCE
from tests.infra.deployed_names import ACCOUNT, REGION, Deployed
from tests.infra.handler_permissions import EXCEPTIONS, NO_ACTION, NotCalled, excepted, permissions
from tests.infra.policy_evaluation import allows, is_action, knows_resources, policy, service_reference
from tests.infra.synthesis import Json, Synthesized

Variant = Callable[[str], Synthesized]
LONG = "abcdefghijklmnopqrst"  # the longest name of a contact center
CASES = [("example", "acmeservice"), ("both", LONG), ("third-party", "acmeservice"), ("existing", LONG)]
# What no handler of a type calls: the custom resource, the check of the bootstrap, the key of the assets.
BESIDE = {"lambda:InvokeFunction", "ssm:GetParameters", "kms:Decrypt"}
STAGED = f"arn:aws:s3:::cdk-acmesvc-assets-{ACCOUNT}-{REGION}/{'0' * 64}.zip"
CONNECT_ROLE = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/connect.amazonaws.com/AWSServiceRoleForAmazonConnect_a1"


def scope(name: str = "acmeservice", existing: str | None = None) -> DeployedScope:
    return DeployedScope(name, "acmesvc", "aws", REGION, ACCOUNT, f"{name}-boundary", existing)


def documents(where: DeployedScope) -> list[Json]:
    return [document(*(grant.statement() for grant in grants)) for grants in execution_grants(where).values()]


def actions(where: DeployedScope) -> set[str]:
    return {action for grants in execution_grants(where).values() for grant in grants for action in grant.actions}


def context(where: DeployedScope, attached: str = "") -> dict[str, str]:
    return {
        "iam:PermissionsBoundary": where.boundary_arn,
        "iam:PolicyARN": attached,
        "iam:AWSServiceName": "connect.amazonaws.com",
        "lambda:Principal": "events.amazonaws.com",
        "kms:ViaService": f"s3.{REGION}.amazonaws.com",
        "kms:ResourceAliases": "alias/cdk-acmesvc-assets-key",
    }


@pytest.fixture
def synthesized(example: Synthesized, variant: Variant) -> Callable[[str], Synthesized]:
    return lambda name: example if name == "example" else variant(name)


def _calls(deployed: Deployed, stack: str, id_: str) -> Mapping[str, str]:
    """Return what CloudFormation calls for a resource: permission → on what."""
    type_ = deployed.resources[stack, id_]["Type"]
    if type_.startswith("Custom::"):
        return {"lambda:InvokeFunction": deployed.arn(stack, id_)}
    own = deployed.arn(stack, id_)
    roles = [
        deployed.arn(of, role)
        for (of, role), one in deployed.resources.items()
        if of == stack and one["Type"] == "AWS::IAM::Role" and "RoleName" not in one["Properties"]
    ]
    others = {
        "iam:PassRole": next(iter(roles), ""),
        "s3:GetObject": STAGED,
        "s3:GetObjectVersion": STAGED,
        "lambda:GetLayerVersion": f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:SyncLibraries14B92820:1",
    }
    if type_ == "AWS::IAM::ManagedPolicy":
        others |= dict.fromkeys(("iam:AttachRolePolicy", "iam:DetachRolePolicy"), _role_of(deployed, stack, id_))
    if type_ == "AWS::Connect::Instance":
        others |= {one: CONNECT_ROLE for one in permissions(type_) if one.startswith("iam:")}
        others |= {
            one: f"arn:aws:ds:{REGION}:{ACCOUNT}:directory/d-1" for one in permissions(type_) if one.startswith("ds:")
        }
        others["logs:CreateLogGroup"] = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/connect/acme-service"
    called = permissions(type_) - excepted(type_)
    return {one: others.get(one, own) if knows_resources(one) else "*" for one in called}


def _role_of(deployed: Deployed, stack: str, id_: str) -> str:
    (role,) = deployed.resources[stack, id_]["Properties"]["Roles"]
    return deployed.arn(stack, role["Ref"])


@pytest.mark.parametrize(("which", "name"), CASES)
def test_all_that_the_handlers_call_is_allowed_and_the_boundary_lets_it_through(
    synthesized: Callable[[str], Synthesized], which: str, name: str
) -> None:
    deployed = Deployed(synthesized(which), name)
    where = scope(name, EXISTING_INSTANCE if which == "existing" else None)
    policies, ceiling = policy(*documents(where)), policy(document(*deployment_boundary(where)))
    services = {"AWS::StepFunctions::StateMachine": "states", "AWS::Events::Rule": "events"}
    assert len(deployed.resources) > 20
    for (stack, id_), resource in deployed.resources.items():
        own = deployed.arn(stack, id_)
        given = context(where, attached=own)
        given["iam:PassedToService"] = f"{services.get(resource['Type'], 'lambda')}.amazonaws.com"
        for permission, on in _calls(deployed, stack, id_).items():
            assert allows(policies, permission, on, given), f"{resource['Type']} {own}: {permission} on {on}"
            assert allows(ceiling, permission, on, given), f"{resource['Type']} {own}: {permission} on {on}"


def test_nothing_is_allowed_that_no_handler_calls(synthesized: Callable[[str], Synthesized]) -> None:
    types = {one["Type"] for which, _ in CASES for one in Deployed(synthesized(which)).resources.values()}
    called = {one for type_ in types if type_.startswith("AWS::") for one in permissions(type_) - excepted(type_)}
    granted = actions(scope())
    assert granted - called == BESIDE
    assert not [action for action in granted if "*" in action]


def test_an_action_is_bound_to_resources_exactly_where_iam_can_do_so() -> None:
    for grants in execution_grants(scope()).values():
        for grant in grants:
            for action in grant.actions:
                assert is_action(action), action
                assert knows_resources(action) == (list(grant.resources) != ["*"]), f"{grant.sid}: {action}"


@pytest.mark.parametrize("one", EXCEPTIONS, ids=lambda one: f"{one.type} {one.unless or one.because}")
def test_an_exception_is_true_and_needed(synthesized: Callable[[str], Synthesized], one: NotCalled) -> None:
    assert one.permissions <= permissions(one.type)
    for permission in one.permissions:
        assert is_action(permission) == (one.because != NO_ACTION), permission
    for which, _ in CASES:
        for resource in Deployed(synthesized(which)).resources.values():
            assert resource["Type"] != one.type or one.unless not in resource.get("Properties", {})


def test_what_belongs_to_others_cannot_be_touched(example: Synthesized) -> None:
    """The same resources of a contact center whose name begins like this one's."""
    where, others = scope(), Deployed(example, "acmeservice2")
    policies, given, granted = policy(*documents(where)), context(where), actions(where)
    # They have ids for names; of these, CloudFormation reaches the ones that it made.
    nameless = ("AWS::KMS::Key", "AWS::Connect::Instance", "AWS::Connect::SecurityProfile")
    generic = ("AWS::Lambda::LayerVersion", "AWS::StepFunctions::StateMachine")
    seen = 0
    for (stack, id_), resource in others.resources.items():
        if resource["Type"] in nameless or resource["Type"] in generic:
            continue
        arn = others.arn(stack, id_)
        about = [one for one in granted if one.startswith(f"{arn.split(':')[2]}:") and knows_resources(one)]
        allowed = [one for one in about if allows(policies, one, arn, given)]
        assert about
        assert allowed == [], arn
        seen += 1
    assert seen > 20


WHO_DEPLOYS = [
    "role/acmeservice-delivery-deployer",
    f"role/cdk-acmesvc-cfn-exec-role-{ACCOUNT}-{REGION}",
    "role/Admin",
    "policy/acmeservice-boundary",
    "policy/acmeservice-execution-identity",
    "user/somebody",
    "oidc-provider/token.actions.githubusercontent.com",
]


@pytest.mark.parametrize("who", WHO_DEPLOYS)
def test_who_may_deploy_and_what_bounds_it_is_out_of_reach(who: str) -> None:
    """With the policies as they are; and below the boundary also with all rights of an administrator."""
    where, on = scope(), f"arn:aws:iam::{ACCOUNT}:{who}"
    given = {**context(where), "iam:PassedToService": "lambda.amazonaws.com"}
    everything = document({"Effect": "Allow", "Action": "*", "Resource": "*"})
    policies, bounded = policy(*documents(where)), policy(everything, document(*deployment_boundary(where)))
    for action in service_reference()["iam"]["Actions"]:
        assert not allows(policies, f"iam:{action}", on, given), action
        assert not allows(bounded, f"iam:{action}", on, given), action


def test_roles_come_with_the_boundary_and_get_policies_of_these_stacks_only() -> None:
    where = scope()
    policies, role = policy(*documents(where)), f"arn:aws:iam::{ACCOUNT}:role/acmeservice-users-SyncStepRole-1A2B"
    bounded = {"iam:PermissionsBoundary": where.boundary_arn}
    ours = {"iam:PolicyARN": f"arn:aws:iam::{ACCOUNT}:policy/acmeservice-users-Sync-1A2B"}
    for action in ("iam:CreateRole", "iam:PutRolePermissionsBoundary"):
        assert allows(policies, action, role, bounded)
        assert not allows(policies, action, role, {})
        assert not allows(policies, action, role, {"iam:PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/mine"})
    attach = "iam:AttachRolePolicy"
    assert allows(policies, attach, role, bounded | ours)
    assert not allows(policies, attach, role, ours)
    assert not allows(
        policies, attach, role, bounded | {"iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"}
    )
    for action in ("iam:DeleteRolePermissionsBoundary", "iam:PutRolePolicy"):
        assert not allows(policies, action, role, bounded)
    passed = {"iam:PassedToService": "ec2.amazonaws.com"}
    assert not allows(policies, "iam:PassRole", role, passed)
    assert not allows(
        policies, "iam:PassRole", where.federation_role_arn, {"iam:PassedToService": "lambda.amazonaws.com"}
    )


def test_an_instance_that_exists_is_never_made_changed_or_deleted() -> None:
    policies = policy(*documents(scope(existing=EXISTING_INSTANCE)))
    for action in ("connect:CreateInstance", "connect:DeleteInstance", "connect:UpdateInstanceAttribute"):
        assert not allows(policies, action, EXISTING_INSTANCE, {})
    other = EXISTING_INSTANCE.replace("12345678-", "87654321-")
    assert not allows(policies, "connect:DeleteSecurityProfile", f"{other}/security-profile/1", {})


def test_each_policy_fits_into_iam() -> None:
    """At most 6,144 characters without white space, and ten for a role; measured with the longest names."""
    where = DeployedScope(
        LONG, "a" * 10, "aws-us-gov", "ap-northeast-1", ACCOUNT, "b" * 128, None, ("c" * 63, "d" * 63)
    )
    documents_ = [*documents(where), document(*deployment_boundary(where))]
    documents_.append(document(*(grant.statement() for grant in role_boundary(where))))
    assert len(documents(where)) <= 10
    for one in documents_:
        assert len("".join(json.dumps(one, separators=(",", ":")).split())) <= 6144
