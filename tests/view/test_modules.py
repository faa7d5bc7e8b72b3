"""The ES modules, joined into the one module that a widget may have."""

import re
import shutil
import subprocess

import pytest

from tlslab.view import modules
from tlslab.view.modules import STATIC, joined, stylesheet

WIDGETS = ("explorer", "quiz")
every_widget = pytest.mark.parametrize("widget", WIDGETS)


def test_every_module_belongs_to_a_widget():
    used = {name for widget in WIDGETS for name in needed_by(joined(widget))}
    assert used | set(WIDGETS) == {path.stem for path in STATIC.glob("*.js")}


def needed_by(text):
    return re.findall(r"^const tlslab_(\w+) = ", text, re.MULTILINE)


@every_widget
def test_every_module_is_in_it_once_after_those_it_needs(widget):
    text = joined(widget)
    names = needed_by(text)
    places = {name: text.index(f"const tlslab_{name} = ") for name in names}
    for name in names:
        assert text.count(f"const tlslab_{name} = ") == 1
        for needed in re.findall(r'from "\./(\w+)\.js"', (STATIC / f"{name}.js").read_text()):
            assert places[needed] < places[name]


@every_widget
def test_nothing_is_left_of_imports_and_nothing_is_fetched(widget):
    text = joined(widget)
    assert not re.search(r"^\s*import\b", text, re.MULTILINE)
    assert text.count("export ") == 1
    assert not re.search(r"https?://(?!www\.w3\.org/)", text + stylesheet(widget))
    assert "url(" not in stylesheet(widget)
    assert "@import" not in stylesheet(widget)
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert forbidden not in text


@every_widget
def test_it_is_a_module_that_a_javascript_engine_reads(widget, tmp_path):
    node = shutil.which("node")
    if not node:
        pytest.skip("node is not installed: the browser tests read the module too")
    path = tmp_path / "explorer.mjs"
    path.write_text(joined(widget))
    subprocess.run([node, "--check", str(path)], check=True)


@pytest.mark.parametrize(
    "source",
    ['import * as all from "./b.js";', 'export { one } from "./b.js";', "export let x = 1;"],
)
def test_a_form_that_it_does_not_understand_is_refused(tmp_path, monkeypatch, source):
    (tmp_path / "a.js").write_text('import { one } from "./b.js";\nexport default one;\n')
    (tmp_path / "b.js").write_text(f"{source}\nexport const one = 1;\n")
    monkeypatch.setattr(modules, "STATIC", tmp_path)
    with pytest.raises(ValueError, match=r"b\.js has an (import|export) of a form"):
        joined.__wrapped__("a")


def test_modules_in_a_circle_are_refused(tmp_path, monkeypatch):
    (tmp_path / "a.js").write_text('import { b } from "./b.js";\nexport const a = 1;\n')
    (tmp_path / "b.js").write_text('import { a } from "./a.js";\nexport const b = 1;\n')
    monkeypatch.setattr(modules, "STATIC", tmp_path)
    with pytest.raises(ValueError, match="in a circle: a, b, a"):
        joined.__wrapped__("a")
