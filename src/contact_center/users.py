"""The `users` section of the config: the export, the rules, and how careful the sync is.

Must not read an export, nor decide about a person: the sync engine does.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from contact_center.user_values import (
    MANAGED_FIELDS,
    AfterContactWork,
    Age,
    Columns,
    ExportLocation,
    HierarchyGroup,
    Limit,
    ManagedFields,
    Match,
    ProfileName,
    Rate,
    SecurityProfiles,
    Usernames,
    Wait,
    hours,
)
from contact_center.values import Flag, Section, between, unique


class Rule(Section):
    """Which people come out as Connect users, and how: the first rule that matches decides."""

    match: Match
    """What must hold, all of it: any column of the export by API name (Profile.Name, Department, …) or
    profile, role, permission_set, username; a value is a text, a list, or a pattern with *. {} is everyone."""

    security_profiles: SecurityProfiles
    """Security profiles of the Amazon Connect instance, by name; 1 to 10."""

    routing_profile: ProfileName
    """Routing profile of the Amazon Connect instance, by name."""

    hierarchy_group: HierarchyGroup | None = None
    """Path of an agent hierarchy group that exists in the instance, such as EMEA/Support; at most 5 levels."""

    after_contact_work_seconds: AfterContactWork = 0
    """Time for work after a contact; 0 is without end (right with Salesforce, which runs it itself)."""

    auto_accept: Flag = False
    """Whether calls are connected without a click."""


class Limits(Section):
    """What one run may change at most; above it, nothing at all is written."""

    removals: Limit = "10%"
    """Users disabled, deleted or replaced: a count, a percentage of the managed users (rounded up), or none."""

    updates: Limit = "50%"
    """Users updated or adopted: a count, a percentage of the managed users (rounded up), or none."""

    creates: Limit = "none"
    """Users created: a count, a percentage of the managed users (rounded up), or none."""


class Users(Section):
    """Who becomes an Amazon Connect user."""

    export: ExportLocation
    """The Salesforce user export: a file beside this one, or s3://bucket/key?versionId=…"""

    permission_sets: ExportLocation | None = None
    """A second export, of permission-set assignments: a file, or s3://bucket/key?versionId=…"""

    rules: Annotated[tuple[Rule, ...], between("rules", 1)] = Field(json_schema_extra={"minItems": 1})
    """The first rule that matches a person decides; a person without one is not a Connect user."""

    columns: Columns = Field(default_factory=dict)
    """Headers of an export in another language, each with the API name that it stands for."""

    managed_fields: ManagedFields = MANAGED_FIELDS
    """What an update may change; a new user gets every field."""

    extra_security_profiles: Literal["remove", "keep"] = "remove"
    """What happens to security profiles that were given by hand beside the rule's."""

    existing_users: Literal["leave", "adopt"] = "leave"
    """Whether users that somebody else made, with a username of the export, are taken over."""

    missing_users: Literal["keep", "disable", "delete"] = "keep"
    """What happens to people who are inactive in the export, or gone from it; delete cannot be undone."""

    renamed_users: Literal["refuse", "replace"] = "refuse"
    """Amazon Connect cannot rename: refuse, or replace the user by a new one without the old one's history."""

    invalid_rows: Literal["refuse", "skip"] = "refuse"
    """Whether rows with an error stop everything, or are left out (their people stay as they are)."""

    failed_users: Literal["report", "fail"] = "report"
    """Whether users that could not be written fail the deployment, or are reported and alarmed on."""

    limits: Limits = Field(default_factory=Limits)
    """What one run may change at most."""

    privileged: Annotated[tuple[ProfileName, ...], unique("security profile", fold=True)] = ("Admin",)
    """Security profiles that an unattended run (a drop, a schedule) never gives to anybody."""

    protected: Usernames = ()
    """Usernames that no change may remove, strip or replace."""

    max_export_age: Age | None = None
    """An alarm goes off when no newer export has come: days or hours, such as 8d or 36h."""

    deployment_wait: Wait = "55m"
    """How long a deployment waits for the users, in minutes; then it ends, and the run goes on by itself."""

    requests_per_second: Rate = 2.0
    """The account's Amazon Connect API quota, for each operation; the burst is 2.5 times it."""

    @property
    def deployment_wait_minutes(self) -> int:
        """Return `deployment_wait` in minutes."""
        return int(self.deployment_wait.removesuffix("m"))

    @property
    def max_export_age_hours(self) -> int | None:
        """Return `max_export_age` in hours."""
        return None if self.max_export_age is None else hours(self.max_export_age)
