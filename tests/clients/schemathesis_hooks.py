"""What Schemathesis is told beside the description of the admin API.

The schemas of stubs and of behaviours describe a whole language: matchers within matchers, a hundred
keys. A generator that unfolds them needs minutes for a single body. So bodies are drawn from shallow
copies: the same keys, with any values two levels down. Answers are still held against the description
as it is served, and well-formed bodies come from its examples.
"""

import copy

import schemathesis

PREFIX = "#/components/schemas/"
LOOSE = "Loosely_"
# Their keys keep their types.
WHOLE = {"mapping", "request", "response"}


def is_of_language(name):
    return name[0].islower() or name.startswith("Placed")


def refers(value, found):
    """Collects the names of schemas that a value refers to."""
    if isinstance(value, dict):
        to = value.get("$ref", "")
        if isinstance(to, str) and to.startswith(PREFIX):
            found.add(to[len(PREFIX) :])
        for part in value.values():
            refers(part, found)
    elif isinstance(value, list):
        for part in value:
            refers(part, found)
    return found


def turned(value, names):
    """The value with references to these schemas leading to their loose copies, and without `null`."""
    if isinstance(value, list):
        return [turned(part, names) for part in value if part != {"type": "null"}]
    if not isinstance(value, dict):
        return value
    value = {name: turned(part, names) for name, part in value.items()}
    to = value.get("$ref", "")
    if isinstance(to, str) and to.startswith(PREFIX) and to[len(PREFIX) :] in names:
        value["$ref"] = PREFIX + LOOSE + to[len(PREFIX) :]
    if isinstance(value.get("type"), list):
        value["type"] = [kind for kind in value["type"] if kind != "null"]
    return value


@schemathesis.hook
def before_load_schema(context, raw_schema):
    schemas = raw_schema["components"]["schemas"]
    names = {name for name in schemas if is_of_language(name)}
    # Schemas that lead to those of the language: bodies need copies of them too.
    while True:
        more = {
            name
            for name in schemas
            if name not in names and refers(schemas[name], set()) & names
        }
        if not more:
            break
        names |= more
    for name in names:
        schema = schemas[name]
        keys = schema.get("properties")
        if is_of_language(name) and name not in WHOLE and keys:
            loose = {"type": "object", "propertyNames": {"enum": list(keys)}, "maxProperties": 4}
            if "place" in keys:
                loose["properties"] = {"place": copy.deepcopy(keys["place"])}
        else:
            loose = turned(copy.deepcopy(schema), names)
        schemas[LOOSE + name] = loose
    bodies = list(raw_schema["components"].get("requestBodies", {}).values())
    for path in raw_schema["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and "requestBody" in operation:
                bodies.append(operation["requestBody"])
    for body in bodies:
        if "content" in body:
            body["content"] = turned(body["content"], names)
