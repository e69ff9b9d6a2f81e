"""For `bench_apply.py`: what the usual ways to keep Connect users in order cost."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from typing import Any

from bench_people import people
from bench_strict import POLICY, StrictServer, export, review

from user_sync.connect import InstanceArn, client_for

# What the handlers of AWS::Connect::User send: create CreateUser; read DescribeUser; update UpdateUserIdentityInfo,
# UpdateUserPhoneConfig, UpdateUserRoutingProfile, UpdateUserHierarchy and UpdateUserSecurityProfiles, one after the
# other, each only where its properties differ. Source: CreateHandler.java, ReadHandler.java and UpdateHandler.java in
# https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-connect (038d66d), aws-connect-user.
CALLS_TO_CREATE = 1
CALLS_TO_LOOK = 1
CALLS_TO_CHANGE = 1  # a kind
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
RESOURCES_OF_A_TEMPLATE = 500


def sleeper(count: int, quota: float) -> tuple[float, float]:
    """One request after the other and a sleep after each, as long as the quota's distance.

    Returns:
        Elapsed over N / quota: of creating so many users, and of three kinds of changes on each of them.
    """
    with StrictServer(quota) as server:
        instance = InstanceArn.parse(server.arn)
        plan = review(export(people(count)), POLICY, server.connect()).plan
        client, routing = client_for(instance), plan.current.routing_profiles
        agent, basic, chat = plan.current.security_profiles["Agent"], routing["Basic Routing Profile"], routing["Chat"]
        made: list[str] = []

        def create(username: str) -> Callable[[], Any]:
            name = {"FirstName": "Given", "LastName": "Name"}
            return lambda: made.append(
                client.create_user(
                    InstanceId=instance.instance_id,
                    Username=username,
                    IdentityInfo=name,
                    SecurityProfileIds=[agent],
                    RoutingProfileId=basic,
                )["UserId"]
            )

        def change(user: str) -> Iterable[Callable[[], Any]]:
            who = {"InstanceId": instance.instance_id, "UserId": user}
            name, phone = {"FirstName": "New", "LastName": "Name"}, {"PhoneType": "SOFT_PHONE"}
            yield lambda: client.update_user_identity_info(**who, IdentityInfo=name)
            yield lambda: client.update_user_routing_profile(**who, RoutingProfileId=chat)
            yield lambda: client.update_user_phone_config(**who, PhoneConfig=phone)

        creating = _paced((create(one.username) for one in plan.changes), quota)
        updating = _paced((request for user in made for request in change(user)), quota)
    return creating / (count / quota), updating / (count / quota)


def _paced(requests: Iterable[Callable[[], Any]], quota: float) -> float:
    begun = time.perf_counter()
    for request in requests:
        request()
        time.sleep(1 / quota)
    return time.perf_counter() - begun


def stacks(count: int) -> int:
    """Return how many templates so many users take as resources."""
    return math.ceil(count / RESOURCES_OF_A_TEMPLATE)
