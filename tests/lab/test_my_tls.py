"""What passes is kept in my_tls.py: with what it uses, in order, and never over the learner's own."""

import subprocess
import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell

from tlslab import LocalError, lab
from tlslab.lab import checking, my_tls
from tlslab.lab.exercises import exercises

P_HASH = """
import hmac

def p_hash(secret, seed, length, hash_name):
    output, a = b"", seed
    while len(output) < length:
        a = hmac.digest(secret, a, hash_name)
        output += hmac.digest(secret, a + seed, hash_name)
    return output[:length]
"""
PRF = """
def prf(secret, label, seed, length, hash_name):
    return p_hash(secret, label + seed, length, hash_name)
"""


@pytest.fixture(scope="module")
def shell():
    """A shell as in a notebook, whose functions are those of `__main__`."""
    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False
    yield shell
    InteractiveShell.clear_instance()


@pytest.fixture
def state(monkeypatch, tmp_path):
    monkeypatch.setenv("TLSLAB_STATE", str(tmp_path))
    monkeypatch.setattr(checking, "_installed", {})
    return tmp_path


@pytest.fixture
def run(shell, state):
    """Run a cell; what its last line gives."""
    shell.reset(new_session=False)
    shell.run_cell("from tlslab import lab")

    def run_cell(text):
        result = shell.run_cell(text)
        result.raise_error()
        return result.result

    return run_cell


def in_a_new_python(state, code):
    """What a new Python prints, that has nothing but the file."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=state, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_a_pass_is_saved_with_its_imports_and_works_in_another_python(run, state):
    result = run(f"{P_HASH}\nlab.check(p_hash)")
    assert result.status == "passed"
    assert result.message.endswith(f"It is saved in {state / 'my_tls.py'}.")
    out = in_a_new_python(
        state, "import my_tls; print(my_tls.p_hash(b'k', b's', 40, 'sha256').hex())"
    )
    assert out.strip() == exercises()["05.p_hash"].reference(b"k", b"s", 40, "sha256").hex()


def test_what_is_not_written_is_the_reference_there(run, state):
    run(f"from tlslab.crypto.prf import p_hash\n{PRF}\nlab.check(prf)")
    text = (state / "my_tls.py").read_text("utf-8")
    assert "def prf" in text
    assert "def p_hash" not in text
    code = "import my_tls; print(my_tls.prf(b'k', b'l', b's', 5, 'sha256').hex())"
    right = exercises()["05.prf"].reference(b"k", b"l", b"s", 5, "sha256").hex()
    assert in_a_new_python(state, code).strip() == right


def test_helpers_values_and_imports_of_every_kind_come_along(run, state):
    run(
        "import hashlib as h\nfrom hmac import digest\nimport os.path as unused\n"
        "from cryptography.hazmat.primitives import hashes\n"
        "ROUNDS = (1, 'x')\n"
        "def helper(key, data, name):\n    assert ROUNDS[0] == 1 and h and hashes.SHA256\n"
        "    return digest(key, data, name)\n"
    )
    result = run(
        f"{P_HASH.replace('hmac.digest(', 'helper(').replace('import hmac', '')}lab.check(p_hash)"
    )
    assert "It is saved in" in result.message
    text = (state / "my_tls.py").read_text("utf-8")
    for line in (
        "import hashlib as h\n",
        "from cryptography.hazmat.primitives import hashes\n",
        "ROUNDS = (1, 'x')\n",
        "def helper(key, data, name):\n",
    ):
        assert line in text
    assert "unused" not in text
    assert in_a_new_python(state, "import my_tls; my_tls.p_hash(b'', b'', 1, 'sha256')") == ""


def test_a_compiled_class_is_imported_from_where_everybody_gets_it(run, state):
    run("from cryptography.hazmat.primitives.ciphers.aead import AESGCM as Cipher")
    run(f"{P_HASH.replace('output, a = ', 'Cipher; output, a = ')}lab.check(p_hash)")
    text = (state / "my_tls.py").read_text("utf-8")
    assert "from cryptography.hazmat.primitives.ciphers.aead import AESGCM as Cipher\n" in text
    assert in_a_new_python(state, "import my_tls; my_tls.p_hash(b'', b'', 1, 'sha256')") == ""


def test_sections_stand_in_the_order_of_the_course(run, state):
    run(
        "import hashlib\ndef transcript_hash(handshake_messages, hash_name):\n"
        "    return hashlib.new(hash_name, b''.join(handshake_messages)).digest()\n"
        "lab.check(transcript_hash)"
    )
    run(f"{P_HASH}{PRF}lab.check(prf)")
    run("lab.check(p_hash)")
    sections = [
        piece.id
        for piece in my_tls.parse((state / "my_tls.py").read_text("utf-8"))
        if isinstance(piece, my_tls.Section)
    ]
    assert sections == ["05.p_hash", "05.prf", "06.transcript_hash"]


def test_a_better_version_takes_the_place_of_the_one_before(run, state):
    run(f"{P_HASH}lab.check(p_hash)")
    run(P_HASH.replace("output", "stretched") + "lab.check(p_hash)")
    text = (state / "my_tls.py").read_text("utf-8")
    assert text.count("def p_hash") == 1
    assert "stretched" in text
    assert "output" not in text


def test_a_section_changed_by_hand_stays(run, state):
    run(f"{P_HASH}lab.check(p_hash)")
    file = state / "my_tls.py"
    changed = file.read_text("utf-8").replace("a = hmac", "a = hmac  # mine\n        a = hmac", 1)
    changed = changed.replace("  # mine\n        a = hmac", "", 1).replace(
        "[:length]", "[0:length]"
    )
    file.write_text(changed, "utf-8")
    result = run("lab.check(p_hash)")
    assert result.status == "passed"
    assert "was changed by hand. It stays" in result.message
    assert file.read_text("utf-8") == changed


def test_what_stands_between_the_sections_stays(run, state):
    run(f"{P_HASH}lab.check(p_hash)")
    file = state / "my_tls.py"
    file.write_text(file.read_text("utf-8") + "\nMINE = 1\n", "utf-8")
    run(f"{PRF}lab.check(prf)")
    text = file.read_text("utf-8")
    assert "MINE = 1" in text
    assert "def prf" in text
    assert "def p_hash" in text


def test_the_functions_of_the_file_run_in_a_new_kernel(run, state, monkeypatch):
    run(f"{P_HASH}lab.check(p_hash)")
    monkeypatch.setattr(checking, "_installed", {})
    assert repr(lab.primitives()) == "<Primitives: p_hash>"
    text = (state / "my_tls.py").read_text("utf-8")
    (state / "my_tls.py").write_text(text.replace("a + seed", "seed + a"), "utf-8")
    assert lab.peers.openssl(role="client", primitives=lab.primitives()).error


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (["tool = object()", P_HASH.replace("a = hmac", "tool; a = hmac")], "it uses tool, which"),
        (
            ["import functools", P_HASH.replace("\ndef", "\n@functools.cache\ndef")],
            "not made by def",
        ),
        (
            [
                "def outer(n):\n    import hmac\n    def p_hash(secret, seed, length, hash_name):\n"
                "        output, a = b'', seed\n        while len(output) < length + n:\n"
                "            a = hmac.digest(secret, a, hash_name)\n"
                "            output += hmac.digest(secret, a + seed, hash_name)\n"
                "        return output[:length]\n    return p_hash\np_hash = outer(0)"
            ],
            "inside of another function",
        ),
        (["from tlslab.crypto.prf import p_hash"], "it is the lab's own function"),
        (
            [
                "ns = {}\nexec('''" + P_HASH + "''', ns)\np_hash = ns['p_hash']",
            ],
            "does not know the source",
        ),
    ],
)
def test_what_cannot_stand_alone_is_said(run, state, cells, reason):
    for cell in cells:
        run(cell)
    result = run("lab.check(p_hash)")
    assert result.status == "passed"
    assert f"It could not be saved in {state / 'my_tls.py'}: " in result.message
    assert reason in result.message
    assert not (state / "my_tls.py").exists()


def test_a_file_that_cannot_be_run_is_named_with_its_line_and_left_alone(run, state):
    run(f"{P_HASH}lab.check(p_hash)")
    file = state / "my_tls.py"
    broken = file.read_text("utf-8") + "\nundefined_name\n"
    file.write_text(broken, "utf-8")
    number = len(broken.splitlines())
    with pytest.raises(LocalError, match=rf"my_tls.py, line {number}: NameError"):
        lab.primitives()
    assert "could not be saved" in run(f"{PRF}lab.check(prf)").message
    file.write_text(broken + "def (\n", "utf-8")
    with pytest.raises(LocalError, match=rf"my_tls.py, line {number + 1}: SyntaxError"):
        lab.primitives()


def test_a_section_without_its_end_is_named(run, state):
    run(f"{P_HASH}lab.check(p_hash)")
    file = state / "my_tls.py"
    cut = file.read_text("utf-8").replace("# === end of 05.p_hash ===\n", "")
    file.write_text(cut, "utf-8")
    with pytest.raises(LocalError, match=r"the section 05\.p_hash .* has lost its last line"):
        run(f"{PRF}lab.check(prf)")
    assert file.read_text("utf-8") == cut


def test_starting_over_puts_the_file_aside(run, state):
    run(f"{P_HASH}lab.check(p_hash)")
    said = lab.start_over()
    assert str(state / "my_tls.before-1.py") in said
    assert (state / "my_tls.before-1.py").exists()
    assert repr(lab.primitives()) == "<Primitives: none replaced>"
    assert lab.start_over() == "Nothing is done, and the questions are new ones."


def test_nothing_is_kept_where_nothing_shall_be(run, state, monkeypatch):
    monkeypatch.setenv("TLSLAB_STATE", "off")
    assert "saved" not in run(f"{P_HASH}lab.check(p_hash)").message
    assert not list(state.iterdir())
    assert my_tls.put_aside() is None
