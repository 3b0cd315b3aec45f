"""LangChain's OpenAI client through Cordon."""
import asyncio
import json
import os

import pydantic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

from support import ARGUMENTS, BOTH, EMAIL, IBAN, MODEL, PERSON, PROMPT, SECOND_ARGUMENTS, ThroughCordon


class Contact(pydantic.BaseModel):
    """Somebody to write to."""
    name: str
    email: str
    note: str


@tool
def send_letter(name: str, email: str, copies: int) -> str:
    """Sends a letter."""
    return json.dumps({"sent_to": email, "paid_from": IBAN})


def options(key="CLIENT_KEY"):
    return {"base_url": os.environ["CORDON_URL"], "api_key": os.environ[key], "model": MODEL, "max_retries": 0}


class LangChain(ThroughCordon):
    api = {"use_responses_api": False}

    def model(self, **more):
        return ChatOpenAI(**options(), **self.api, **more)

    def test_invoke(self):
        answer = self.model().invoke([("system", f"You write for {PERSON}."), ("user", PROMPT)])
        self.assertEqual((answer.text, answer.usage_metadata["total_tokens"]), (f"Answer 0: {PROMPT} End.", 33))
        self.check_recorded()

    def test_batch(self):
        answers = self.model().batch([f"Write to {PERSON}.", f"Write to {EMAIL}."])
        self.assertEqual([answer.text for answer in answers],
                         [f"Answer 0: Write to {PERSON}. End.", f"Answer 0: Write to {EMAIL}. End."])
        self.check_recorded(2)

    def test_stream(self):
        chunks = list(self.model(stream_usage=True).stream(PROMPT))
        self.assertEqual("".join(chunk.text for chunk in chunks), f"Answer 0: {PROMPT} End.")
        self.assertGreater(len(chunks), 10, "a stream is not handed over in one piece")
        self.check_recorded()

    def test_astream(self):
        async def read():
            return [chunk.text async for chunk in self.model().astream(PROMPT)]
        self.assertEqual("".join(asyncio.run(read())), f"Answer 0: {PROMPT} End.")
        self.check_recorded()

    def test_bind_tools(self):
        """L04, L13"""
        bound = self.model().bind_tools([send_letter])
        asked = [HumanMessage(BOTH)]
        answer = bound.invoke(asked)
        self.assertEqual([call["args"] for call in answer.tool_calls], [ARGUMENTS, SECOND_ARGUMENTS])
        results = [send_letter.invoke(call) for call in answer.tool_calls]
        self.assertIsInstance(results[0], ToolMessage)
        last = bound.invoke([*asked, answer, *results])
        self.assertIn(results[-1].content, last.text)
        self.check_recorded(2)

    def test_bind_tools_streamed(self):
        whole = None
        for chunk in self.model().bind_tools([send_letter]).stream(BOTH):
            whole = chunk if whole is None else whole + chunk
        self.assertEqual([call["args"] for call in whole.tool_calls], [ARGUMENTS, SECOND_ARGUMENTS])
        self.check_recorded()

    def test_with_structured_output(self):
        """L05"""
        structured = self.model().with_structured_output(Contact)
        self.assertEqual(structured.invoke(f"Who is {PERSON} ({EMAIL})?"),
                         Contact(name=PERSON, email=EMAIL, note=f"\"{PERSON}\"\n<{EMAIL}>"))
        self.check_recorded()


class LangChainEmbeddings(ThroughCordon):
    def test_embeddings(self):
        """Its own splitting into a vocabulary's numbers cannot be looked at; it is off."""
        embeddings = OpenAIEmbeddings(**options("MASK_EMBEDDINGS_KEY"), check_embedding_ctx_length=False)
        first, second = embeddings.embed_documents([f"{PERSON} came.", "The ferry was late."])
        self.assertEqual((len(first), first), (8, embeddings.embed_query(f"{PERSON} came.")))
        self.assertNotEqual(first, second)
        self.check_recorded(2)
