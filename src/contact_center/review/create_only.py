"""Properties that CloudFormation sets once: a change of one replaces the resource by a new one.

A copy of the resource schemas' ``createOnlyProperties`` and ``conditionalCreateOnlyProperties``, for the types
that the stacks use; a test holds it against the schemas in cfn-lint, which is no dependency of the product.
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

from __future__ import annotations

from types import MappingProxyType

CREATE_ONLY: MappingProxyType[str, frozenset[str]] = MappingProxyType(
    {
        type_: frozenset(names.split())
        for type_, names in {
            "AWS::CloudFormation::WaitConditionHandle": "",
            "AWS::CloudWatch::Alarm": "AlarmName",
            "AWS::CloudWatch::Dashboard": "DashboardName",
            "AWS::CodeBuild::Project": "Name",
            "AWS::CodePipeline::Pipeline": "Name",
            "AWS::Connect::Instance": "DirectoryId IdentityManagementType InstanceAlias",
            "AWS::Connect::SecurityProfile": "InstanceArn SecurityProfileName",
            "AWS::DynamoDB::Table": "ImportSourceSpecification KeySchema TableName",
            "AWS::Events::Rule": "EventBusName Name",
            "AWS::IAM::ManagedPolicy": "Description ManagedPolicyName Path",
            "AWS::IAM::OIDCProvider": "Url",
            "AWS::IAM::Policy": "",
            "AWS::IAM::Role": "Path RoleName",
            "AWS::IAM::SAMLProvider": "AddPrivateKey Name RemovePrivateKey",
            "AWS::KMS::Alias": "AliasName",
            "AWS::KMS::Key": "",
            "AWS::Lambda::EventInvokeConfig": "FunctionName Qualifier",
            "AWS::Lambda::Function": "DurableConfig FunctionName PackageType TenancyConfig",
            "AWS::Lambda::LayerVersion": "CompatibleArchitectures CompatibleRuntimes Content Description LayerName "
            "LicenseInfo",
            "AWS::Lambda::Permission": "Action EventSourceToken FunctionName FunctionUrlAuthType InvokedViaFunctionUrl "
            "Principal PrincipalOrgID SourceAccount SourceArn",
            "AWS::Logs::LogGroup": "LogGroupName",
            "AWS::Logs::MetricFilter": "FilterName LogGroupName",
            "AWS::S3::Bucket": "BucketName BucketNamePrefix BucketNamespace",
            "AWS::S3::BucketPolicy": "Bucket",
            "AWS::SNS::Subscription": "Endpoint Protocol Region TopicArn",
            "AWS::SNS::Topic": "FifoTopic TopicName",
            "AWS::SNS::TopicPolicy": "",
            "AWS::SQS::Queue": "FifoQueue QueueName",
            "AWS::SQS::QueuePolicy": "",
            "AWS::Scheduler::Schedule": "Name",
            "AWS::Scheduler::ScheduleGroup": "Name",
            "AWS::StepFunctions::StateMachine": "StateMachineName StateMachineType",
        }.items()
    }
)
# A custom resource says itself whether it is replaced; only another service token is refused by CloudFormation.
_CUSTOM = frozenset({"ServiceToken"})
# Replaced with each change, by design: a new version beside the old one, and nobody notices.
ROUTINE = frozenset({"AWS::Lambda::LayerVersion"})


def create_only(type_: str) -> frozenset[str] | None:
    """Return the properties of a type that are set once, or None where the type is not known here."""
    if type_.startswith("Custom::") or type_ == "AWS::CloudFormation::CustomResource":
        return _CUSTOM
    return CREATE_ONLY.get(type_)
