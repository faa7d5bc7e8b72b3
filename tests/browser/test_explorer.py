"""The explorer as a learner meets it: JupyterLab, chromium, mouse and keyboard."""

import base64
import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from jupyter_lab import Notebook
from playwright.sync_api import Browser, Locator, Page, expect

from tlslab import lab
from tlslab.view.document import document
from tlslab.view.modules import joined, stylesheet
from tlslab.view.page import PARTS
from tlslab.view.recompute import recompute

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]

HOSTILE = '<img src=x onerror="window.hacked=1">\x1b[31m\u202e"\'&.tlslab.test'


@pytest.fixture(scope="module")
def opened(notebook: Callable[..., Notebook]) -> Iterator[Notebook]:
    """An explorer, opened once; each test selects what it needs."""
    made = notebook(["from tlslab import lab\nlab.explore()"], height=1400)
    explorer = made.page.locator(".tl-explorer")
    explorer.wait_for(timeout=60_000)
    yield made
    assert made.errors == []
    assert made.strangers == []


@pytest.fixture
def page(opened: Notebook) -> Page:
    page = opened.page
    page.get_by_role("button", name="To the first message").click(force=True)
    return page


def rung(page: Page, text: str, number: int = 0) -> Locator:
    return page.locator(".tl-ladder .tl-row.tl-rung", has_text=text).nth(number)


def position(page: Page) -> str:
    return page.locator(".tl-place").inner_text()


def test_it_opens_with_ladder_bytes_and_secrets_in_sight(page: Page) -> None:
    expect(page.locator(".tl-headline")).to_have_text(
        "TLS 1.2 handshake with TLS_RSA_WITH_AES_128_GCM_SHA256, as the client saw it, completed"
    )
    expect(page.locator(".tl-ladder .tl-heading").first).to_contain_text("1. ClientHello")
    expect(page.locator(".tl-title")).to_contain_text("client_hello from the client, 101 bytes")
    assert page.locator(".tl-node").count() > 10


def test_the_html_that_stands_in_for_it_is_hidden_while_it_lives(page: Page) -> None:
    stand_in = page.locator(".tlslab-static")
    expect(stand_in).to_have_count(1)
    expect(stand_in).to_be_hidden()


def test_a_step_goes_to_the_next_message_in_every_part(page: Page) -> None:
    forward = page.get_by_role("button", name="Forward")
    forward.click()
    assert position(page).startswith("2 of ")
    expect(page.locator(".tl-title")).to_contain_text("server_hello from the server")
    page.get_by_role("tab", name="Transcript").click()
    current = page.locator(".tl-transcript [aria-current=step]").first
    expect(current).to_contain_text("server_")
    rung(page, "client_key_exchange").click()
    expect(page.locator(".tl-title")).to_contain_text("client_key_exchange")
    expect(page.locator(".tl-transcript .tl-segment[aria-current=step]")).to_have_attribute(
        "aria-label", re.compile("client_key_exchange, 262 bytes, hashed")
    )
    page.get_by_role("tab", name="Secrets").click()


def test_steps_in_which_nothing_is_sent_are_stepped_through_too(page: Page) -> None:
    rung(page, "client_key_exchange").click()
    page.get_by_role("button", name="Forward").click()
    expect(page.locator(".tl-about")).to_contain_text("Step 5 of 9")
    expect(page.locator(".tl-detail").first).to_contain_text("No byte crosses the wire")


def test_play_steps_by_itself_and_stops_when_told(page: Page) -> None:
    page.get_by_role("button", name="Play").click()
    expect(page.locator(".tl-place")).to_have_text(re.compile("^2 of "), timeout=4000)
    page.get_by_role("button", name="Pause").click()
    stopped = position(page)
    page.wait_for_timeout(2000)
    assert position(page) == stopped


def test_a_byte_selects_its_field_and_a_field_its_bytes(page: Page) -> None:
    page.locator(".tl-byte[data-at='11']").click()
    chosen = page.locator(".tl-tree [aria-selected=true]")
    expect(chosen).to_contain_text("random")
    expect(page.locator(".tl-byte.tl-picked")).to_have_count(32)
    detail = page.locator(".tl-bytes .tl-detail")
    expect(detail).to_contain_text("client_hello.random")
    expect(detail).to_contain_text("32 bytes, at offset 11 to 42")
    expect(detail).to_contain_text("RFC 5246 §")
    page.locator(".tl-field", has_text="msg_type").click()
    picked = page.locator(".tl-byte.tl-picked")
    expect(picked).to_have_count(1)
    expect(picked).to_have_attribute("data-at", "5")
    expect(detail).to_contain_text("handshake.msg_type")


def test_a_protected_record_shows_what_the_keys_open_and_an_eavesdropper_does_not_see_it(
    page: Page,
) -> None:
    rung(page, "application_data").click()
    tabs = page.locator(".tl-bytes [role=tab]")
    expect(tabs).to_have_count(2)
    tabs.nth(1).click()
    letters = page.locator(".tl-letters").all_inner_texts()
    assert "Can␣anybody␣read" in "".join(text.replace("\n", "") for text in letters)
    expect(page.locator(".tl-facts")).to_contain_text("additional data")
    page.get_by_label("See it as").select_option("eavesdropper")
    page.locator(".tl-bytes [role=tab]").nth(1).click()
    expect(page.locator(".tl-bytes .tl-detail")).to_contain_text("An eavesdropper does not see")
    expect(page.locator(".tl-hex")).to_be_hidden()
    page.get_by_label("See it as").select_option("own")


def test_a_changed_random_changes_what_is_made_from_it_and_nothing_else(page: Page) -> None:
    trace = lab.handshake(seed=1).trace
    random = trace.value("client_random")
    flipped = random[:-1] + bytes([random[-1] ^ 1])
    expected = recompute(trace, {"client_random": flipped})
    page.locator(".tl-node[data-name=client_random]").click()
    page.get_by_role("button", name="Flip the last bit").click()
    expect(page.locator(".tl-node.tl-changed")).to_have_count(len(expected.changed))
    names = {node.get_attribute("data-name") for node in page.locator(".tl-node.tl-changed").all()}
    assert names == expected.changed
    page.locator(".tl-node[data-name=master_secret]").click()
    shown = page.locator(".tl-secrets .tl-detail .tl-value").first.inner_text()
    assert bytes.fromhex(shown) == expected.values["master_secret"]
    page.get_by_role("button", name="Undo all changes").click()
    expect(page.locator(".tl-node.tl-changed")).to_have_count(0)


def test_a_wrong_value_gets_a_sentence_and_changes_nothing(page: Page) -> None:
    page.locator(".tl-node[data-name=server_random]").click()
    page.get_by_label("What if it were").fill("00ff")
    page.get_by_role("button", name="Recompute").click()
    status = page.locator(".tl-secrets .tl-status")
    expect(status).to_have_text("server_random has 32 bytes; this is 2 bytes.")
    page.get_by_label("What if it were").fill("hello")
    page.get_by_role("button", name="Recompute").click()
    expect(status).to_contain_text("That is not hex")
    expect(page.locator(".tl-node.tl-changed")).to_have_count(0)


def test_a_secret_leads_to_the_bytes_that_fed_it(page: Page) -> None:
    page.locator(".tl-node[data-name=key_block]").click()
    page.get_by_role("button", name="server_random: bytes 11 to 42").click()
    expect(page.locator(".tl-title")).to_contain_text("server_hello")
    expect(page.locator(".tl-byte.tl-picked")).to_have_count(32)
    expect(page.locator(".tl-path").first).to_have_text("server_hello.random")


def test_another_suite_runs_and_is_compared_with_the_run_before(page: Page) -> None:
    suite = page.get_by_label("Suite")
    suite.select_option("TLS_RSA_WITH_AES_256_CBC_SHA256")
    expect(page.locator(".tl-headline")).to_contain_text("TLS_RSA_WITH_AES_256_CBC_SHA256")
    expect(page.locator(".tl-note")).to_contain_text("Compared with the run before")
    expect(page.locator(".tl-node[data-name=client_write_MAC_key]")).to_be_visible()
    page.get_by_role("button", name="New randoms").click()
    expect(page.locator(".tl-node[data-name=client_random]")).to_contain_text("new")
    page.get_by_label("Seed").fill("1")
    page.get_by_label("Seed").press("Enter")
    suite.select_option("TLS_RSA_WITH_AES_128_GCM_SHA256")
    expect(page.locator(".tl-headline")).to_contain_text("AES_128_GCM_SHA256")


def test_openssl_as_the_peer_and_more_data(page: Page) -> None:
    page.get_by_label("Peer").select_option("OpenSSL as the server")
    page.get_by_label("Data, bytes").fill("20000")
    page.get_by_label("Data, bytes").press("Enter")
    data = page.locator(".tl-ladder .tl-row.tl-rung", has_text="16,384 bytes")
    page.get_by_role("button", name="To the last message").click()
    expect(data).to_have_count(1)
    page.get_by_label("Data, bytes").fill("22")
    page.get_by_label("Data, bytes").press("Enter")
    page.get_by_label("Peer").select_option("tlslab, in memory")
    expect(page.locator(".tl-ladder .tl-row.tl-rung", has_text="16,384 bytes")).to_have_count(0)


def test_the_keyboard_is_enough(page: Page) -> None:
    focused = "document.activeElement.className + ' ' + (document.activeElement.getAttribute('aria-label') ?? '')"
    page.locator(".tl-ladder-rows").focus()
    page.keyboard.press("End")
    assert position(page) == "15 of 15"
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    assert position(page) == "2 of 15"
    for wanted in ("tl-hex", "tl-tree"):
        page.keyboard.press("Tab")
        assert wanted in page.evaluate(focused)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".tl-path").first).to_have_text("record.version")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".tl-path").first).to_have_text("record.length")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert "tab" in page.evaluate("document.activeElement.getAttribute('role')")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".tl-transcript")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Tab")
    assert "tl-node" in page.evaluate(focused)
    page.keyboard.press("Enter")
    expect(page.locator(".tl-node[aria-pressed=true]")).to_have_count(1)
    # JupyterLab took none of the keys for itself: the cell is where it was, and alone.
    assert page.locator(".jp-Cell").count() == 1


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_nothing_serious_is_wrong_for_assistive_technology(opened: Notebook, theme: str) -> None:
    page = opened.page
    opened.command("apputils:change-theme", f"{{theme: '{theme}'}}")
    page.wait_for_function(
        f"document.body.dataset.jpThemeName === {theme!r} && getComputedStyle(document.querySelector('.tl-explorer')).color !== ''"
    )
    page.wait_for_timeout(500)
    for tab in ("Secrets", "Transcript", "Who knows what"):
        page.get_by_role("tab", name=tab).click()
        page.locator(".tl-byte").first.click()
        found = Axe().run(page, context=".tl-explorer", options={"resultTypes": ["violations"]})
        serious = [
            (v["id"], v["help"], [node["html"][:200] for node in v["nodes"][:3]])
            for v in found.response["violations"]
            if v["impact"] in {"serious", "critical"}
        ]
        assert serious == []
    page.get_by_role("tab", name="Secrets").click()
    background = page.evaluate(
        "getComputedStyle(document.querySelector('.tl-explorer')).backgroundColor"
    )
    channels = [int(number) for number in re.findall(r"\d+", background)[:3]]
    assert (sum(channels) > 3 * 200) == (theme == "JupyterLab Light")
    opened.command("apputils:change-theme", "{theme: 'JupyterLab Light'}")


@pytest.mark.parametrize("width", [600, 800, 1280, 1600])
def test_nothing_is_cut_off_at_any_width(opened: Notebook, width: int) -> None:
    page = opened.page
    page.set_viewport_size({"width": width, "height": 1400})
    page.wait_for_timeout(300)
    assert (
        page.evaluate(
            """() => {
          const root = document.querySelector('.tl-explorer');
          const right = root.getBoundingClientRect().right + 1;
          const scrolls = (one) => one.closest('.tl-rows, .tl-graph, .tl-scroll');
          return [...root.querySelectorAll('*')]
            .filter((one) => !scrolls(one) && one.getBoundingClientRect().right > right)
            .map((one) => one.className);
        }"""
        )
        == []
    )
    page.set_viewport_size({"width": 1280, "height": 1400})


def test_looking_needs_no_kernel_and_recomputing_says_that_it_does(
    notebook: Callable[..., Notebook],
) -> None:
    made = notebook(
        [
            "from tlslab import lab\n"
            "lab.explore(lab.handshake(seed=2), parts=('ladder', 'bytes', 'secrets'))",
        ]
    )
    page = made.page
    page.locator(".tl-explorer").wait_for(timeout=60_000)
    session = "window.jupyterapp.shell.currentWidget.sessionContext"
    busy = f"{session}.session.kernel.requestExecute({{code: 'import time; time.sleep(30)'}})"
    page.evaluate(f"() => {{ {busy} }}")
    page.get_by_role("button", name="Forward").click()
    page.locator(".tl-byte").nth(11).click()
    expect(page.locator(".tl-path").first).to_have_text("server_hello.random")
    page.locator(".tl-node[data-name=client_random]").click()
    page.get_by_role("button", name="Flip the last bit").click()
    expect(page.locator(".tl-secrets .tl-status")).to_contain_text(
        "Recomputing needs the kernel", timeout=15_000
    )


def test_ephemeral_keys_and_a_user_who_signs(notebook: Callable[..., Notebook]) -> None:
    options = {
        "seed": 1,
        "suite": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "groups": "x25519",
        "user": "rsa",
        "client_authentication": "required",
        "extended_master_secret": True,
    }
    trace = lab.handshake(**options).trace
    made = notebook([f"from tlslab import lab\nlab.explore(lab.handshake(**{options!r}))"])
    page = made.page
    page.locator(".tl-explorer").wait_for(timeout=60_000)
    headings = page.locator(".tl-ladder .tl-heading")
    expect(headings.filter(has_text="4. The server's share, signed")).to_have_count(1)
    about = page.locator(".tl-about")
    rung(page, "server_key_exchange").click()
    expect(about).to_contain_text(
        "The signature covers client_random, 32 bytes, server_random, 32 bytes, params, 36 bytes."
    )
    rung(page, "certificate_verify").click()
    expect(about).to_contain_text("Step 8 of 12: The client proves who it is.")
    hashed = [m for m in trace.messages() if m.transcript_hash]
    before = hashed[: [m.name for m in hashed].index("certificate_verify")]
    size = sum(len(m.raw) for m in before)
    expect(about).to_contain_text(f"{len(before)} messages, {size:,} bytes: client_hello, ")
    # Another private key of the client: what follows is computed, what it signs is not.
    changed = trace.value("client_private")
    changed = changed[:-1] + bytes([changed[-1] ^ 1])
    told = recompute(trace, {"client_private": changed})
    page.locator(".tl-node[data-name=client_private]").click()
    page.get_by_role("button", name="Flip the last bit").click()
    status = page.locator(".tl-secrets .tl-status")
    expect(status).to_contain_text("cannot be computed here: client_signature, client_verify_data")
    detail = page.locator(".tl-secrets .tl-detail")
    page.locator(".tl-node[data-name=session_hash]").click()
    expect(detail).to_contain_text(grouped(told.values["session_hash"]))
    expect(detail).to_contain_text("the hash of all handshake messages up to client_key_exchange")
    page.locator(".tl-node[data-name=client_signature]").click()
    expect(detail).to_contain_text("it takes the client's private key, which no trace holds")
    page.get_by_role("tab", name="Who knows what").click()
    row = page.locator(".tl-knowledge tbody tr", has_text="the client's key for this handshake")
    expect(row.locator("td")).to_have_text(["● yes", "○ no", "○ no", "○ no", "○ no"])
    expect(page.locator(".tl-knowledge")).to_contain_text("pretend to be the server")
    assert made.errors == []


def test_a_handshake_that_a_ticket_resumed(notebook: Callable[..., Notebook]) -> None:
    suite = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
    first = lab.handshake(seed=1, suite=suite, resumption="ticket")
    second = lab.handshake(seed=2, resume=first)
    made = notebook(
        [
            "from tlslab import lab\n"
            f"first = lab.handshake(seed=1, suite={suite!r}, resumption='ticket')\n"
            "lab.explore(lab.handshake(seed=2, resume=first))"
        ]
    )
    page = made.page
    page.locator(".tl-explorer").wait_for(timeout=60_000)
    expect(page.locator(".tl-headline")).to_contain_text("resumed by ticket")
    headings = page.locator(".tl-ladder .tl-heading").all_inner_texts()
    assert [text.split(". ")[1].split("\n")[0] for text in headings] == [
        "ClientHello",
        "ServerHello",
        "The server switches to the keys: Finished",
        "The client switches to the keys: Finished",
        "Application data",
    ]
    rung(page, "server_hello").click()
    expect(page.locator(".tl-about")).to_contain_text("no certificate and no key exchange follow")
    page.locator(".tl-node[data-name=master_secret]").click()
    detail = page.locator(".tl-secrets .tl-detail")
    expect(detail).to_contain_text("taken from the session")
    expect(detail).to_contain_text(grouped(first.trace.value("master_secret")))
    assert second.trace.value("master_secret") == first.trace.value("master_secret")
    # The ticket is in the client_hello, as sealed bytes.
    rung(page, "client_hello").click()
    page.locator(".tl-tree").focus()
    page.keyboard.press("End")
    path = page.locator(".tl-bytes .tl-path")
    expect(path).to_be_visible()
    for _ in range(20):
        if path.inner_text().endswith("session_ticket.ticket"):
            break
        page.keyboard.press("ArrowUp")
    ticket = first.session.ticket
    expect(page.locator(".tl-bytes .tl-detail")).to_contain_text(f"{len(ticket)} bytes")
    page.get_by_role("tab", name="Who knows what").click()
    row = page.locator(".tl-knowledge tbody tr", has_text="the server's ticket key")
    expect(row.locator("td")).to_have_text(["○ no", "● yes", "○ no", "○ no", "○ no"])
    assert made.errors == []


def grouped(value: bytes) -> str:
    """As the explorer writes bytes: four to a group."""
    return value.hex(" ", -4)


def test_it_works_in_a_page_that_has_neither_kernel_nor_jupyter(browser: Browser) -> None:
    data = base64.b64encode(document(lab.handshake(seed=3).trace).encode()).decode()
    script = joined("explorer").replace("export default", "const app =")
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_content(
        f"""<style>{stylesheet("explorer")}</style>
        <div><p class=tlslab-static>stands in</p></div><div id=here></div><script type=module>{script}
        const bytes = Uint8Array.from(atob("{data}"), (one) => one.charCodeAt(0));
        const state = {{ document: bytes, parts: {list(PARTS)} }};
        const model = {{ get: (name) => state[name], on() {{}}, off() {{}}, send() {{}} }};
        window.takeAway = app.render({{ model, el: document.getElementById("here") }});
        </script>"""
    )
    page.locator(".tl-byte[data-at='11']").click()
    expect(page.locator(".tl-path").first).to_have_text("client_hello.random")
    page.get_by_role("tab", name="Who knows what").click()
    expect(page.locator(".tl-knowledge tbody tr").first).to_contain_text("private key")
    expect(page.locator(".tlslab-static")).to_be_hidden()
    page.evaluate("() => window.takeAway()")
    expect(page.locator(".tlslab-static")).to_be_visible()
    assert errors == []
    page.close()


def test_hostile_names_stay_text(notebook: Callable[..., Notebook]) -> None:
    made = notebook(
        [
            "from tlslab import lab\nfrom tlslab.trace import Trace\n"
            f"name = {HOSTILE!r}\n"
            "text = lab.handshake(seed=1).trace.to_json()\n"
            "import json\n"
            "document = json.loads(text)\n"
            "def spoil(value):\n"
            "    if isinstance(value, list): return [spoil(one) for one in value]\n"
            "    if isinstance(value, dict): return {k: spoil(v) for k, v in value.items()}\n"
            "    return value.replace('server.tlslab.test', name) if isinstance(value, str) else value\n"
            "document['events'] = spoil(document['events'])\n"
            "document['events'].append({'event': 'Alert', 'sender': 'server', 'level': 'fatal',\n"
            "    'description': name, 'reason': name, 'where': name, 'section': name})\n"
            "lab.explore(Trace.from_json(json.dumps(document)))"
        ]
    )
    page = made.page
    page.locator(".tl-explorer").wait_for(timeout=60_000)
    page.locator(".tl-byte[data-at='70']").click()
    expect(page.locator(".tl-bytes .tl-detail")).to_contain_text("<img src=x")
    assert page.evaluate("window.hacked") is None
    assert page.locator(".tl-explorer img, .tlslab-static img").count() == 0
    text = page.locator(".tl-explorer").inner_text() + page.locator(".tlslab-static").inner_html()
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_long_records_and_long_traces_scroll(notebook: Callable[..., Notebook]) -> None:
    made = notebook(
        [
            "from tlslab import lab\nfrom tlslab.trace import Trace\n"
            "from tlslab.lab.handshake import start_client, start_server, _carry\n"
            "trace = Trace('client')\n"
            "ours, theirs = start_client(trace, seed=1), start_server(Trace('server'), seed=1)\n"
            "_carry(ours, theirs)\n"
            "ours.send(bytes(range(256)) * 64)\n"
            "for turn in range(2500):\n"
            "    ours.send(b'ping'); _carry(ours, theirs)\n"
            "    theirs.send(b'pong'); _carry(ours, theirs)\n"
            "lab.explore(trace, parts=('ladder', 'bytes'))"
        ],
        height=1400,
    )
    page = made.page
    page.locator(".tl-explorer").wait_for(timeout=60_000)
    assert page.locator(".tl-ladder .tl-row").count() < 60
    ladder = page.locator(".tl-ladder-rows")
    ladder.focus()
    page.keyboard.press("End")
    expect(page.locator(".tl-place")).to_have_text(re.compile(r"^50\d\d of 50\d\d$"))
    expect(page.locator(".tl-ladder .tl-chosen")).to_be_in_viewport()
    page.keyboard.press("Home")
    rung(page, "16,384 bytes").click()
    page.locator(".tl-bytes [role=tab]").nth(1).click()
    hex_rows = page.locator(".tl-hex")
    hex_rows.evaluate("one => { one.scrollTop = one.scrollHeight }")
    page.locator(".tl-byte[data-at='16383']").wait_for()
    assert page.locator(".tl-hexrow").count() < 60
    assert page.locator(".tl-byte[data-at='16383']").inner_text() == "ff"
    assert made.errors == []
