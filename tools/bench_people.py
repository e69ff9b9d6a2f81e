"""Made-up people for `bench_users.py`: their exports, and an instance that holds them, on loopback."""

from __future__ import annotations

import csv
import json
import shutil
import threading
import uuid
from collections import Counter
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any

from user_sync.salesforce_id import extend

ROOT = Path(__file__).resolve().parents[1]
ARN = "arn:aws:connect:us-west-2:111122223333:instance/5f3c1f6e-0000-4000-8000-000000000001"
ORGANIZATION = "00D5e000000AbCd"
SECURITY, ROUTING = ("Admin", "Agent", "CallCenterManager"), ("Basic Routing Profile", "Chat")
HEADER = (
    *("Id", "Username", "Alias", "FirstName", "LastName", "Email", "IsActive", "Profile.Name", "UserRole.Name"),
    *("Department", "CallCenterId", "FederationIdentifier"),
)


def people(count: int) -> list[dict[str, str]]:
    """Return made-up people, always the same."""
    random = Random(5)  # noqa: S311 - no secret: always the same people
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    first = ("Chloé", "Jonas", "Amira", "Tomás", "Grace", "Wei", "Nadia", "Oluwaseun", "Kenji", "Siobhán")
    last = ("Krug", "Lindqvist", "Haddad", "Núñez", "O'Neil", "Zhang", "Petrova")
    made = []
    for number in range(count):
        login = f"user{number}@acme.example"
        values = (
            *(extend("0055e000" + "".join(random.choices(letters, k=7))), login, f"u{number}"),
            *(random.choice(first), random.choice(last), login, "true", "Support Rep", "EMEA Support", "Support"),
            *("04v5e000000XyZ1AAK", f"u{number}"),
        )
        made.append(dict(zip(HEADER, values, strict=True)))
    return made


def write(folder: Path, somebody: list[dict[str, str]]) -> Path:
    """Write a contact center with these people and their permission sets; return its config."""
    folder.mkdir()
    example = ROOT / "config" / "acmeservice"
    shutil.copy(example / "salesforce-idp.xml", folder)
    config = folder / "contact-center.yaml"
    text = (example / "contact-center.yaml").read_text(encoding="utf-8")
    # The real rate would make 50 s of waiting and no CPU.
    config.write_text(text.replace("\nusers:", "\nusers:\n  requests_per_second: 100000"), encoding="utf-8")
    with (folder / "users.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, HEADER, quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(somebody)
    with (folder / "permission-set-assignments.csv").open("w", encoding="utf-8", newline="") as file:
        sets = csv.writer(file)
        sets.writerow(("AssigneeId", "PermissionSet.Name"))
        sets.writerows((one["Id"], _permission_set(number)) for number, one in enumerate(somebody))
    return config


def _permission_set(number: int) -> str:
    return f"ContactCenter{'Admin' if number == 0 else 'Agent'}ExternalTelephony"


def pages_of(somebody: list[dict[str, str]]) -> list[bytes]:
    """Return the answers of SearchUsers that show all of these people, 500 a page, one in a hundred out of date."""
    users = [_user(number, one) for number, one in enumerate(somebody)]
    starts = range(0, max(1, len(users)), 500)
    return [
        json.dumps(
            {
                "Users": users[start : start + 500],
                "ApproximateTotalCount": len(users),
                **({"NextToken": str(start // 500 + 1)} if start + 500 < len(users) else {}),
            }
        ).encode()
        for start in starts
    ]


def _user(number: int, one: Mapping[str, str]) -> dict[str, Any]:
    person, user_id = one["Id"][:15], str(uuid.uuid5(uuid.NAMESPACE_URL, one["Id"]))
    return {
        "Id": user_id,
        "Arn": f"{ARN}/agent/{user_id}",
        "Username": f"{one['Alias']}@{person}@{ORGANIZATION}",
        "IdentityInfo": {"FirstName": one["FirstName"], "LastName": one["LastName"]},
        "PhoneConfig": {"PhoneType": "SOFT_PHONE", "AutoAccept": False, "AfterContactWorkTimeLimit": 0},
        "SecurityProfileIds": [SECURITY[0 if number == 0 else 1]],
        "RoutingProfileId": ROUTING[number % 100 == 1],
        "Tags": {
            "connect-sso:contact-center": "acmeservice",
            "connect-sso:organization": ORGANIZATION,
            "connect-sso:salesforce-id": person,
        },
    }


class Server:
    """The Connect API's reading operations, on loopback."""

    def __init__(self, pages: list[bytes]) -> None:
        calls = self.calls = Counter[str]()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1
            disable_nagle_algorithm = True

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                kind = self.path.split("?")[0].split("/")[1]
                calls[kind] += 1
                if kind == "search-users":
                    answer = pages[int(json.loads(body or b"{}").get("NextToken") or 0)]
                else:
                    key, names = {
                        "security-profiles-summary": ("SecurityProfileSummaryList", SECURITY),
                        "routing-profiles-summary": ("RoutingProfileSummaryList", ROUTING),
                    }[kind]
                    answer = json.dumps({key: [{"Id": name, "Arn": name, "Name": name} for name in names]}).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)
                self.wfile.flush()

            do_GET = do_POST = _serve  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                """Stay silent."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
