"""The signatures of content/yara as data, for the tools that check them and the scenarios that try them.

A signature is one rule of a fixed form. Its `forms` say in which kinds of files it looks and how many of its strings it
wants there ("macho:2 script:3"); its condition says the same in the language of YARA."""
import glob
import os
import re

META = re.compile(r'^        (\w+) = "(.+)"$', re.M)
STRING = re.compile(r'^        \$\w+ = "((?:[^"\\]|\\.)+)"(?: (ascii wide|xor\(0x7a\)))?$', re.M)
MACHO = ("(uint32(0) == 0xfeedface or uint32(0) == 0xfeedfacf or\n"
         "             ((uint32be(0) | 1) == 0xcafebabf and uint32be(4) < 20))")
CONDITIONS = {"macho": MACHO, "script": "uint8(0) == 0x23", "plist": "uint32be(0) == 0x3c3f786d",
              "applescript": "uint32be(0) == 0x46617364"}
# How files of each form begin.
BEGINNINGS = {"macho": (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe\0\0\0\x02", b"\xca\xfe\xba\xbf\0\0\0\x02"),
              "script": (b"#!/bin/sh\n", b"# no interpreter\n"), "plist": (b"<?xml version='1.0'?>\n",),
              "applescript": (b"FasdUAS 1.101.10",)}


class Signature:
    """One file of content/yara."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.text = file.read()
        self.path = path
        self.name = os.path.splitext(os.path.basename(path))[0]
        self.meta = dict(META.findall(self.text.split("    strings:\n")[0]))
        self.references = [value for key, value in META.findall(self.text) if key == "reference"]
        self.strings = [(re.sub(r"\\(.)", r"\1", quoted), how) for quoted, how in STRING.findall(self.text)]
        self.forms = {form: int(count) for form, count in re.findall(r"(\w+):(\d+)", self.meta.get("forms", ""))}

    def condition(self):
        """The condition that its forms ask for."""
        parts = [f"            ({count} of them and {CONDITIONS.get(form, 'no form')})" for form, count in self.forms.items()]
        return "    condition:\n        filesize < 64MB and (\n" + " or\n".join(parts) + ")\n}\n"

    def pieces(self):
        """Each string as it would stand in a file: hidden ones hidden, and texts of compiled scripts with the high byte first."""
        for plain, how in self.strings:
            if how == "xor(0x7a)":
                yield bytes(byte ^ 0x7a for byte in plain.encode())
            elif how == "ascii wide":
                yield (plain + "m").encode("utf-16-be")
            else:
                yield plain.encode()


def load(folder):
    """The signatures of a folder, by name."""
    return [Signature(path) for path in sorted(glob.glob(os.path.join(folder, "*.yar")))]
