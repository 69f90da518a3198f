"""Terms of a house: what is found in a sentence, and errors that name their line."""

import pytest

from pipelines.subtitles.glossary import Glossary, Term, read_glossary
from studio.errors import RequestError


def found(text, *terms):
    return [text[a:b] for a, b, _ in Glossary.of(Term(t, t) for t in terms).found_in(text)]


@pytest.mark.parametrize(
    ("text", "terms", "there"),
    [
        ("the Big A Inn, Big A", ("Big A", "Big A Inn"), ["Big A Inn", "Big A"]),
        ("NEW  YORK, said he", ("New York",), ["NEW  YORK"]),
        ("the artist drew art", ("art",), ["art"]),
        ("서울에서 서울로", ("서울",), ["서울", "서울"]),
        ("C++ and C", ("C++",), ["C++"]),
        ("nothing", ("thing",), []),
    ],
)  # fmt: skip
def test_terms_are_found_whole_and_the_longest_first(text, terms, there):
    assert found(text, *terms) == there


def test_names_are_kept_unless_the_glossary_says_otherwise():
    glossary = Glossary.of([Term("Ada", "에이다")]).with_names(["Ada", "Grace", " "])
    assert {(t.source, t.target) for t in glossary.terms} == {("Ada", "에이다"), ("Grace", "Grace")}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("g.csv", 'term,translation\n# remark\nSeoul,서울\n\n"Kim, Minsu",김민수\nStudio,\n'),
        ("g.toml", '# remark\nSeoul = "서울"\n"Kim, Minsu" = "김민수"\nStudio = ""\n'),
        ("g.txt", '\ufeffSeoul , 서울\r\n"Kim, Minsu",김민수\r\nStudio,\r\n'),
    ],
)
def test_both_forms_say_the_same(name, text, tmp_path):
    path = tmp_path / name
    path.write_bytes(text.encode())
    terms = {t.source: t.target for t in read_glossary(path).terms}
    assert terms == {"Seoul": "서울", "Kim, Minsu": "김민수", "Studio": "Studio"}


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("g.csv", b"Seoul,\xec\x84\nX,Y\n", "line 1: this is not UTF-8"),
        ("g.csv", b"a,b\nc\n", "line 2: there are 1 columns"),
        ("g.csv", b"a,b\nc,d,e\n", "line 2: there are 3 columns"),
        ("g.csv", b"a,b\n,d\n", "line 2: the term is empty"),
        ("g.csv", b"a,b\nc,d\nA,x\n", "line 3: 'A' stands here a second time, after line 1"),
        ("g.csv", b'a,b\n"c,d\n', "line 2: unexpected end"),
        ("g.csv", b"# nothing\n", "holds no terms"),
        ("g.toml", b'a = "b"\nc = 3\n', "line 2: 'c' should become a text"),
        ("g.toml", b'a = "b\n', "is no TOML"),
    ],
)
def test_errors_name_their_line(name, data, told, tmp_path):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(RequestError) as caught:
        read_glossary(tmp_path / name)
    assert told in caught.value.message
    assert caught.value.hint


def test_a_glossary_that_is_not_there_or_is_no_glossary(tmp_path):
    with pytest.raises(RequestError, match="cannot be read"):
        read_glossary(tmp_path / "none.csv")
    (tmp_path / "film.csv").write_bytes(b"x" * 2**21)
    with pytest.raises(RequestError, match="too long"):
        read_glossary(tmp_path / "film.csv")
