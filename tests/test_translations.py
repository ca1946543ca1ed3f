"""The Korean pages keep step with the English ones: headings, commands, figures and links."""

import re
from collections import Counter
from itertools import zip_longest
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
KOREAN = [*ROOT.glob("*.ko.md"), *ROOT.glob("docs/**/*.ko.md")]

TREE = re.compile(r"^    mnist_gan/\n(?:    .*\n)+", re.MULTILINE)
NO_TREE = "[](README.md#the-files)\n"  # what README.ko.md says in place of the tree
CODE = re.compile(r"^```.*?^```|^    [^\n]*", re.MULTILINE | re.DOTALL)
REMARK = re.compile(r"(?<=\S)(?: {2,}| +# ).*", re.MULTILINE)  # what stands to the right of code
LINK = re.compile(r"\]\(([^)]+)\)")
SPAN = re.compile(r"`([^`]+)`")
FIGURE = re.compile(r"(?:(?<![\w)])-)?\d+(?:[.,]\d+)*(?:e-?\d+)?", re.ASCII)
# what English says in words where Korean has digits: half a minute, 30초
IN_WORDS = {
    "half an? (minute|hour)": "30",
    "an? (minute|hour)": "1",
    "two (minutes|hours)": "2",
    "three minutes": "3",
    "a quarter": "15",
    "or two": "2",
    "one half": "1/2",
    "a fifth": "1/5",
    "five to fifteen": "5 to 15",
    "five hundred": "500",
    "sevens": "7",
    "November": "11",
    "zero": "0",
}


def english_of(page: Path) -> Path:
    """Return the English page of a Korean one."""
    return page.with_name(page.name.replace(".ko.md", ".md"))


def sections(text: str) -> list[tuple[str, str]]:
    """Return the heading of each section, with its hashes, and the text from there to the next."""
    parts = re.split(r"^(?=#+ )", TREE.sub(NO_TREE, text), flags=re.MULTILINE)
    return [(part.partition("\n")[0], part) for part in parts if part.strip()]


def figures(prose: str) -> list[str]:
    """Return the numbers of a text, among them those that English writes in words."""
    prose = " ".join(prose.split())
    for words, figure in IN_WORDS.items():
        prose = re.sub(rf"\b{words}\b", figure, prose, flags=re.IGNORECASE)
    return FIGURE.findall(prose)


def contents(section: str) -> Counter[str]:
    """Return what a section has that does not depend on the language, and how often."""
    blocks = CODE.findall(section)
    code = [line for block in blocks for line in REMARK.sub("", block).splitlines()]
    remarks = [remark for block in blocks for remark in REMARK.findall(block)]
    text = CODE.sub("", section)
    prose = "\n".join([LINK.sub("]", text), *remarks])
    return Counter(
        [
            *(f"the line `{line.strip()}`" for line in code if line.strip()),
            *(f"the link {link.replace('.ko.md', '.md')}" for link in LINK.findall(text)),
            *(f"`{' '.join(span.split())}`" for span in SPAN.findall(prose)),
            *(f"the figure {figure}" for figure in figures(SPAN.sub("", prose))),
            *("a row of a table" for _ in re.findall(r"^\|", text, re.MULTILINE)),
            *("an item of a list" for _ in re.findall(r"^(?:-|\d+\.) ", text, re.MULTILINE)),
            *("a paragraph" for block in re.split(r"\n\s*\n", text) if block.strip()),
        ]
    )


def differences(english: str, korean: str) -> list[str]:
    """Return a sentence for everything that one of two pages has and the other has not."""
    pairs = list(zip_longest(sections(english), sections(korean), fillvalue=("", "")))
    for (heading, _), (korean_heading, _) in pairs:
        if heading.split(" ")[0] != korean_heading.split(" ")[0]:
            return [f"headings: '{heading}' in English, but '{korean_heading}' in Korean"]
    return [
        f"section '{heading}' ('{korean_heading}'): {what} is missing in {language}"
        for (heading, ours), (korean_heading, theirs) in pairs
        for language, missing in (
            ("Korean", contents(ours) - contents(theirs)),
            ("English", contents(theirs) - contents(ours)),
        )
        for what in missing.elements()
    ]


@pytest.mark.parametrize("page", KOREAN, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_korean_page_says_what_the_english_one_says(page):
    """Both have the same headings, commands, code, figures, links, lists and tables."""
    english, korean = english_of(page).read_text("utf-8"), page.read_text("utf-8")
    found = [f"{page.relative_to(ROOT)}, {sentence}" for sentence in differences(english, korean)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("page", KOREAN, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_link_to_their_other_language(page):
    """The first lines of both link to the other, and Korean links lead to Korean pages."""
    english, korean = english_of(page).read_text("utf-8"), page.read_text("utf-8")
    assert f"[한국어]({page.name})" in "".join(english.splitlines()[:4])
    assert f"[English]({english_of(page).name})" in "".join(korean.splitlines()[:4])
    for target in LINK.findall(korean):
        path = page.parent / target.partition("#")[0]
        assert target.startswith("https://") or path.exists(), target
        assert path == english_of(page) or not path.with_suffix(".ko.md").exists(), target


def test_the_readme_and_the_lab_are_translated():
    """README and each page of the lab have a Korean page."""
    lab = {page for page in (ROOT / "docs" / "lab").glob("*.md") if page not in KOREAN}
    assert lab | {ROOT / "README.md"} == {english_of(page) for page in KOREAN}


PAIR = (
    """# A page

[한국어](page.ko.md)

Draw 1,000 digits ([more](other.md)):

    mnist-gan sample --count 5  # digits in two minutes

## Results

| tip | ratio |
|---|--:|
| `steps` | 0.88 (0.64 to 1.20) |

![After 3 epochs](images/lab.png)
""",
    """# 페이지

[English](page.md)

숫자 1,000개를 그립니다([더 보기](other.ko.md)).

    mnist-gan sample --count 5  # 2분 만에 숫자를

## 결과

| 팁 | 비율 |
|---|--:|
| `steps` | 0.88 (0.64~1.20) |

![3에포크 후](images/lab.png)
""",
)


def test_a_faithful_translation_has_no_differences():
    """Words, remarks on commands and the language of linked pages may differ."""
    assert differences(*PAIR) == []


@pytest.mark.parametrize(("said", "instead"), [("two minutes", "an hour"), ("2분", "1분")])
def test_a_number_in_words_is_a_figure(said, instead):
    """Where English says two minutes, Korean must say 2."""
    english, korean = (text.replace(said, instead) for text in PAIR)
    assert len(differences(english, korean)) == 2


@pytest.mark.parametrize("language", [0, 1])
@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("0.88", "0.89", "'## Results' ('## 결과'): the figure 0.88 is missing in {}"),
        ("1,000", "1.000", "'# A page' ('# 페이지'): the figure 1,000 is missing in {}"),
        ("--count 5", "--count 6", "the line `mnist-gan sample --count 5` is missing in {}"),
        ("`steps`", "`rates`", "`steps` is missing in {}"),
        ("lab.png", "tips.png", "the link images/lab.png is missing in {}"),
        ("0.88", "0.88 7", "the figure 7 is missing in {}"),
        ("| `", "\n| `", "a paragraph is missing in {}"),
        ("## ", "### ", "headings: "),
    ],
)
def test_a_change_in_one_language_is_found(language, before, after, said):
    """A figure, command, name, picture or heading that only one page changes is named."""
    changed = list(PAIR)
    changed[language] = changed[language].replace(before, after, 1)
    # what one page has in addition is missing in the other one
    lacking = ("English", "Korean")[language if before not in after else 1 - language]
    assert any(said.format(lacking) in sentence for sentence in differences(*changed))
