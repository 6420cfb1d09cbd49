"""A second reading of the Sigma rules specification, as plain as it can be: rule files in, does an event match.
Shares nothing with the product. Slow, and only for what the product accepts (the rest raises Unsupported)."""
import base64
import datetime
import fnmatch
import ipaddress
import itertools
import re
import string
from decimal import Decimal

import yaml

LOWER = {ord(c): c.lower() for c in string.ascii_uppercase}


class Unsupported(Exception):
    pass


class Loader(yaml.BaseLoader):
    """Every scalar is text, except a plain null."""


Loader.yaml_implicit_resolvers = {}
Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
Loader.add_constructor("tag:yaml.org,2002:null", lambda loader, node: None)


def fold(text):
    """Sigma compares without letter case; only ASCII letters have one here."""
    return text.translate(LOWER)


def wildcard_regex(value, front, back, change=fold):
    """Value with `*`, `?` and escapes as a regular expression for the whole folded text."""
    out, at = [".*"] if front else [], 0
    while at < len(value):
        c = value[at]
        if c == "\\" and value[at + 1:at + 2] in ("*", "?", "\\") and at + 1 < len(value):
            out.append(re.escape(change(value[at + 1])))
            at += 1
        elif c in "*?":
            out.append(".*" if c == "*" else ".")
        else:
            out.append(re.escape(change(c)))
        at += 1
    return re.compile("".join(out) + (".*" if back else ""), re.S)


DASHES = "-/\u2013\u2014\u2015"
MAC_PLACEHOLDERS = {"MacLaunchFolders": ["/Library/LaunchAgents/", "/Library/LaunchDaemons/",
                                         "/Users/*/Library/LaunchAgents/"]}


def dashed(value):
    """Every spelling of a value whose dashes may be any of five."""
    spots = [i for i, c in enumerate(value) if c in DASHES and (i == 0 or value[i - 1] in " \t")]
    for chosen in itertools.product(DASHES, repeat=len(spots)):
        text = list(value)
        for at, dash in zip(spots, chosen):
            text[at] = dash
        yield "".join(text)


def plain(value):
    """Text of a value without wildcards, as bytes."""
    if re.search(r"(?<!\\)[*?]", value):
        raise Unsupported("wildcards in an encoded value")
    return re.sub(r"\\([*?\\])", r"\1", value).encode()


def escaped(text):
    return re.sub(r"([*?\\])", r"\\\1", text)


def offsets(raw):
    """What is sure of raw bytes inside base64, whatever stands around them."""
    for skip in range(3):
        encoded = base64.b64encode(b"x" * skip + raw)
        first = (8 * skip + 5) // 6
        last = 8 * (skip + len(raw)) // 6
        yield encoded[first:last].decode()


def encodings(modifier, values):
    """Values after one modifier that changes them."""
    for value in values:
        if modifier == "expand":
            parts = re.split(r"(?<!\\)%(\w+)%", value)
            choices = [[p.replace("\\%", "%")] if i % 2 == 0 else MAC_PLACEHOLDERS[p] for i, p in enumerate(parts)]
            yield from ("".join(c) for c in itertools.product(*choices))
        elif modifier == "windash":
            yield from dashed(value)
        elif modifier == "base64":
            yield base64.b64encode(plain(value)).decode()
        elif modifier == "base64offset":
            yield from offsets(plain(value))
        elif modifier in ("wide", "utf16le"):
            yield escaped(plain(value).decode().encode("utf-16-le").decode("latin-1"))
        else:
            raise Unsupported(modifier)


def number(text):
    return Decimal(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else None


def part_of(name, text):
    """Part of a time that is written as text, or None."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d):(\d\d)(?:\D.*)?)?", text, re.S)
    if not found or (name in ("minute", "hour") and not found[2]):
        return None
    try:
        day = datetime.date.fromisoformat(found[1])
    except ValueError:
        return None
    if found[2] and (int(found[2]) > 23 or int(found[3]) > 59):
        return None
    return {"minute": int(found[3] or 0), "hour": int(found[2] or 0), "day": day.day, "week": day.isocalendar()[1],
            "month": day.month, "year": day.year}[name]


ORDERS = {"equals": lambda a, b: a == b, "lt": lambda a, b: a < b, "lte": lambda a, b: a <= b, "gt": lambda a, b: a > b,
          "gte": lambda a, b: a >= b}
PARTS = ("minute", "hour", "day", "week", "month", "year")


def texts_of(value):
    """The texts a field's value can be compared as."""
    if isinstance(value, list):
        return [text for item in value for text in texts_of(item)]
    if value is None:
        return []
    if isinstance(value, bool):
        return ["true" if value else "false"]
    return [str(value)]


class Item:
    """One `field|modifiers: values`; field None is a keyword, looked for in every value."""

    def __init__(self, key, values):
        name, *modifiers = key.split("|")
        self.field = name or None
        self.values = values if isinstance(values, list) else [values]
        self.every = "all" in modifiers
        self.kind = "equals"
        self.part = None
        self.cased = "cased" in modifiers
        self.negated = "neq" in modifiers
        self.reference = "fieldref" in modifiers
        self.changes = [m for m in modifiers if m in ("expand", "windash", "base64", "base64offset", "wide", "utf16le")]
        self.changes.sort(key=lambda m: m != "expand")
        flags = 0
        for modifier in modifiers:
            if modifier in ("contains", "startswith", "endswith", "re", "exists", "cidr") or modifier in ORDERS:
                self.kind = modifier
            elif modifier in ("i", "ignorecase", "m", "multiline", "s", "dotall"):
                flags |= {"i": re.I, "m": re.M, "d": re.S, "s": re.S}[modifier[0]]
            elif modifier in PARTS:
                self.part = modifier
            elif modifier not in ("all", "cased", "neq", "fieldref") and modifier not in self.changes:
                raise Unsupported(modifier)
        if any(isinstance(v, (dict, list)) for v in self.values):
            raise Unsupported("nested value")
        self.tests = [self._test(v, flags) for v in self.values]

    def _number(self, value):
        wanted, compare = number(value), ORDERS[self.kind]

        def holds(text):
            got = part_of(self.part, text) if self.part else number(text)
            return got is not None and compare(got, wanted)
        return holds

    def _address(self, value):
        network = ipaddress.ip_network(value)

        def holds(text):
            try:
                address = ipaddress.ip_address(text.split("%")[0])
            except ValueError:
                return False
            mapped = getattr(address, "ipv4_mapped", None)
            return (mapped if mapped and network.version == 4 else address) in network
        return holds

    def _text(self, value):
        loose = self.field is None
        values = [value]
        for change in self.changes:
            values = list(encodings(change, values))
        change_case = (lambda text: text) if self.cased else fold
        regexes = [wildcard_regex(v, loose or self.kind in ("contains", "endswith"),
                                  loose or self.kind in ("contains", "startswith"), change_case) for v in values]
        return lambda text: any(r.fullmatch(change_case(text)) for r in regexes)

    def _test(self, value, flags):
        if value is None:
            return None
        if self.kind == "re":
            try:
                return re.compile(value, flags).search
            except re.error as error:
                raise Unsupported(f"regex: {error}") from None
        if self.kind == "exists":
            return fold(value) == "true"
        if self.reference:
            return value
        if self.kind == "cidr":
            return self._address(value)
        if self.part or self.kind in ("lt", "lte", "gt", "gte"):
            return self._number(value)
        return self._text(value)

    def _compare_fields(self, event, other):
        how = {"equals": lambda a, b: a == b, "contains": lambda a, b: b in a, "startswith": str.startswith,
               "endswith": str.endswith}[self.kind]
        return any(how(fold(a), fold(b)) for a in texts_of(event.get(self.field)) for b in texts_of(event.get(other)))

    def holds(self, event):
        return self._holds(event) != self.negated

    def _holds(self, event):
        if self.kind == "exists":
            return any((event.get(self.field) is not None) == wanted for wanted in self.tests)
        if self.reference:
            results = [self._compare_fields(event, other) for other in self.tests]
            return all(results) if self.every else any(results)
        if self.field is None:
            texts = [text for value in event.values() for text in texts_of(value)]
        else:
            texts = texts_of(event.get(self.field))
        results = ((not texts) if test is None else any(test(t) for t in texts) for test in self.tests)
        return all(results) if self.every else any(results)


class All:
    def __init__(self, parts):
        self.parts = parts

    def holds(self, event):
        return all(part.holds(event) for part in self.parts)


class Any(All):
    def holds(self, event):
        return any(part.holds(event) for part in self.parts)


class Not:
    def __init__(self, part):
        self.parts = [part]

    def holds(self, event):
        return not self.parts[0].holds(event)


def selection(node):
    if isinstance(node, dict):
        return All([Item(key, value) for key, value in node.items()])
    if isinstance(node, list):
        if all(isinstance(part, dict) for part in node):
            return Any([selection(part) for part in node])
        if not any(isinstance(part, (dict, list)) for part in node):
            return Item("", node)
    elif node is not None:
        return Item("", [node])
    raise Unsupported("selection")


class Condition:
    """Recursive descent: or < and < not < primary."""

    def __init__(self, text, selections):
        self.words = re.findall(r"[()]|[^\s()]+", text)
        self.selections = selections
        self.tree = self._or()
        if self.words:
            raise Unsupported(f"condition: {self.words[0]}")

    def _next_is(self, word):
        return bool(self.words) and self.words[0].lower() == word

    def _chain(self, word, kind, part):
        parts = [part()]
        while self._next_is(word):
            self.words.pop(0)
            parts.append(part())
        return parts[0] if len(parts) == 1 else kind(parts)

    def _or(self):
        return self._chain("or", Any, self._and)

    def _and(self):
        return self._chain("and", All, self._not)

    def _not(self):
        if self._next_is("not"):
            self.words.pop(0)
            return Not(self._not())
        return self._primary()

    def _primary(self):
        if not self.words:
            raise Unsupported("condition ends early")
        word = self.words.pop(0)
        if word == "(":
            tree = self._or()
            if not self.words or self.words.pop(0) != ")":
                raise Unsupported("parenthesis")
            return tree
        if word.lower() in ("1", "any", "all") and self._next_is("of"):
            self.words.pop(0)
            pattern = self.words.pop(0)
            names = [n for n in self.selections if not n.startswith("_")] if pattern.lower() == "them" else \
                [n for n in self.selections if fnmatch.fnmatchcase(n, pattern)]
            if not names:
                raise Unsupported("of nothing")
            return (All if word.lower() == "all" else Any)([self.selections[n] for n in names])
        if word not in self.selections:
            raise Unsupported(f"condition: {word}")
        return self.selections[word]


def fields_of(parts):
    for part in parts:
        if isinstance(part, Item):
            yield part.field
        else:
            yield from fields_of(part.parts)


class Rule:
    def __init__(self, document):
        self.id = document.get("id") or document["title"]
        detection = document["detection"]
        conditions = detection["condition"]
        selections = {name: selection(node) for name, node in detection.items()
                      if name not in ("condition", "timeframe")}
        texts = conditions if isinstance(conditions, list) else [conditions]
        trees = [Condition(text, selections).tree for text in texts]
        self.tree = trees[0] if len(trees) == 1 else Any(trees)
        self.fields = set(fields_of(list(selections.values())))

    def holds(self, event):
        return self.tree.holds(event)


def load(path):
    """Rules of one file; Unsupported when there is something in it that this reading does not know."""
    with open(path, encoding="utf-8") as handle:
        return [Rule(d) for d in yaml.load_all(handle, Loader) if isinstance(d, dict) and "detection" in d]
