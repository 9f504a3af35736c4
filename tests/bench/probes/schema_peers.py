"""CPU seconds of two validators for the same documents: schema_peers.py DOCUMENTS.json SCHEMA.json; one JSON line.

jsonschema validates every fifth document only: it is the slow one, and its time is proportional.
"""

import json
import sys
import time

import jsonschema
import jsonschema_rs

EVERY = 5


def timed(documents, validate):
    started = time.process_time()
    for document in documents:
        validate(document)
    return time.process_time() - started


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        documents = json.load(file)
    with open(sys.argv[2], encoding="utf-8") as file:
        schema = json.load(file)
    fast = timed(documents, jsonschema_rs.validator_for(schema).validate)
    slow = EVERY * timed(documents[::EVERY], jsonschema.Draft202012Validator(schema).validate)
    print(json.dumps({"jsonschema_rs_s": fast, "jsonschema_s": slow}))


if __name__ == "__main__":
    main()
