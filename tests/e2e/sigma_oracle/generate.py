"""Events for rules: one that should satisfy a given rule, and near misses of it. What an event truly matches is for
the oracle to say; here it only matters that both answers are common."""
import oracle

TIMES = ("2025-08-07T13:21:35Z", "2025-08-07 22:00", "2024-12-30T03:30:00+02:00", "2024-02-29", "2023-02-29", "noon")
ADDRESSES = ("10.1.2.3", "10.200.0.1", "192.0.2.1", "::ffff:10.1.2.3", "fe80::1%en0", "2001:db8::1", "x")
FILL = ("x", "/usr/bin/", "-a ", "tmp", "é", "1")


def expand(rng, value):
    """A text that a value with wildcards matches."""
    out, at = [], 0
    while at < len(value):
        c = value[at]
        if c == "\\" and at + 1 < len(value) and value[at + 1] in "*?\\":
            out.append(value[at + 1])
            at += 1
        elif c == "*":
            out.append(rng.choice(FILL) * rng.randrange(3))
        elif c == "?":
            out.append(rng.choice("aZ9é"))
        else:
            out.append(c)
        at += 1
    return "".join(out)


class Wish:
    """What the fields should be, collected over a rule's conditions."""

    def __init__(self, rng):
        self.rng = rng
        self.parts = {}
        self.plain = {}
        self.keywords = []

    def item(self, item):
        rng = self.rng
        values = item.values if item.every else [rng.choice(item.values)]
        if item.kind in ("re", "exists"):
            self.plain.setdefault(item.field, rng.choice(["1", "some text"]))
            return
        if item.part:
            self.plain[item.field] = rng.choice(TIMES)
            return
        if item.reference:
            self.plain[item.field] = self.plain[values[0]] = rng.choice(["/bin/sh", "sh", "x"])
            return
        if item.kind == "cidr":
            self.plain[item.field] = rng.choice(ADDRESSES)
            return
        if item.kind in ("lt", "lte", "gt", "gte"):
            self.plain[item.field] = rng.choice([values[0], "-1", "1000000", "2.25", "0.1"])
            return
        for change in item.changes:
            values = [rng.choice(list(oracle.encodings(change, [v]))) for v in values if v is not None]
        for value in values:
            if value is None:
                continue
            text = expand(rng, value)
            if item.field is None:
                self.keywords.append(text)
            elif item.kind == "equals":
                self.plain[item.field] = text
            else:
                self.parts.setdefault(item.field, {"startswith": [], "contains": [], "endswith": []})[
                    item.kind].append(text)

    def tree(self, node):
        if isinstance(node, oracle.Item):
            self.item(node)
        elif isinstance(node, oracle.Not):
            if self.rng.random() < 0.1:
                self.tree(node.parts[0])
        elif isinstance(node, oracle.Any):
            self.tree(self.rng.choice(node.parts))
        else:
            for part in node.parts:
                self.tree(part)

    def event(self):
        rng, event = self.rng, {}
        for field, parts in self.parts.items():
            middle = parts["contains"]
            rng.shuffle(middle)
            event[field] = "".join(parts["startswith"][-1:]) + rng.choice(["", " ", "x"]).join(middle) + \
                "".join(parts["endswith"][-1:])
        event.update(self.plain)
        if self.keywords:
            event["Message"] = " ".join(self.keywords)
        return event


def near_miss(rng, event):
    """The event with one small change."""
    changed = dict(event)
    texts = [k for k, v in event.items() if isinstance(v, str) and v]
    if not texts:
        return changed
    field = rng.choice(texts)
    text = changed[field]
    at = rng.randrange(len(text))
    kind = rng.randrange(6)
    if kind == 0:
        changed[field] = text[:at] + text[at + 1:]
    elif kind == 1:
        changed[field] = text[:at] + rng.choice("aX /\\.") + text[at:]
    elif kind == 2:
        changed[field] = text.swapcase()
    elif kind == 3:
        changed[field] = [text[:at], text]
    elif kind == 4:
        del changed[field]
    else:
        changed[field] = text + rng.choice(["", " ", "/"]) + rng.choice(FILL)
    return changed


def events_for(rng, rule, count):
    for number in range(count):
        wish = Wish(rng)
        wish.tree(rule.tree)
        event = wish.event()
        yield event if number % 2 == 0 else near_miss(rng, event)
