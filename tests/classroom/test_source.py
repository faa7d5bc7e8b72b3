"""A source is read cell by cell, and what is wrong with it is said with its line."""

import re

import pytest

from tlslab.classroom.source import Cell, SourceError, read_source

PRF = '''\
# %% exercise="05.prf"
def prf(secret, seed):
    """PRF."""
    ### BEGIN SOLUTION
    return secret + seed
    ### END SOLUTION


# %% check="05.prf"
lab.check(prf)
'''


@pytest.fixture
def read(tmp_path):
    """Reads a source of notebook 05."""

    def read(text):
        path = tmp_path / "05_keys.py"
        path.write_text(text, "utf-8")
        return read_source(path)

    return read


def test_the_cells_of_a_source_with_their_lines(read):
    assert read(f'# %% [markdown]\n# # Keys\n\n{PRF}\n# %% tags=["slow"]\n\n1 + 1\n') == [
        Cell(1, "markdown", "# Keys", "# Keys"),
        Cell(
            4,
            "code",
            'def prf(secret, seed):\n    """PRF."""\n'
            "    ### BEGIN SOLUTION\n    return secret + seed\n    ### END SOLUTION",
            'def prf(secret, seed):\n    """PRF."""\n    raise NotImplementedError',
            exercise="05.prf",
        ),
        Cell(12, "code", "lab.check(prf)", "lab.check(prf)", check="05.prf"),
        Cell(15, "code", "1 + 1", "1 + 1", tags=("slow",)),
    ]


def test_what_stands_above_the_first_header_is_a_cell(read):
    assert [(cell.line, cell.text) for cell in read("\nx = 1\n\n# %%\ny = 2\n")] == [
        (1, "x = 1"),
        (4, "y = 2"),
    ]


def test_a_check_is_worth_one_point_or_what_its_header_says(read):
    assert [cell.points for cell in read(PRF)] == [1, 1]
    worth = PRF.replace('check="05.prf"', 'check="05.prf" points=2.5')
    assert [cell.points for cell in read(worth)] == [1, 2.5]


def test_each_solution_of_a_cell_gets_a_stub_where_its_marker_stands(read):
    twice = PRF.replace(
        "    ### BEGIN",
        "    if seed:\n        ### BEGIN SOLUTION\n        return b''\n        ### END SOLUTION\n"
        "    ### BEGIN",
    )
    assert read(twice)[0].learner_text == (
        'def prf(secret, seed):\n    """PRF."""\n    if seed:\n'
        "        raise NotImplementedError\n    raise NotImplementedError"
    )


def test_at_the_left_margin_nothing_stands_for_a_solution_since_that_would_end_the_notebook(read):
    exercise, _ = read(
        '# %% exercise="05.where"\nwhere = None\n### BEGIN SOLUTION\nwhere = 11\n### END SOLUTION\n'
        '\n# %% check="05.where"\nlab.answer("05.where", where)\n'
    )
    assert exercise.learner_text == "where = None"


def test_code_beside_a_solution_stays(read):
    after = PRF.replace("END SOLUTION\n", "END SOLUTION\n\n\nLABEL = b'x'\n")
    assert read(after)[0].learner_text.endswith("raise NotImplementedError\n\n\nLABEL = b'x'")


BEGIN, END = "    ### BEGIN SOLUTION\n", "    ### END SOLUTION\n"
ALONE = '# %% exercise="05.f"\ndef f(): pass\n'
CHECK = '# %% check="05.f"\nlab.check(f)\n'


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        (PRF.replace(BEGIN, BEGIN * 2), 5, "### BEGIN SOLUTION, but the solution of line 4 is"),
        (PRF.replace(END, ""), 4, "### BEGIN SOLUTION without ### END SOLUTION in its cell"),
        (PRF.replace(BEGIN, ""), 5, "### END SOLUTION without ### BEGIN SOLUTION before it"),
        (PRF.replace(END, END * 2), 7, "### END SOLUTION without ### BEGIN SOLUTION before it"),
        (PRF + END, 11, "### END SOLUTION without ### BEGIN SOLUTION before it"),
        (PRF.replace("    return secret + seed\n", "\n    # so\n"), 4, "the solution is empty"),
        (PRF.replace(END, END + BEGIN + END), 7, "the solution is empty"),
        ("# %%\n" + BEGIN, 2, "### BEGIN SOLUTION without ### END SOLUTION in its cell"),
        ("# %%\n\n \n" + BEGIN, 4, "### BEGIN SOLUTION without ### END SOLUTION in its cell"),
        (PRF.replace("### BEGIN", "## BEGIN"), 4, "a marker is written ### BEGIN SOLUTION or"),
        (PRF.replace("### END", "### end"), 6, "a marker is written ### BEGIN SOLUTION or"),
        (PRF.replace("END SOLUTION", "END SOLUTION."), 6, "a marker is written ### BEGIN SOLU"),
        (PRF.replace(' exercise="05.prf"', ""), 1, 'a solution in a cell that is no exercise="…"'),
        (
            f"# %% [markdown]\n# {BEGIN}# x\n# {END}",
            1,
            'a solution in a cell that is no exercise="',
        ),
        (ALONE + CHECK, 1, "exercise 05.f has no solution"),
        (PRF.partition("# %% check")[0], 1, 'exercise 05.prf has no cell check="05.prf" after it'),
        (f"{CHECK}{PRF}".replace("05.f", "05.prf"), 11, "check 05.prf is there twice"),
        (CHECK + PRF.replace("05.prf", "05.f").partition("# %% check")[0], 3, "has no cell check"),
        (PRF + CHECK, 11, "check 05.f: there is no exercise of this name"),
        (PRF + PRF, 11, "exercise 05.prf is there twice: in line 1 too"),
        (PRF + PRF, 19, "check 05.prf is there twice: in line 9 too"),
        (PRF.replace("05.", "06."), 1, "exercise 06.prf is in notebook 05"),
        (PRF.replace("05.", "06."), 9, "check 06.prf is in notebook 05"),
        (PRF.replace("05.prf", "prf"), 1, "exercise='prf' is not a name such as \"05.prf\""),
        (PRF.replace("05.prf", "05.prf-2"), 1, "exercise='05.prf-2' is not a name such as"),
        (PRF.replace('"05.prf"', '["05.prf"]'), 1, "is not a name such as"),
        (PRF.replace("# %% check", '# %% exercise="05.a" check'), 9, "or a check, not both"),
        (PRF.replace("# %% check", "# %% [markdown] check"), 9, "check 05.prf is not a cell of"),
        (PRF.replace("exercise=", "excercise="), 1, "excercise: a header has check, exercise,"),
        (PRF.replace('exercise="05.prf"', "exercise=05.prf"), 1, "a header has check, exercise,"),
        (PRF.replace("exercise=", "points=2 exercise="), 1, "points belong to the check of an"),
        (PRF.replace("check=", "points=0 check="), 9, "points=0 is not a number above 0"),
        (PRF.replace("check=", 'points="2" check='), 9, "points='2' is not a number above 0"),
        (PRF.replace("check=", "points=true check="), 9, "points=True is not a number above 0"),
        (
            '# %% exercise="05.f"\n# Your turn\n### BEGIN SOLUTION\nf = 1\n### END SOLUTION\n'
            + CHECK,
            1,
            "exercise 05.f has nothing outside its solution",
        ),
        (PRF.replace("PRF.", "\n# %% no cell\n"), 4, "this `# %%` begins no cell"),
        (PRF.replace("# %% check", '# %% tags="slow" check'), 1, "a header that jupytext cannot"),
        ("", 1, "there is no cell"),
    ],
)
def test_what_is_wrong_is_said_with_the_file_and_the_line(read, text, line, sentence):
    with pytest.raises(SourceError, match=re.escape(f"05_keys.py, line {line}: ")) as raised:
        read(text)
    said = str(raised.value).split("\n")
    assert [one for one in said if one.startswith(f"05_keys.py, line {line}: ") and sentence in one]


def test_all_that_is_wrong_is_said_at_once_in_the_order_of_the_lines(read):
    with pytest.raises(SourceError) as raised:
        read(PRF.replace(END, "") + CHECK + ALONE.replace("f", "g"))
    assert [line.split(":")[0] for line in str(raised.value).split("\n")] == [
        "05_keys.py, line 4",
        "05_keys.py, line 10",
        "05_keys.py, line 12",
        "05_keys.py, line 12",
    ]
