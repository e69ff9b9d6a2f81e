"""What the keys of a config must agree on with one another: every rule that needs two of them.

Works on the file as read, not on the models, so that these problems are told together with all others,
however broken the rest of the file is. Must not judge a single value (its type does), nor open a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from contact_center import arns, regions
from contact_center.sign_on import Arrangement
from contact_center.source import KeyPath, Source, key_path
from user_sync.model import Problem


@dataclass(frozen=True, slots=True)
class Tree:
    """A config as read, asked by key path; what is of another type than expected is as if it were absent.

    Attributes:
        file: its name, as problems show it.
    """

    source: Source
    file: str

    def get(self, *path: str | int) -> Any:
        """Return what stands at a path, or None."""
        value: Any = self.source.data
        for part in path:
            if isinstance(part, int):
                value = value[part] if isinstance(value, list) and part < len(value) else None
            else:
                value = value.get(part) if isinstance(value, dict) else None
        return value

    def text(self, *path: str | int) -> str | None:
        """Return the text at a path, or None."""
        value = self.get(*path)
        return value if isinstance(value, str) else None

    def section(self, *path: str | int) -> Mapping[str, Any] | None:
        """Return the mapping at a path, or None."""
        value = self.get(*path)
        return value if isinstance(value, dict) else None

    def items(self, *path: str | int) -> list[Any]:
        """Return the entries of the list at a path; a single text is a list of one."""
        value = self.get(*path)
        return [value] if isinstance(value, str) else value if isinstance(value, list) else []

    def problem(
        self, path: KeyPath, code: str, message: str, severity: Literal["error", "warning"] = "error"
    ) -> Problem:
        """Return a problem at a path."""
        return Problem(severity, self.file, self.source.row(path), key_path(path), code, message)


def disagreements(tree: Tree) -> Iterator[Problem]:
    """Yield what does not fit together about instance, ARNs, delivery and sign-on."""
    yield from _instance(tree)
    yield from _arns(tree)
    yield from _delivery(tree)
    if tree.section("sign_on") is not None:
        yield from _arrangement(tree)
        yield from _providers(tree)


def _instance(tree: Tree) -> Iterator[Problem]:
    instance = tree.section("instance")
    if instance is None:
        return
    if ("instance", "existing") not in tree.source.marks:
        if ("instance", "alias") not in tree.source.marks:
            message = "the instance has neither alias (a new one) nor existing (the ARN of one): give one of them"
            yield tree.problem(("instance",), "missing_key", message)
        return
    for key in ("alias", "inbound_calls", "outbound_calls", "contact_lens"):
        if key in instance:
            message = f"{key} is for a new instance, and existing names one: take one of the two out"
            yield tree.problem(("instance", key), "conflict", message)


def _arns(tree: Tree) -> Iterator[Problem]:
    paths: list[KeyPath] = [
        ("instance", "existing"),
        ("sign_on", "role"),
        ("sign_on", "salesforce", "provider"),
        ("sign_on", "third_party", "provider"),
        ("delivery", "github", "oidc_provider"),
        ("delivery", "code_pipeline", "connection"),
    ]
    principals = tree.items("sign_on", "emergency_access", "principals")
    paths += [("sign_on", "emergency_access", "principals", index) for index in range(len(principals))]
    region = tree.text("region")
    account = tree.get("account")
    for path in paths:
        arn = arns.parse(tree.text(*path) or "")
        if arn is None:
            continue
        if region in regions.REGIONS and arn.partition != regions.partition(region):
            message = f"the ARN is of partition {arn.partition}, and region is {region}: both must be of one partition"
            yield tree.problem(path, "partition_mismatch", message)
        elif "connection" in path:
            continue  # it may be another Region's, and be shared with this account
        elif arn.region and region in regions.REGIONS and arn.region != region:
            message = f"the instance is in {arn.region}, and region is {region}: they must be equal"
            yield tree.problem(path, "region_mismatch", message)
        # Emergency access may be for people of another account; everything else lives in this one.
        if "principals" not in path and account is not None and str(account) != arn.account:
            message = f"the ARN is of account {arn.account}, and account is {account}: they must be equal"
            yield tree.problem(path, "account_mismatch", message)


def _delivery(tree: Tree) -> Iterator[Problem]:
    if tree.section("delivery") == {}:
        message = "delivery names no pipeline: give github, code_pipeline or both, or take it out"
        yield tree.problem(("delivery",), "missing_key", message)


def arrangement(tree: Tree) -> Arrangement | None:
    """Return `sign_on.identity_provider`, its default, or None where it is not one of the three."""
    if "identity_provider" not in (tree.section("sign_on") or {}):
        return "salesforce"
    written = tree.text("sign_on", "identity_provider")
    return next((known for known in get_args(Arrangement) if known == written), None)


def trusted(tree: Tree) -> tuple[str, ...]:
    """Return the sections of `sign_on` that are identity providers of the arrangement."""
    chosen = arrangement(tree)
    if chosen is None:
        return ()
    return ("salesforce", "third_party") if chosen == "salesforce_and_third_party" else (chosen,)


def _arrangement(tree: Tree) -> Iterator[Problem]:
    chosen = arrangement(tree)
    if chosen is None:
        return
    given = ("sign_on", "third_party") in tree.source.marks
    if chosen == "salesforce" and given:
        message = (
            "third_party is given, and identity_provider is salesforce: take it out, or set "
            "identity_provider to salesforce_and_third_party or third_party"
        )
        yield tree.problem(("sign_on", "third_party"), "not_with_arrangement", message)
    if chosen != "salesforce" and not given:
        message = f"identity_provider is {chosen}, and third_party is missing: give its name and metadata"
        yield tree.problem(("sign_on", "third_party"), "missing_key", message)


def _providers(tree: Tree) -> Iterator[Problem]:
    if arrangement(tree) is None:
        return
    for key in ("salesforce", "third_party"):
        needed = key in trusted(tree)
        if tree.section("sign_on", key) is None:
            continue
        here: KeyPath = ("sign_on", key)
        absent = [name for name in ("metadata", "provider") if (*here, name) not in tree.source.marks]
        if needed and len(absent) == 2:
            message = f"{key} is an identity provider and has no metadata: name its file, or an existing provider's ARN"
            yield tree.problem((*here, "metadata"), "missing_key", message)
        if needed and not absent:
            message = "metadata is not deployed, because provider names one that exists: it is used for checks only"
            yield tree.problem((*here, "metadata"), "metadata_not_deployed", message, "warning")
        if key == "salesforce" and needed and (*here, "my_domain") not in tree.source.marks:
            message = (
                "my_domain is missing: the part before .my.salesforce.com, needed where Salesforce signs people in"
            )
            yield tree.problem((*here, "my_domain"), "missing_key", message)
        if key == "salesforce" and not needed:
            for name in sorted({"metadata", "provider"} - set(absent)):
                message = f"{name} is not used, because a third party alone is the identity provider: leave it out"
                yield tree.problem((*here, name), "unused_key", message, "warning")
