"""Chat completions by OpenAI's Python SDK through Cordon: the caller sees the values, the provider none."""
import asyncio
import json
import os

import openai
import pydantic

from support import (ARGUMENTS, DESCRIPTION, EMAIL, IBAN, MODEL, PARAMETERS, PERSON, PROMPT, SECOND_ARGUMENTS,
                     SECOND_EMAIL, SECOND_PERSON, ThroughCordon, client, user)

TOOLS = [{"type": "function",
          "function": {"name": "send_letter", "description": DESCRIPTION, "parameters": PARAMETERS}}]


class Contact(pydantic.BaseModel):
    name: str
    email: str
    note: str


class Chat(ThroughCordon):
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
        expected = [ARGUMENTS, SECOND_ARGUMENTS]
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

    def test_a_refusal_holds_the_values(self):
        answer = client().chat.completions.create(model="refusing", messages=user(PROMPT))
        self.assertEqual(answer.choices[0].message.refusal, f"I will not: {PROMPT}")
        with client().chat.completions.stream(model="refusing", messages=user(PROMPT)) as stream:
            self.assertEqual(stream.get_final_completion().choices[0].message.refusal, f"I will not: {PROMPT}")
        self.check_recorded(2)

    def test_what_compatible_servers_call_reasoning_holds_the_values(self):
        expected = f"They want: {PROMPT} So be it."
        answer = client().chat.completions.create(model="thinking", messages=user(PROMPT))
        self.assertEqual(answer.choices[0].message.reasoning_content, expected)
        chunks = client().chat.completions.create(model="thinking", messages=user(PROMPT), stream=True)
        deltas = [chunk.choices[0].delta for chunk in chunks]
        self.assertEqual("".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas), expected)
        self.check_recorded(2)

    def test_what_anthropics_models_think_comes_through_chat_and_goes_back_as_it_was(self):
        """L07"""
        asked = user(PROMPT)
        message = client().chat.completions.create(model="claude-thinking", messages=asked).choices[0].message
        self.assertEqual(message.reasoning_content, f"They want: {PROMPT} So be it.")
        with client().chat.completions.stream(model="claude-thinking", messages=asked) as stream:
            streamed = stream.get_final_completion().choices[0].message
        self.assertEqual((streamed.content, streamed.reasoning_content), (message.content, message.reasoning_content))
        for turn in (message, streamed):
            again = [*asked, turn.model_dump(exclude_none=True), *user(f"And {SECOND_PERSON}?")]
            answer = client().chat.completions.create(model="claude-thinking", messages=again)
            self.assertEqual(answer.choices[0].message.content, f"Answer 0: And {SECOND_PERSON}? End.")
        self.check_recorded(4)

    def test_a_kept_chat_can_be_read_and_deleted(self):
        kept = self.chat(user(PROMPT), store=True)
        completions = client().chat.completions
        self.assertEqual(completions.retrieve(kept.id).choices[0].message.content, f"Answer 0: {PROMPT} End.")
        self.assertIn(PROMPT, [message.content for message in completions.messages.list(kept.id)])
        with self.assertRaises(openai.NotFoundError):
            client("NO_CARDS_KEY").chat.completions.retrieve(kept.id)
        self.assertTrue(completions.delete(kept.id).deleted)
        with self.assertRaises(openai.NotFoundError):
            completions.retrieve(kept.id)
        self.check_recorded(4)

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
