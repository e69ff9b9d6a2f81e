"""The contact center's definition, which is imported into Salesforce by hand in Setup.

Its dialect is not the Metadata API's CallCenter. Source: service-cloud-voice/examples-from-doc,
callcenter/amazon_connect_partner_telephony_cc_import.xml and the table of its attributes. What belongs
to Salesforce's own telephony stacks has the names that their templates give (ServiceCloudVoiceLambdas,
BYOATenantStack and BYOAContactCenterStack).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connect_sso.kit.render import render
from connect_sso.kit.values import Values

PATH = "contact-center.xml"
# Of the release; the release notes of Salesforce's templates name a newer one.
VERSION = "18.0"
_Item = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _Section:
    name: str
    label: str
    items: Sequence[_Item]


def import_file(values: Values) -> dict[str, str]:
    """Return the definition by path; nothing where Salesforce itself makes the contact center.

    Args:
        values: what goes into the file.
    """
    if not values.imported:
        return {}
    sections = (
        _Section("reqGeneralInfo", "General Information", _general(values)),
        _Section("reqHvcc", "SCV Settings", [*_sign_on(values), *_telephony(values)]),
    )
    return {PATH: render("contact-center.xml.j2", sections=sections)}


def _general(values: Values) -> list[_Item]:
    return [
        ("reqInternalName", "InternalName", values.name),
        ("reqDisplayName", "Display Name", values.name),
        ("reqVendorInfoApiName", "Conversation Vendor Info Developer Name", "c__AMAZON_CONNECT"),
        ("reqVersion", "Contact Center Version", VERSION),
    ]


def sign_on_settings(values: Values) -> list[_Item]:
    """Return the settings that decide how people sign in: name, label and value.

    Args:
        values: what goes into the file.
    """
    third_party_only = values.arrangement == "third_party"
    items = [
        ("reqSettingsRelayState", "Settings Relay State", values.relay_state),
        ("reqRelayState", "Relay State", values.relay_state),
        ("reqIdentityUrl", "Identity URL", values.identity_url),
        ("reqThirdPartyIDP", "Third Party IDP Configuration", "true" if third_party_only else "false"),
    ]
    if third_party_only:
        items.append(("reqSSOLoginPopupWindow", "SSO Login Popup Window", "true"))
    return items


def _sign_on(values: Values) -> list[_Item]:
    app = values.known_or_mark("connected_app_id") if values.salesforce_app else ""
    return [
        ("reqInstanceName", "Instance Name", values.alias),
        ("reqInstanceId", "Instance ID", values.instance_id),
        ("reqConnectedAppId", "Connected App ID", app),
        *sign_on_settings(values),
        ("reqRegion", "Region", values.region),
    ]


def _telephony(values: Values) -> list[_Item]:
    role = f"arn:{values.partition}:iam::{values.account}:role"
    return [
        ("reqUniversalCallRecordingAccess", "Universal Call Recording Access", "false"),
        ("reqLongDistPrefix", "Long Distance Prefix", "+1"),
        ("reqTransferTargetForOmniFlowTransfer", "Transfer Target for Omni Flow Transfer", ""),
        (
            "reqTransferTargetForOmniFlowTransferDisplayName",
            "Transfer Target for Omni Flow Transfer Display Name",
            "",
        ),
        (
            "reqTelephonyIntegrationCertificate",
            "Telephony Integration Certificate",
            values.known_or_mark("telephony_certificate"),
        ),
        (
            "reqTelephonyIntegrationKeyPairExpDate",
            "Telephony Integration Key Pair Expiry Date",
            values.known_or_mark("telephony_certificate_end"),
        ),
        (
            "reqAmazonConnectManagementRole",
            "Amazon Connect Management Role",
            f"{role}/SCVAmazonConnectManagementRole",
        ),
        (
            "reqUpdateCredentialRole",
            "Update Credential Role for Telephony Integration Certificate",
            f"{role}/SCVUpdateCredentialRole",
        ),
        ("reqInstanceRecordingRole", "Instance Recording Role", f"{role}/{values.name}-ConnectCallRole"),
        ("reqSCVS3Role", "S3 bucket access Role", f"{role}/{values.name}-SCVS3Role"),
        ("reqPresenceStatusSyncAccess", "Presence Status Sync Access", "true"),
        ("reqShowVendorStatusInfoAccess", "Show Provider Status", "true"),
        ("reqEnhancedAgentStabilityAccess", "Amazon Connect sfdc_pending Status", "true"),
        ("reqAlwaysShowVoiceExtension", "Always Show Voice Extension", "true"),
    ]
