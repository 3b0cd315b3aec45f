"""Completions by OpenAI's Python SDK through Cordon."""
from support import EMAIL, MODEL, PERSON, PROMPT, ThroughCordon, client


class Completions(ThroughCordon):
    def test_a_completion_comes_back_whole(self):
        answer = client().completions.create(model=MODEL, prompt=PROMPT, suffix=f"Yours, {PERSON}", user=EMAIL, max_tokens=50)
        self.assertEqual(answer.choices[0].text, f"{PROMPT} 0: so it was.")
        self.assertEqual((answer.choices[0].finish_reason, answer.usage.total_tokens), ("stop", 33))
        self.assertEqual(self.check_recorded()[0]["max_tokens"], 50)

    def test_every_prompt_and_every_choice_comes_back_whole(self):
        """L06"""
        prompts = [f"Write to {PERSON}.", f"Her mail is {EMAIL}."]
        expected = [f"{prompt} {index}: so it was." for prompt in prompts for index in range(2)]
        answer = client().completions.create(model=MODEL, prompt=prompts, n=2)
        self.assertEqual([choice.text for choice in answer.choices], expected)
        streamed = [""] * 4
        for chunk in client().completions.create(model=MODEL, prompt=prompts, n=2, stream=True):
            for choice in chunk.choices:
                streamed[choice.index] += choice.text
        self.assertEqual(streamed, expected)
        self.check_recorded(2)

    def test_usage_of_a_stream_stands_in_its_last_chunk(self):
        chunks = list(client().completions.create(
            model=MODEL, prompt=PROMPT, stream=True, stream_options={"include_usage": True}))
        self.assertEqual((chunks[-1].choices, chunks[-1].usage.total_tokens), ([], 33))
        self.check_recorded()
