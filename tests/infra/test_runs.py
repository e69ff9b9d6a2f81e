"""Facts of what runs in the cloud: the machine, what starts it, who is told.

The local AWS evaluates neither the state machine's role nor the rules', drops the topic's key and has no
AWS/States metrics: so each task, target and alarm is held against role, key and engine here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.infra.synthesis import ROOT, Synthesized
from user_sync import handler, notices
from user_sync.intake import DROPS

Variant = Callable[[str], Synthesized]
Json = dict[str, Any]


def _machine(synthesized: Synthesized) -> Json:
    return synthesized.one("users", "AWS::StepFunctions::StateMachine")


def _states(synthesized: Synthesized) -> dict[str, Json]:
    states: dict[str, Json] = json.loads(_machine(synthesized)["DefinitionString"])["States"]
    return states


def _allowed(synthesized: Synthesized, role: Any) -> list[tuple[str, Any]]:
    """What a role may do: actions with their resources, of every policy that is attached to it."""
    (name,) = role["Fn::GetAtt"][:1]
    return [
        (statement["Action"], statement["Resource"])
        for policy in synthesized.resources("users", "AWS::IAM::ManagedPolicy").values()
        if policy["Properties"]["Roles"] == [{"Ref": name}]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


def _function(synthesized: Synthesized, handler_name: str) -> str:
    (id_,) = (
        id_
        for id_, one in synthesized.resources("users", "AWS::Lambda::Function").items()
        if one["Properties"]["Handler"] == f"user_sync.handler.{handler_name}"
    )
    return id_


def test_the_machines_role_may_do_what_its_tasks_do_and_nothing_else(example: Synthesized) -> None:
    machine = _machine(example)
    tasks = {state["Resource"] for state in _states(example).values() if state["Type"] == "Task"}
    assert tasks == {"${Function}"}
    step = {"Fn::GetAtt": [_function(example, "on_step"), "Arn"]}
    assert machine["DefinitionSubstitutions"] == {"Function": step}
    assert _allowed(example, machine["RoleArn"]) == [("lambda:InvokeFunction", step)]
    assert "EncryptionConfiguration" not in machine  # with a key of ours the role would need it
    assert "LoggingConfiguration" not in machine


def test_the_rules_role_may_start_what_the_rules_start_and_nothing_else(example: Synthesized) -> None:
    (machine,) = example.resources("users", "AWS::StepFunctions::StateMachine")
    rules = [one["Properties"] for one in example.resources("users", "AWS::Events::Rule").values()]
    targets = [target for rule in rules for target in rule["Targets"]]
    assert [target["Arn"] for target in targets] == [{"Ref": machine}] * 2 or [target["Arn"] for target in targets] == [
        {"Fn::GetAtt": [machine, "Arn"]}
    ] * 2
    (role,) = {json.dumps(target["RoleArn"]) for target in targets}
    assert _allowed(example, json.loads(role)) == [("states:StartExecution", targets[0]["Arn"])]
    assert all("DeadLetterConfig" not in target and "KmsKeyId" not in target for target in targets)


def test_a_drop_starts_a_run_and_a_schedule_a_comparison(example: Synthesized) -> None:
    rules = [one["Properties"] for one in example.resources("users", "AWS::Events::Rule").values()]
    by_way = {json.loads(rule["Targets"][0]["Input"])["way_in"]: rule for rule in rules}
    assert set(by_way) == {"drop", "schedule"}
    pattern = by_way["drop"]["EventPattern"]
    assert (pattern["source"], pattern["detail-type"]) == (["aws.s3"], ["Object Created"])
    assert pattern["detail"]["object"]["key"] == [{"prefix": DROPS}]
    assert "Exports" in json.dumps(pattern["detail"]["bucket"]["name"])
    assert by_way["schedule"]["ScheduleExpression"] == "rate(1 day)"


def _following(state: Json) -> Iterator[str]:
    yield from (state[key] for key in ("Next", "Default") if key in state)
    yield from (one["Next"] for key in ("Choices", "Catch") for one in state.get(key, ()))


def test_every_state_is_reached_and_every_failure_is_caught(example: Synthesized) -> None:
    states = _states(example)
    reached, open_ = set(), ["Lock"]
    while open_:
        name = open_.pop()
        if name not in reached:
            reached.add(name)
            open_ += _following(states[name])
    assert reached == set(states)
    for name, state in states.items():
        if state["Type"] == "Task":
            assert state["Parameters"]["step"] in handler._STEPS, name
            assert [catch["ErrorEquals"] for catch in state["Catch"]] == [["States.ALL"]], name
            assert state["Retry"][0]["MaxAttempts"] == 3, name
            assert state["TimeoutSeconds"] > 900, name
    assert {state["Parameters"]["step"] for state in states.values() if state["Type"] == "Task"} == set(handler._STEPS)


def test_a_machine_passes_nothing_on_but_names_and_what_steps_return(example: Synthesized) -> None:
    for state in _states(example).values():
        if state["Type"] == "Task":
            assert set(state["Parameters"]) == {"step", "execution.$", "started.$", "input.$", "state.$"}


def _alarms(synthesized: Synthesized) -> dict[str, Json]:
    found = synthesized.resources("users", "AWS::CloudWatch::Alarm").values()
    return {one["Properties"]["MetricName"]: one["Properties"] for one in found}


def test_there_is_an_alarm_for_each_way_to_go_wrong(example: Synthesized) -> None:
    alarms = _alarms(example)
    sent = {*notices.outcome_metrics(()), "ExportAgeHours", "Drift", "DriftHours"}
    for name, alarm in alarms.items():
        if alarm["Namespace"] == notices.NAMESPACE:
            assert name in sent
            assert alarm["Dimensions"] == [{"Name": notices.DIMENSION, "Value": "acmeservice"}]
        else:
            assert (alarm["Namespace"], alarm["Dimensions"][0]["Name"]) == ("AWS/States", "StateMachineArn")
    assert {"Failed", "DriftHours", "ExecutionsFailed", "ExecutionsTimedOut"} <= set(alarms)
    assert (alarms["Failed"]["Threshold"], alarms["DriftHours"]["Threshold"]) == (0, 23)


def test_nobody_comparing_users_is_told_and_not_before_the_first_run(example: Synthesized) -> None:
    # The daily rule may be gone or disabled, its runs may hang or lose their metrics: then there is no data.
    alarm = _alarms(example)["Drift"]
    assert alarm["TreatMissingData"] == "missing"  # as a breach it would be told before the first run has ended
    assert alarm["InsufficientDataActions"] == alarm["AlarmActions"]
    assert (alarm["Statistic"], alarm["Threshold"]) == ("SampleCount", 0)
    assert alarm["ComparisonOperator"] == "LessThanOrEqualToThreshold"
    period, span = alarm["Period"], alarm["Period"] * alarm["EvaluationPeriods"]
    # Longer than from one comparison to the next, and what PutMetricAlarm allows: seven days, from an hour on.
    assert 86_400 + 3600 <= span <= 7 * 86_400
    assert period >= 3600


def test_each_alarm_has_its_row_in_the_documentation(example: Synthesized, variant: Variant) -> None:
    documented = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "operations.md").read_text(), re.MULTILINE))
    named = {
        alarm["AlarmDescription"].rpartition("docs/operations.md, ")[2]
        for synthesized in (example, variant("both"))
        for alarm in _alarms(synthesized).values()
    }
    assert named == documented


def test_the_age_of_the_export_is_watched_where_the_config_says_so(example: Synthesized, variant: Variant) -> None:
    assert "ExportAgeHours" not in _alarms(example)
    assert _alarms(variant("both"))["ExportAgeHours"]["Threshold"] == 8 * 24


def test_a_deployment_waits_as_long_as_the_config_says_and_cloudformation_a_little_longer(variant: Variant) -> None:
    users = variant("both").one("users", "Custom::ConnectUsers")
    assert (users["WaitSeconds"], users["ServiceTimeout"]) == ("1200", "1500")


@pytest.mark.parametrize("name", ["both", "existing"])
def test_alarms_go_to_an_encrypted_topic_that_cloudwatch_may_use(variant: Variant, name: str) -> None:
    synthesized = variant(name)
    (topic,) = synthesized.resources("users", "AWS::SNS::Topic")
    assert "StorageKey" in json.dumps(synthesized.one("users", "AWS::SNS::Topic")["KmsMasterKeyId"])
    assert all(alarm["AlarmActions"] == [{"Ref": topic}] for alarm in _alarms(synthesized).values())
    policy = synthesized.one("users", "AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    (allowed,) = [one for one in policy if one["Effect"] == "Allow"]
    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert set(allowed["Condition"]["StringEquals"]) == {"aws:SourceAccount"}
    (denied,) = [one for one in policy if one["Effect"] == "Deny"]
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_configs_address_is_subscribed(example: Synthesized) -> None:
    subscription = example.one("users", "AWS::SNS::Subscription")
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "contact-center-ops@acme.example")


def test_each_function_may_use_the_key_for_what_it_stores_reads_and_tells_and_for_nothing_else(
    example: Synthesized,
) -> None:
    # What S3 and SNS need of whoever calls them: a data key to encrypt, and to decrypt where something is read.
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
    # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    needs = {
        "s3:GetObject": {("kms:Decrypt", "s3")},
        "s3:PutObject": {("kms:GenerateDataKey", "s3")},
        "sns:Publish": {("kms:Decrypt", "sns"), ("kms:GenerateDataKey", "sns")},
    }
    key = example.one("users", "AWS::SNS::Topic")["KmsMasterKeyId"]
    for handler_name in ("on_step", "on_event"):
        statements = _statements(example, handler_name)
        actions = {action for one in statements for action in _list(one["Action"])}
        granted = {
            (action, host.partition(".")[0])
            for one in statements
            for action in _list(one["Action"])
            if action.startswith("kms:")
            for host in _list(one["Condition"]["StringEquals"]["kms:ViaService"])
        }
        assert granted == {need for action in actions & needs.keys() for need in needs[action]}, handler_name
        assert {json.dumps(one["Resource"]) for one in statements if "kms:" in str(one["Action"])} == {json.dumps(key)}


def test_each_function_writes_its_own_log_and_no_other(example: Synthesized) -> None:
    for handler_name in ("on_step", "on_event"):
        function = example.resources("users", "AWS::Lambda::Function")[_function(example, handler_name)]["Properties"]
        group = function["LoggingConfig"]["LogGroup"]["Ref"]
        (log,) = (one for one in _statements(example, handler_name) if "logs:" in str(one["Action"]))
        assert set(log["Action"]) == {"logs:CreateLogStream", "logs:PutLogEvents"}
        assert log["Resource"] == {"Fn::GetAtt": [group, "Arn"]}
        assert example.resources("users", "AWS::Logs::LogGroup")[group]["Properties"]["KmsKeyId"]


def test_no_role_of_a_run_is_left_out(example: Synthesized) -> None:
    # Functions are tried by running, each grant taken away in turn: test_grants.py, test_cloud_ways_in.py. The
    # local AWS evaluates no other role: the machine's and the rules' are held against tasks and targets above.
    trusted = [
        statement["Principal"]["Service"].partition(".")[0]
        for role in example.resources("users", "AWS::IAM::Role").values()
        for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    ]
    assert sorted(trusted) == ["events", "lambda", "lambda", "states"]
    assert not example.resources("users", "AWS::IAM::Policy")
    assert not example.resources("users", "AWS::Lambda::Permission")
    roles = example.resources("users", "AWS::IAM::Role").values()
    assert not any({"Policies", "ManagedPolicyArns"} & role["Properties"].keys() for role in roles)


def _statements(synthesized: Synthesized, handler_name: str) -> list[Json]:
    """The statements of every policy that is attached to a function's role."""
    function = synthesized.resources("users", "AWS::Lambda::Function")[_function(synthesized, handler_name)]
    role = function["Properties"]["Role"]["Fn::GetAtt"][0]
    return [
        statement
        for policy in synthesized.resources("users", "AWS::IAM::ManagedPolicy").values()
        if policy["Properties"]["Roles"] == [{"Ref": role}]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
