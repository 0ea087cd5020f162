"""What IPython adds to Python is written out when a notebook is imported, or told."""

import pytest

from flowforge_lab.clients.notebooks.cleaning import clean


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("out = !echo $name {1 + 1}", "f'echo {name} {1 + 1}'"),
        ("out = !echo $HOME $$PATH", "'echo $HOME $PATH'"),
        ("out = !awk '{print $1}' a.txt", '''"awk '{print $1}' a.txt"'''),
        ("!ls $folder", "f'ls {folder}'"),
    ],
)
def test_a_shell_line_gets_the_values_that_ipython_puts_in(line, command):
    assert f"subprocess.run({command}, shell=True" in clean(line).source


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("%cd -q /tmp", "os.chdir('/tmp')"),
        ("%cd 'my data'", "os.chdir('my data')"),
        ("%cd $place/in", "os.chdir(os.path.expanduser(f'{place}/in'))"),
        ("%cd ~/in", "os.chdir(os.path.expanduser('~/in'))"),
        ('%env NAME "q"', "os.environ['NAME'] = '\"q\"'"),
        ("%env NAME=a b=c", "os.environ['NAME'] = 'a b=c'"),
        ("%env NAME=$value", "os.environ['NAME'] = f'{value}'"),
        ("%env NAME", "pass"),
        ("%run 'my script.py'", "runpy.run_path('my script.py')"),
    ],
)
def test_a_magic_is_written_out_as_ipython_understands_it(line, written):
    found = clean(line)

    assert written in found.source
    assert found.obstacles == ()


@pytest.mark.parametrize("line", ["%cd -", "%cd -2", "%cd -b home", "%run -i a.py", "%run a.py 3"])
def test_a_magic_that_only_ipython_understands_is_told(line):
    assert len(clean(line).obstacles) == 1


def test_what_ipython_adds_to_the_lines_of_a_shell_is_told(woven):
    cells = [
        "r = !ls\nplain = ['a']",
        "v = r.n",
        "class A:\n    n = 1\nplain = A()",
        "x = plain.n",
    ]
    made = woven("\n---\n".join(cells))

    assert [(one.cell, one.text) for one in made.different] == [
        (2, "it uses r.n of lines of a shell, which only a notebook has")
    ]


def test_attrs_of_a_table_are_told(woven):
    made = woven("import pandas as pd\ndf = pd.DataFrame({'a': [1]})\n---\nu = df.attrs.get('u')")

    assert [one.cell for one in made.different] == [2]
