"""Anthropic's Python SDK through Cordon, to a provider of its own API and to one that speaks OpenAI's."""
import json
import os

import anthropic
import pydantic

from support import (ARGUMENTS, BOTH, DESCRIPTION, EMAIL, IBAN, PARAMETERS, PERSON, PLANTED, PROMPT, SECOND_ARGUMENTS,
                     SECOND_PERSON, ThroughCordon, user)

CLAUDE = "claude-gpt-4o-mini"
TRANSLATED = "gpt-4o-mini"
TOOLS = [{"name": "send_letter", "description": DESCRIPTION, "input_schema": PARAMETERS}]
SAID = f"Answer 0: {PROMPT} End."


class Contact(pydantic.BaseModel):
    name: str
    email: str
    note: str


def client(key="CLIENT_KEY", **options):
    options = {"max_retries": 0, "timeout": 60, "api_key": os.environ.get(key, key), **options}
    return anthropic.Anthropic(base_url=os.environ["CORDON_URL"].removesuffix("/v1"), **options)


class Messages(ThroughCordon):
    """What holds whichever API the provider speaks."""
    model = CLAUDE

    def create(self, messages, **options):
        return client().messages.create(**{"model": self.model, "max_tokens": 100, "messages": messages, **options})

    def stream(self, messages, **options):
        return client().messages.stream(**{"model": self.model, "max_tokens": 100, "messages": messages, **options})

    def test_a_message_comes_back_whole(self):
        system = [{"type": "text", "text": f"You write for {SECOND_PERSON}.", "cache_control": {"type": "ephemeral"}}]
        answer = self.create(user(PROMPT), system=system, metadata={"user_id": EMAIL}, stop_sequences=[PERSON])
        self.assertEqual(answer.content[0].text, SAID)
        self.assertEqual((answer.stop_reason, answer.usage.input_tokens, answer.usage.output_tokens), ("end_turn", 11, 22))
        self.assertEqual(self.check_recorded()[0]["model"], "plain")

    def test_the_answer_names_the_request_and_counts_what_was_found(self):
        answer = client().messages.with_raw_response.create(model=self.model, max_tokens=9, messages=user(PROMPT))
        self.assertRegex(answer.headers["x-cordon-request-id"], "^[0-9a-f-]{36}$")
        self.assertIn("EMAIL_ADDRESS=1", answer.headers["x-cordon-entities"])
        self.check_recorded()

    def test_a_streamed_message_comes_back_whole(self):
        events = list(self.create(user(PROMPT), stream=True))
        deltas = [event.delta.text for event in events if event.type == "content_block_delta"]
        self.assertEqual("".join(deltas), SAID)
        self.assertGreater(len(deltas), 10, "a stream is not handed over in one piece")
        self.assertEqual((events[0].type, events[-1].type), ("message_start", "message_stop"))
        self.assertIs(self.check_recorded()[0]["stream"], True)

    def test_the_stream_helper_gives_the_same_answer(self):
        with self.stream(user(PROMPT)) as stream:
            text = "".join(stream.text_stream)
            message = stream.get_final_message()
        self.assertEqual((text, message.content[0].text, message.usage.output_tokens), (SAID, SAID, 22))
        self.check_recorded()

    def test_a_tool_is_called_with_the_values_and_its_result_is_hidden(self):
        """L04, L13, L22"""
        asked = user(f"Send {PERSON} ({EMAIL}) a letter.")
        whole = self.create(asked, tools=TOOLS)
        with self.stream(asked, tools=TOOLS) as stream:
            streamed = stream.get_final_message()
        for message in (whole, streamed):
            (call,) = message.content
            self.assertEqual((call.name, call.input, message.stop_reason), ("send_letter", ARGUMENTS, "tool_use"))
            result = json.dumps({"sent_to": EMAIL, "paid_from": IBAN})
            results = [{"type": "tool_result", "tool_use_id": call.id, "content": result}]
            turns = [*asked, {"role": "assistant", "content": message.content}, *user(results)]
            self.assertEqual(self.create(turns, tools=TOOLS).content[0].text, f"Answer 0: {result} End.")
        bodies = self.check_recorded(4)
        self.assertEqual(len({json.dumps(first_of_user(body)) for body in bodies}), 1, "a turn's tokens stay")

    def test_parallel_calls_are_not_mixed_up(self):
        expected = [ARGUMENTS, SECOND_ARGUMENTS]
        self.assertEqual([call.input for call in self.create(user(BOTH), tools=TOOLS).content], expected)
        with self.stream(user(BOTH), tools=TOOLS) as stream:
            self.assertEqual([call.input for call in stream.get_final_message().content], expected)
        self.check_recorded(2)

    def test_the_tool_runner_runs_tools_with_the_values(self):
        """It goes on without a thread when it is told that there are none."""
        called = []

        @anthropic.beta_tool
        def send_letter(name: str, email: str, copies: int) -> str:
            """Sends a letter."""
            called.append({"name": name, "email": email, "copies": copies})
            return f"sent to {email} from {IBAN}"

        runner = client().beta.messages.tool_runner(
            model=self.model, max_tokens=100, tools=[send_letter], messages=user(f"Send {PERSON} ({EMAIL}) a letter."))
        self.assertEqual(runner.until_done().content[0].text, f"Answer 0: sent to {EMAIL} from {IBAN} End.")
        self.assertEqual(called, [ARGUMENTS])
        self.check_recorded(2)

    def test_structured_output_is_parsed_with_the_values(self):
        """L05"""
        answer = client().beta.messages.parse(
            model=self.model, max_tokens=100, messages=user(f"Who is {PERSON} ({EMAIL})?"), output_format=Contact)
        self.assertEqual(answer.parsed_output, Contact(name=PERSON, email=EMAIL, note=f"\"{PERSON}\"\n<{EMAIL}>"))
        self.check_recorded()

    def test_a_refusal_holds_the_values(self):
        refusing = self.model.replace(TRANSLATED, "refusing")
        answer = self.create(user(PROMPT), model=refusing)
        self.assertEqual((answer.content[0].text, answer.stop_reason), (f"I will not: {PROMPT}", "refusal"))
        with self.stream(user(PROMPT), model=refusing) as stream:
            self.assertEqual(stream.get_final_message().content[0].text, f"I will not: {PROMPT}")
        self.check_recorded(2)

    def test_thinking_goes_back_as_it_came(self):
        """L07: the provider refuses thoughts that are not its own, byte for byte."""
        thinking = self.model.replace(TRANSLATED, "thinking")
        with self.stream(user(PROMPT), model=thinking) as stream:
            streamed = stream.get_final_message()
        for message in (self.create(user(PROMPT), model=thinking), streamed):
            thoughts = [block.thinking for block in message.content if block.type == "thinking"]
            self.assertEqual("".join(thoughts), f"They want: {PROMPT} So be it.")
            turns = [*user(PROMPT), {"role": "assistant", "content": message.content}, *user("And then?")]
            self.assertEqual(self.create(turns, model=thinking).content[-1].text, "Answer 0: And then? End.")
        self.check_recorded(4)

    def fails_with(self, error, kind, code, key="CLIENT_KEY", model=None, content=PROMPT, **options):
        with self.assertRaises(error) as failed:
            client(key).messages.create(
                model=model or self.model, max_tokens=100, messages=user(content), **options)
        self.assertEqual((failed.exception.type, failed.exception.error_code), (kind, code))
        return failed.exception

    def behaves(self, name):
        return self.model.replace(TRANSLATED, name)

    def test_failures_raise_the_classes_that_the_package_has_for_them(self):
        self.fails_with(anthropic.AuthenticationError, "authentication_error", "invalid_api_key", key="sk-ant-wrong")
        self.fails_with(anthropic.PermissionDeniedError, "permission_error", "insufficient_role", key="AUDITOR_KEY")
        card = f"Charge {PLANTED['card']} please."
        self.fails_with(anthropic.PermissionDeniedError, "permission_error", "policy_blocked", key="NO_CARDS_KEY", content=card)
        self.fails_with(anthropic.NotFoundError, "not_found_error", "model_not_found", model="nobody")
        self.fails_with(anthropic.BadRequestError, "invalid_request_error", "invalid_request", content=7)
        self.check_recorded(0)

    def test_pictures_and_files_are_refused(self):
        """L16"""
        for kind, media_type in (("image", "image/png"), ("document", "application/pdf")):
            source = {"type": "base64", "media_type": media_type, "data": "AAAA"}
            self.fails_with(anthropic.UnprocessableEntityError, "invalid_request_error", "unscannable_content",
                            content=[{"type": kind, "source": source}])
        self.check_recorded(0)

    def test_the_providers_failures_come_through(self):
        error = self.fails_with(anthropic.RateLimitError, "rate_limit_error", None, model=self.behaves("limited"))
        self.assertEqual(error.response.headers["retry-after"], "7")
        self.assertIn(f"no: {PROMPT}", error.message)
        error = self.fails_with(anthropic.InternalServerError, "api_error", "upstream_error", model=self.behaves("overloaded"))
        self.assertEqual(error.status_code, 502)
        error = self.fails_with(anthropic.InternalServerError, "timeout_error", "upstream_timeout", model=self.behaves("stalled"))
        self.assertEqual(error.status_code, 504)
        self.check_recorded(3)

    def test_a_stream_that_fails_is_not_taken_for_a_whole_one(self):
        for name, said in (("broken", "broke off"), ("giving-up", f"no: {PROMPT}")):
            with self.assertRaises(anthropic.APIStatusError) as failed, self.stream(user(PROMPT), model=self.behaves(name)) as stream:
                stream.get_final_message()
            self.assertIn(said, failed.exception.body["error"]["message"])
        self.check_recorded(2)


class TranslatedMessages(Messages):
    model = TRANSLATED


class Claude(ThroughCordon):
    """What only a provider of Anthropic's API does."""

    def test_tokens_are_counted_without_the_values(self):
        counted = client().messages.count_tokens(model=CLAUDE, messages=user(PROMPT), system=f"For {PERSON}.", tools=TOOLS)
        self.assertGreater(counted.input_tokens, 3)
        with self.assertRaises(anthropic.BadRequestError):
            client().messages.count_tokens(model=TRANSLATED, messages=user(PROMPT))
        self.check_recorded()

    def test_models_are_listed_and_described(self):
        self.assertLessEqual({CLAUDE, TRANSLATED}, {model.id for model in client().models.list()})
        model = client().models.retrieve(CLAUDE)
        self.assertEqual((model.display_name, model.type, model.lifecycle), (CLAUDE, "model", "active"))
        with self.assertRaises(anthropic.NotFoundError):
            client().models.retrieve("nobody")
        self.check_recorded(0)

    def test_a_key_comes_in_either_header(self):
        key = os.environ["CLIENT_KEY"]
        omitted = {"authorization": anthropic.Omit()}
        for options in ({"auth_token": key, "api_key": None}, {"default_headers": {"x-api-key": key, **omitted}}):
            answer = client(**options).messages.create(model=CLAUDE, max_tokens=9, messages=user(PROMPT))
            self.assertEqual(answer.content[0].text, SAID)
        with self.assertRaises(anthropic.AuthenticationError):
            client(default_headers={"x-api-key": os.environ["NO_CARDS_KEY"]}).models.list()
        self.check_recorded(2)

    def test_previews_are_asked_for_by_name(self):
        beta = client().beta.messages
        beta.create(model=CLAUDE, max_tokens=9, messages=user(PROMPT), betas=["context-management-2025-06-27"])
        with self.assertRaises(anthropic.BadRequestError):
            beta.create(model=CLAUDE, max_tokens=9, messages=user(PROMPT), betas=[PERSON])
        (recorded,) = self.take_recorded()
        self.assertEqual(recorded["headers"]["anthropic-beta"], "context-management-2025-06-27")


def first_of_user(body):
    """What the user said first, in either API."""
    content = next(message["content"] for message in body["messages"] if message["role"] == "user")
    return content if isinstance(content, str) else content[0]["text"]
