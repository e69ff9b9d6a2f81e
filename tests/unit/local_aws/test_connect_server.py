"""Throttling, lag, faults and the log: what a test of a client can ask of the server."""

from __future__ import annotations

import socket
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from local_aws.connect.context import Principal
from local_aws.connect.errors import ConnectError
from local_aws.connect.service import Caller
from local_aws.connect_server import ConnectServer, Fault, InstanceSeed


class Clock:
    """A clock that only moves when told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def client_of(server: ConnectServer, attempts: int = 1) -> Any:
    return boto3.client(
        "connect",
        endpoint_url=server.url,
        region_name=server.instance.region,
        aws_access_key_id=server.instance.account,
        aws_secret_access_key="local",
        config=Config(retries={"total_max_attempts": attempts, "mode": "standard"}),
    )


def create(server: ConnectServer, username: str = "kim") -> str:
    instance = server.instance
    answer = server.call(
        "CreateUser",
        Username=username,
        IdentityInfo={"FirstName": "A", "LastName": "B"},
        SecurityProfileIds=[next(iter(instance.security_profiles))],
        RoutingProfileId=next(iter(instance.routing_profiles)),
    )
    return str(answer["UserId"])


def list_users(server: ConnectServer) -> None:
    server.service.call("ListUsers", {"InstanceId": server.instance.id}, Caller())


def test_a_bucket_holds_five_and_refills_at_two_a_second_for_each_operation() -> None:
    clock = Clock()
    server = ConnectServer(throttle=2.0, clock=clock)
    for _ in range(5):
        list_users(server)
    with pytest.raises(ConnectError, match="ThrottlingException"):
        list_users(server)
    server.service.call("SearchUsers", {"InstanceId": server.instance.id}, Caller())
    clock.now += 0.5
    list_users(server)
    with pytest.raises(ConnectError, match="ThrottlingException"):
        list_users(server)
    clock.now += 3600
    for _ in range(5):
        list_users(server)
    with pytest.raises(ConnectError, match="ThrottlingException"):
        list_users(server)


def test_throttling_is_off_unless_asked_for_and_can_say_too_many_requests() -> None:
    server = ConnectServer(clock=Clock())
    for _ in range(50):
        list_users(server)
    server.service.throttle.rate, server.service.throttle.code = 2.0, "TooManyRequestsException"
    with pytest.raises(ConnectError, match="TooManyRequestsException"):
        for _ in range(6):
            list_users(server)


def test_lists_and_searches_see_writes_late_and_describe_sees_new_users_late() -> None:
    clock = Clock()
    server = ConnectServer(clock=clock, search_lag=10, describe_lag=2)
    user = create(server)

    def seen() -> tuple[list[str], list[str]]:
        listed = server.call("ListUsers")["UserSummaryList"]
        found = server.call("SearchUsers")["Users"]
        return [u["Username"] for u in listed], [u["IdentityInfo"]["LastName"] for u in found]

    with pytest.raises(ConnectError, match="ResourceNotFoundException"):
        server.call("DescribeUser", UserId=user)
    assert seen() == ([], [])
    with pytest.raises(ConnectError, match="DuplicateResourceException"):
        create(server)
    clock.now += 2
    assert server.call("DescribeUser", UserId=user)
    clock.now += 8
    assert seen() == (["kim"], ["B"])
    server.call("UpdateUserIdentityInfo", UserId=user, IdentityInfo={"FirstName": "A", "LastName": "New"})
    assert server.call("DescribeUser", UserId=user)["User"]["IdentityInfo"]["LastName"] == "New"
    assert seen() == (["kim"], ["B"])
    server.call("DeleteUser", UserId=user)
    clock.now += 10
    assert seen() == ([], [])


def test_a_fault_hits_the_requests_it_names_and_no_others() -> None:
    server = ConnectServer(
        faults=[
            Fault(operation="ListUsers", error="InternalServiceException", after=1, times=2),
            Fault(operation="*", error="AccessDeniedException", status=403, times=None, when=lambda p: "UserId" in p),
        ]
    )
    outcomes = []
    for _ in range(4):
        try:
            list_users(server)
            outcomes.append("")
        except ConnectError as error:
            outcomes.append(error.code)
    assert outcomes == ["", "InternalServiceException", "InternalServiceException", ""]
    assert [request.code for request in server.log] == outcomes
    for _ in range(2):
        with pytest.raises(ConnectError, match="AccessDeniedException"):
            server.service.call("DeleteUser", {"InstanceId": server.instance.id, "UserId": "x"}, Caller())
    assert server.calls() == {"ListUsers": 4, "DeleteUser": 2}


def test_a_lost_answer_is_carried_out_and_the_retry_finds_it_done() -> None:
    with ConnectServer(faults=[Fault(operation="DeleteUser", lost_answer=True)]) as server:
        user = create(server)
        with pytest.raises(ConnectionClosedError):
            client_of(server).delete_user(InstanceId=server.instance.id, UserId=user)
        assert not server.instance.users
        server.faults.append(Fault(operation="DeleteUser", lost_answer=True))
        user = create(server)
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            client_of(server, attempts=2).delete_user(InstanceId=server.instance.id, UserId=user)
        assert server.calls() == {"DeleteUser": 3}


def test_the_environment_leads_a_client_here_and_the_log_has_what_it_sent() -> None:
    seed = InstanceSeed(region="eu-central-1", account="999988887777", instance_id="the-instance")
    with ConnectServer(seed) as server:
        environment = server.environment()
        client = boto3.client(
            "connect",
            endpoint_url=environment["AWS_ENDPOINT_URL_CONNECT"],
            region_name=environment["AWS_REGION"],
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        )
        described = client.describe_instance(InstanceId="the-instance")["Instance"]
        assert described["Arn"] == "arn:aws:connect:eu-central-1:999988887777:instance/the-instance"
        assert [(r.operation, r.parameters) for r in server.log] == [
            ("DescribeInstance", {"InstanceId": "the-instance"})
        ]
        url = server.url
    with pytest.raises(OSError, match="refused"), socket.socket() as probe:
        probe.connect(("127.0.0.1", int(url.rpartition(":")[2])))


def test_a_caller_sees_the_instances_of_its_account_and_region_only() -> None:
    server = ConnectServer()
    here, elsewhere = Caller("111122223333", "us-west-2"), Caller("111122223333", "eu-central-1")
    parameters = {"InstanceId": server.instance.id}
    assert server.service.call("DescribeInstance", parameters, here)
    assert len(server.service.call("ListInstances", {}, here)["InstanceSummaryList"]) == 1
    for caller in (elsewhere, Caller("000000000000", "us-west-2")):
        assert server.service.call("ListInstances", {}, caller)["InstanceSummaryList"] == []
        with pytest.raises(ConnectError, match="ResourceNotFoundException"):
            server.service.call("DescribeInstance", parameters, caller)


def test_a_session_becomes_the_user_of_exactly_its_name_and_stays_with_its_first_role() -> None:
    server = ConnectServer()
    user = create(server, "kim")

    def federate(name: str, role: str = "AROA1") -> str:
        caller = Caller(principal=Principal(role, name))
        answer = server.service.call("GetFederationToken", {"InstanceId": server.instance.id}, caller)
        return str(answer["UserId"])

    assert federate("kim") == user
    assert federate("kim") == user
    for name in ("Kim", "nobody"):
        with pytest.raises(ConnectError, match=r"UserNotFoundException.*has not been onboarded"):
            federate(name)
    with pytest.raises(ConnectError, match="DuplicateResourceException"):
        federate("kim", "AROA2")
    with pytest.raises(ConnectError, match="AccessDeniedException"):
        federate("", "")
