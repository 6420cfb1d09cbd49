"""A second reading of the Sigma rules specification, as plain as it can be: rule files in, does an event match.
Shares nothing with the product. Slow, and only for what the product accepts (the rest raises Unsupported)."""
import fnmatch
import re
import string

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


def wildcard_regex(value, front, back):
    """Value with `*`, `?` and escapes as a regular expression for the whole folded text."""
    out, at = [".*"] if front else [], 0
    while at < len(value):
        c = value[at]
        if c == "\\" and value[at + 1:at + 2] in ("*", "?", "\\") and at + 1 < len(value):
            out.append(re.escape(fold(value[at + 1])))
            at += 1
        elif c in "*?":
            out.append(".*" if c == "*" else ".")
        else:
            out.append(re.escape(fold(c)))
        at += 1
    return re.compile("".join(out) + (".*" if back else ""), re.S)


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
        flags = 0
        for modifier in modifiers:
            if modifier in ("contains", "startswith", "endswith", "re", "exists"):
                self.kind = modifier
            elif modifier in ("i", "ignorecase", "m", "multiline", "s", "dotall"):
                flags |= {"i": re.I, "m": re.M, "d": re.S, "s": re.S}[modifier[0]]
            elif modifier != "all":
                raise Unsupported(modifier)
        if any(isinstance(v, (dict, list)) for v in self.values):
            raise Unsupported("nested value")
        self.tests = [self._test(v, flags) for v in self.values]

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
        loose = self.field is None
        regex = wildcard_regex(value, loose or self.kind in ("contains", "endswith"),
                               loose or self.kind in ("contains", "startswith"))
        return lambda text: regex.fullmatch(fold(text))

    def holds(self, event):
        if self.kind == "exists":
            return any((event.get(self.field) is not None) == wanted for wanted in self.tests)
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
