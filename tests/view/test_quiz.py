"""Small questions: what stands in for them, and what the browser gets."""

import json

import pytest

from tlslab import LocalError, lab
from tlslab.lab.questions import numbers, questions_of
from tlslab.view.quiz import Choice, Choose, Match, Order, Quiz

QUIZ = Quiz(
    (
        Choose(
            "Is `x < y`?",
            (Choice("yes", "No & no."), Choice("<b>no</b>", "Since `y`.", right=True)),
        ),
        Order("Sort.", (("a", "first"), ("b", "second"))),
        Match("Pair.", (("one", "1", "it is"), ("two", "2", "it is too"))),
    )
)


def test_as_text_it_asks_and_does_not_answer():
    assert repr(QUIZ) == (
        "1. Is x < y?\n   a) yes\n   b) <b>no</b>\n2. Sort.\n   a) b\n   b) a\n3. Pair.\n   a) 1\n"
        "   b) 2"
    )


def test_as_html_each_explanation_unfolds_and_nothing_becomes_markup():
    page = QUIZ.without_kernel()
    assert "<p><b>1. Is <code>x &lt; y</code>?</b></p>" in page
    assert (
        "<details><summary>&lt;b&gt;no&lt;/b&gt;</summary><p>Right. Since <code>y</code>.</p>"
        in page
    )
    assert "<p>No. No &amp; no.</p>" in page
    assert "<summary>The right order</summary><ol><li>a: first</li><li>b: second</li></ol>" in page


def test_things_to_order_never_come_in_the_right_order():
    _, order, _ = json.loads(QUIZ.questions)
    assert order["first"] == ["b", "a"]


@pytest.mark.parametrize(
    "choices",
    [
        (Choice("a", "x", right=True),),
        (Choice("a", "x"), Choice("b", "y")),
        (Choice("a", "x", right=True), Choice("b", "y", right=True)),
    ],
)
def test_one_of_several_choices_is_right(choices):
    with pytest.raises(LocalError, match="one choice of several is right: Why"):
        Choose("Why?", choices)


@pytest.mark.parametrize("number", numbers())
def test_every_question_of_the_course_explains_every_choice(number):
    asked = questions_of(number)
    assert len(asked) >= 3
    for question in asked:
        match question:
            case Choose(_, choices):
                said = [(choice.text, choice.because) for choice in choices]
            case Order(_, items):
                said = list(items)
            case Match(_, pairs):
                said = [(given, why) for given, _, why in pairs]
        assert len({what for what, _ in said}) == len(said) >= 2
        for _, because in said:
            assert because.endswith(".")


def test_questions_that_there_are_not():
    with pytest.raises(LocalError, match="there are no questions '77'; there are some for 00"):
        lab.questions("77")
