"""What writes JSON in the wild: each writer has styles, and writes a batch of documents, each in one of them."""

import base64
import itertools
import json
import os
import pathlib
import subprocess
import tempfile

TOOLS = pathlib.Path(__file__).parent / "tools"


class Python:
    """json.dumps"""

    name = "python"
    styles = [
        {**layout, "ensure_ascii": ascii_only, "sort_keys": in_order}
        for layout, ascii_only, in_order in itertools.product(
            ({"separators": (",", ":")}, {}, {"indent": 2}, {"indent": 4}, {"indent": "\t"}), (False, True), (False, True))
    ]

    def write(self, jobs):
        return [json.dumps(json.loads(text), **self.styles[style]).encode() for style, text in jobs]


class Batch:
    """A program that takes a style's number and a document in base64 a line."""

    def __init__(self, name, command, styles):
        self.name, self.command, self.styles = name, command, styles

    def write(self, jobs):
        lines = "".join(f"{style} {base64.b64encode(text).decode()}\n" for style, text in jobs)
        done = subprocess.run(self.command, input=lines.encode(), stdout=subprocess.PIPE, check=True)
        written = [base64.b64decode(line) for line in done.stdout.split()]
        assert len(written) == len(jobs), f"{self.name} wrote {len(written)} of {len(jobs)}"
        return written


class Jq:
    """jq; a run for each style. It ends what it writes with a newline, which a shell's $(…) takes off."""

    name = "jq"
    styles = [["-c"], ["-cS"], [], ["-S"], ["--indent", "4"], ["--tab"], ["-ca"]]
    MARK = b'"-- next --"\n'

    def write(self, jobs):
        written = [b""] * len(jobs)
        for style in sorted({style for style, _ in jobs}):
            places = [place for place, job in enumerate(jobs) if job[0] == style]
            texts = b"\n".join(jobs[place][1] for place in places)
            command = ["jq", *self.styles[style], f"., {self.MARK.decode().strip()}"]
            done = subprocess.run(command, input=texts, stdout=subprocess.PIPE, check=True)
            parts = done.stdout.split(self.MARK)[:-1]
            assert len(parts) == len(places)
            for place, part in zip(places, parts):
                written[place] = part if place % 2 else part.rstrip(b"\n")
        return written


def writers(scratch):
    """All of them; Go's is compiled first."""
    marshal = pathlib.Path(scratch) / "marshal"
    subprocess.run(["go", "build", "-o", marshal, TOOLS / "marshal.go"], check=True, env={**os.environ, "GOFLAGS": "-mod=mod"})
    node = os.environ.get("HOOKSEAL_NODE", "node")
    php = ["default", "slashes", "unicode", "slashes and unicode", "pretty", "pretty and unicode", "pretty, slashes and unicode"]
    go = ["RawMessage", "map", "map, indented", "Encoder", "Encoder of RawMessage without HTML", "Encoder without HTML, tab"]
    return [
        Python(),
        Batch("node", [node, str(TOOLS / "stringify.mjs")], ["compact", "2", "4", "tab"]),
        Batch("php", ["php", str(TOOLS / "encode.php")], php),
        Batch("go", [str(marshal)], go),
        Jq(),
    ]


def reserialised(documents, r):
    """(writer and style, signed, arrived): one writer's text that another has parsed and written again, as long as the first
    would write what was signed for what arrived. What a parse has lost for good (the order in Go, 1.0 in JavaScript) is in no
    one's power to bring back."""
    with tempfile.TemporaryDirectory() as scratch:
        all_writers = writers(scratch)
        jobs = [(writer, style, text) for text in documents for writer in all_writers for style in range(len(writer.styles))]
        signed = batched(jobs)
        others = [(r.choice(all_writers), text) for text in signed]
        arrived = batched([(writer, r.randrange(len(writer.styles)), text) for writer, text in others])
        again = batched([(writer, style, text) for (writer, style, _), text in zip(jobs, arrived)])
    for (writer, style, _), text, other, back in zip(jobs, signed, arrived, again):
        if back.strip() == text.strip() and text.strip() != other.strip():
            yield f"{writer.name} {writer.styles[style]}", text, other


def batched(jobs):
    """One run for each writer."""
    written = [b""] * len(jobs)
    for writer in {id(job[0]): job[0] for job in jobs}.values():
        places = [place for place, job in enumerate(jobs) if job[0] is writer]
        for place, text in zip(places, writer.write([jobs[place][1:] for place in places])):
            written[place] = text
    return written
