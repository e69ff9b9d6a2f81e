"""Whether the federation role trusts the identity providers, at the right addresses, and nobody else.

A role that our stack makes must be exactly as declared. Of one that exists already (`sign_on.role`) only
what stops a sign-in is a failure; what is more than needed may be meant, and is told as advice.
Sources: https://docs.aws.amazon.com/connect/latest/adminguide/configure-saml.html and, for the keys,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contact_center.checks import Check, failed, not_judged, passed
from contact_center.iam_policy import Requirement, Statement, read_statements, requirements
from contact_center.nearest import shown
from contact_center.places import Places

ASSUME, TAG = "sts:AssumeRoleWithSAML", "sts:TagSession"
_AUDIENCE = "saml:aud"


@dataclass(frozen=True, slots=True)
class Trusted:
    """A SAML provider that the role must trust.

    Attributes:
        key: the section of `sign_on` that declares it, first part of the checks' names.
    """

    key: str
    arn: str


def judge_trust(
    trust: Mapping[str, Any], wanted: Sequence[Trusted], audiences: Sequence[str], places: Places
) -> tuple[Check, ...]:
    """Return the checks of a role's trust policy.

    Args:
        trust: the policy, decoded.
        wanted: the providers of the arrangement.
        audiences: sign-in addresses, the global one first.
    """
    statements = read_statements(trust)
    judge = _Judge(statements, tuple(audiences), places)
    return (
        *(check for provider in wanted for check in judge.provider(provider)),
        judge.session_tags(wanted),
        judge.others(wanted),
    )


@dataclass(frozen=True, slots=True)
class _Judge:
    statements: tuple[Statement, ...]
    audiences: tuple[str, ...]
    places: Places

    def provider(self, provider: Trusted) -> Iterator[Check]:
        """Yield whether the role trusts one provider, and the responses to which addresses."""
        name = f"{provider.key}_trust"
        mine = [one for one in self._about(ASSUME, provider) if one.allows]
        denied = [one for one in self._about(ASSUME, provider) if not one.allows]
        short = provider.arn.rpartition("/")[2]
        if denied:
            message = f"the trust policy denies {ASSUME} to {short}"
            yield failed(name, message, self._fix("take the Deny statement out"))
        elif not mine:
            message = f"the role does not trust {provider.arn} ({self._whom()})"
            fix = self._fix(f"allow {ASSUME} to {provider.arn}")
            yield failed(name, f"{message}: AWS says 'Not authorized to perform {ASSUME}'", fix)
        else:
            yield self._own_statement(name, mine, short)
        yield self._audience(f"{provider.key}_audience", mine)

    def _about(self, action: str, provider: Trusted) -> Iterator[Statement]:
        return (
            one
            for one in self.statements
            if one.takes_action(action) and one.takes_principal("Federated", provider.arn)
        )

    def _own_statement(self, name: str, mine: Sequence[Statement], short: str) -> Check:
        more = sorted({test.key for one in mine for test in requirements(one.conditions) if not _is_audience(test)})
        if not more:
            return passed(name, f"the role trusts {short}")
        message = f"the role trusts {short} under further conditions ({', '.join(shown(key) for key in more)})"
        return self._more(name, f"{message}, which can refuse a response", "take the further conditions out")

    def _audience(self, name: str, mine: Sequence[Statement]) -> Check:
        """Return whether responses to the global and the regional sign-in address count."""
        if not mine:
            return not_judged(name, "the role does not trust the provider")
        everywhere, here = self.audiences[0], self.audiences[-1]
        lacking = [address for address in self.audiences if not any(_accepts(one, address) for one in mine)]
        fix = self._fix(f"SAML:aud must list {' and '.join(self.audiences)}")
        if everywhere in lacking or (lacking and self.places.role_is_ours):
            message = f"the role does not take responses sent to {' and '.join(lacking)}"
            return failed(name, f"{message}: AWS says 'Not authorized to perform {ASSUME}'", fix)
        if lacking:
            message = f"the role takes responses sent to {everywhere} only"
            return passed(
                name, message, f"the app must post to {everywhere}, or: {fix}; AWS advises to take {here} too"
            )
        if any(not any(_is_audience(test) for test in requirements(one.conditions)) for one in mine):
            message = "the role takes responses sent to any address, because a statement asks for no SAML:aud"
            return self._more(name, message, f"SAML:aud must list {' and '.join(self.audiences)}")
        return passed(name, f"the role takes responses sent to {' and '.join(self.audiences)}")

    def session_tags(self, wanted: Sequence[Trusted]) -> Check:
        """Return whether responses with session tags are let through exactly where the config says so."""
        name, declared = "role_session_tags", self.places.config.sign_on.session_tags
        having = [one for one in wanted if any(statement.allows for statement in self._about(TAG, one))]
        if declared and len(having) < len(wanted):
            missing = ", ".join(one.arn.rpartition("/")[2] for one in wanted if one not in having)
            message = f"sign_on.session_tags is true, and the role does not allow {TAG} to {missing}"
            return failed(name, f"{message}: responses with PrincipalTag are refused", self._fix(f"allow {TAG} too"))
        if having and not declared:
            message = f"the role allows {TAG}, and sign_on.session_tags is false"
            return self._more(name, message, f"take {TAG} out, or set sign_on.session_tags: true")
        sent = "let through" if declared else "refused, as sign_on.session_tags: false says"
        return passed(name, f"responses with session tags are {sent}")

    def others(self, wanted: Sequence[Trusted]) -> Check:
        """Return whether anybody else may assume the role."""
        name = "role_trusts_nobody_else"
        known = {one.arn for one in wanted}
        others = sorted(set(self._strangers(known)))
        if not others:
            return passed(name, "nobody else may assume the role")
        message = f"the role may also be assumed by {', '.join(shown(one, 120) for one in others)}"
        return self._more(name, message, "take out whoever should not sign in to this instance")

    def _strangers(self, known: Iterable[str]) -> Iterator[str]:
        for one in self.statements:
            if one.allows and one.except_principals:
                yield "everybody but a few (NotPrincipal)"
            elif one.allows:
                for kind, principals in one.principals.items():
                    yield from (
                        who if kind != "AWS" or who != "*" else "everybody" for who in principals if who not in known
                    )

    def _whom(self) -> str:
        federated = sorted(
            {who for one in self.statements if one.allows for who in one.principals.get("Federated", ())}
        )
        return f"it trusts {', '.join(shown(one, 120) for one in federated)}" if federated else "it trusts no provider"

    def _fix(self, what: str) -> str:
        page = self.places.role_page("Trust relationships")
        return self.places.undo(page, what) if self.places.role_is_ours else f"{page}: {what}"

    def _more(self, name: str, message: str, what: str) -> Check:
        """Return what more than the declared trust comes to: a failure of our role, advice about another."""
        if self.places.role_is_ours:
            return failed(name, message, self._fix(what))
        return passed(name, message, f"if that is not meant, {self._fix(what)}")


def _is_audience(test: Requirement) -> bool:
    return test.is_about(_AUDIENCE)


def _accepts(statement: Statement, address: str) -> bool:
    """Return whether a statement takes responses sent to an address, as far as ``SAML:aud`` goes."""
    return all(test.takes(address) for test in requirements(statement.conditions) if _is_audience(test))
