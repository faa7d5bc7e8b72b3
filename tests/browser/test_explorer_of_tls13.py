"""The explorer over handshakes of TLS 1.3: what a learner sees of keys, early data and a retry."""

from collections.abc import Callable

import pytest
from jupyter_lab import Notebook
from playwright.sync_api import Locator, Page, expect

from tlslab import lab
from tlslab.view.recompute import recompute

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]

EARLY = b"pay 10 to Eve"
CLIPPED = """() => [...document.querySelectorAll('.tl-node')]
  .filter((node) => node.scrollHeight > node.clientHeight + 1 || node.scrollWidth > node.clientWidth + 1)
  .map((node) => node.dataset.name)"""


def opened(notebook: Callable[..., Notebook], *lines: str) -> Notebook:
    made = notebook(["\n".join(("from tlslab import lab", *lines))], height=1400)
    made.page.locator(".tl-explorer").wait_for(timeout=60_000)
    return made


def rung(page: Page, text: str) -> Locator:
    return page.locator(".tl-ladder .tl-row.tl-rung", has_text=text).first


def grouped(value: bytes) -> str:
    return value.hex(" ", 4)


def headings(page: Page) -> list[str]:
    found = page.locator(".tl-ladder .tl-heading").all_inner_texts()
    return [text.split(". ", 1)[1].split("\n")[0] for text in found]


def test_a_handshake_of_one_round_trip(notebook: Callable[..., Notebook]) -> None:
    trace = lab.handshake(seed=1, version="TLS 1.3").trace
    made = opened(notebook, "lab.explore(lab.handshake(seed=1, version='TLS 1.3'))")
    page = made.page
    expect(page.locator(".tl-headline")).to_contain_text("TLS 1.3 handshake with TLS_AES_128_GCM")
    assert headings(page)[:2] == ["ClientHello, with key shares", "ServerHello, with a key share"]
    legend = page.locator(".tl-ladder .tl-legend")
    expect(legend).to_have_text(
        "in the clearunder the handshake keysunder the application keys", use_inner_text=False
    )
    # Inside a record: content, type; on the wire it says that it is application data.
    rung(page, "encrypted_extensions").click()
    expect(page.locator(".tl-title")).to_contain_text("in an application_data record of")
    page.locator(".tl-bytes [role=tab]").nth(1).click()
    kind = page.locator(".tl-tree .tl-field", has_text="type").last
    expect(kind).to_contain_text("handshake (0x16)")
    # No name in the graph is cut off, and another private key leads to other keys.
    assert page.evaluate(CLIPPED) == []
    changed = trace.value("client_private")
    changed = changed[:-1] + bytes([changed[-1] ^ 1])
    told = recompute(trace, {"client_private": changed})
    page.locator(".tl-node[data-name=client_private]").click()
    page.get_by_role("button", name="Flip the last bit").click()
    detail = page.locator(".tl-secrets .tl-detail")
    page.locator(".tl-node[data-name=client_handshake_traffic_secret]").click()
    expect(detail).to_contain_text(grouped(told.values["client_handshake_traffic_secret"]))
    expect(detail).to_contain_text("the hash of all handshake messages up to server_hello")
    page.locator(".tl-node[data-name=main_secret]").click()
    assert told.values["main_secret"] != trace.value("main_secret")
    expect(detail).to_contain_text(grouped(told.values["main_secret"]))
    page.locator(".tl-node[data-name=exporter_secret]").click()
    expect(detail).to_contain_text(
        "to sign it again takes the server's private key, which no trace holds"
    )
    # What an eavesdropper still sees: types and sizes.
    page.get_by_role("combobox", name="See it as").select_option(index=1)
    assert not page.locator(".tl-ladder .tl-rung", has_text="certificate").count()
    assert made.errors == []


def test_a_handshake_with_a_pre_shared_key_and_early_data(
    notebook: Callable[..., Notebook],
) -> None:
    first = lab.handshake(seed=1, version="TLS 1.3", resumption="ticket", max_early_data_size=99)
    trace = lab.handshake(seed=2, resume=first, early_data=EARLY).trace
    made = opened(
        notebook,
        "first = lab.handshake("
        "seed=1, version='TLS 1.3', resumption='ticket', max_early_data_size=99)",
        f"lab.explore(lab.handshake(seed=2, resume=first, early_data={EARLY!r}))",
    )
    page = made.page
    expect(page.locator(".tl-headline")).to_contain_text("resumed by ticket, with early data")
    expect(page.locator(".tl-ladder .tl-legend")).to_contain_text("under the early keys")
    about = page.locator(".tl-about")
    early = page.locator(".tl-ladder .tl-rung.tl-early", has_text="application_data")
    early.click()
    expect(about).to_contain_text("Early data (0-RTT)")
    expect(about).to_contain_text("The server's answer: accepted.")
    # The step without a message stands between the hello and the early data.
    items = page.locator(".tl-ladder .tl-row").all_inner_texts()
    order = ["client_hello", "The pre-shared key, and its binder", "Early data", "server_hello"]
    places = [next(at for at, text in enumerate(items) if part in text) for part in order]
    assert places == sorted(places)
    detail = page.locator(".tl-secrets .tl-detail")
    page.locator(".tl-node[data-name=binder]").click()
    expect(detail).to_contain_text(grouped(trace.value("binder")))
    expect(detail).to_contain_text("public")
    page.locator(".tl-node[data-name=client_early_traffic_secret]").click()
    expect(detail).to_contain_text('"c e traffic"')
    expect(detail).to_contain_text("the hash of all handshake messages up to client_hello")
    assert page.evaluate(CLIPPED) == []
    page.get_by_role("tab", name="Who knows what").click()
    row = page.locator(".tl-knowledge tbody tr", has_text="keys for early data")
    expect(row.locator("td")).to_have_text(["● yes", "● yes", "○ no", "○ no", "○ no"])
    expect(page.locator(".tl-knowledge")).to_contain_text("Early data are as secret as")
    assert made.errors == []


def test_a_retry_in_the_transcript_and_a_hybrid_share(notebook: Callable[..., Notebook]) -> None:
    groups = ("X25519MLKEM768", "secp256r1")
    made = opened(
        notebook,
        "lab.explore(lab.handshake("
        f"seed=1, version='TLS 1.3', groups={groups!r}, server_groups='secp256r1'))",
    )
    page = made.page
    about = page.locator(".tl-about")
    rung(page, "hello_retry_request").click()
    expect(about).to_contain_text("In the transcript the first ClientHello is replaced by its hash")
    page.get_by_role("tab", name="Transcript").click()
    row = page.locator(".tl-transcript tbody tr", has_text="message_hash")
    expect(row).to_contain_text("takes the place of the first client_hello")
    expect(row.locator("td").nth(2)).to_have_text("36")
    rung(page, "client_hello").click()
    page.locator(".tl-tree").focus()
    page.keyboard.press("End")
    path = page.locator(".tl-bytes .tl-path")
    for _ in range(30):
        if path.inner_text().endswith("key_exchange.mlkem"):
            break
        page.keyboard.press("ArrowUp")
    expect(page.locator(".tl-bytes .tl-detail")).to_contain_text("1,184 bytes")
    assert made.errors == []
