"""What comes out of a kernel is brought into a form that is the same each time."""

import nbformat

from tlslab.classroom.running import join_streams


def test_what_was_printed_in_pieces_is_one_output_again():
    output = nbformat.v4.new_output
    pieces = [
        output("stream", name="stdout", text="one\n"),
        output("stream", name="stdout", text="two\n"),
        output("stream", name="stderr", text="but\n"),
        output("display_data", data={"text/plain": "x"}),
        output("stream", name="stdout", text="three\n"),
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=pieces)])
    join_streams(notebook)
    outputs = notebook.cells[0].outputs
    assert [each.get("text") for each in outputs] == ["one\ntwo\n", "but\n", None, "three\n"]
