"""The description of the administration API (src/schema/openapi.yaml), and a caller whose every exchange is held
against it: the answer's status, content type and members, the parameters and, when it was accepted, the body sent.

    description = Description(s)
    api = description.watch(server.login())
    api.get("/devices").expect(200)
    ...
    description.check_complete()

Unknown members are failures, also where the description leaves room for what a device may say: what is tested here
comes from devices that behave."""
import copy
import json
import os
import re
import urllib.parse

import yaml
from jsonschema import Draft202012Validator

from scenario import check

METHODS = ("get", "post", "delete", "put", "patch")


class Operation:
    def __init__(self, method, path, node, shared):
        self.id = node["operationId"]
        self.method, self.path, self.node = method.upper(), path, node
        self.pattern = re.compile(re.sub(r"\\{\w+\\}", "([^/]+)", re.escape(path)))
        self.parameters = shared + node.get("parameters", [])
        self.permission = node.get("x-permission")
        self.body_bytes = node.get("x-body-bytes", 0)
        self.seen = set()  # statuses
        self.used = set()  # query parameters

    def __str__(self):
        return f"{self.method} {self.path}"


class Description:
    def __init__(self, s):
        with open(os.path.join(s.source, "src", "schema", "openapi.yaml"), encoding="utf-8") as handle:
            self.text = handle.read()
        self.document = yaml.safe_load(self.text)
        self.components = copy.deepcopy(self.document["components"])
        self.operations = {}
        for name, schema in self.components["schemas"].items():
            if not name.endswith("Common"):  # those are parts of others
                close(schema)
            Draft202012Validator.check_schema(schema)
        for path, node in self.document["paths"].items():
            for method in METHODS:
                if method in node and not node[method].get("x-planned"):
                    operation = Operation(method, path, node[method], node.get("parameters", []))
                    self.operations[operation.id] = operation

    def find(self, method, path):
        """The operation of a request; literal paths go before those with parameters."""
        method = "GET" if method == "HEAD" else method
        fits = [o for o in self.operations.values() if o.method == method and o.pattern.fullmatch(path)]
        check(fits, f"{method} {path} is described")
        return min(fits, key=lambda o: o.path.count("{"))

    def resolve(self, node):
        while "$ref" in node:
            target = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def validate(self, value, schema, what):
        """Fail unless the value is as the schema has it. Whole numbers stay apart from others."""
        validator = Draft202012Validator(dict(copy.deepcopy(schema), components=self.components))
        errors = sorted(validator.iter_errors(value), key=lambda e: list(map(str, e.absolute_path)))
        shown = [f"{'/'.join(map(str, e.absolute_path)) or '(all of it)'}: {e.message[:400]}" for e in errors[:4]]
        check(not errors, f"{what} is not as described: {'; '.join(shown)}")

    def judge(self, method, target, body, headers, response):
        """One exchange; `target` with its query."""
        path, _, query = target.partition("?")
        operation = self.find(method, path)
        if method == "HEAD":
            return
        what = f"{operation} -> {response.status}"
        responses = operation.node["responses"]
        status = str(response.status)
        check(status in responses or response.status >= 500 and "default" in responses, f"{what} is described")
        operation.seen.add(status)
        for name, value in urllib.parse.parse_qsl(query, keep_blank_values=True):
            self.judge_parameter(operation, name, value, response)
        answer = self.resolve(responses.get(status, responses.get("default")))
        self.judge_content(answer, response, what)
        if body is not None and response.status < 300:
            sent = self.resolve(operation.node["requestBody"])["content"]
            if "application/json" in sent:
                self.validate(json.loads(body), sent["application/json"]["schema"], f"the body of {operation}")

    def judge_parameter(self, operation, name, value, response):
        known = [p for p in map(self.resolve, operation.parameters) if p["in"] == "query" and p["name"] == name]
        check(known, f"the parameter '{name}' of {operation} is described")
        operation.used.add(name)
        if response.status >= 300:
            return
        schema = self.resolve(known[0]["schema"])
        if schema["type"] == "array":
            value = value.split(",")
        elif schema["type"] in ("integer", "boolean"):
            value = json.loads(value)
        self.validate(value, schema, f"the parameter '{name}' of {operation}")

    def judge_content(self, answer, response, what):
        given = response.headers.get("Content-Type")
        contents = answer.get("content")
        for name in answer.get("headers", {}):
            check(name in response.headers, f"{what} has the field {name}")
        if not contents:
            check(given is None and response.body == b"", f"{what} has no content: {given}")
            return
        kind = (given or "").partition(";")[0]
        check(kind in contents, f"{what} is of the type {list(contents)}: {given}")
        if kind.endswith("json"):
            self.validate(response.json, contents[kind]["schema"], what)

    def judge_stream(self, stream):
        """An answer of the live stream (stream.py), and each message it has brought."""
        self.operations["stream"].seen.add(str(stream.status))
        if stream.status != 200:
            return
        check(stream.headers["Content-Type"] == "text/event-stream", "a stream is of its type")
        for message in list(stream.messages):
            self.validate(message.data, {"$ref": f"#/components/schemas/Stream{message.event.capitalize()}"},
                          f"the message {message}")

    def watch(self, api):
        return Watched(self, api)

    def check_complete(self):
        """Every operation was called, each described status came, each parameter was used."""
        missing = []
        for operation in self.operations.values():
            described = {s for s in operation.node["responses"] if s != "default"}
            parameters = {p["name"] for p in map(self.resolve, operation.parameters) if p["in"] == "query"}
            missing += [f"{operation}: {status}" for status in sorted(described - operation.seen)]
            missing += [f"{operation}: ?{name}=" for name in sorted(parameters - operation.used)]
        check(not missing, "described and not seen: " + ", ".join(missing))


class Watched:
    """An Api (cordond.py) whose exchanges are judged. Paths of /livez and the like start with a double slash."""

    def __init__(self, description, api):
        self.description, self.api = description, api

    def request(self, method, path, body=None, headers=None):
        if path.startswith("//"):
            sent = dict(headers or {}, **({"Authorization": "Bearer " + self.api.token} if self.api.token else {}))
            response, target = self.api.client.request(method, path[1:], body, sent), path[1:]
        else:
            response, target = self.api.request(method, path, body, headers), "/api/v1" + path
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        self.description.judge(method, target, body, headers, response)
        return response

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.request("POST", path, {} if body is None else body, **options)

    def items(self, path):
        return self.get(path).expect(200).json["items"]


def close(schema):
    """Objects with known members get no others; parts of a composition are left to the whole."""
    if isinstance(schema, list):
        for item in schema:
            close(item)
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "object" and "properties" in schema:
        schema.setdefault("additionalProperties", False)
    for key, value in schema.items():
        if key not in ("allOf", "enum", "const", "required"):
            close(value)
