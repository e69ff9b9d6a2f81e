"""Straight to the local AWS's API, without the CDK: quicker, and a template in a test says all of it."""

from __future__ import annotations

import json
import time
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws.identity_provider import Claims, IdentityProvider
from local_aws.server import LocalAws

KIM = "ckrug@0055e000RQ4F5ZR@00D5e000000AbCd"
GLOBAL, REGIONAL = "https://signin.aws.amazon.com/saml", "https://us-west-2.signin.aws.amazon.com/saml"
SHOWN = {
    "Instance": {"Fn::GetAtt": ["I", "Id"]},
    "Role": {"Fn::GetAtt": ["R", "Arn"]},
    "Provider": {"Ref": "P"},
}


def client(aws: LocalAws, service: str, keys: dict[str, str] | None = None) -> Any:
    keys = keys or {"AccessKeyId": aws.account, "SecretAccessKey": "test"}
    return boto3.client(
        service,
        endpoint_url=aws.url,
        region_name=aws.region,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys.get("SessionToken"),
        config=Config(retries={"total_max_attempts": 1}),
    )


class Stack:
    """A stack made and changed through the API."""

    def __init__(self, aws: LocalAws, name: str) -> None:
        self.name = name
        self.api = client(aws, "cloudformation")

    def put(self, resources: dict[str, Any], outputs: dict[str, Any] | None = None) -> str:
        shown = {name: {"Value": value} for name, value in (outputs or {}).items()}
        return self.put_template({"Resources": resources, **({"Outputs": shown} if shown else {})})

    def put_template(self, template: dict[str, Any]) -> str:
        known = [s["StackName"] for s in self.api.describe_stacks()["Stacks"]]
        method = self.api.update_stack if self.name in known else self.api.create_stack
        method(
            StackName=self.name,
            TemplateBody=json.dumps(template),
            Tags=[{"Key": "team", "Value": "x"}],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        return self.settled()

    def settled(self, within_seconds: float = 120.0) -> str:
        deadline = time.monotonic() + within_seconds
        while time.monotonic() < deadline:
            status = str(self.described()["StackStatus"])
            if not status.endswith("IN_PROGRESS"):
                return status
            time.sleep(0.05)
        raise AssertionError(f"{self.name} did not settle")

    def described(self) -> dict[str, Any]:
        stack: dict[str, Any] = self.api.describe_stacks(StackName=self.name)["Stacks"][0]
        return stack

    def outputs(self) -> dict[str, str]:
        return {o["OutputKey"]: o["OutputValue"] for o in self.described().get("Outputs", [])}

    def reasons(self) -> str:
        events = self.api.describe_stack_events(StackName=self.name)["StackEvents"]
        return " ".join(event.get("ResourceStatusReason", "") for event in events)


def instance(alias: str, **change: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Connect::Instance",
        "DeletionPolicy": "RetainExceptOnCreate",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "IdentityManagementType": "SAML",
            "InstanceAlias": alias,
            "Attributes": {"InboundCalls": True, "OutboundCalls": True},
            **change,
        },
    }


class SignOn:
    """A stack with instance, provider and role, and users in the instance."""

    def __init__(self, aws: LocalAws) -> None:
        self.aws = aws
        self.idp = IdentityProvider.fresh()
        self.stack = Stack(aws, "sign-on")
        assert self.stack.put(self.resources(self.idp.metadata()), SHOWN) == "CREATE_COMPLETE"
        outputs = self.stack.outputs()
        self.instance_id, self.role, self.provider = outputs["Instance"], outputs["Role"], outputs["Provider"]
        self.connect = client(aws, "connect")
        profiles = self.connect.list_security_profiles(InstanceId=self.instance_id)
        routing = self.connect.list_routing_profiles(InstanceId=self.instance_id)
        self.parameters = {
            "InstanceId": self.instance_id,
            "IdentityInfo": {"FirstName": "A", "LastName": "B"},
            "SecurityProfileIds": [profiles["SecurityProfileSummaryList"][0]["Id"]],
            "RoutingProfileId": routing["RoutingProfileSummaryList"][0]["Id"],
        }
        self.users = {
            name: self.connect.create_user(Username=name, **self.parameters)["UserId"] for name in (KIM, "bob")
        }
        self.claims = Claims(role=self.role, provider=self.provider, session_name=KIM)

    def resources(self, metadata: str) -> dict[str, Any]:
        trust = {
            "Effect": "Allow",
            "Action": "sts:AssumeRoleWithSAML",
            "Principal": {"Federated": {"Ref": "P"}},
            "Condition": {"StringEquals": {"SAML:aud": [GLOBAL, REGIONAL]}},
        }
        grant = {
            "Effect": "Allow",
            "Action": "connect:GetFederationToken",
            "Resource": {"Fn::Sub": "${I.Arn}/user/${!aws:userid}"},
        }
        return {
            "I": instance("sign-on"),
            "P": {
                "Type": "AWS::IAM::SAMLProvider",
                "Properties": {"Name": "acme-salesforce", "SamlMetadataDocument": metadata},
            },
            "R": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": "acme-SAMLRole",
                    "MaxSessionDuration": 43200,
                    "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
                    "Policies": [
                        {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [grant]}}
                    ],
                },
            },
        }

    def assume(self, response: str, **more: Any) -> dict[str, Any]:
        # Unsigned, as the browser's post is: no credentials are needed.
        answer: dict[str, Any] = client(self.aws, "sts").assume_role_with_saml(
            RoleArn=self.role, PrincipalArn=self.provider, SAMLAssertion=response, **more
        )
        return answer

    def sign_in(self, response: str) -> str:
        keys = self.assume(response)["Credentials"]
        answer = client(self.aws, "connect", keys).get_federation_token(InstanceId=self.instance_id)
        return str(answer["UserId"])

    def refusal(self, response: str, **more: Any) -> str:
        with pytest.raises(ClientError) as refused:
            self.assume(response, **more)
            self.sign_in(response)
        error = refused.value.response["Error"]
        return f"{error['Code']}: {error['Message']}"
