"""The session of RFC 8448 that the course brings along is the one that was published."""

import json
from pathlib import Path

import pytest

from tlslab.lab import rfc8448

VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors"
# What the file names otherwise than RFC 9846 and this package do.
OTHERWISE = {
    "client_share": "client_x25519_public",
    "server_share": "server_x25519_public",
    "main_secret": "master_secret",
    "exporter_secret": "exporter_master_secret",
    "resumption_secret": "resumption_master_secret",
    "client_verify_data": "client_finished_verify_data",
    "server_verify_data": "server_finished_verify_data",
}


def published():
    path = VECTORS / "rfc8448_section3_one_rtt.json"
    if not path.exists():
        pytest.skip(f"{path.name} is not beside the project: the vectors of others stay outside it")
    return {
        name: bytes.fromhex(value) for name, value in json.loads(path.read_text())["values"].items()
    }


def in_the_file(name):
    return OTHERWISE.get(name, name.replace("write", "traffic").removesuffix("_0"))


def test_every_secret_is_the_published_one():
    values = published()
    for name, value in rfc8448.PUBLISHED.items():
        other = name if name in values else in_the_file(name)
        assert values[other] == value, name


def test_what_was_drawn_and_sent_is_what_was_published():
    values = published()
    for ours, theirs in {
        "CLIENT_PRIVATE": "client_x25519_private",
        "SERVER_PRIVATE": "server_x25519_private",
        "CLIENT_HELLO": "client_hello_record",
        "SERVER_HELLO": "server_hello_record",
        "SERVER_FLIGHT": "server_flight_record",
        "CLIENT_FINISHED": "client_finished_record",
        "NEW_SESSION_TICKET": "server_new_session_ticket_record",
        "CLIENT_DATA": "client_application_data_record",
        "SERVER_DATA": "server_application_data_record",
        "CLIENT_CLOSE": "client_close_notify_record",
        "SERVER_CLOSE": "server_close_notify_record",
        "DATA": "application_data",
    }.items():
        assert getattr(rfc8448, ours) == values[theirs], ours
