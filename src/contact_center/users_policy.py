"""The `users` section as the engine's own policy, which a deployment carries to the Lambda function.

Must not decide anything: the engine does.
"""

from __future__ import annotations

from contact_center.config import Config
from contact_center.users import Rule
from user_sync import policy as engine
from user_sync.model import Phone
from user_sync.salesforce_id import parse


def users_policy(config: Config) -> engine.Policy:
    """Return what the config says about users, in the engine's values.

    Args:
        config: a valid one.
    """
    users, sign_on = config.users, config.sign_on
    organization_id = parse(sign_on.salesforce.organization_id)
    if organization_id is None:
        raise ValueError(f"{sign_on.salesforce.organization_id} is not an organization id")
    return engine.Policy(
        contact_center=config.name,
        organization_id=organization_id,
        username_template=sign_on.username_template,
        rules=tuple(_rule(rule) for rule in users.rules),
        provisioned=sign_on.salesforce.contact_center == "provisioned",
        managed_fields=users.managed_fields,
        extra_security_profiles=users.extra_security_profiles,
        existing_users=users.existing_users,
        missing_users=users.missing_users,
        renamed_users=users.renamed_users,
        invalid_rows=users.invalid_rows,
        failed_users=users.failed_users,
        limits=engine.Limits(
            removals=engine.Limit(users.limits.removals),
            updates=engine.Limit(users.limits.updates),
            creates=engine.Limit(users.limits.creates),
        ),
        privileged=users.privileged,
        protected=users.protected,
        requests_per_second=users.requests_per_second,
        columns=tuple(users.columns.items()),
    )


def _rule(rule: Rule) -> engine.Rule:
    return engine.Rule(
        match=tuple(rule.match.items()),
        security_profiles=rule.security_profiles,
        routing_profile=rule.routing_profile,
        hierarchy_group=rule.hierarchy_group,
        phone=Phone(rule.after_contact_work_seconds, rule.auto_accept),
    )
