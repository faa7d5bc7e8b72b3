"""The learner's cell and the teacher's differ in the solution, and in nothing else."""

import pytest

from tlslab.classroom.source import read_source
from tlslab.classroom.versions import Version, notebook_of

SOURCE = '''\
# %% [markdown]
# # Keys

# %% exercise="05.prf" tags=["slow"]
def prf(secret, seed):
    """PRF."""
    ### BEGIN SOLUTION
    return secret + b"swordfish" + seed
    ### END SOLUTION


# %% check="05.prf" points=2
try:
    print(prf(b"a", b"b").hex()[:4])
except NotImplementedError:
    print("prf is not written yet")

# %%
1 + 1

# %%
1 + 1
'''


@pytest.fixture
def versions(tmp_path):
    """Gives the learner's and the teacher's notebook of a source, 05_keys."""

    def versions(text=SOURCE):
        path = tmp_path / "05_keys.py"
        path.write_text(text, "utf-8")
        cells = read_source(path)
        return notebook_of(cells, Version.LEARNER), notebook_of(cells, Version.TEACHER)

    return versions


def test_the_solution_is_the_teachers_and_the_learner_has_a_stub_in_its_place(versions):
    learner, teacher = versions()
    assert learner.cells[1].source == (
        'def prf(secret, seed):\n    """PRF."""\n    raise NotImplementedError'
    )
    assert '### BEGIN SOLUTION\n    return secret + b"swordfish"' in teacher.cells[1].source
    assert [cell.source for cell in learner.cells if cell is not learner.cells[1]] == [
        cell.source for cell in teacher.cells if cell is not teacher.cells[1]
    ]


def test_a_cell_has_the_same_id_in_both_and_it_does_not_depend_on_the_solution(versions):
    learner, teacher = ([cell.id for cell in notebook.cells] for notebook in versions())
    assert learner == teacher
    assert len(set(learner)) == 5
    assert [
        cell.id for cell in versions(SOURCE.replace("swordfish", "herring"))[1].cells
    ] == learner


def test_an_id_changes_with_what_the_learner_reads(versions):
    before = [cell.id for cell in versions()[0].cells]
    after = [cell.id for cell in versions(SOURCE.replace('"""PRF."""', '"""The PRF."""'))[0].cells]
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, True, True, True]


def test_both_carry_what_nbgrader_wants_to_know_and_the_tags_and_nothing_else(versions):
    for notebook in versions():
        assert [dict(cell.metadata) for cell in notebook.cells] == [
            {},
            {
                "tags": ["slow"],
                "nbgrader": {
                    "grade": False,
                    "grade_id": "05-prf",
                    "locked": False,
                    "schema_version": 3,
                    "solution": True,
                    "task": False,
                },
            },
            {
                "nbgrader": {
                    "grade": True,
                    "grade_id": "05-prf-check",
                    "locked": True,
                    "points": 2,
                    "schema_version": 3,
                    "solution": False,
                    "task": False,
                },
            },
            {},
            {},
        ]
