"""The list of a system library's functions (.tbd, version 4) as a set of symbol names: the linker's view of libSystem.
Read are the parts this list uses: exports and re-exports, with their targets; the libraries that an umbrella re-exports
are documents of the same file."""
import re

KINDS = ("symbols", "weak-symbols", "thread-local-symbols")


def words(text):
    """The items of `[ a, 'b', "c" ]` without the brackets."""
    return [word.strip().strip("'\"") for word in text.split(",") if word.strip()]


def exports(path, cpu):
    """Names that programs of this CPU can link with."""
    with open(path, encoding="utf-8") as handle:
        text = handle.read()
    target, found = f"{cpu}-macos", set()
    for document in text.split("--- !tapi-tbd")[1:]:
        # Each list belongs to the section and the targets before it.
        section, here = "", False
        for line in re.finditer(r"^([a-z-]+):|([a-z-]+): *\[([^\]]*)\]", document, re.M):
            if line.group(1):
                section = line.group(1)
            if line.group(2) == "targets":
                here = target in words(line.group(3))
            elif section in ("exports", "reexports") and line.group(2) in KINDS and here:
                found.update(words(line.group(3)))
    if not found:
        raise ValueError(f"{path}: no symbols for {target}")
    return found
