"""Responses by OpenAI's Python SDK through Cordon, also those that the provider keeps."""
import json

import openai
import pydantic

from support import (ARGUMENTS, BOTH, DESCRIPTION, EMAIL, IBAN, MODEL, PARAMETERS, PERSON, PROMPT, SECOND_ARGUMENTS,
                     SECOND_PERSON, ThroughCordon, client, user)

TOOL = {"type": "function", "name": "send_letter", "description": DESCRIPTION, "parameters": PARAMETERS, "strict": False}


class Contact(pydantic.BaseModel):
    name: str
    email: str
    note: str


class Responses(ThroughCordon):
    def respond(self, given, key="CLIENT_KEY", **options):
        return client(key).responses.create(**{"model": MODEL, "input": given, **options})

    def test_a_plain_response_comes_back_whole(self):
        answer = self.respond(PROMPT, instructions=f"You write for {SECOND_PERSON}.", metadata={"customer": EMAIL},
                              user=EMAIL, temperature=0.5)
        self.assertEqual(answer.output_text, f"Answer 0: {PROMPT} End.")
        self.assertEqual((answer.status, answer.usage.total_tokens), ("completed", 33))
        self.assertIn(SECOND_PERSON, answer.instructions)
        self.assertEqual(answer.metadata, {"customer": EMAIL})
        (sent,) = self.check_recorded()
        self.assertEqual((sent["model"], sent["temperature"]), ("plain", 0.5))

    def test_a_streamed_response_comes_back_whole(self):
        """L02, L06"""
        with self.respond(PROMPT, stream=True) as stream:
            events = list(stream)
        deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
        self.assertEqual("".join(deltas), f"Answer 0: {PROMPT} End.")
        self.assertGreater(len(deltas), 10, "a stream is not handed over in one piece")
        self.assertEqual(events[-1].type, "response.completed")
        self.assertEqual(events[-1].response.output_text, f"Answer 0: {PROMPT} End.")
        numbers = [event.sequence_number for event in events]
        self.assertEqual(numbers, sorted(numbers))
        self.check_recorded()

    def test_the_stream_helper_gives_the_same_answer(self):
        with client().responses.stream(model=MODEL, input=PROMPT) as stream:
            deltas = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
            whole = stream.get_final_response().output_text
        self.assertEqual((deltas, whole), (f"Answer 0: {PROMPT} End.",) * 2)
        self.check_recorded()

    def test_content_in_parts_comes_back_whole(self):
        parts = [{"type": "input_text", "text": f"Write to {PERSON}."}, {"type": "input_text", "text": f"Her mail is {EMAIL}."}]
        answer = self.respond(user(parts))
        self.assertEqual(answer.output_text, f"Answer 0: Write to {PERSON}. Her mail is {EMAIL}. End.")
        self.check_recorded()

    def test_tools_are_called_with_the_values_and_their_results_are_hidden(self):
        """L04, L13"""
        asked = user(BOTH)
        answer = self.respond(asked, tools=[TOOL])
        calls = [item for item in answer.output if item.type == "function_call"]
        self.assertEqual([json.loads(call.arguments) for call in calls], [ARGUMENTS, SECOND_ARGUMENTS])
        result = json.dumps({"sent_to": EMAIL, "paid_from": IBAN})
        results = [{"type": "function_call_output", "call_id": call.call_id, "output": result} for call in calls]
        answer = self.respond([*asked, *answer.output, *results], tools=[TOOL])
        self.assertEqual(answer.output_text, f"Answer 0: {result} End.")
        first, second = self.check_recorded(2)
        self.assertEqual(second["input"][: len(first["input"])], first["input"], "a turn's tokens stay (L22)")

    def test_streamed_tool_calls_hold_the_values(self):
        with client().responses.stream(model=MODEL, input=BOTH, tools=[TOOL]) as stream:
            done = [event.arguments for event in stream if event.type == "response.function_call_arguments.done"]
            calls = [item for item in stream.get_final_response().output if item.type == "function_call"]
        for arguments in (done, [call.arguments for call in calls]):
            self.assertEqual([json.loads(each) for each in arguments], [ARGUMENTS, SECOND_ARGUMENTS])
        self.check_recorded()

    def test_a_tool_of_free_text_gets_the_values(self):
        tool = {"type": "custom", "name": "mail", "description": DESCRIPTION}
        (call,) = self.respond(f"Send {PERSON} ({EMAIL}) a letter.", tools=[tool]).output
        self.assertEqual(call.input, f"to {PERSON} <{EMAIL}>")
        self.check_recorded()

    def test_structured_output_is_parsed_with_the_values(self):
        """L05"""
        expected = Contact(name=PERSON, email=EMAIL, note=f"\"{PERSON}\"\n<{EMAIL}>")
        answer = client().responses.parse(model=MODEL, input=f"Who is {PERSON} ({EMAIL})?", text_format=Contact)
        self.assertEqual(answer.output_parsed, expected)
        with client().responses.stream(model=MODEL, input=f"Who is {PERSON} ({EMAIL})?", text_format=Contact) as stream:
            self.assertEqual(stream.get_final_response().output_parsed, expected)
        stored = client().responses.retrieve(answer.id)
        self.assertEqual(Contact.model_validate_json(stored.output_text), expected)
        self.check_recorded(3)

    def test_reasoning_comes_back_whole_and_goes_back_as_it_was(self):
        """L07"""
        options = {"reasoning": {"effort": "low", "summary": "auto"}, "store": False, "include": ["reasoning.encrypted_content"]}
        asked = user(PROMPT)
        answer = self.respond(asked, **options)
        reasoning = next(item for item in answer.output if item.type == "reasoning")
        self.assertEqual(reasoning.summary[0].text, f"They want: {PROMPT} So be it.")
        answer = self.respond([*asked, *answer.output, *user(f"And {SECOND_PERSON}?")], **options)
        self.assertEqual(answer.output_text, f"Answer 0: And {SECOND_PERSON}? End.")
        with client().responses.stream(model=MODEL, input=PROMPT, **options) as stream:
            deltas = [event.delta for event in stream if event.type == "response.reasoning_summary_text.delta"]
        self.assertEqual("".join(deltas), f"They want: {PROMPT} So be it.")
        self.check_recorded(3)

    def test_a_refusal_holds_the_values(self):
        answer = self.respond(PROMPT, model="refusing")
        self.assertEqual(answer.output[0].content[0].refusal, f"I will not: {PROMPT}")
        with client().responses.stream(model="refusing", input=PROMPT) as stream:
            deltas = [event.delta for event in stream if event.type == "response.refusal.delta"]
        self.assertEqual("".join(deltas), f"I will not: {PROMPT}")
        self.check_recorded(2)

    def test_a_conversation_that_the_provider_keeps_goes_on(self):
        first = self.respond(PROMPT)
        second = self.respond(f"And {SECOND_PERSON}?", previous_response_id=first.id)
        self.assertEqual(second.output_text, f"Answer 0: And {SECOND_PERSON}? End.")
        with self.respond("Once more.", previous_response_id=second.id, stream=True) as stream:
            last = list(stream)[-1].response
        items = client().responses.input_items.list(last.id)
        told = [part.text for item in items for part in item.content]
        self.assertIn(PROMPT, told)
        self.assertIn(f"Answer 0: {PROMPT} End.", told)
        self.check_recorded(4)

    def test_a_kept_response_can_be_read_and_deleted(self):
        answer = self.respond(PROMPT)
        self.assertEqual(client().responses.retrieve(answer.id).output_text, f"Answer 0: {PROMPT} End.")
        client().responses.delete(answer.id)
        with self.assertRaises(openai.NotFoundError):
            client().responses.retrieve(answer.id)
        with self.assertRaises(openai.BadRequestError) as refused:
            self.respond("Go on.", previous_response_id=answer.id)
        self.assertEqual(refused.exception.code, "previous_response_not_found")
        self.check_recorded(3)

    def test_a_response_of_another_tenant_is_not_there(self):
        """L23"""
        answer = self.respond(PROMPT)
        with self.assertRaises(openai.NotFoundError):
            client("NO_CARDS_KEY").responses.retrieve(answer.id)
        with self.assertRaises(openai.BadRequestError):
            self.respond("Go on.", key="NO_CARDS_KEY", previous_response_id=answer.id)
        self.check_recorded(1)

    def test_a_response_that_is_not_kept_is_not_there(self):
        answer = self.respond(PROMPT, store=False)
        with self.assertRaises(openai.NotFoundError):
            client().responses.retrieve(answer.id)
        self.check_recorded()

    def test_input_is_counted_without_its_values(self):
        first = self.respond(PROMPT)
        counted = client().responses.input_tokens.count(model=MODEL, input=PROMPT, instructions=f"For {SECOND_PERSON}.")
        self.assertGreater(counted.input_tokens, 5)
        client().responses.input_tokens.count(model=MODEL, input=f"And {PERSON}?", previous_response_id=first.id)
        with self.assertRaises(openai.BadRequestError):
            client("NO_CARDS_KEY").responses.input_tokens.count(model=MODEL, input="Hi.", previous_response_id=first.id)
        self.check_recorded(3)

    def test_an_error_in_mid_stream_is_an_error(self):
        with self.respond(PROMPT, model="giving-up", stream=True) as stream:
            events = list(stream)
        self.assertEqual((events[-1].type, events[-1].message), ("error", f"no: {PROMPT}"))
        self.check_recorded()

    def test_a_response_of_a_model_that_only_chats_comes_back_whole(self):
        """L14"""
        name = "chat-only"
        answer = self.respond(PROMPT, model=name)
        self.assertEqual((answer.output_text, answer.store), (f"Answer 0: {PROMPT} End.", False))
        with self.respond(PROMPT, model=name, stream=True) as stream:
            self.assertEqual(list(stream)[-1].response.output_text, f"Answer 0: {PROMPT} End.")
        (call, _) = self.respond(BOTH, model=name, tools=[TOOL]).output
        self.assertEqual(json.loads(call.arguments), ARGUMENTS)
        with self.assertRaises(openai.BadRequestError):
            self.respond("Go on.", model=name, store=True)
        self.check_recorded(3)
