"""The exercises: the right answer passes, each known mistake is named, each hint is there."""

import pytest

from tlslab import LocalError, lab
from tlslab.lab import checking, learner
from tlslab.lab.exercises import answers, exercises
from tlslab.lab.exercises.exercise import Exercise
from tlslab.primitives import NAMES

EVERY = exercises()
MISTAKES = [
    pytest.param(exercise, mistake, id=f"{exercise.id}-{number}")
    for exercise in EVERY.values()
    for number, mistake in enumerate(exercise.mistakes)
]


@pytest.fixture(autouse=True)
def _nothing_is_kept(monkeypatch):
    monkeypatch.setenv("TLSLAB_STATE", "off")
    monkeypatch.setattr(checking, "_installed", {})
    monkeypatch.setattr(learner, "_unsaved", learner.State())
    checking._asked.clear()


def named(exercise: Exercise, function):
    """The function under the name that the exercise asks for."""

    def learners(*arguments):
        return function(*arguments)

    learners.__name__ = exercise.name
    return learners


@pytest.mark.parametrize("exercise", EVERY.values(), ids=lambda exercise: exercise.id)
def test_the_reference_passes_and_is_installed(exercise):
    result = lab.check(named(exercise, exercise.reference), limit=60)
    assert result.status == "passed", result
    assert result.exercise == exercise.id
    assert (exercise.primitive in checking._installed) == bool(exercise.primitive)
    assert exercise.primitive in ("", *NAMES)


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
def test_a_known_mistake_is_named(exercise, mistake):
    result = lab.check(named(exercise, mistake.function), limit=60)
    assert result.status == "wrong"
    assert result.message == mistake.sentence
    assert exercise.primitive not in checking._installed


@pytest.mark.parametrize("exercise", EVERY.values(), ids=lambda exercise: exercise.id)
def test_what_is_not_written_is_no_mistake(exercise):
    def unwritten(*arguments):
        raise NotImplementedError

    result = lab.check(named(exercise, unwritten))
    assert result.status == "not written"
    assert "The reference stands in" in result.message


def test_names_ids_and_hints():
    names = [exercise.name for exercise in EVERY.values()]
    assert len(names) == len(set(names))
    for each in (*EVERY.values(), *answers().values()):
        number, _, name = each.id.partition(".")
        assert number.isdigit()
        assert len(number) == 2
        assert name.isidentifier()
        assert len(each.hints) >= 2
        sentences = (
            [m.sentence for m in each.mistakes]
            if each.id in EVERY
            else [sentence for sentence, _ in each.mistakes]
        )
        assert len(sentences) == len(set(sentences))


@pytest.mark.parametrize("answer", answers().values(), ids=lambda answer: answer.id)
def test_two_learners_have_different_answers(answer):
    assert answer.expected("one learner") == answer.expected("one learner")
    assert answer.expected("one learner") != answer.expected("another")


@pytest.mark.parametrize("answer", answers().values(), ids=lambda answer: answer.id)
def test_an_answer_is_checked_and_its_mistakes_are_named(answer):
    own = learner.seed()
    assert lab.answer(answer.id, None).status == "not written"
    for sentence, mistaken in answer.mistakes:
        result = lab.answer(answer.id, mistaken(own))
        assert (result.status, result.message) == ("wrong", sentence)
    assert lab.answer(answer.id, answer.expected(own)).status == "passed"
    assert answer.id in learner.load().done


def test_hints_come_one_by_one_and_the_last_one_stays():
    given = [lab.hint("05.prf") for _ in range(4)]
    assert given[0].startswith("Hint 1 of 3: ")
    assert len(set(given)) == 3
    assert given[2] == given[3]
    with pytest.raises(LocalError, match=r"no exercise '05.pfr'; there are: .*05\.prf"):
        lab.hint("05.pfr")
