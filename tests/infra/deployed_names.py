"""The ARNs that a synthesized contact center's resources get when CloudFormation deploys them.

Names as CloudFormation makes them, also where it must cut a long contact center's name; values of policies
with these ARNs in the place of references. Nothing is deployed for it.
"""

from __future__ import annotations

import re
from typing import Any

from tests.infra.synthesis import Json, Synthesized

ACCOUNT, REGION = "111122223333", "us-west-2"
STACKS = ("instance", "sign-on", "storage", "users")
UUID = "12345678-1234-1234-1234-1234567890ab"
RANDOM = "1A2B3C4D5E6F"
_IDS = re.compile(r"Id$|Name$|^Ref$")
# Type → the longest name that it may have.
_NAMED = {
    "AWS::IAM::Role": ("iam", "role/", 64),
    "AWS::IAM::ManagedPolicy": ("iam", "policy/", 128),
    "AWS::S3::Bucket": ("s3", "", 63),
    "AWS::Lambda::Function": ("lambda", "function:", 64),
    "AWS::Logs::LogGroup": ("logs", "log-group:", 512),
    "AWS::SNS::Topic": ("sns", "", 256),
    "AWS::CloudWatch::Alarm": ("cloudwatch", "alarm:", 255),
    "AWS::Events::Rule": ("events", "rule/", 64),
}
# Type → the property that refers to the resource whose ARN is meant.
_OF_ANOTHER = {
    "AWS::S3::BucketPolicy": "Bucket",
    "AWS::SNS::TopicPolicy": "Topics",
    "AWS::SNS::Subscription": "TopicArn",
    "AWS::Lambda::Permission": "FunctionName",
    "Custom::ConnectUsers": "ServiceToken",
}


class Deployed:
    """One contact center's resources, under any name of the contact center."""

    def __init__(self, synthesized: Synthesized, name: str = "acmeservice") -> None:
        self.name = name
        there = [stack for stack in STACKS if stack in synthesized.stacks]
        self._templates = {stack: synthesized.template(stack) for stack in there}
        self.resources: dict[tuple[str, str], Json] = {
            (stack, id_): resource
            for stack, template in self._templates.items()
            for id_, resource in template["Resources"].items()
        }

    def arn(self, stack: str, id_: str) -> str:
        """Return a resource's ARN."""
        resource = self.resources[stack, id_]
        type_, properties = resource["Type"], resource.get("Properties", {})
        if type_ in _OF_ANOTHER:
            given = properties[_OF_ANOTHER[type_]]
            text = self.text(given[0] if isinstance(given, list) else given, stack)
            return text if text.startswith("arn:") else f"arn:aws:s3:::{text}"
        if type_ in _NAMED:
            service, kind, longest = _NAMED[type_]
            name = properties.get("RoleName", "").replace("acmeservice", self.name) or self._made(stack, id_, longest)
            region, account = {"iam": ("", ACCOUNT), "s3": ("", "")}.get(service, (REGION, ACCOUNT))
            return f"arn:aws:{service}:{region}:{account}:{kind}{name.lower() if service == 's3' else name}"
        return self._other(type_, id_, properties, stack)

    def _other(self, type_: str, id_: str, properties: Json, stack: str) -> str:
        here = f"{REGION}:{ACCOUNT}"
        match type_:
            case "AWS::IAM::SAMLProvider":
                name = properties["Name"].replace("acmeservice", self.name)
                return f"arn:aws:iam::{ACCOUNT}:saml-provider/{name}"
            case "AWS::KMS::Key":
                return f"arn:aws:kms:{here}:key/{UUID}"
            case "AWS::Connect::Instance":
                return f"arn:aws:connect:{here}:instance/{UUID}"
            case "AWS::Connect::SecurityProfile":
                return f"{self.text(properties['InstanceArn'], stack)}/security-profile/{UUID}"
            case "AWS::Lambda::LayerVersion":
                return f"arn:aws:lambda:{here}:layer:{id_}:1"
            case "AWS::StepFunctions::StateMachine":
                return f"arn:aws:states:{here}:stateMachine:{id_[:27]}-{RANDOM}"
            case _:
                raise AssertionError(f"no ARN is known of {type_}")

    def _made(self, stack: str, id_: str, longest: int) -> str:
        """Return a name of CloudFormation's choice; both parts are cut evenly (IdentifierUtils.fairSplit)."""
        free, whole = longest - len(RANDOM) - 2, f"{self.name}-{stack}"
        half = free // 2
        of_stack = max(half, free - len(id_))
        of_id = max(half, free - len(whole))
        return f"{whole[:of_stack]}-{id_[:of_id]}-{RANDOM}"

    def text(self, value: Any, stack: str) -> str:
        """Return a value of a template as it is once deployed."""
        match value:
            case str():
                found = value.replace("acmeservice", self.name)
            case {"Ref": str(id_)}:
                found = self._pseudo(id_, stack) if id_.startswith("AWS::") else self._reference(stack, id_, "Ref")
            case {"Fn::GetAtt": [str(id_), str(attribute)]}:
                found = self._reference(stack, id_, attribute)
            case {"Fn::Join": [str(separator), [*parts]]}:
                found = separator.join(self.text(part, stack) for part in parts)
            case {"Fn::ImportValue": name}:
                found = self._imported(name)
            case {"Fn::Select": [index, {"Fn::Split": [separator, text]}]}:
                found = self.text(text, stack).split(separator)[int(index)]
            case {"Fn::Sub": str(text)}:
                found = text.replace("${AWS::AccountId}", ACCOUNT).replace("${AWS::Region}", REGION)
            case _:
                raise AssertionError(f"not known how this is deployed: {value}")
        return found

    def _pseudo(self, name: str, stack: str) -> str:
        stack_id = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{self.name}-{stack}/{UUID}"
        return {"AWS::AccountId": ACCOUNT, "AWS::StackId": stack_id}[name]

    def _reference(self, stack: str, id_: str, attribute: str) -> str:
        arn = self.arn(stack, id_)
        type_ = self.resources[stack, id_]["Type"]
        by_arn = type_ in ("AWS::SNS::Topic", "AWS::IAM::ManagedPolicy", "AWS::StepFunctions::StateMachine")
        if not _IDS.search(attribute) or (attribute == "Ref" and by_arn):
            return arn
        return re.split(r"[:/]", arn)[-1]

    def _imported(self, name: str) -> str:
        for stack, template in self._templates.items():
            for output in template.get("Outputs", {}).values():
                if output.get("Export", {}).get("Name") == name:
                    return self.text(output["Value"], stack)
        raise AssertionError(f"nothing exports {name}")
