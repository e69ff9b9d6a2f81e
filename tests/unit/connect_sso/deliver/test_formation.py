"""The door to change sets: what it makes of each answer of CloudFormation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connect_sso.deliver.asking import AwsRefusedError
from connect_sso.deliver.formation import ChangeSet, Wanted
from connect_sso.deliver.stack_drift import stack_drift
from tests.unit.connect_sso.deliver.aws import ARN, STACK, STACK_ID, Script

WANTED = Wanted(
    STACK, "deliver-1", True, "https://s3.us-west-2.amazonaws.com/b/k.json", None, {"Team": "a"}, {"K": "v"}
)
EMPTY = "The submitted information didn't contain changes. Submit different information to create a change set."
DELETE = "aws cloudformation delete-stack --region us-west-2 --stack-name acmeservice-users"
SYNC, STACK_TYPE = "Custom::ConnectUsers", "AWS::CloudFormation::Stack"


def change(action: str, replacement: str | None = None) -> dict[str, Any]:
    return {
        "Type": "Resource",
        "ResourceChange": {"Action": action, **({"Replacement": replacement} if replacement else {})},
    }


class TestCreate:
    def test_it_waits_and_counts_what_changes_on_every_page(self) -> None:
        script = Script().no_stack().answers("create_change_set", Id=ARN, StackId=STACK_ID)
        script.describes(Status="CREATE_IN_PROGRESS", ExecutionStatus="UNAVAILABLE")
        script.describes(Changes=[change("Add"), change("Modify", "True")], NextToken="more")
        parameters = [{"ParameterKey": "K", "ParameterValue": "v"}]
        script.describes(Changes=[change("Modify", "False"), change("Remove"), change("Add")], Parameters=parameters)
        made = script.formation.create(WANTED)
        assert made.changes == {"add": 2, "modify": 1, "remove": 1, "replace": 1}
        assert (made.arn, made.parameters, made.empty) == (ARN, {"K": "v"}, False)
        script.done()

    def test_an_empty_one_is_taken_away_and_no_error(self) -> None:
        script = Script().no_stack().answers("create_change_set", Id=ARN, StackId=STACK_ID)
        script.describes(Status="FAILED", ExecutionStatus="UNAVAILABLE", StatusReason=EMPTY).answers(
            "delete_change_set"
        )
        assert script.formation.create(WANTED).empty
        script.done()

    def test_one_that_fails_is_taken_away_and_says_why(self) -> None:
        script = Script().no_stack().answers("create_change_set", Id=ARN, StackId=STACK_ID)
        script.describes(Status="FAILED", StatusReason="No export named acmeservice-storage:Key found")
        script.answers("delete_change_set")
        with pytest.raises(AwsRefusedError, match="No export named acmeservice-storage:Key found; mend that"):
            script.formation.create(WANTED)
        script.done()

    def test_one_that_never_comes_is_not_waited_for_without_end(self) -> None:
        script = Script().no_stack().answers("create_change_set", Id=ARN, StackId=STACK_ID)
        for _ in range(80):
            script.describes(Status="CREATE_PENDING", ExecutionStatus="UNAVAILABLE")
        begun = script.clock.now()
        with pytest.raises(AwsRefusedError):
            script.formation.create(WANTED)
        assert 300 <= script.clock.now() - begun < 310

    def test_a_missing_grant_is_named(self) -> None:
        script = (
            Script().no_stack().refuses("create_change_set", "AccessDenied", "User: arn:…:role/casey is not authorized")
        )
        with pytest.raises(AwsRefusedError, match="no grant for cloudformation:CreateChangeSet on stack") as error:
            script.formation.create(WANTED)
        assert "casey" not in str(error.value)

    @pytest.mark.parametrize(
        ("new", "status"),
        [
            (True, "REVIEW_IN_PROGRESS"),
            (True, "DELETE_COMPLETE"),
            (False, "CREATE_COMPLETE"),
            (False, "UPDATE_COMPLETE"),
            (False, "UPDATE_ROLLBACK_COMPLETE"),
            (False, "IMPORT_COMPLETE"),
            (False, "IMPORT_ROLLBACK_COMPLETE"),
        ],
    )
    def test_a_stack_that_takes_a_change_set(self, new: bool, status: str) -> None:
        script = Script().stack(status).answers("create_change_set", Id=ARN, StackId=STACK_ID).describes()
        assert script.formation.create(replace(WANTED, new=new)).arn == ARN
        script.done()

    @pytest.mark.parametrize(
        ("new", "status", "fix"),
        [
            (True, "ROLLBACK_COMPLETE", DELETE),
            (True, "ROLLBACK_FAILED", DELETE),
            (True, "CREATE_FAILED", DELETE),
            (False, "DELETE_FAILED", DELETE),
            (True, "CREATE_IN_PROGRESS", "wait until it is done, then prepare again"),
            (False, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "wait until it is done, then prepare again"),
            (False, "REVIEW_IN_PROGRESS", "prepare again"),
            (True, "UPDATE_COMPLETE", "prepare again"),
            (
                False,
                "UPDATE_FAILED",
                "aws cloudformation rollback-stack --region us-west-2 --stack-name acmeservice-users",
            ),
            (
                False,
                "UPDATE_ROLLBACK_FAILED",
                "aws cloudformation continue-update-rollback --region us-west-2 --stack-name acmeservice-users",
            ),
            (False, "IMPORT_ROLLBACK_FAILED", "mend it in CloudFormation"),
        ],
    )
    def test_a_stack_that_takes_none_is_told_with_the_way_on(self, new: bool, status: str, fix: str) -> None:
        """CloudFormation takes no change set for it, which the local AWS does."""
        script = Script().stack(status)
        with pytest.raises(AwsRefusedError, match=f"acmeservice-users is {status}: ") as error:
            script.formation.create(replace(WANTED, new=new))
        assert fix in error.value.message
        assert error.value.code == "stack_not_ready"
        script.done()

    def test_a_stack_that_is_gone_is_not_changed(self) -> None:
        with pytest.raises(AwsRefusedError, match="it is not there; prepare again"):
            Script().no_stack().formation.create(replace(WANTED, new=False))


def test_a_change_set_that_is_gone_is_none() -> None:
    assert Script().refuses("describe_change_set", "ChangeSetNotFound").formation.described(ARN, STACK) is None


def test_any_other_refusal_is_an_error() -> None:
    script = Script().refuses("describe_change_set", "Throttling", "for casey@acme.example")
    with pytest.raises(AwsRefusedError, match=r"Throttling: for \(somebody\)"):
        script.formation.described(ARN, STACK)


class TestExecute:
    def test_it_waits_for_the_stack_and_tells_each_status_once(self) -> None:
        script = Script().answers("execute_change_set")
        for status in ("UPDATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"):
            script.stack(status)
        script.stack("UPDATE_COMPLETE", ChangeSetId=ARN)
        assert script.formation.execute(ARN, STACK) is None
        expected = ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE"]
        assert script.said == [f"{STACK}: {status}" for status in expected]
        script.done()

    @pytest.mark.parametrize("stale", ["UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
    def test_how_the_last_operation_ended_is_not_taken_for_this_one(self, stale: str) -> None:
        script = Script().answers("execute_change_set")
        for execution in ("AVAILABLE", "EXECUTE_IN_PROGRESS"):
            script.stack(stale, ChangeSetId=f"{ARN}-before").describes(ExecutionStatus=execution)
        script.stack("UPDATE_IN_PROGRESS").stack(stale).describes(ExecutionStatus="EXECUTE_IN_PROGRESS")
        script.stack("UPDATE_COMPLETE").describes(ExecutionStatus="EXECUTE_COMPLETE")
        assert script.formation.execute(ARN, STACK) is None
        script.done()

    @pytest.mark.parametrize("answer", ["EXECUTE_FAILED", None])
    def test_a_change_set_that_is_through_or_gone_says_that_it_is_over(self, answer: str | None) -> None:
        script = Script().answers("execute_change_set").stack("UPDATE_ROLLBACK_COMPLETE")
        if answer:
            script.describes(ExecutionStatus=answer)
        else:
            script.refuses("describe_change_set", "ChangeSetNotFound")
        assert script.events().formation.execute(ARN, STACK) is not None
        script.done()

    @pytest.mark.parametrize(
        ("events", "resource", "reason"),
        [
            (
                [
                    (STACK, STACK_TYPE, "UPDATE_ROLLBACK_COMPLETE", ""),
                    ("Topic", "AWS::SNS::Topic", "CREATE_FAILED", "Resource creation cancelled"),
                    ("Role", "AWS::IAM::Role", "UPDATE_FAILED", "not for casey@acme.example"),
                    (STACK, STACK_TYPE, "UPDATE_IN_PROGRESS", "User Initiated"),
                    ("Old", "AWS::IAM::Role", "UPDATE_FAILED", "of the operation before"),
                ],
                "Role",
                "not for (somebody)",
            ),
            (
                [
                    (
                        "SyncUsers",
                        SYNC,
                        "UPDATE_FAILED",
                        "Received response status [FAILED] from custom resource. Message returned: stale_plan: the "
                        "kept plan is stale; changes differ for federated-casey (RequestId: 1)",
                    ),
                    (STACK, STACK_TYPE, "UPDATE_IN_PROGRESS", "User Initiated"),
                ],
                "SyncUsers",
                "stale_plan: connect-sso users status tells more",
            ),
            (
                [
                    (STACK, STACK_TYPE, "ROLLBACK_IN_PROGRESS", "No export named x found. Rollback requested by user."),
                    (STACK, STACK_TYPE, "CREATE_IN_PROGRESS", "User Initiated"),
                ],
                STACK,
                "No export named x found. Rollback requested by user.",
            ),
        ],
    )
    def test_a_failure_is_the_first_cause_of_this_operation_and_names_nobody(
        self, events: list[tuple[str, str, str, str]], resource: str, reason: str
    ) -> None:
        script = (
            Script().answers("execute_change_set").stack("UPDATE_ROLLBACK_COMPLETE", ChangeSetId=ARN).events(*events)
        )
        failure = script.formation.execute(ARN, STACK)
        assert failure is not None
        assert (failure.stack, failure.resource, failure.reason) == (STACK, resource, reason)
        script.done()

    def test_a_failure_that_no_event_explains(self) -> None:
        script = Script().answers("execute_change_set").stack("ROLLBACK_COMPLETE", ChangeSetId=ARN).events()
        failure = script.formation.execute(ARN, STACK)
        assert failure is not None
        assert failure.reason == "the stack is ROLLBACK_COMPLETE, and its events do not say why"

    def test_it_waits_longer_than_a_deployment_waits_for_users_and_not_for_ever(self) -> None:
        script = Script().answers("execute_change_set")
        for _ in range(1500):
            script.stack("UPDATE_IN_PROGRESS")
        begun = script.clock.now()
        failure = script.formation.execute(ARN, STACK)
        assert failure is not None
        assert failure.reason == "it goes on since 90 minutes, and is not waited for any longer"
        assert script.clock.now() - begun > 3600


class TestDrift:
    def test_no_stack_no_drift(self) -> None:
        gone = Script().refuses("describe_stacks", "ValidationError", f"Stack with id {STACK} does not exist")
        assert stack_drift(gone.formation, STACK) is None
        assert stack_drift(Script().stack("REVIEW_IN_PROGRESS").formation, STACK) is None

    def drifted(self, script: Script, *ids: str, status: str = "MODIFIED", **more: str) -> Script:
        found = [
            {
                "StackId": STACK_ID,
                "LogicalResourceId": id_,
                "ResourceType": "AWS::IAM::Role",
                "StackResourceDriftStatus": status,
                "PropertyDifferences": [
                    {"PropertyPath": path, "ExpectedValue": "a", "ActualValue": "b", "DifferenceType": "NOT_EQUAL"}
                    for path in ("/Path", "/Description")
                ],
                "Timestamp": 0,
            }
            for id_ in ids
        ]
        return script.answers("describe_stack_resource_drifts", StackResourceDrifts=found, **more)

    def detected(self, script: Script, status: str, **more: Any) -> Script:
        answer = {"StackId": STACK_ID, "StackDriftDetectionId": "1", "DetectionStatus": status, "Timestamp": 0, **more}
        return script.answers("describe_stack_drift_detection_status", **answer)

    def test_every_page_and_no_value(self) -> None:
        script = Script().stack("UPDATE_COMPLETE").answers("detect_stack_drift", StackDriftDetectionId="1")
        self.detected(script, "DETECTION_IN_PROGRESS")
        self.detected(script, "DETECTION_COMPLETE")
        self.drifted(self.drifted(script, "A", NextToken="more"), "B")
        found = stack_drift(script.formation, STACK)
        assert found is not None
        assert found.resources == tuple(f"{id_} (AWS::IAM::Role): modified: /Description, /Path" for id_ in "AB")
        assert found.unknown == ""
        script.done()

    def test_what_could_not_be_seen_is_not_taken_for_none(self) -> None:
        script = Script().stack("UPDATE_COMPLETE").answers("detect_stack_drift", StackDriftDetectionId="1")
        self.detected(script, "DETECTION_FAILED", DetectionStatusReason="Failed to detect drift on resources [Role]")
        found = stack_drift(self.drifted(script).formation, STACK)
        assert found is not None
        assert found.unknown == "not all of it was judged: Failed to detect drift on resources [Role]"

    def test_a_resource_that_could_not_be_seen_is_told(self) -> None:
        script = Script().stack("UPDATE_COMPLETE").answers("detect_stack_drift", StackDriftDetectionId="1")
        self.detected(script, "DETECTION_COMPLETE")
        found = stack_drift(self.drifted(script, "A", status="UNKNOWN").formation, STACK)
        assert found is not None
        assert (found.resources, found.unknown) == ((), "not all of it was judged: A")


def test_only_the_words_of_cloudformation_make_a_failed_change_set_empty() -> None:
    def of(status: str, reason: str) -> bool:
        return ChangeSet(ARN, STACK, status, "UNAVAILABLE", reason, {}, {}, {}).empty

    assert of("FAILED", EMPTY)
    assert of("FAILED", "No updates are to be performed.")
    assert not of("FAILED", "Access denied")
    assert not of("CREATE_COMPLETE", EMPTY)
