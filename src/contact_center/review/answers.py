"""Five questions that whoever signs must be able to answer from the page alone, each with its answer.

An answer is the weightiest finding behind it; where nothing is behind it, it says so. Must not find anything
itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from contact_center.review.model import LEVELS, Answer, Finding, SigningCertificate, Users
from contact_center.review.words import many

_NEW_TRUST = ("stranger_trusted", "trust_broader", "trust_new", "session_longer")
_CERTIFICATES = ("certificate_expired", "metadata_expired", "certificate_ends_soon", "certificate_not_yet_valid")
_PHONE = (
    "alias_changed",
    "identity_type_changed",
    "instance_replaced",
    "instance_removed",
    "phone_system",
)
_LOCKED_OUT = (
    *_PHONE[:4],
    "role_replaced",
    "role_removed",
    "provider_replaced",
    "provider_removed",
    "sign_in_narrower",
    "issuer_changed",
    "certificates_replaced",
    "certificate_expired",
    "metadata_expired",
    "access_lost",
)


def answers(
    findings: Sequence[Finding], certificates: Sequence[SigningCertificate], users: Users | None
) -> tuple[Answer, ...]:
    """Return the questions with their answers.

    Args:
        findings: all of them.
        certificates: those of the templates.
        users: None where no plan was given.
    """
    no_plan = "not known: no user plan was given"
    ends = min((one.ends for one in certificates if one.mark != "gone"), default="")
    until = f"no: the first ends on {ends}" if ends else "not known: none is in these templates (connect-sso doctor)"
    rules = [one for one in findings if one.code == "sync_looser"]
    return (
        _answer("Does anybody get Admin?", _admins(findings), no_plan if users is None else "no", rules),
        _answer("Can anybody new assume a role?", _of(findings, _NEW_TRUST), "no"),
        _answer("Does a certificate end soon?", _of(findings, _CERTIFICATES), until),
        _answer(
            "Is anybody locked out?",
            _of(findings, _LOCKED_OUT),
            "not by the stacks; of users not known, since no user plan was given" if users is None else "no",
        ),
        _answer("What happens to the phone system?", _of(findings, _PHONE, about="instance "), "nothing"),
    )


def _admins(findings: Sequence[Finding]) -> list[Finding]:
    return [one for one in findings if one.code == "privileged" and "profile Admin" in one.message]


def _of(findings: Sequence[Finding], codes: Sequence[str], about: str = "") -> list[Finding]:
    """Return the findings behind an answer.

    Args:
        about: the start of subjects whose lost retention counts too.
    """
    return [
        one
        for one in findings
        if one.code in codes or (about and one.code == "retention_removed" and one.subject.startswith(about))
    ]


def _answer(question: str, behind: Sequence[Finding], else_: str, hint: Sequence[Finding] = ()) -> Answer:
    if behind:
        first = min(behind, key=lambda one: LEVELS.index(one.level))
        more = f" (and {many(len(behind) - 1, 'more finding')})" if len(behind) > 1 else ""
        return Answer(question, f"{first.subject}: {first.message}{more}", first.level)
    if hint:
        return Answer(question, f"{else_}; but {hint[0].message}", hint[0].level)
    return Answer(question, else_, "attention" if "not known" in else_ else None)
