"""The use cases of a sign-in: who signs in where, what they use then, and whether that works.

Three arrangements of identity providers with three, four and four use cases, in the order of Salesforce's page
"Configuring Single Sign-On (SSO) with Amazon Connect". Pure: what only a deployment or Salesforce knows stands
in the links as a mark until it is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from contact_center.config import Config
from contact_center.expected import provider_name
from contact_center.providers import IdentityProvider
from contact_center.sign_in import CCP, audiences, deep_link, relay_state, salesforce_url
from contact_center.sign_on import Arrangement

Via = Literal["salesforce", "third_party", "neither"]
Use = Literal["omni_channel", "ccp", "either"]
Supported = Literal["yes", "yes_with_configuration", "no"]

# As the kit marks them, too.
INSTANCE_ID, IDENTITY_URL = "FILL-IN-INSTANCE-ID", "FILL-IN-IDENTITY-URL"

_KIT = (
    "once: write the kit (connect-sso kit {config} --out DIR --outputs FILE) and take its steps in Salesforce: "
    "the app with Role and RoleSessionName, its permission set for everybody, the contact center's definition"
)
_LINK = "give people the link, as a bookmark or as the app's start URL: after the sign-in it opens the softphone"
_CLAIMS = (
    "once: set up the app at {third_party} from the kit's claim sheet; its RoleSessionName must be the very "
    "username that Salesforce sends: {username}"
)
_CLAIMS_ALONE = (
    "once: set up the app at {third_party} from the kit's claim sheet; its RoleSessionName must come out as {username}"
)
_RELAY_STATE = "make {state} the app's relay state at {third_party}"
_DEFINITION = (
    "in the contact center's definition (the kit's import file): reqThirdPartyIDP true, reqIdentityUrl {login_url}, "
    "reqRelayState {state}"
)
_POP_UP = "there too: reqSSOLoginPopupWindow true, so that {third_party} may ask for a sign-in in a window of its own"


@dataclass(frozen=True, slots=True)
class UseCase:
    """One row of the table.

    Attributes:
        provider: whose response AWS gets; None where there is none.
        todo: what is still to do, or why it is not supported; with ``{places}``.
    """

    signs_in_via: Via
    then_uses: Use
    supported: Supported
    provider: Literal["salesforce", "third_party"] | None
    todo: tuple[str, ...]


_SALESFORCE_OMNI = UseCase("salesforce", "omni_channel", "yes", "salesforce", (_KIT,))
USE_CASES: Mapping[Arrangement, tuple[UseCase, ...]] = {
    "salesforce": (
        _SALESFORCE_OMNI,
        UseCase("salesforce", "ccp", "yes_with_configuration", "salesforce", (_KIT, _LINK)),
        UseCase(
            "neither",
            "either",
            "no",
            None,
            (
                "not supported: the instance has no sign-in of its own (its identities are SAML's), and only an "
                "identity provider can start one: sign in to Salesforce first",
            ),
        ),
    ),
    "salesforce_and_third_party": (
        _SALESFORCE_OMNI,
        UseCase("salesforce", "ccp", "yes", "salesforce", (_KIT, _LINK)),
        UseCase("third_party", "ccp", "yes_with_configuration", "third_party", (_CLAIMS, _RELAY_STATE, _LINK)),
        UseCase(
            "third_party",
            "omni_channel",
            "no",
            None,
            (
                "not supported: Omni-Channel signs in to Amazon Connect through the contact center's one identity "
                "provider, which is Salesforce here: sign in to Salesforce, or choose identity_provider: third_party",
            ),
        ),
    ),
    "third_party": (
        UseCase(
            "salesforce", "omni_channel", "yes_with_configuration", "third_party", (_CLAIMS_ALONE, _KIT, _DEFINITION)
        ),
        UseCase("salesforce", "ccp", "yes_with_configuration", "third_party", (_CLAIMS_ALONE, _RELAY_STATE, _LINK)),
        UseCase("third_party", "ccp", "yes_with_configuration", "third_party", (_CLAIMS_ALONE, _RELAY_STATE, _LINK)),
        UseCase(
            "third_party",
            "omni_channel",
            "yes_with_configuration",
            "third_party",
            (_CLAIMS_ALONE, _KIT, _DEFINITION, _POP_UP),
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A use case of one contact center.

    Attributes:
        provider: name of the SAML provider in IAM; None where there is none.
        url: the link; for Omni-Channel the relay state that Salesforce is given; None where not supported.
    """

    use_case: UseCase
    provider: str | None
    url: str | None
    todo: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form of design section 2."""
        return {
            "signs_in_via": self.use_case.signs_in_via,
            "then_uses": self.use_case.then_uses,
            "supported": self.use_case.supported,
            "provider": self.provider,
            "url": self.url,
            "todo": list(self.todo),
        }


def rows(
    config: Config,
    providers: Sequence[IdentityProvider],
    *,
    instance_id: str | None,
    identity_url: str | None = None,
    file: str,
) -> tuple[Row, ...]:
    """Return the use cases of a contact center's arrangement.

    Args:
        providers: of the config.
        instance_id: None where it is not known yet.
        identity_url: where a sign-in through Salesforce's app starts; None where it is not known yet.
        file: the config's name, as commands show it.
    """
    by_key = {provider.key: provider for provider in providers}
    found = []
    for use_case in USE_CASES[config.sign_on.identity_provider]:
        provider = by_key[use_case.provider] if use_case.provider else None
        if provider is None:
            found.append(Row(use_case, None, None, use_case.todo))
            continue
        page = CCP if use_case.then_uses == "ccp" else None
        state = relay_state(config.region, instance_id or INSTANCE_ID, page)
        start = provider.login_url or (identity_url if provider.key == "salesforce" else None)
        url = _url(config, provider, use_case, start, state)
        places = {
            "config": file,
            "third_party": config.sign_on.third_party.name if config.sign_on.third_party else "the third party",
            "username": config.sign_on.username_template,
            "state": state,
            "login_url": provider.login_url or "the app's login URL",
        }
        todo = (*_unknown(config, provider, instance_id, url, file), *(text.format(**places) for text in use_case.todo))
        found.append(Row(use_case, provider_name(provider), url, todo))
    return tuple(found)


def _url(config: Config, provider: IdentityProvider, use_case: UseCase, start: str | None, state: str) -> str:
    if provider.key == "salesforce" and use_case.then_uses == "omni_channel":
        # Nobody clicks it: the contact center's definition carries it.
        return state
    my_domain = config.sign_on.salesforce.my_domain
    if provider.key == "salesforce" and start is None and my_domain:
        start = f"{salesforce_url(my_domain)}/idp/login?app={IDENTITY_URL}"
    return deep_link(start, state) if start else state


def _unknown(config: Config, provider: IdentityProvider, instance_id: str | None, url: str, file: str) -> Iterator[str]:
    """Yield what is to do before the row can work, because something is not known or not ours."""
    if instance_id is None:
        yield (
            f"deploy (npx cdk deploy --all -c config={file} --outputs-file outputs.json), then give --outputs "
            f"outputs.json: until then {INSTANCE_ID} stands for the instance"
        )
    if IDENTITY_URL in url:
        yield (
            f"put the app's id (0sp…) for {IDENTITY_URL}: it stands in the app's IdP-initiated login URL (Setup, "
            "External Client App Manager); or fill in the kit's salesforce-values.json and give --kit DIR"
        )
    if provider.key == "third_party" and provider.login_url is None:
        yield "name where a sign-in to the app starts in sign_on.third_party.login_url: the link begins there"
    if config.sign_on.role:
        yield (
            f"see to it that {config.sign_on.role}, which is not deployed from here, trusts "
            f"{provider.existing_arn or provider.name} for SAML:aud {' and '.join(audiences(config.region))}"
        )
