"""One source gives two notebooks, the learner's and the teacher's, the same bytes each time."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_output

from tlslab.classroom import build, running
from tlslab.classroom.running import IGNORE_OUTPUT
from tlslab.classroom.source import read_source

ROOT = Path(__file__).parents[2]
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
BOTH = ("05_keys.ipynb", "solutions/05_keys.ipynb")


@pytest.fixture
def folder(tmp_path):
    """A folder of notebooks with one source, 05_keys."""
    (tmp_path / "source").mkdir()
    write(tmp_path, SOURCE)
    return tmp_path


@pytest.fixture
def no_kernel(monkeypatch):
    """Cells are not run. A dictionary: what somebody puts in at the text of a cell comes out of it."""
    outputs = {}

    def execute(notebook, folder):
        for cell in notebook.cells:
            if text := outputs.get(cell.source):
                cell.outputs = [new_output("stream", name="stdout", text=text)]

    monkeypatch.setattr(build, "execute", execute)
    return outputs


def write(folder, text):
    (folder / "source" / "05_keys.py").write_text(text, "utf-8")


def run(folder, *arguments):
    return build.main(["--folder", str(folder), *arguments])


def read(folder, name):
    return nbformat.read(folder / name, as_version=4)


# The command


def test_nothing_of_the_solution_is_anywhere_in_the_learners_notebook(folder, no_kernel):
    assert run(folder) == 0
    learner, teacher = ((folder / name).read_text("utf-8") for name in BOTH)
    assert not re.search(r"swordfish|(BEGIN|END) SOLUTION", learner)
    assert "swordfish" in teacher


def test_both_versions_are_built_and_then_up_to_date(folder, no_kernel, capsys):
    assert run(folder) == 0
    assert capsys.readouterr().out.splitlines() == [f"{name}: built" for name in BOTH]
    before = [(folder / name).read_bytes() for name in BOTH]
    for arguments in ([], ["--check"], ["05_keys"], ["--check", "solutions/05_keys.ipynb"]):
        assert run(folder, *arguments) == 0
        assert capsys.readouterr().out.splitlines() == [f"{name}: up to date" for name in BOTH]
    assert [(folder / name).read_bytes() for name in BOTH] == before


@pytest.mark.parametrize("changed", BOTH)
def test_check_fails_on_a_difference_in_either_version_and_changes_nothing(
    folder, no_kernel, capsys, changed
):
    run(folder)
    path = folder / changed
    path.write_text(path.read_text("utf-8").replace("1 + 1", "1 + 2"), "utf-8")
    before = path.read_bytes()
    capsys.readouterr()
    assert run(folder, "--check") == 1
    said = capsys.readouterr().out.splitlines()
    for name in BOTH:
        wrong = f"{name}: differs from what 05_keys.py gives"
        assert (wrong if name == changed else f"{name}: up to date") in said
    assert '-    "1 + 2"' in said
    assert path.read_bytes() == before


@pytest.mark.parametrize("missing", BOTH)
def test_check_fails_when_a_version_is_not_there_and_does_not_write_it(folder, no_kernel, missing):
    run(folder)
    (folder / missing).unlink()
    assert run(folder, "--check") == 1
    assert not (folder / missing).exists()


def test_a_new_solution_changes_the_teachers_notebook_alone(folder, no_kernel, capsys):
    run(folder)
    write(folder, SOURCE.replace("swordfish", "herring"))
    capsys.readouterr()
    run(folder)
    assert capsys.readouterr().out.splitlines() == [f"{BOTH[0]}: up to date", f"{BOTH[1]}: built"]


def test_a_wrong_source_is_said_and_the_others_are_built(folder, no_kernel, capsys):
    (folder / "source" / "04_first.py").write_text('# %% check="04.f"\nf()\n', "utf-8")
    assert run(folder) == 1
    assert capsys.readouterr().out.splitlines() == [
        "04_first.py, line 1: check 04.f: there is no exercise of this name",
        *(f"{name}: built" for name in BOTH),
    ]
    assert not (folder / "04_first.ipynb").exists()


def test_a_name_without_a_source_is_refused(folder):
    with pytest.raises(SystemExit, match=r"no source for 06_none; there is: 05_keys"):
        run(folder, "06_none")


def test_the_folder_is_found_from_below_and_its_absence_is_said(folder, monkeypatch, tmp_path):
    (tmp_path / "project" / "notebooks" / "source").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "project" / "notebooks" / "source")
    assert build.find_folder() == tmp_path / "project" / "notebooks"
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match=r"no folder notebooks/source"):
        build.find_folder()


def test_a_stored_notebook_with_a_conflict_in_it_is_built_anew(folder, no_kernel):
    run(folder)
    good = (folder / BOTH[0]).read_text("utf-8")
    (folder / BOTH[0]).write_text(f"<<<<<<< ours\n{good}", "utf-8")
    assert run(folder) == 0
    assert (folder / BOTH[0]).read_text("utf-8") == good


def test_an_output_that_is_not_compared_stays_until_its_cell_changes(folder, no_kernel):
    write(folder, SOURCE + f'\n# %% tags=["{IGNORE_OUTPUT}"]\nclock()\n')
    no_kernel["clock()"] = "10:00"
    no_kernel["1 + 1"] = "before"
    run(folder)
    no_kernel["clock()"] = "10:01"
    no_kernel["1 + 1"] = "after"
    run(folder)
    for name in BOTH:
        assert [cell.outputs[0].text for cell in read(folder, name).cells[-3:]] == [
            "after",
            "after",
            "10:00",
        ]
    write(folder, SOURCE + f'\n# %% tags=["{IGNORE_OUTPUT}"]\nclock() # new\n')
    no_kernel["clock() # new"] = "10:02"
    run(folder)
    assert read(folder, BOTH[0]).cells[-1].outputs[0].text == "10:02"


def test_the_teachers_old_output_goes_with_the_old_solution_though_the_id_stays(folder, no_kernel):
    write(folder, SOURCE.replace('"slow"', f'"{IGNORE_OUTPUT}"'))
    exercise = read_source(folder / "source" / "05_keys.py")[1].text
    no_kernel[exercise] = "swordfish"
    run(folder)
    write(folder, SOURCE.replace('"slow"', f'"{IGNORE_OUTPUT}"').replace("swordfish", "herring"))
    no_kernel[exercise.replace("swordfish", "herring")] = "herring"
    run(folder)
    assert read(folder, BOTH[1]).cells[1].outputs[0].text == "herring"


# With a kernel


def test_both_are_executed_each_with_its_own_outputs(folder, capsys):
    assert run(folder) == 0
    learner, teacher = (read(folder, name) for name in BOTH)
    assert learner.cells[2].outputs[0].text == "prf is not written yet\n"
    assert teacher.cells[2].outputs[0].text == "6173\n"
    for notebook in (learner, teacher):
        assert [cell.get("execution_count") for cell in notebook.cells] == [None, 1, 2, 3, 4]
        assert notebook.cells[3].outputs[0].data["text/plain"] == "2"
        assert "version" not in notebook.metadata.language_info
    assert "swordfish" not in (folder / BOTH[0]).read_text("utf-8")
    assert run(folder, "--check") == 0


def test_cells_run_in_the_folder_of_the_notebooks_without_what_somebody_has_done(
    folder, monkeypatch
):
    monkeypatch.setenv("TLSLAB_STATE", "mine")
    monkeypatch.setenv("IPYTHONDIR", "/nowhere")
    write(
        folder,
        "# %%\nimport os\n\nos.listdir('source'), os.environ['TLSLAB_STATE'], "
        "os.environ['IPYTHONDIR'] == '/nowhere'\n",
    )
    assert run(folder) == 0
    for name in BOTH:
        assert read(folder, name).cells[0].outputs[0].data["text/plain"] == (
            "(['05_keys.py'], 'off', False)"
        )


def test_of_a_widget_what_stands_in_for_it_stays(folder):
    write(
        folder,
        "# %%\nfrom IPython.display import display\n\n"
        f"display({{{running.WIDGET!r}: {{'model_id': '1'}}, 'text/plain': 'a widget'}}, raw=True)\n",
    )
    assert run(folder) == 0
    for name in BOTH:
        assert read(folder, name).cells[0].outputs[0].data == {"text/plain": "a widget"}


def test_nbval_finds_both_as_they_were_built_whatever_somebody_has_done(folder):
    write(folder, SOURCE + "\n# %%\nimport os\n\nos.environ['TLSLAB_STATE']\n")
    assert run(folder) == 0
    shutil.copy(ROOT / "notebooks" / "conftest.py", folder)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval", "--rootdir=.", "-c", os.devnull, *BOTH],
        cwd=folder,
        env=os.environ | {"TLSLAB_STATE": "mine"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "10 passed" in done.stdout, done.stdout


def test_a_cell_that_fails_without_the_solution_is_named_and_nothing_is_stored(folder, capsys):
    write(folder, SOURCE + '\n# %%\n\nprf(b"", b"")\n')
    assert run(folder) == 1
    said, shown = capsys.readouterr()
    assert said.splitlines() == [
        '05_keys.ipynb: cell 6 (05_keys.py, line 24: prf(b"", b"")) fails: NotImplementedError '
        "(no exercise is written in the learner's version, and every cell must work all the same)",
        "solutions/05_keys.ipynb: built",
    ]
    assert "raise NotImplementedError" in shown
    assert "\x1b" not in shown
    assert not (folder / BOTH[0]).exists()


def test_a_cell_that_does_not_end_is_named(folder, monkeypatch, capsys):
    monkeypatch.setattr(running, "TIMEOUT", 1)
    write(folder, "# %%\n1\n\n# %%\nwhile True:\n    pass\n")
    assert run(folder, "--check") == 1
    assert (
        "solutions/05_keys.ipynb: cell 2 (05_keys.py, line 4: while True:) fails: "
        "not done after 1 seconds\n"
    ) in capsys.readouterr().out


def test_a_cell_that_ends_python_is_named(folder, capsys):
    write(folder, "# %%\n1\n\n# %%\nimport os\nos._exit(1)\n")
    assert run(folder) == 1
    assert (
        "solutions/05_keys.ipynb: cell 2 (05_keys.py, line 4: import os) fails: Python ended\n"
    ) in capsys.readouterr().out
