"""Who can make responses: the two identity providers of the contact center, each configured by the kit."""

from __future__ import annotations

from dataclasses import dataclass, replace

from contact_center.sign_in import CCP, relay_state
from local_aws.identity_provider import Claims
from tests.end_to_end.direct import client
from tests.end_to_end.sign_in.providers import ATTRIBUTES, App
from tests.end_to_end.sign_in.world import World

WHO, ANALYST = "jlind", "analyst@acme.example"


@dataclass(frozen=True)
class Signers:
    """Both providers; what they say is right unless asked for something else."""

    world: World

    def state(self, page: str | None = CCP) -> str:
        return relay_state(self.world.aws.region, self.world.outputs["InstanceId"], page)

    @property
    def claims(self) -> Claims:
        return self.app("salesforce").claims(WHO)

    def app(self, key: str) -> App:
        app = self.world.app(key)
        assert app
        return app

    def ours(self, claims: Claims | None = None, **more: object) -> str:
        return self.world.salesforce.idp.respond(claims or self.claims, **more)

    def theirs(self, app: App | None = None, **options: object) -> str:
        """By `samlp` from npm."""
        return self.world.okta.respond(app or self.app("third_party"), WHO, **options)

    def theirs_saying(self, **attributes: str) -> str:
        app = self.app("third_party")
        said = {**app.people[WHO], **{f"{ATTRIBUTES}{name}": value for name, value in attributes.items()}}
        return self.theirs(replace(app, people={WHO: said}))


def add_analyst(world: World) -> None:
    """Make a user whose security profile does not have the softphone, where there is none yet."""
    connect, instance = client(world.aws, "connect"), {"InstanceId": world.outputs["InstanceId"]}
    if ANALYST in {user["Username"] for user in connect.list_users(**instance)["UserSummaryList"]}:
        return
    profiles = connect.list_security_profiles(**instance)["SecurityProfileSummaryList"]
    routing = connect.list_routing_profiles(**instance)["RoutingProfileSummaryList"]
    connect.create_user(
        Username=ANALYST,
        IdentityInfo={"FirstName": "Ana", "LastName": "Lyst"},
        SecurityProfileIds=[one["Id"] for one in profiles if one["Name"] == "QualityAnalyst"],
        RoutingProfileId=routing[0]["Id"],
        **instance,
    )
