"""What the sessions share: the planted values, the clients, and what must have reached the provider."""
import json
import os
import pathlib
import unittest
import urllib.request

import openai

PLANTED = json.loads((pathlib.Path(__file__).parent.parent / "planted.json").read_text())
PERSON, EMAIL, IBAN, PHONE = (PLANTED[name] for name in ("person", "email", "iban", "phone"))
SECOND_PERSON, SECOND_EMAIL = PLANTED["second_person"], PLANTED["second_email"]
MODEL = "gpt-4o-mini"
PROMPT = f"Write to {PERSON} at {EMAIL}, or call {PHONE}, about the account {IBAN}."
BOTH = f"Send {PERSON} ({EMAIL}) and {SECOND_PERSON} ({SECOND_EMAIL}) a letter each."
PARAMETERS = {"type": "object", "properties": {
    "name": {"type": "string"}, "email": {"type": "string"}, "copies": {"type": "integer"}}}
DESCRIPTION = f"Sends a letter, for example to {SECOND_EMAIL}."
ARGUMENTS = {"name": PERSON, "email": EMAIL, "copies": 2}
SECOND_ARGUMENTS = {"name": SECOND_PERSON, "email": SECOND_EMAIL, "copies": 2}


def client(key="CLIENT_KEY", **options):
    options = {"max_retries": 0, "timeout": 60, **options}
    return openai.OpenAI(base_url=os.environ["CORDON_URL"], api_key=os.environ.get(key, key), **options)


def user(content):
    return [{"role": "user", "content": content}]


class ThroughCordon(unittest.TestCase):
    def setUp(self):
        self.take_recorded()

    def shortDescription(self):
        """The tests' names say what they are."""

    def take_recorded(self):
        return json.loads(urllib.request.urlopen(os.environ["UPSTREAM_URL"] + "/recorded").read())

    def check_recorded(self, requests=1):
        """What reached the provider since the test began: as many requests, without a planted value; the bodies."""
        recorded = self.take_recorded()
        self.assertEqual(len(recorded), requests)
        text = json.dumps(recorded, ensure_ascii=False).lower()
        for value in PLANTED.values():
            self.assertNotIn(value.lower(), text)
        for request in recorded:
            headers = {name.lower(): value for name, value in request["headers"].items()}
            key = headers.get("authorization", "").removeprefix("Bearer ") or headers.get("x-api-key")
            self.assertEqual(key, "upstream-key")
        return [json.loads(request["body"]) for request in recorded if request["body"]]
