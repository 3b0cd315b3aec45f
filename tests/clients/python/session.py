"""A session of OpenAI's Python SDK through Cordon: the caller sees the values, the provider none."""
import asyncio
import json
import os
import pathlib
import unittest
import urllib.request

import openai
import pydantic

PLANTED = json.loads((pathlib.Path(__file__).parent.parent / "planted.json").read_text())
PERSON, EMAIL, IBAN, PHONE = (PLANTED[name] for name in ("person", "email", "iban", "phone"))
SECOND_PERSON, SECOND_EMAIL = PLANTED["second_person"], PLANTED["second_email"]
MODEL = "gpt-4o-mini"
PROMPT = f"Write to {PERSON} at {EMAIL}, or call {PHONE}, about the account {IBAN}."
TOOLS = [{"type": "function", "function": {
    "name": "send_letter", "description": f"Sends a letter, for example to {SECOND_EMAIL}.",
    "parameters": {"type": "object", "properties": {
        "name": {"type": "string"}, "email": {"type": "string"}, "copies": {"type": "integer"}}}}}]
ARGUMENTS = {"name": PERSON, "email": EMAIL, "copies": 2}


class Contact(pydantic.BaseModel):
    name: str
    email: str
    note: str


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
            self.assertEqual(request["headers"]["authorization"], "Bearer upstream-key")
        return [json.loads(request["body"]) for request in recorded]


class Answers(ThroughCordon):
    def chat(self, messages, **options):
        return client().chat.completions.create(model=MODEL, messages=messages, **options)

    def test_a_plain_chat_comes_back_whole(self):
        answer = self.chat([{"role": "system", "content": f"You write for {SECOND_PERSON}."}, *user(PROMPT)],
                           user=EMAIL, metadata={"customer": EMAIL}, temperature=0.5)
        self.assertEqual(answer.choices[0].message.content, f"Answer 0: {PROMPT} End.")
        self.assertEqual((answer.choices[0].finish_reason, answer.usage.total_tokens), ("stop", 33))
        self.assertEqual((answer.system_fingerprint, answer.service_tier), ("fp_1", "default"))
        (sent,) = self.check_recorded()
        self.assertEqual((sent["model"], sent["temperature"]), ("plain", 0.5))

    def test_the_answer_names_the_request_and_counts_what_was_found(self):
        answer = client().chat.completions.with_raw_response.create(model=MODEL, messages=user(PROMPT))
        self.assertRegex(answer.headers["x-cordon-request-id"], "^[0-9a-f-]{36}$")
        self.assertIn("EMAIL_ADDRESS=1", answer.headers["x-cordon-entities"])
        self.check_recorded()

    def test_a_streamed_chat_comes_back_whole(self):
        with self.chat(user(PROMPT), stream=True) as stream:
            chunks = list(stream)
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
        self.assertEqual(text, f"Answer 0: {PROMPT} End.")
        self.assertGreater(len(chunks), 10, "a stream is not handed over in one piece")
        self.assertEqual(chunks[-1].choices[0].finish_reason, "stop")
        self.assertIs(self.check_recorded()[0]["stream"], True)

    def test_the_stream_helper_gives_the_same_answer(self):
        with client().chat.completions.stream(model=MODEL, messages=user(PROMPT)) as stream:
            deltas = "".join(event.delta for event in stream if event.type == "content.delta")
            whole = stream.get_final_completion().choices[0].message.content
        self.assertEqual((deltas, whole), (f"Answer 0: {PROMPT} End.",) * 2)
        self.check_recorded()

    def test_usage_of_a_stream_stands_in_its_last_chunk(self):
        """L06"""
        chunks = list(self.chat(user(PROMPT), stream=True, stream_options={"include_usage": True}))
        self.assertEqual((chunks[-1].choices, chunks[-1].usage.total_tokens), ([], 33))
        self.assertEqual([chunk.usage for chunk in chunks[:-1]], [None] * (len(chunks) - 1))
        self.check_recorded()

    def test_content_in_parts_comes_back_whole(self):
        parts = [{"type": "text", "text": f"Write to {PERSON}."}, {"type": "text", "text": f"Her mail is {EMAIL}."}]
        answer = self.chat(user(parts))
        self.assertEqual(answer.choices[0].message.content, f"Answer 0: Write to {PERSON}. Her mail is {EMAIL}. End.")
        (sent,) = self.check_recorded()
        self.assertEqual([part["type"] for part in sent["messages"][-1]["content"]], ["text", "text"])

    def test_every_choice_comes_back_whole(self):
        """L06"""
        expected = [f"Answer {index}: {PROMPT} End." for index in range(2)]
        answer = self.chat(user(PROMPT), n=2)
        self.assertEqual([choice.message.content for choice in answer.choices], expected)
        streamed = ["", ""]
        for chunk in self.chat(user(PROMPT), n=2, stream=True):
            for choice in chunk.choices:
                streamed[choice.index] += choice.delta.content or ""
        self.assertEqual(streamed, expected)
        self.check_recorded(2)

    def test_a_tool_is_called_with_the_values_and_its_result_is_hidden(self):
        """L04, L13"""
        asked = user(f"Send {PERSON} ({EMAIL}) a letter.")
        message = self.chat(asked, tools=TOOLS).choices[0].message
        self.second_turn(asked, message.model_dump(exclude_none=True), message.tool_calls)

    def test_a_streamed_tool_call_holds_the_values(self):
        """L02, L04"""
        asked = user(f"Send {PERSON} ({EMAIL}) a letter.")
        with client().chat.completions.stream(model=MODEL, messages=asked, tools=TOOLS) as stream:
            choice = stream.get_final_completion().choices[0]
        self.assertEqual(choice.finish_reason, "tool_calls")
        message = {"role": "assistant", "tool_calls": [
            {"id": call.id, "type": "function",
             "function": {"name": call.function.name, "arguments": call.function.arguments}}
            for call in choice.message.tool_calls]}
        self.second_turn(asked, message, choice.message.tool_calls)

    def second_turn(self, asked, message, calls):
        self.assertEqual([call.id for call in calls], ["call_0_0"])
        self.assertEqual(calls[0].function.name, "send_letter")
        self.assertEqual(json.loads(calls[0].function.arguments), ARGUMENTS)
        result = json.dumps({"sent_to": EMAIL, "paid_from": IBAN})
        answer = self.chat([*asked, message, {"role": "tool", "tool_call_id": calls[0].id, "content": result}], tools=TOOLS)
        self.assertEqual(answer.choices[0].message.content, f"Answer 0: {result} End.")
        first, second = self.check_recorded(2)
        self.assertEqual(second["messages"][: len(first["messages"])], first["messages"], "a turn's tokens stay (L22)")
        sent_call = next(sent for sent in second["messages"] if sent.get("tool_calls"))["tool_calls"][0]
        self.assertEqual(json.loads(sent_call["function"]["arguments"])["copies"], 2)

    def test_parallel_tool_calls_are_not_mixed_up(self):
        asked = user(f"Send {PERSON} ({EMAIL}) and {SECOND_PERSON} ({SECOND_EMAIL}) a letter each.")
        expected = [ARGUMENTS, {"name": SECOND_PERSON, "email": SECOND_EMAIL, "copies": 2}]
        calls = self.chat(asked, tools=TOOLS, parallel_tool_calls=True).choices[0].message.tool_calls
        self.assertEqual([json.loads(call.function.arguments) for call in calls], expected)
        streamed = {}
        for chunk in self.chat(asked, tools=TOOLS, stream=True):
            for call in chunk.choices[0].delta.tool_calls or []:
                streamed[call.index] = streamed.get(call.index, "") + (call.function.arguments or "")
        self.assertEqual([json.loads(streamed[index]) for index in (0, 1)], expected)
        self.check_recorded(2)

    def test_structured_output_is_parsed_with_the_values(self):
        """L05"""
        expected = Contact(name=PERSON, email=EMAIL, note=f"\"{PERSON}\"\n<{EMAIL}>")
        asked = user(f"Who is {PERSON} ({EMAIL})?")
        answer = client().chat.completions.parse(model=MODEL, messages=asked, response_format=Contact)
        self.assertEqual(answer.choices[0].message.parsed, expected)
        with client().chat.completions.stream(model=MODEL, messages=asked, response_format=Contact) as stream:
            self.assertEqual(stream.get_final_completion().choices[0].message.parsed, expected)
        self.assertEqual(self.check_recorded(2)[0]["response_format"]["json_schema"]["name"], "Contact")

    def test_models_are_listed_and_described(self):
        self.assertIn(MODEL, [model.id for model in client().models.list()])
        self.assertEqual(client().models.retrieve(MODEL).id, MODEL)
        with self.assertRaises(openai.NotFoundError):
            client().models.retrieve("nobody")
        self.check_recorded(0)

    def test_many_at_once_get_their_own_values(self):
        """L23"""
        async def ask(asking, index):
            mail = f"patient{index}.{EMAIL}"
            answer = await asking.chat.completions.create(model=MODEL, messages=user(f"Write to {mail} now."))
            return answer.choices[0].message.content == f"Answer 0: Write to {mail} now. End."

        async def ask_all():
            options = {"base_url": os.environ["CORDON_URL"], "api_key": os.environ["CLIENT_KEY"], "max_retries": 0}
            async with openai.AsyncOpenAI(**options) as asking:
                return await asyncio.gather(*(ask(asking, index) for index in range(32)))

        self.assertEqual(asyncio.run(ask_all()), [True] * 32)
        self.check_recorded(32)


class Errors(ThroughCordon):
    """What goes wrong comes as the error class that the SDK has for it."""

    def fails_with(self, error, code, key="CLIENT_KEY", model=MODEL, content=PROMPT, **options):
        with self.assertRaises(error) as failed:
            client(key).chat.completions.create(model=model, messages=user(content), **options)
        self.assertEqual(failed.exception.code, code)
        return failed.exception

    def test_a_wrong_key(self):
        self.fails_with(openai.AuthenticationError, "invalid_api_key", key="sk-wrong")
        with self.assertRaises(openai.AuthenticationError):
            client("sk-wrong").models.list()
        self.check_recorded(0)

    def test_a_key_of_another_role(self):
        self.fails_with(openai.PermissionDeniedError, "insufficient_role", key="AUDITOR_KEY")
        self.check_recorded(0)

    def test_what_the_policy_blocks(self):
        content = f"Charge {PLANTED['card']} please."
        error = self.fails_with(openai.PermissionDeniedError, "policy_blocked", key="NO_CARDS_KEY", content=content)
        self.assertIn("CREDIT_CARD", error.message)
        self.check_recorded(0)

    def test_an_unknown_model(self):
        self.fails_with(openai.NotFoundError, "model_not_found", model="nobody")
        self.check_recorded(0)

    def test_an_unknown_endpoint(self):
        with self.assertRaises(openai.NotFoundError):
            client().images.generate(model=MODEL, prompt=PROMPT)
        self.check_recorded(0)

    def test_a_malformed_request(self):
        self.fails_with(openai.BadRequestError, "invalid_request", content=7)
        self.check_recorded(0)

    def test_an_image_is_refused(self):
        """L16"""
        image = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]
        self.fails_with(openai.UnprocessableEntityError, "unscannable_content", content=image)
        self.check_recorded(0)

    def test_the_providers_limit_passes_with_its_words_and_its_wait(self):
        error = self.fails_with(openai.RateLimitError, "planned", model="limited")
        self.assertEqual(error.response.headers["retry-after"], "7")
        self.assertIn(f"no: {PROMPT}", error.message)
        self.fails_with(openai.RateLimitError, "planned", model="limited", stream=True)
        self.check_recorded(2)

    def test_an_overloaded_provider(self):
        error = self.fails_with(openai.InternalServerError, "upstream_error", model="overloaded")
        self.assertEqual(error.status_code, 502)
        self.check_recorded()

    def test_a_provider_that_does_not_answer_in_time(self):
        error = self.fails_with(openai.InternalServerError, "upstream_timeout", model="stalled")
        self.assertEqual(error.status_code, 504)
        self.check_recorded()

    def test_a_caller_that_does_not_wait(self):
        with self.assertRaises(openai.APITimeoutError):
            client(timeout=0.7).chat.completions.create(model="stalled", messages=user(PROMPT))
        self.check_recorded()

    def test_a_stream_that_breaks_off_is_not_taken_for_a_whole_one(self):
        with self.assertRaises(openai.APIError) as failed:
            list(client().chat.completions.create(model="broken", messages=user(PROMPT), stream=True))
        self.assertEqual(failed.exception.code, "upstream_error")
        self.check_recorded()


if __name__ == "__main__":
    unittest.main(verbosity=2)
