"""Small questions as a learner meets them: JupyterLab, chromium, mouse and keyboard."""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from jupyter_lab import Notebook
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]

CELL = """from tlslab.view.quiz import Choice, Choose, Match, Order, Quiz
Quiz((
    Choose("Which?", (Choice("this", "Not <b>this</b>."), Choice("that `x`", "Yes.", right=True))),
    Order("Sort.", (("one", "it is first"), ("three", "it is in the middle"), ("two", "last"))),
    Match("Pair.", (("Paris", "France", "A capital."), ("Rome", "Italy", "Another."))),
))"""


@pytest.fixture(scope="module")
def opened(notebook: Callable[..., Notebook]) -> Iterator[Notebook]:
    made = notebook([CELL], height=1000)
    made.page.locator(".tl-quiz").wait_for(timeout=60_000)
    yield made
    assert made.errors == []
    assert made.strangers == []


@pytest.fixture
def asked(opened: Notebook) -> Locator:
    return opened.page.locator(".tl-quiz fieldset")


def verdict(question: Locator, number: int = 0) -> Locator:
    return question.locator(".tq-verdict").nth(number)


def test_the_html_that_stands_in_for_it_is_hidden(opened: Notebook) -> None:
    expect(opened.page.locator(".tlslab-static")).to_be_hidden()


def test_every_choice_is_explained(asked: Locator) -> None:
    question = asked.nth(0)
    question.get_by_role("button", name="this").click()
    expect(verdict(question)).to_have_text("✗ No. Not <b>this</b>.")
    question.get_by_role("button", name="that x").click()
    expect(verdict(question)).to_have_text("✓ Right. Yes.")
    expect(question.get_by_role("button", name="this")).to_have_attribute("aria-pressed", "false")


def test_order_by_keyboard_alone(opened: Notebook, asked: Locator) -> None:
    page: Page = opened.page
    question = asked.nth(1)
    items = question.locator("ol.tq-order li > span")
    # By the alphabet it would be right, so it comes the other way round.
    expect(items).to_have_text(["two", "three", "one"])
    question.get_by_role("button", name="Check").click()
    expect(verdict(question)).to_have_text("✗ No. Number 1 is not in its place: two. last")
    question.get_by_role("button", name="one: up").focus()
    page.keyboard.press("Enter")
    expect(items).to_have_text(["two", "one", "three"])
    # The focus goes along, so that Enter goes on; at the top it turns round.
    page.keyboard.press("Enter")
    expect(items).to_have_text(["one", "two", "three"])
    expect(page.locator(":focus")).to_have_attribute("aria-label", "one: down")
    question.get_by_role("button", name="three: up").focus()
    page.keyboard.press("Enter")
    question.get_by_role("button", name="Check").focus()
    page.keyboard.press("Enter")
    expect(verdict(question)).to_contain_text("✓ Right.")
    expect(verdict(question)).to_contain_text("three: it is in the middle")


def test_match_says_which_pair_is_wrong(asked: Locator) -> None:
    question = asked.nth(2)
    question.get_by_label("Paris").select_option("France")
    question.get_by_label("Rome").select_option("France")
    question.get_by_role("button", name="Check").click()
    expect(verdict(question, 0)).to_have_text("✓ Right. A capital.")
    expect(verdict(question, 1)).to_have_text("✗ No. That belongs to: Paris. A capital.")
    question.get_by_label("Rome").select_option("Italy")
    expect(verdict(question, 1)).to_have_text("")


def test_axe_finds_nothing_serious(opened: Notebook) -> None:
    found = Axe().run(opened.page, context=".tl-quiz")
    serious = [
        each for each in found.response["violations"] if each["impact"] in ("serious", "critical")
    ]
    assert serious == []
